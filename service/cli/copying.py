"""`litwatch backup`, `litwatch restore`, `litwatch db copy`: the archive in another place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    pass_session,
    print_json,
    progress,
    say,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.progress import TaskID

    from service.store.copying import Copied, Progress

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@json_option
@pass_session
def backup(session: Session, file: Path, as_json: bool) -> None:
    """Keep the whole archive in FILE, which must not be there yet.

    FILE is a SQLite archive, whatever the database is; it is complete or not there, and is read
    again to be sure. Safe beside running workers. Not in it: the configuration, the indexes that
    searching makes (litwatch index makes them anew), votes that wait in Slack's inbox folder.
    """
    from service.bootstrap import copies

    with session.opened() as app:
        held = _shown(lambda told: copies.backup(app, file, told))
    _tell(held, as_json, f"The archive is kept in {file}.")


@click.command()
@click.argument("file", type=_FILE)
@json_option
@pass_session
def restore(session: Session, file: Path, as_json: bool) -> None:
    """Bring the archive of a backup FILE back into the configured database, which must be empty.

    A backup of an older version is brought up to date; FILE stays as it is. Every table is read
    again and compared. What had not been sent when the backup was made may have been sent since:
    those deliveries are in doubt until a person decides (litwatch status). Digests that were made
    after the backup are not known any more: the next one may show some of their works again.
    """
    from service.bootstrap import copies

    held = _shown(lambda told: copies.restore(session.app, file, told))
    _tell(held, as_json, f"The archive is restored: {session.app.database}")
    if not as_json:
        say("Next: litwatch index, then litwatch status")


@click.command("copy")
@click.argument("target", envvar="LITWATCH_COPY_TARGET")
@json_option
@pass_session
def copy(session: Session, target: str, as_json: bool) -> None:
    """Copy the archive into the empty database TARGET, as in database.url.

    Every table is read again there and compared, rows and checksum; a copy that differs is not
    kept. Stop the workers first: what they do meanwhile is not in the copy, and two archives would
    both send. A password is better given as LITWATCH_COPY_TARGET than on the command line.
    """
    from service.bootstrap import copies

    with session.opened() as app:
        held = _shown(lambda told: copies.copy_to(app, target, told))
    _tell(held, as_json, "The copy is complete. Next: name it in database.url, then litwatch index")


def _shown(work: Callable[[Progress], Sequence[Copied]]) -> Sequence[Copied]:
    """Do it with a bar for each table that has rows."""
    with progress() as bars:
        tasks: dict[str, TaskID] = {}

        def told(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done)

        return work(told)


def _tell(held: Sequence[Copied], as_json: bool, done: str) -> None:
    if as_json:
        print_json(held)
        return
    rows = [(each.table, f"{each.rows:,}", each.checksum) for each in held if each.rows]
    table(("table", "rows", "checksum"), rows, numbers=(1,), whole=(2,), empty="rows")
    say(done)
