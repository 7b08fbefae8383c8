"""Forgetting a person in this installation: in the archive, in the folders beside it, and what
stands in the configuration, which only the operator can change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from service import forgetting
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from service.bootstrap import App
    from service.store.forgetting import Forgotten
    from service.store.persons import Person


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken out (or would be), and what is left.

    `subscribed` are subscriptions of the configuration that lead to the person, `settings` other
    settings that name them; `left` is where the archive still has their name, `presses` and
    `files` were removed from Slack's inbox and from the folder of digests. `scrubbed` is False
    where the write-ahead file of a SQLite archive could not be emptied just now.
    """

    names: tuple[str, ...]
    counts: dict[str, int]
    ended: tuple[str, ...]
    subscribed: tuple[str, ...]
    settings: tuple[str, ...]
    left: tuple[str, ...]
    presses: int = 0
    files: int = 0
    scrubbed: bool = True


def preview(app: App, given: Sequence[str], *, keep_votes: bool) -> Report:
    """What `forget` would do. Changes nothing. Raises `InputError`."""
    person = forgetting.known(app.store, given)
    done = forgetting.tried(app.store, person, app.store.now(), keep_votes=keep_votes)
    presses, files = len(_presses(app, person)), len(_files(app, done))
    return _report(app, person, done, presses, files)


def forget(app: App, given: Sequence[str], *, keep_votes: bool) -> Report:
    """Take a person out. Raises `InputError`; `ConfigError`, having done nothing, as long as the
    configuration would bring their subscription back."""
    from service.store.forgetting import scrub

    person = forgetting.known(app.store, given)
    named = _subscribed(app, person)
    if named:
        told = f"still send to them ({', '.join(named)})"
        remedy = "take them out of the configuration, restart the workers, and say this again"
        raise ConfigError("subscriptions", told, remedy)
    done = forgetting.forget(app.store, person, app.store.now(), keep_votes=keep_votes)
    presses = _remove(_presses(app, person))
    files = _remove(_files(app, done))
    return _report(app, person, done, presses, files, scrubbed=scrub(app.store.engine))


def _report(
    app: App, person: Person, done: Forgotten, presses: int, files: int, *, scrubbed: bool = True
) -> Report:
    return Report(
        names=tuple(sorted(person.names)),
        counts=dict(done.counts),
        ended=done.subscriptions,
        subscribed=_subscribed(app, person),
        settings=tuple(_mentions("", app.settings, person)),
        left=tuple(done.left),
        presses=presses,
        files=files,
        scrubbed=scrubbed,
    )


# -- the configuration


def _subscribed(app: App, person: Person) -> tuple[str, ...]:
    return tuple(
        entry.name
        for entry in app.settings.subscriptions
        if person.reached_at(entry.channel, entry.destination)
        or person.reached_at("email", entry.fallback)
    )


def _mentions(path: str, held: object, person: Person) -> Iterator[str]:
    """The settings that name them, by their path; secrets are not looked into."""
    match held:
        case BaseModel():
            for name in type(held).model_fields:
                yield from _mentions(f"{path}.{name}".lstrip("."), getattr(held, name), person)
        case tuple() | list():
            for place, each in enumerate(held, start=1):
                yield from _mentions(f"{path}[{place}]", each, person)
        case str() if held in person.names or _names_one(held, person.unmistakable):
            yield path


def _names_one(text: str, names: Collection[str]) -> bool:
    from service.store.persons import spelled

    return bool(names) and spelled(names).search(text) is not None


# -- the folders beside the archive


def _presses(app: App, person: Person) -> list[Path]:
    """What Slack has handed in from them and waits, or was set aside."""
    folder = Path(app.settings.slack.inbox)
    marks = [f'"{account}"'.encode() for account in person.accounts]
    found = []
    for path in sorted(folder.glob("**/*.json")) if marks else []:
        with suppress(OSError):  # it was counted meanwhile
            content = path.read_bytes()
            if any(mark in content for mark in marks):
                found.append(path)
    return found


def _files(app: App, done: Forgotten) -> list[Path]:
    """Digests and feeds of theirs, in the folder that they are written into."""
    folder = Path(app.settings.file.folder)
    written = [folder / Path(each).name for each in done.files]
    return [path for path in written if path.is_file()]


def _remove(paths: Sequence[Path]) -> int:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.stem}.reason.txt").unlink(missing_ok=True)
    return len(paths)
