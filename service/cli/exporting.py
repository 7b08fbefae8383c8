"""`litwatch export`: works as files for reference managers, spreadsheets and programs."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from service.cli.choosing import Choice, choices, works
from service.cli.session import STOPPED, Session, pass_session, progress, say
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from service.archive.exports import Entry, Format
    from service.store import Unit

FORMATS = ("bibtex", "ris", "csl", "csv", "jsonl", "nbib")


@click.command()
@choices
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="In which form (default: as the file's ending says).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, whole or not at all (default: standard output).",
)
@pass_session
def export(session: Session, *, choice: Choice, form: str | None, out: Path | None) -> None:
    """Write works as BibTeX, RIS, CSL-JSON, CSV, JSON Lines or nbib.

    A WORK is its number, PMID, PMCID, DOI or arXiv id. Say which works by exactly one of --search,
    --saved-search, --topic, --digest, --saved, --works and --all. A search is written in its
    order: as sort: says, else the thousand best by their words first and then the newest. A file
    is replaced when all is written; Ctrl-C leaves it as it was.
    """
    from service.archive.exports import FORMATS, format_of

    if form is None and out is None:
        raise click.UsageError("give --format, or --out with an ending that tells it")
    chosen = FORMATS[form or format_of(str(out))]
    with session.opened(stopped_status=STOPPED) as app, app.store.reading() as tx:
        wanted = works(app, tx, choice)
        shown = out is None and sys.stdout.isatty()  # a bar would run through the text
        with progress(quiet=shown) as bars, _opened(out) as file:
            task = bars.add_task("works", total=wanted.total)

            def went_on(count: int) -> None:
                bars.advance(task, count)
                app.go_on()

            count, left_out = _write(tx, wanted.work_ids, chosen, file, went_on)
    if left_out:
        told = "1 work is" if left_out == 1 else f"{left_out} works are"
        say(f"{told} left out: nbib needs a PMID.")
    if out:
        say(f"{count} {'work' if count == 1 else 'works'} written to {out}")


def _write(
    tx: Unit,
    work_ids: Iterable[int] | None,
    form: Format,
    file: BinaryIO,
    went_on: Callable[[int], None],
) -> tuple[int, int]:
    """Returns how many works were written, and how many the format cannot hold."""
    from service.bootstrap import exported

    counts = {True: 0, False: 0}

    def fitting() -> Iterator[Entry]:
        for entry in exported.entries(tx, work_ids, went_on):
            fits = form.fits(entry)
            counts[fits] += 1
            if fits:
                yield entry

    for chunk in form.written(fitting()):
        file.write(chunk.encode())
    return counts[True], counts[False]


@contextmanager
def _opened(out: Path | None) -> Iterator[BinaryIO]:
    """Where to write: standard output, or a file that takes its name when all is written, or a
    pipe or device as it stands. Raises `InputError`."""
    if out is None:
        yield sys.stdout.buffer
        return
    try:
        if out.exists() and not out.is_file():
            with out.open("wb") as file:
                yield file
            return
        whole = out.resolve()
        part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        cause = f"cannot be written: {error.strerror or error}"
        raise InputError(str(out), cause, "choose another place") from None
