"""`litwatch topics author`: whose papers a topic follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from service.cli.changing import Wish, changing, in_force, settle
from service.cli.session import Session, pass_session
from service.records import FollowedAuthor

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Topic


@click.group()
def author() -> None:
    """Authors whose papers a topic follows, whatever they are about."""


@author.command()
@click.argument("slug")
@click.argument("name")
@click.option("--orcid", default="", help="0000-0000-0000-000X; without it give --affiliation.")
@click.option("--affiliation", default="", help="A part of it, as papers print it: Heidelberg.")
@changing
@pass_session
def add(
    session: Session, *, slug: str, name: str, orcid: str, affiliation: str, wish: Wish
) -> None:
    """Follow an author in topic SLUG.

    NAME is the family name, then given names or initials: "Okafor C", or with a comma between where
    there are more words: "van der Berg, Anna". An ORCID does instead.
    """
    from service.records import names
    from service.topics import editing

    told = FollowedAuthor(name, orcid, affiliation)
    if not orcid and names.orcid(name):
        told = replace(told, name="", orcid=name)
    _change(session, slug, wish, lambda topic: editing.following(topic, [told]))


@author.command()
@click.argument("slug")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@changing
@pass_session
def remove(session: Session, *, slug: str, names: tuple[str, ...], wish: Wish) -> None:
    """Follow authors no longer in topic SLUG, each named as `topics show` does, or by ORCID."""
    from service.topics import editing

    def edit(topic: Topic) -> Topic:
        for name in names:
            topic = editing.not_following(topic, name)
        return topic

    _change(session, slug, wish, edit)


def _change(session: Session, slug: str, wish: Wish, edit: Callable[[Topic], Topic]) -> None:
    with session.opened() as app:
        base = in_force(app, slug)
        settle(app, base, edit(base), wish)
