"""Seeds that a form asks for by what was typed into it, or by a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.errors import LitwatchError
from service.web.site.trouble import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Seed
    from service.web.site.door import Filled


@dataclass(frozen=True, slots=True)
class Found:
    """The seeds that were found, and what there is to say of them or of those that were not.
    `taken` says that what stood in the form's box is among them."""

    seeds: Sequence[Seed] = ()
    notes: Sequence[str] = ()
    taken: bool = False


def asked(app: App, form: Filled) -> Found:
    """What a form asks for that is not yet to be saved: by its button for that, or one seed by the
    button beside it."""
    if form.text("how") == "find":
        return given(app, form)
    return _found(app, form.texts("seed.add")) if form.texts("seed.add") else Found()


def given(app: App, form: Filled) -> Found:
    """What stands in the form's box for seeds, and what comes as its file."""
    typed = _found(app, [form.text("seeds")]) if form.text("seeds") else Found()
    typed = replace(typed, taken=bool(typed.seeds))
    if form.file is None or not form.file.content:
        return typed
    try:
        more = app.seeds_in(form.file.name, form.file.content)
    except LitwatchError as error:
        return replace(typed, notes=[*typed.notes, sentences(error)])
    return Found((*typed.seeds, *more.seeds), [*typed.notes, *more.notes], typed.taken)


def _found(app: App, texts: Sequence[str]) -> Found:
    try:
        found = app.seeds_of(texts, files=False)  # a path would be one of ours
    except LitwatchError as error:
        return Found((), [sentences(error)])
    return Found(found.seeds, found.notes)
