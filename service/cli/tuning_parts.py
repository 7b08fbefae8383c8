"""`litwatch topics seed`, `term` and `line`: what a topic is made of, changed piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from service.cli.changing import (
    Wish,
    changing,
    found_seeds,
    in_force,
    keep_references,
    settle,
)
from service.cli.session import Session, pass_session, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Seed, Topic

# A negative weight looks like an option, and is none.
_NUMBERS = {"ignore_unknown_options": True}


def _change(session: Session, slug: str, wish: Wish, edit: Callable[[Topic], Topic]) -> None:
    with session.opened() as app:
        base = in_force(app, slug)
        settle(app, base, edit(base), wish)


# -- seeds ----------------------------------------------------------------------------------------


@click.group()
def seed() -> None:
    """Seeds of a topic: add, remove and weigh what tells what it follows."""


@seed.command()
@click.argument("slug")
@click.argument("told", metavar="SEED...", nargs=-1, required=True)
@click.option("--weight", type=float, default=1.0, help="Below 0: against the topic.")
@changing
@pass_session
def add(session: Session, *, slug: str, told: tuple[str, ...], weight: float, wish: Wish) -> None:
    """Add seeds to topic SLUG.

    A SEED is a PMCID, PMID, DOI, arXiv id, address or citation, a file (review summary .md, BibTeX,
    RIS, nbib, ...), zotero:COLLECTION, search:NAME of a saved search, or a text in quotes. What the
    topic has already is passed over; what a review cites is got too.
    """
    from service.topics import editing, identity

    with session.opened() as app:
        base = in_force(app, slug)
        given = [_weighed(each, weight) for each in found_seeds(app, told)]
        fresh, there = editing.parted(base, given)
        topic = editing.with_seeds(base, fresh or given)
        for each, key in there:
            say(f'Passed over: "{identity.label(each)}" is a seed already, "{key}".')
        if settle(app, base, topic, wish):
            keep_references(app, topic, fresh)


def _weighed(found: Seed, weight: float) -> Seed:
    if weight == 0:
        raise click.BadParameter("0 would say nothing", param_hint="--weight")
    return replace(found, weight=abs(weight), sign=found.sign if weight > 0 else -1)


@seed.command()
@click.argument("slug")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@changing
@pass_session
def remove(session: Session, *, slug: str, keys: tuple[str, ...], wish: Wish) -> None:
    """Remove seeds of topic SLUG. A KEY is a seed's key or any of its identifiers."""
    from service.topics import editing

    def edit(topic: Topic) -> Topic:
        for key in keys:
            topic = editing.without_seed(topic, key)
        return topic

    _change(session, slug, wish, edit)


@seed.command(context_settings=_NUMBERS)
@click.argument("slug")
@click.argument("key")
@click.argument("weight", type=float)
@changing
@pass_session
def weigh(session: Session, *, slug: str, key: str, weight: float, wish: Wish) -> None:
    """Give seed KEY of topic SLUG another WEIGHT: 1 is usual, 2 counts twice as much; below 0 it
    speaks against what the topic follows."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.weighed(topic, key, weight))


# -- terms and senses -----------------------------------------------------------------------------


@click.group()
def term() -> None:
    """Terms of a topic: include, exclude and remove them, say what short forms stand for."""


@term.command()
@click.argument("slug")
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@changing
@pass_session
def include(session: Session, *, slug: str, terms: tuple[str, ...], wish: Wish) -> None:
    """Include TERMs in topic SLUG: a work that holds one scores higher.

    One that was excluded is so no more. Put what has spaces into quotes.
    """
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.including(topic, terms))


@term.command()
@click.argument("slug")
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@changing
@pass_session
def exclude(session: Session, *, slug: str, terms: tuple[str, ...], wish: Wish) -> None:
    """Exclude TERMs from topic SLUG: a work that holds one, and no included one, is left out."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.excluding(topic, terms))


@term.command("remove")
@click.argument("slug")
@click.argument("terms", metavar="TERM...", nargs=-1, required=True)
@changing
@pass_session
def remove_term(session: Session, *, slug: str, terms: tuple[str, ...], wish: Wish) -> None:
    """Remove TERMs of topic SLUG, be they included or excluded."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.without_terms(topic, terms))


@term.command("pin-sense")
@click.argument("slug")
@click.argument("short")
@click.argument("long", nargs=-1, required=True)
@changing
@pass_session
def pin_sense(
    session: Session, *, slug: str, short: str, long: tuple[str, ...], wish: Wish
) -> None:
    """Say what short form SHORT stands for in topic SLUG: NET neutrophil extracellular trap."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.pinned(topic, short, " ".join(long)))


@term.command("unpin-sense")
@click.argument("slug")
@click.argument("short")
@changing
@pass_session
def unpin_sense(session: Session, *, slug: str, short: str, wish: Wish) -> None:
    """Leave it to the texts of topic SLUG again what short form SHORT stands for."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.unpinned(topic, short))


# -- line and name --------------------------------------------------------------------------------


@click.command()
@click.argument("slug")
@click.option("--cutoff", type=float, help="At this relevance, from 0 to 1.")
@click.option("--precision", type=float, help="Where this share of what is shown is wanted: 0.8.")
@click.option("--per-week", type=float, help="Where so many papers a week are above it: 5.")
@click.option("--default", "default", is_flag=True, help="Where it is by default.")
@changing
@pass_session
def line(
    session: Session,
    *,
    slug: str,
    cutoff: float | None,
    precision: float | None,
    per_week: float | None,
    default: bool,
    wish: Wish,
) -> None:
    """Say where topic SLUG draws its line: works below are not shown."""
    from service.topics import editing

    given = [value for value in (cutoff, precision, per_week) if value is not None]
    if len(given) + default != 1:
        raise click.UsageError("give one of --cutoff, --precision, --per-week and --default")
    drawn = {"cutoff": cutoff, "precision": precision, "per_week": per_week}
    _change(session, slug, wish, lambda topic: editing.with_line(topic, **drawn))


@click.command()
@click.argument("slug")
@click.argument("name")
@changing
@pass_session
def rename(session: Session, *, slug: str, name: str, wish: Wish) -> None:
    """Give topic SLUG another NAME, as people read it. The slug stays."""
    from service.topics import editing

    _change(session, slug, wish, lambda topic: editing.renamed(topic, name))
