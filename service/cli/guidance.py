"""`litwatch topics suggest` and `unsure`: what would make a topic better, for people to judge."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.guidance import Advice, Doubt, SeedAdvice, TermAdvice


@click.command()
@click.argument("slug")
@json_option
@pass_session
def suggest(session: Session, slug: str, as_json: bool) -> None:
    """What would make topic SLUG better: terms, seeds, works to vote on; where it moves.

    Advice goes by what readers voted for and against, and by what digests showed. Nothing is
    changed: preview what you take (litwatch topics term, seed; with --preview).
    """
    from service import guidance

    with session.opened() as app:
        found = guidance.advice(app.parts, slug, model=app.model)
    if as_json:
        print_json(found)
        return
    _show(found)


def _show(found: Advice) -> None:
    from service.ranking import drift

    counts = f"{found.wanted} works voted for, {found.refused} against"
    click.echo(f"{found.topic}, version {found.version}: {counts}")
    if found.fidelity:
        click.echo(f"It {found.fidelity}.")
    if found.drift:
        click.echo(drift.sentence(found.drift))
    _terms(found.topic, "include", found.include, "wanted", "others")
    _terms(found.topic, "exclude", found.exclude, "voted against", "wanted or shown")
    if found.seeds:
        click.echo("\nSeeds: papers that readers want, and no seed is near")
    for each in found.seeds:
        _seed(found.topic, each)
    if found.doubts:
        click.echo("\nVote on these: they are near the line")
        _doubts(found.topic, found.doubts)
    if not (found.include or found.exclude or found.seeds or found.doubts):
        say("There is nothing to suggest yet.")
    for note in found.notes:
        say(f"Note: {note}")


def _terms(slug: str, verb: str, terms: Sequence[TermAdvice], some: str, rest: str) -> None:
    if not terms:
        return
    click.echo()
    rows = [
        (t.term, f"{t.hits} of {t.of}", f"{t.others} of {t.of_others}", t.examples[0])
        for t in terms
    ]
    table((verb, some, rest, "for example"), rows, numbers=(1, 2))
    click.echo(f"litwatch topics term {verb} {quote(slug)} {quote(terms[0].term)} --preview")


def _seed(slug: str, advised: SeedAdvice) -> None:
    if advised.shared:
        click.echo(f'\nThese {len(advised.works)} papers share "{advised.shared}":')
    else:
        click.echo()
    for number, title in zip(advised.works, advised.titles, strict=True):
        click.echo(f"  {number:>6}  {title}")
    if advised.name:
        click.echo(f"litwatch topics seed add {quote(slug)} {quote(advised.name)} --preview")


@click.command()
@click.argument("slug")
@json_option
@pass_session
def unsure(session: Session, slug: str, as_json: bool) -> None:
    """Five papers of last month that topic SLUG was unsure about: votes on them teach most.

    They are the same all month, and differ from one another; what is voted on is left out.
    """
    from service import guidance

    with session.opened() as app:
        found = guidance.unsure(app.parts, slug, model=app.model)
    if as_json:
        print_json(found)
        return
    click.echo(f"Papers of {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d} near the line")
    if found.doubts:
        _doubts(slug, found.doubts)
    elif found.done:
        say(f"All {found.done} are voted on: thank you.")
    else:
        say("None was in doubt.")


def _doubts(slug: str, doubts: Sequence[Doubt]) -> None:
    rows = [(each.work_id, f"{each.relevance:.2f}", each.title) for each in doubts]
    table(("work", "relevance", "title"), rows, numbers=(0, 1))
    click.echo(f"litwatch vote {quote(slug)} {doubts[0].work_id} relevant   (or not-relevant)")
