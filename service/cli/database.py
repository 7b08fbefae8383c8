"""`litwatch init` and `litwatch db`: making the archive, and keeping its schema in step."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli import copying
from service.cli.session import (
    STOPPED,
    Session,
    json_option,
    pass_session,
    print_json,
    progress,
    say,
)
from service.errors import ConfigError

_USUAL = Path("litwatch.toml")
_NAMED = 20  # works that a refresh names; the rest are counted


@click.command()
@pass_session
def init(session: Session) -> None:
    """Create the database (or bring it up to date) with the shipped topics.

    Also writes a commented litwatch.toml to fill in, where nothing is configured yet. Safe to
    repeat: nothing that exists is overwritten.
    """
    written = _starter(session)
    session.app.upgrade()
    with session.opened(configured=True) as app, app.store.reading() as tx:
        names = ", ".join(version.slug for version in tx.topics.current())
    say(f"The archive is ready: {session.app.database}")
    say(f"Topics: {names}")
    if written:
        say(f"Fill in {written}: your address, and who is sent what.")
    say("Next: litwatch config check, then litwatch run")


def _starter(session: Session) -> Path | None:
    """Write the starter where --config points, or here; None if there is a configuration."""
    from importlib import resources

    from service.config import Settings

    missing = session.config is not None and not session.config.exists()
    if not missing and (_USUAL.exists() or session.settings != Settings()):
        return None
    file = session.config or _USUAL
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write((resources.files("service.cli") / "starter.toml").read_text("utf-8"))
    except FileExistsError:
        return None
    except OSError as error:
        raise ConfigError(
            str(file), f"cannot be written: {error.strerror}", "choose another folder"
        ) from None
    return file


@click.group()
def db() -> None:
    """The database: its version and its size."""


db.add_command(copying.copy)


@db.command()
@click.argument("revision", default="head")
@pass_session
def upgrade(session: Session, revision: str) -> None:
    """Bring the database up to date."""
    session.app.upgrade(revision)
    say(f"The database is at revision {session.app.schema()[0]}.")


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="This removes tables or columns with what is in them. Go on?")
@pass_session
def downgrade(session: Session, revision: str) -> None:
    """Take the database back to REVISION ("base": empty it)."""
    session.app.downgrade(revision)
    say(f"The database is at revision {session.app.schema()[0] or 'base'}.")


@db.command()
@click.option("--again", is_flag=True, help="Begin anew where an earlier refresh was stopped.")
@click.option("--dry-run", is_flag=True, help="Count what would change; write nothing.")
@json_option
@pass_session
def refresh(session: Session, *, again: bool, dry_run: bool, as_json: bool) -> None:
    """Compute every work anew from its stored records.

    For an archive that an older Litwatch filled: what this one reads better, or reads at all,
    comes into the works that are there. Nothing is fetched. Old works do not become new ones for
    digests; where a title or an abstract changes, the next run embeds the work again. Safe beside
    a running worker and to stop at any time: the next refresh goes on where it was.
    """
    from service import refreshing

    with session.opened(stopped_status=STOPPED) as app:
        mark, total = refreshing.begun(app.parts, again=again and not dry_run)
        if mark and not dry_run:
            say(f"Going on after work {mark}, where the last refresh was stopped.")
        with progress() as bars:
            task = bars.add_task("works", total=total)

            def went_on(count: int) -> None:
                bars.advance(task, count)
                app.go_on()

            done = refreshing.refresh(app.parts, went_on, dry=dry_run)
    if as_json:
        print_json(done)
        return
    would = "would change" if dry_run else "changed"
    say(f"{done.looked} works looked at; {done.changed} {would}.")
    if done.placed:
        say(f"{done.placed} records are understood now that were in no work before.")
    if done.left:
        told = ", ".join(map(str, done.left[:_NAMED])) + (
            ", ..." if len(done.left) > _NAMED else ""
        )
        say(f"{len(done.left)} left as they are, for a record is not understood: {told}")


@db.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Revision and number of works and records."""
    revision, needed = session.app.schema()
    told: dict[str, object] = {
        "database": session.app.database,
        "revision": revision,
        "needed": needed,
    }
    if revision == needed:
        with session.app.store.reading() as tx:
            told |= tx.works.counts()
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        click.echo(f"{name:10} {value}")
