"""`litwatch import`: files into the archive."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.session import Session, json_option, pass_session, print_json, progress, table


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
    from service.records import Tally
    from service.sources.importing import batches, kind_of

    kinds = {file: kind_of(file) for file in files}  # refuse before anything is stored
    results = []
    with session.opened() as app, progress(quiet=as_json) as bars:
        for file, kind in kinds.items():
            started = app.clock.now()
            task = bars.add_task(file.name, total=file.stat().st_size)
            tally, deletions = Tally(), 0
            for batch in batches(file, lambda read, task=task: bars.advance(task, read)):  # type: ignore[misc]
                tally += app.take_in(kind, batch, announce=announce)
                deletions += len(batch.deletions)
            with app.store.writing() as tx:
                tx.sources.add_import_receipt(kind, str(file), tally, started, app.clock.now())
            results.append((file, kind, tally, deletions))
    if as_json:
        print_json(
            [
                {"file": f, "source": kind, "tally": t, "fetched": t.fetched, "deletions": d}
                for f, kind, t, d in results
            ]
        )
        return
    table(
        ("file", "records", "new", "changed", "same", "unparsed", "deleted", "of those held"),
        [
            (f.name, t.fetched, t.new, t.changed, t.same, t.unparsed, d, t.gone)
            for f, _, t, d in results
        ],
    )
