"""`litwatch init` and `litwatch db`: making the archive, and keeping its schema in step."""

from __future__ import annotations

import click

from service.cli.session import Session, json_option, pass_session, print_json, say


@click.command()
@pass_session
def init(session: Session) -> None:
    """Create the database (or bring it up to date) with the shipped topics."""
    from service.store import migrations

    migrations.upgrade(session.app.store.engine)
    with session.opened() as app, app.store.reading() as tx:
        names = ", ".join(version.slug for version in tx.topics.current())
        url = app.store.engine.url.render_as_string(hide_password=True)
    say(f"The archive is ready: {url}")
    say(f"Topics: {names}. Next: litwatch config check, then litwatch run")


@click.group()
def db() -> None:
    """The database: its version and its size."""


@db.command()
@click.argument("revision", default="head")
@pass_session
def upgrade(session: Session, revision: str) -> None:
    """Bring the database up to date."""
    from service.store import migrations

    migrations.upgrade(session.app.store.engine, revision)
    say(f"The database is at revision {migrations.current(session.app.store.engine)}.")


@db.command()
@click.argument("revision")
@click.confirmation_option(prompt="This removes tables or columns with what is in them. Go on?")
@pass_session
def downgrade(session: Session, revision: str) -> None:
    """Take the database back to REVISION ("base": empty it)."""
    from service.store import migrations

    migrations.downgrade(session.app.store.engine, revision)
    say(f"The database is at revision {migrations.current(session.app.store.engine)}.")


@db.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Revision and number of works and records."""
    from service.store import migrations

    engine = session.app.store.engine
    told: dict[str, object] = {
        "database": engine.url.render_as_string(hide_password=True),
        "revision": migrations.current(engine),
        "needed": migrations.head(),
    }
    if told["revision"] == told["needed"]:
        with session.app.store.reading() as tx:
            told |= tx.works.counts()
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        click.echo(f"{name:10} {value}")
