"""`litwatch people`: who is behind the names that votes come under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table
from service.cli.votes import reader

if TYPE_CHECKING:
    from service.people import Person


@click.group()
def people() -> None:
    """People and their names: one reader votes as a user, a mail address, a Slack account."""


@people.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Everybody who has voted, with all their names and how many votes of theirs count."""
    found = _people(session)
    if as_json:
        print_json(found)
        return
    rows = [(each.name, "\n".join(each.aliases), each.votes) for each in found]
    table(("person", "also known as", "votes"), rows, numbers=(2,), whole=(1,), empty="readers")


def _people(session: Session) -> list[Person]:
    from service import people

    with session.opened() as app:
        return people.people(app.parts)


@people.command()
@click.argument("name")
@click.argument("person")
@pass_session
def link(session: Session, name: str, person: str) -> None:
    """Count what is said under NAME as said by PERSON, from now on and for all that was said.

    Of a person's votes on a work the latest counts. Names are written as `litwatch people list`
    has them: mail:ida@example.org, slack:U012ABC, api:TOKEN.
    """
    from service import people

    with session.opened() as app:
        every = people.people(app.parts)
        known = {known for each in every for known in (each.name, *each.aliases)}
        whose = people.link(app.parts, name, person, author=reader(None))
    say(f"{name} is {whose}.")
    if name not in known:
        say("Nobody has voted under that name yet: see how others are written in people list.")


@people.command()
@click.argument("name")
@pass_session
def unlink(session: Session, name: str) -> None:
    """Let NAME stand for itself again; the votes given under it are its own."""
    from service import people

    with session.opened() as app:
        whose = people.unlink(app.parts, name)
    say(f"{name} is no longer {whose}.")
