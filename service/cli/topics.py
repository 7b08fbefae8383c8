"""`litwatch topics`: what is followed, as documents that can be edited and kept in git."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import following, guidance, tuning_document, tuning_parts
from service.cli import tuning as changes
from service.cli.changing import Wish, changing, conclude, differs, in_force
from service.cli.references import figure, measure_if_new, references, summary
from service.cli.session import (
    Session,
    json_option,
    pass_session,
    print_json,
    table,
    write_file,
)
from service.errors import TopicError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.ranking.senses import Sense
    from service.records import Topic


@click.group()
def topics() -> None:
    """Topics: what is followed. Look at them, tune them, go back."""


for command in (
    references,
    changes.create,
    tuning_document.edit,
    changes.preview,
    changes.undo,
    changes.restore,
    changes.diff,
    changes.history,
    tuning_parts.seed,
    tuning_parts.term,
    following.author,
    tuning_parts.line,
    tuning_parts.rename,
    guidance.suggest,
    guidance.unsure,
):
    topics.add_command(command)


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
    from service import seeding, tuning
    from service.topics.differing import line_of
    from service.topics.facets import facets
    from service.topics.identity import label

    with session.opened() as app, app.store.reading() as tx:
        topic = tuning.in_force(tx, slug)
        cited, told = seeding.cited(tx, topic), figure(tx, topic)
        known = tx.citations.counts([*(s.cited_as for s in topic.seeds), *_keys(topic)])
        doubted = seeding.doubted(tx, topic)
    if as_json:
        counts = {c.seed.key: len(c.held.references) if c.held else 0 for c in cited}
        forms = [{"short": s.short, "long": s.long, "pinned": s.pinned} for s in _senses(topic)]
        found = {"topic": topic, "facets": facets(topic), "senses": forms}
        figures = {"references": counts, "fidelity": told, "citations": known}
        print_json({**found, **figures, "doubted": doubted})
        return
    click.echo(f"{topic.name} ({topic.slug}, version {topic.version})")
    for seed in topic.seeds:
        click.echo(f"\n{'+' if seed.sign > 0 else '-'} {seed.weight:g}  {label(seed)}")
        facts = (seed.key, seed.venue, seed.published, seed.ids.doi and f"doi:{seed.ids.doi}")
        click.echo(f"  {'  '.join(filter(None, facts))}")
        if fault := doubted.get(seed.key):
            click.secho(f"  {fault}", fg="red")
        if citing := known.get(seed.cited_as):
            click.echo(f"  cited by {citing:,} papers that are known")
    for author in topic.authors:
        told_by = ", ".join(filter(None, (author.orcid, author.affiliation)))
        click.echo(f"\nFollowed: {author.name} ({told_by})")
        click.echo(f"  papers known: {known.get(author.key, 0):,}")
    click.echo("\nFacets")
    for facet in facets(topic):
        click.echo(f"  {facet.weight:4.2f} {facet.kind:12} {facet.text}")
    click.echo(f"\nIncluded: {', '.join(topic.include) or '-'}")
    click.echo(f"Excluded: {', '.join(topic.exclude) or '-'}")
    click.echo(f"Line: {line_of(topic)}")
    if senses := _senses(topic):
        click.echo("\nSenses")
    for sense in senses:
        click.echo(f"  {sense.short}: {sense.long}{' (pinned)' if sense.pinned else ''}")
    click.echo("\nReferences")
    for line in summary(topic, cited, told):
        click.echo(f"  {line}")


def _keys(topic: Topic) -> list[str]:
    return [author.key for author in topic.authors]


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
    """Print a topic's document (TOML), seeds and all, with the version that it is of."""
    from service.topics.documents import dump

    with session.opened() as app:
        document = dump(in_force(app, slug))
    if out:
        write_file(out, document.encode())
    else:
        click.echo(document, nl=False)


@topics.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Also over what others have changed since its export.")
@changing
@pass_session
def import_topic(session: Session, *, file: Path, yes: bool, wish: Wish) -> None:
    """Put a topic document in force as a new version, and measure it if its references are held."""
    from service import bootstrap

    topic = bootstrap.topic_file(file)
    with session.opened() as app:
        with app.store.reading() as tx:
            base = next((held for held in app.topics(tx) if held.slug == topic.slug), None)
        if differs(base, topic):
            if base is not None and not wish.preview and not yes:
                _check_age(app, file, base, wish)
            conclude(app, base, topic, wish)
        if not wish.preview:
            measure_if_new(app, topic.slug)


def _check_age(app: App, file: Path, base: Topic, wish: Wish) -> None:
    """Ask before a document takes back what others have made of its topic since it was exported;
    where nobody can be asked, raise `TopicError`."""
    from service import tuning

    of = tomllib.loads(file.read_text(encoding="utf-8")).get("version", base.version)
    others = tuning.others_since(app.parts, base.slug, of, wish.by)
    if not others:
        return
    names = ", ".join(dict.fromkeys(each.author for each in others))
    cause = f"is of version {of} of topic {base.slug}, which {names} changed since"
    if not sys.stdin.isatty():
        remedy = f"see: litwatch topics diff {base.slug} {of}; to import it all the same: --yes"
        raise TopicError(str(file), cause, remedy)
    click.confirm(f"{file} {cause}. That would be taken back. Import it?", abort=True, err=True)
