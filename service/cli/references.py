"""`litwatch topics references`: what a topic's seeds cite, and how well the topic finds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
)
from service.errors import LitwatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import EncoderInfo, Topic
    from service.seeding import Cited
    from service.store import Unit


@click.command()
@click.argument("slug")
@click.option("--fetch", is_flag=True, help="Get the lists from PMC, PubMed and Europe PMC.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take the list from a file: BibTeX, RIS, nbib, PubMed XML or JATS. With --fetch, its"
    " missing abstracts are got too.",
)
@click.option("--seed", help="Whose list the file is, where the topic has several reviews.")
@click.option("--measure", is_flag=True, help="Measure how well the topic finds them.")
@json_option
@pass_session
def references(
    session: Session,
    *,
    slug: str,
    fetch: bool,
    file: Path | None,
    seed: str | None,
    measure: bool,
    as_json: bool,
) -> None:
    """What the seed reviews of topic SLUG cite: held, got or imported.

    References with an abstract teach the ranking; a fifth of them is held out and shows how well
    the topic finds papers that it should. New lists are measured at once.
    """
    from service import seeding, tuning

    with session.opened() as app:
        with app.store.reading() as tx:
            topic = tuning.in_force(tx, slug)
            lists = seeding.cited(tx, topic)
        if file:
            lists = _imported(app, topic, file, seed, fetch=fetch)
        elif fetch:
            lists = _fetched(app, topic)
        if measure or ((file or fetch) and any(each.held for each in lists)):
            _measured(app, topic, quiet=not measure)
        with app.store.reading() as tx:
            lists = seeding.cited(tx, topic)
            told = figure(tx, topic)
    if as_json:
        print_json({"seeds": [_plain(each) for each in lists], "fidelity": told})
    else:
        _show(topic, lists, told)


def figure(tx: Unit, topic: Topic) -> dict[str, object] | None:
    """The figure of the topic's version in force, with its sentence; None before it is measured."""
    from service.ranking import fidelity

    held = tx.references.fidelity(topic.slug, topic.version)
    if held is None:
        return None
    read = fidelity.from_json(held.figure)
    return {
        "sentence": fidelity.sentence(read),
        "encoder": held.encoder,
        "at": held.at,
        "version": held.version,
        **held.figure,
    }


def summary(topic: Topic, lists: Sequence[Cited], told: dict[str, object] | None) -> list[str]:
    """What `topics show` says of references, in lines."""
    lines = []
    for each in lists:
        if each.held:
            held = each.held
            count = f"{len(held.references)} references, {held.with_abstract} with an abstract"
            lines.append(f"{each.seed.key}: {count} ({held.source}, {moment(held.fetched_at)})")
        else:
            lines.append(f"{each.seed.key}: none held")
    if told:
        by = told["encoder"] or "words only"
        lines.append(f"This topic {told['sentence']}; ranked by {by}.")
    elif any(each.held for each in lists):
        how = f"litwatch topics references {topic.slug} --measure"
        lines.append(f"This version of the topic is not measured yet: {how}")
    if not lists or not all(each.held for each in lists):
        lines.append(f"To get them: litwatch topics references {topic.slug} --fetch")
    return lines


def measure_if_new(app: App, slug: str) -> None:
    """Measure the topic's version in force, unless it is measured, or nothing is held of what its
    seeds cite; what hinders that is only told."""
    from service import seeding, tuning

    with app.store.reading() as tx:
        topic = tuning.in_force(tx, slug)
        held = any(each.held for each in seeding.cited(tx, topic))
        done = tx.references.fidelity(topic.slug, topic.version)
    if held and done is None:
        _measured(app, topic, quiet=True)


def _imported(app: App, topic: Topic, file: Path, key: str | None, *, fetch: bool) -> list[Cited]:
    from service import seeding
    from service.bootstrap import cited

    seed = seeding.chosen_seed(topic, key)
    found = cited.reference_file(file)
    if fetch:
        found = cited.completed(app, found)
    return [seeding.keep_references(app.parts, topic, seed, found)]


def _fetched(app: App, topic: Topic) -> list[Cited]:
    """Get the lists. Raises the first error when not a single one came."""
    from service import seeding
    from service.bootstrap import cited

    lists = seeding.fetch_references(app.parts, topic, cited.reference_lists(app).fetch)
    errors = [each.error for each in lists if each.error]
    if errors and len(errors) == len(lists):
        raise errors[0]
    for error in errors:
        say(str(error))
    if not lists:
        say(f"Topic {topic.slug} has no review among its seeds.")
    return lists


def _measured(app: App, topic: Topic, *, quiet: bool) -> None:
    """Measure; where that was not asked for, a topic that cannot be measured is only told."""
    from service import seeding

    try:
        seeding.check_measurable(app.parts, topic)
        seeding.measure(app.parts, topic, _encoder(app))
    except LitwatchError as error:
        if not quiet:
            raise
        say(f"Not measured: {error}")


def _encoder(app: App) -> EncoderInfo | None:
    """The model, once every work has its vectors; None, and a word of it, without a model."""
    from service import pipeline
    from service.errors import EncoderError

    try:
        pipeline.embed(app.parts)
        return app.parts.encoder.info()
    except EncoderError as error:
        say(f"Measuring by words only: {error}")
        return None


def _plain(each: Cited) -> dict[str, object]:
    held = each.held
    if held is None:
        return {"seed": each.seed.key, "held": False}
    return {
        "seed": each.seed.key,
        "held": True,
        "source": held.source,
        "stated": held.stated,
        "with_abstract": held.with_abstract,
        "fetched_at": held.fetched_at,
        "notes": held.notes,
        "references": held.references,
    }


def _show(topic: Topic, lists: Sequence[Cited], told: dict[str, object] | None) -> None:
    for each in lists:
        if each.held is None:
            continue
        held = each.held
        table(
            ("year", "id", "abstract", "title"),
            [
                (
                    r.year,
                    r.ids.pmid or r.ids.doi or r.ids.pmcid or r.ids.arxiv,
                    "yes" if r.abstract else "no",
                    r.title,
                )
                for r in held.references
            ],
            numbers=(0,),
            title=f"{each.seed.title}: {len(held.references)} of {held.stated} entries",
        )
        for note in held.notes:
            say(note)
    for line in summary(topic, lists, told):
        click.echo(line)
