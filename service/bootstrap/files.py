"""What a person hands in as a file: payloads to look at, and files to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InputError, ParseError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.bootstrap.app import App
    from service.errors import LitwatchError
    from service.records import Page, Paper, Tally


@dataclass(frozen=True, slots=True)
class Payload:
    """What a payload holds: a page, its papers with the format each came in, and the records
    that could not be understood; or `error` alone."""

    error: LitwatchError | None = None
    page: Page | None = None
    papers: tuple[tuple[Paper, str], ...] = ()
    unparsed: tuple[ParseError, ...] = ()


def check_payload_source(source: str) -> None:
    """Raise `InputError` for a source whose payloads nobody can read."""
    from service.sources.reading import SOURCES

    if source not in SOURCES:
        known = ", ".join(SOURCES)
        raise InputError(f"source {source!r}", "is not known", f"one of: {known}")


def read_payload(source: str, body: bytes) -> Payload:
    """What Litwatch makes of a payload. Raises `InputError` for an unknown source only."""
    from service.normalisation import normalise
    from service.sources.reading import read

    check_payload_source(source)
    try:
        page = read(source, body)
    except (SourceError, InputError) as error:
        return Payload(error)
    papers, unparsed = [], []
    for record in page.records:
        try:
            papers.append((normalise(record), record.format))
        except ParseError as error:
            unparsed.append(error)
    return Payload(None, page, tuple(papers), tuple(unparsed))


@dataclass(frozen=True, slots=True)
class Imported:
    """What one imported file came to; `deletions` are those that it lists."""

    file: Path
    source: str
    tally: Tally
    deletions: int


def import_kind(file: Path) -> str:
    """The source whose reader understands the file. Raises `InputError`."""
    from service.sources.importing import kind_of

    return kind_of(file)


def import_file(app: App, file: Path, progress: Callable[[int], None], announce: bool) -> Imported:
    """Take a file in, batch by batch; `progress` gets the bytes read. Raises `InputError`; what
    was stored before stays."""
    from service.records import Tally
    from service.sources.importing import batches

    source, started = import_kind(file), app.clock.now()
    tally, deletions = Tally(), 0
    for batch in batches(file, progress):
        tally += app.take_in(source, batch, announce=announce)
        deletions += len(batch.deletions)
        app.go_on()
    with app.store.writing() as tx:
        tx.sources.add_import_receipt(source, str(file), tally, started, app.clock.now())
    return Imported(file, source, tally, deletions)
