"""`litwatch topics create`, `preview`, `undo`, `restore`, `diff` and `history`: topics as
they are changed, and what was changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import previewed
from service.cli.changing import (
    Wish,
    changing,
    found_seeds,
    in_force,
    keep_references,
    saved,
    settle,
    signed,
)
from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    plain,
    print_json,
    say,
    table,
)
from service.errors import TopicError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records.tuning import Difference
    from service.tuning import Version


@click.command()
@click.argument("slug")
@click.option("--name", required=True, help="As people read it.")
@click.option(
    "--seed", "told", metavar="SEED", multiple=True, required=True, help="As for `seed add`."
)
@changing
@pass_session
def create(session: Session, *, slug: str, name: str, told: tuple[str, ...], wish: Wish) -> None:
    """Make a topic called SLUG of seeds: what it follows, told by papers, reviews or texts.

    SLUG is lower case, with digits and hyphens. Give --seed as often as there are seeds.
    """
    from service.topics import editing

    with session.opened() as app:
        with app.store.reading() as tx:
            if slug in {topic.slug for topic in tx.topics.current()}:
                remedy = f"change it, or choose another slug: litwatch topics show {slug}"
                raise TopicError(f"topic {slug!r}", "exists already", remedy)
        topic = editing.new(slug, name, found_seeds(app, told))
        if settle(app, None, topic, wish):
            keep_references(app, topic, topic.seeds)
            say(f"What it would show: litwatch topics preview {slug}")


# -- looking at a change --------------------------------------------------------------------------


@click.command()
@click.argument("slug")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of this document, instead of the topic in force.",
)
@json_option
@pass_session
def preview(session: Session, slug: str, file: Path | None, as_json: bool) -> None:
    """Show what topic SLUG, or a changed document of it, makes of the last weeks' works."""
    from service import bootstrap

    with session.opened() as app:
        if file is None:
            topic = in_force(app, slug)
        else:
            topic = bootstrap.topic_file(file)
            if topic.slug != slug:
                told = f"is of topic {topic.slug!r}, not of {slug!r}"
                raise TopicError(str(file), told, "name that topic")
        found = app.previews.of(topic)
    if as_json:
        previewed.show_json(found)
    else:
        previewed.show(found, alone=file is None)


# -- versions -------------------------------------------------------------------------------------


@click.command()
@click.argument("slug")
@signed
@pass_session
def undo(session: Session, slug: str, wish: Wish) -> None:
    """Take back the last change of topic SLUG; once more, the one before it.

    Nothing is lost: the change stays in the history, from where `restore` brings it back.
    """
    from service import tuning

    with session.opened() as app:
        version = tuning.undo(app.parts, slug, author=wish.by, reason=wish.reason)
        _told_of(app, slug, version)


@click.command()
@click.argument("slug")
@click.argument("version", type=click.IntRange(min=1))
@signed
@pass_session
def restore(session: Session, slug: str, version: int, wish: Wish) -> None:
    """Make topic SLUG again what it was at VERSION."""
    from service import tuning

    with session.opened() as app:
        made = tuning.restore(app.parts, slug, version, author=wish.by, reason=wish.reason)
        _told_of(app, slug, made)


def _told_of(app: App, slug: str, version: int) -> None:
    from service import tuning

    (made,) = tuning.versions(app.parts, slug, limit=1)
    for line in _lines(made.differences):
        say(line)
    saved(app, slug, version)


@click.command()
@click.argument("slug")
@click.argument("older", metavar="[VERSION", type=click.IntRange(min=1), required=False)
@click.argument("newer", metavar="[VERSION]]", type=click.IntRange(min=1), required=False)
@json_option
@pass_session
def diff(session: Session, slug: str, older: int | None, newer: int | None, as_json: bool) -> None:
    """Show what differs between two versions of topic SLUG.

    With one VERSION: from it to the version in force. Without: what the last change changed.
    """
    from service import tuning
    from service.topics.differing import differences

    with session.opened() as app, app.store.reading() as tx:
        last = tx.topics.get(slug).version
        first, second = older or max(last - 1, 1), newer or last
        pair = [tuning.topic_of(tuning.at(tx, slug, each)) for each in (first, second)]
    found = differences(*pair)
    if as_json:
        print_json({"topic": slug, "from": first, "to": second, "differences": found})
        return
    click.echo(f"Topic {slug}, from version {first} to {second}:")
    for line in _lines(found) or ["nothing differs"]:
        click.echo(f"  {line}")


@click.command()
@click.argument("slug")
@json_option
@pass_session
def history(session: Session, slug: str, as_json: bool) -> None:
    """All versions of a topic: when, who, why, and what was changed."""
    from service import tuning

    with session.opened() as app:
        versions = tuning.versions(app.parts, slug)
    if as_json:
        print_json([_fields(each, slug) for each in versions])
        return
    table(
        ("version", "at", "author", "reason and what differs"),
        [(v.version, moment(v.at), v.author, _story(v)) for v in versions],
        numbers=(0,),
    )


_TOLD = 6  # differences of one version


def _story(version: Version) -> str:
    lines = _lines(version.differences)
    if version.version == 1:  # all of it is new
        lines = []
    if len(lines) > _TOLD:
        lines = [*lines[:_TOLD], f"and {len(lines) - _TOLD} more"]
    if lines == [version.reason]:
        lines = []
    return "\n".join([version.reason, *lines])


def _fields(version: Version, slug: str) -> dict[str, object]:
    told = plain(version)
    assert isinstance(told, dict)  # noqa: S101 - a dataclass becomes a dict
    told.pop("topic")  # the document says it
    return {"slug": slug, **told}


def _lines(found: tuple[Difference, ...]) -> list[str]:
    from service.topics.differing import told

    return [told(each) for each in found]
