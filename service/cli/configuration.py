"""`litwatch config`: what is set, and what is wrong with it."""

from __future__ import annotations

import click

from service.cli.session import WRONG_SETTINGS, Session, json_option, pass_session, print_json, say


@click.group()
def config() -> None:
    """The configuration: check it, or list all settings."""


@config.command()
@json_option
@pass_session
def check(session: Session, as_json: bool) -> int:
    """Say what is wrong by name; exit 3 if anything is."""
    from service.config import problems

    found = problems(session.settings)
    if as_json:
        print_json({"problems": found})
    else:
        for problem in found:
            click.echo(problem)
        if not found:
            say("The configuration is complete.")
    return WRONG_SETTINGS if found else 0


@config.command()
def reference() -> None:
    """Print every setting with its default and meaning (Markdown)."""
    from service.config import reference as table

    click.echo(table())
