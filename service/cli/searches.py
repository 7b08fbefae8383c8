"""`litwatch searches`: queries that were given names, to be asked again and to be sent."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import searching
from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    plain,
    print_json,
    say,
    table,
    write_file,
)
from service.errors import QueryError

if TYPE_CHECKING:
    from service.records.findings import SavedSearch


@click.group()
def searches() -> None:
    """Saved searches: queries with a name, to be run again, subscribed to and read as feeds."""


@searches.command("list")
@json_option
@pass_session
def list_searches(session: Session, as_json: bool) -> None:
    """All saved searches, and which subscriptions are sent what they find."""
    from service import saved_searches

    with session.opened(configured=True) as app, app.store.reading() as tx:
        found = tx.searches.list()
        sent = saved_searches.readers(tx)
    if as_json:
        print_json([_fields(saved, sent) for saved in found])
        return
    rows = [
        (s.name, s.query, s.mode, ", ".join(sent.get(s.name, ())), s.author, moment(s.at))
        for s in found
    ]
    columns = ("name", "query", "mode", "sent to", "by", "saved")
    table(columns, rows, whole=(0,), empty="saved searches")


def _fields(saved: SavedSearch, sent: dict[str, list[str]]) -> dict[str, object]:
    told = plain(saved)
    assert isinstance(told, dict)  # noqa: S101 - a dataclass becomes a dict
    return {**told, "subscriptions": sent.get(saved.name, [])}


@searches.command()
@click.argument("name")
@click.argument("words", metavar="QUERY...", nargs=-1, required=True)
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "lexical", "semantic"]),
    default="hybrid",
    help="How `run` looks: by words and meaning (the default), words alone, meaning alone.",
)
@click.option("--author", default="command line", help="Who saves it.")
@click.option("--replace", is_flag=True, help="Replace a saved search of this name.")
@pass_session
def save(
    session: Session, *, name: str, words: tuple[str, ...], mode: str, author: str, replace: bool
) -> None:
    """Save QUERY, as for `litwatch search`, under NAME (lower case, digits, hyphens).

    To have it sent, add searches = ["NAME"] to a subscription: each digest then has what is new and
    answers to the whole query. Put QUERY into single quotes, and -- before NAME if QUERY begins
    with a hyphen.
    """
    from service import saved_searches
    from service.records.findings import SavedSearch
    from service.records.queries import Mode

    typed = " ".join(" ".join(words).splitlines())
    with session.opened() as app, app.store.writing() as tx:
        saved = SavedSearch(name, typed, Mode(mode), author, app.clock.now())
        try:
            query = saved_searches.save(tx, saved, replace=replace)
        except QueryError as error:
            say(error.here)
            raise
    for note in query.notes:
        say(f"Note: {note}")
    if unfit := saved_searches.unfit(query):
        say(f"Note: it cannot be part of a digest: it {unfit}")
    say(f"Saved. Now: litwatch searches run {name}")


@searches.command()
@click.argument("name")
@json_option
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Say how NAME is read, who saved it, and to whom it is sent."""
    from service import archive, saved_searches

    with session.opened(configured=True) as app, app.store.reading() as tx:
        saved = tx.searches.get(name)
        sent = saved_searches.readers(tx)
    if as_json:
        print_json(_fields(saved, sent))
        return
    click.echo(f"{saved.name}: {saved.query}")
    click.echo(f"Saved by {saved.author}, {moment(saved.at)}; mode {saved.mode}")
    if name in sent:
        click.echo(f"Sent to {', '.join(sent[name])}")
    try:
        query = saved_searches.read(saved.query, app.clock.now())
        click.echo("\n" + archive.explain(query, UTC))
    except QueryError as error:
        say(error.here)
        raise


@searches.command()
@click.argument("name")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, help="How many to show.")
@json_option
@click.pass_context
def run(context: click.Context, name: str, limit: int, as_json: bool) -> None:
    """Show what NAME finds now, as `litwatch search` does."""
    session = context.ensure_object(Session)
    with session.opened(configured=True) as app, app.store.reading() as tx:
        saved = tx.searches.get(name)
    context.invoke(
        searching.search,
        words=(saved.query,),
        mode=str(saved.mode),
        limit=limit,
        as_json=as_json,
    )


@searches.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> None:
    """Forget NAME. Digests that were made of it stay as they were sent."""
    from service import saved_searches

    with session.opened() as app, app.store.writing() as tx:
        saved_searches.remove(tx, name)
        sent = saved_searches.readers(tx).get(name)
    say(f"{name}: removed")
    if sent:
        say(f"Note: the next digest of {', '.join(sent)} will say that it is gone")


@searches.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@pass_session
def export(session: Session, names: tuple[str, ...], out: Path | None) -> None:
    """Print saved searches (all, or those named) as [[searches]] for litwatch.toml.

    What they find: `litwatch export --saved-search NAME`.
    """
    from service.topics.toml import write_pairs

    with session.opened() as app, app.store.reading() as tx:
        chosen = [tx.searches.get(name) for name in names] or tx.searches.list()
    document = "\n".join(
        "[[searches]]\n"
        + write_pairs({"name": each.name, "query": each.query, "mode": str(each.mode)})
        for each in chosen
    )
    if out:
        write_file(out, document.encode())
    else:
        click.echo(document, nl=False)
