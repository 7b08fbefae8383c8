"""`litwatch config`: what is set, and what is wrong with it."""

from __future__ import annotations

import click

from service.cli.session import WRONG_SETTINGS, Session, json_option, pass_session, print_json, say


@click.group()
def config() -> None:
    """The configuration: check it, list all settings, make a key."""


@config.command()
@json_option
@pass_session
def check(session: Session, as_json: bool) -> int:
    """Say what is wrong by name; exit 3 if anything is.

    A note is about what works, with less than it could.
    """
    from service.config import notes, problems

    found, remarks = problems(session.settings), notes(session.settings)
    if as_json:
        print_json({"problems": found, "notes": remarks})
    else:
        for line in (*found, *(f"note: {remark}" for remark in remarks)):
            click.echo(line)
        if not found:
            say("The configuration is complete.")
    return WRONG_SETTINGS if found else 0


@config.command()
def reference() -> None:
    """Print every setting with its default and meaning (Markdown)."""
    from service.config import reference as table

    click.echo(table())


@config.command()
def key() -> None:
    """Make a secret for web.keys: 256 bits from the operating system, in 43 letters and digits.

    To change keys, put the new one first and keep the old one for 60 days: links in mails that
    were sent go on working, and addresses to unsubscribe as long as their key stands there.
    """
    import secrets

    click.echo(secrets.token_urlsafe(32))
