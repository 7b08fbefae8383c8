"""`litwatch import`: files into the archive."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from service.cli.session import (
    STOPPED,
    Session,
    json_option,
    pass_session,
    print_json,
    progress,
    table,
)


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--announce", is_flag=True, help="Let digests call these works new.")
@json_option
@pass_session
def import_files(session: Session, files: tuple[Path, ...], announce: bool, as_json: bool) -> None:
    """Import NLM baseline or update files (.xml.gz), nbib, RIS, BibTeX or bioRxiv JSON.

    The works can be searched at once; digests leave them out unless --announce is given.
    Importing a file again changes nothing. Ctrl-C keeps the batches that were stored.
    """
    from service import bootstrap

    for file in files:
        bootstrap.import_kind(file)  # refuse before anything is stored
    results = []
    with session.opened(stopped_status=STOPPED) as app, progress(quiet=as_json) as bars:
        for file in files:
            task = bars.add_task(file.name, total=file.stat().st_size)
            results.append(bootstrap.import_file(app, file, partial(bars.advance, task), announce))
    if as_json:
        print_json(
            [
                {
                    "file": r.file,
                    "source": r.source,
                    "tally": r.tally,
                    "fetched": r.tally.fetched,
                    "deletions": r.deletions,
                }
                for r in results
            ]
        )
        return
    columns = ("file", "records", "new", "changed", "same", "unparsed", "deleted", "of those held")
    rows = [(r.file.name, r.tally, r.deletions) for r in results]
    table(
        columns,
        [
            (name, t.fetched, t.new, t.changed, t.same, t.unparsed, listed, t.gone)
            for name, t, listed in rows
        ],
    )
