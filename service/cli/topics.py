"""`litwatch topics`: what is followed, as documents that can be edited and kept in git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.references import figure, measure_if_new, references, summary
from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
    write_file,
)

if TYPE_CHECKING:
    from service.ranking.senses import Sense
    from service.records import Topic


@click.group()
def topics() -> None:
    """Topics: list, show, references, export, import, history."""


topics.add_command(references)


@topics.command("list")
@json_option
@pass_session
def list_topics(session: Session, as_json: bool) -> None:
    """All topics in force."""
    with session.opened() as app, app.store.reading() as tx:
        current = app.topics(tx)
    if as_json:
        print_json(current)
        return
    table(
        ("topic", "name", "version", "seeds", "included", "excluded"),
        [
            (t.slug, t.name, t.version, len(t.seeds), len(t.include), len(t.exclude))
            for t in current
        ],
        numbers=(2, 3, 4, 5),
    )


@topics.command()
@click.argument("slug")
@json_option
@pass_session
def show(session: Session, slug: str, as_json: bool) -> None:
    """One topic: its seeds, facets, terms, senses and references, and how well it finds them."""
    from service import seeding
    from service.topics.facets import facets

    with session.opened() as app, app.store.reading() as tx:
        tx.topics.get(slug)
        topic = next(t for t in app.topics(tx) if t.slug == slug)
        cited, told = seeding.cited(tx, topic), figure(tx, topic)
    if as_json:
        counts = {c.seed.key: len(c.held.references) if c.held else 0 for c in cited}
        forms = [{"short": s.short, "long": s.long, "pinned": s.pinned} for s in _senses(topic)]
        found = {"topic": topic, "facets": facets(topic), "senses": forms}
        print_json({**found, "references": counts, "fidelity": told})
        return
    click.echo(f"{topic.name} ({topic.slug}, version {topic.version})")
    for seed in topic.seeds:
        sign = "+" if seed.sign > 0 else "-"
        click.echo(f"\n{sign} {seed.weight:g}  {seed.title}")
        click.echo(f"  {seed.venue} {seed.published or ''} doi:{seed.ids.doi or '-'}")
    click.echo("\nFacets")
    for facet in facets(topic):
        click.echo(f"  {facet.weight:4.2f} {facet.kind:12} {facet.text}")
    click.echo(f"\nIncluded: {', '.join(topic.include) or '-'}")
    click.echo(f"Excluded: {', '.join(topic.exclude) or '-'}")
    click.echo(f"Line: {_line(topic)}")
    if senses := _senses(topic):
        click.echo("\nSenses")
    for sense in senses:
        click.echo(f"  {sense.short}: {sense.long}{' (pinned)' if sense.pinned else ''}")
    click.echo("\nReferences")
    for line in summary(topic, cited, told):
        click.echo(f"  {line}")


def _line(topic: Topic) -> str:
    """Where the line is drawn, in words."""
    from service.digest.compose import aim
    from service.digest.words import percent

    told = aim(topic.cutoff, topic.precision, topic.per_week)
    return told if topic.cutoff is None else f"{percent(topic.cutoff)} relevance"


def _senses(topic: Topic) -> list[Sense]:
    """What the topic's short forms stand for, from the texts that the ranker reads them in."""
    from service.ranking.senses import topic_senses

    told = [seed for seed in topic.seeds if seed.kind != "paper" and seed.sign > 0]
    texts = [
        text
        for seed in told
        for text in (seed.title, seed.tldr, seed.contribution, *seed.findings, seed.abstract)
        if text
    ]
    return list(topic_senses([*texts, *topic.include], topic.senses).values())


@topics.command()
@click.argument("slug")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@pass_session
def export(session: Session, slug: str, out: Path | None) -> None:
    """Print a topic's document (TOML), seeds and all."""
    with session.opened() as app, app.store.reading() as tx:
        document = tx.topics.get(slug).document
    if out:
        write_file(out, document.encode())
    else:
        click.echo(document, nl=False)


@topics.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--author", default="", help="Who changed it.")
@click.option("--reason", default="imported", help="Why.")
@pass_session
def import_topic(session: Session, file: Path, author: str, reason: str) -> None:
    """Put a topic document in force as a new version, and measure it if its references are held."""
    from service import bootstrap

    topic = bootstrap.topic_file(file)
    with session.opened() as app:
        with app.store.writing() as tx:
            now = app.clock.now()
            version = bootstrap.save_topic(tx, topic, author or "command line", reason, now)
        say(f"Topic {topic.slug} is at version {version}.")
        measure_if_new(app, topic.slug)


@topics.command()
@click.argument("slug")
@json_option
@pass_session
def history(session: Session, slug: str, as_json: bool) -> None:
    """All versions of a topic: when, who, why."""
    with session.opened() as app, app.store.reading() as tx:
        tx.topics.get(slug)
        versions = tx.topics.history(slug)
    if as_json:
        print_json(versions)
        return
    table(
        ("version", "at", "author", "reason"),
        [(v.version, moment(v.at), v.author, v.reason) for v in versions],
    )
