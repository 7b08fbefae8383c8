"""`litwatch init` and `litwatch db`: making the archive, and keeping its schema in step."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.session import Session, json_option, pass_session, print_json, say
from service.errors import ConfigError

_USUAL = Path("litwatch.toml")


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
