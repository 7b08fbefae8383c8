"""`litwatch search`, `show` and `split`: what is in the archive, and why records are one work."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC
from typing import TYPE_CHECKING

import click

from service.cli.session import Session, json_option, moment, pass_session, print_json, say, table
from service.errors import QueryError

if TYPE_CHECKING:
    from service.records import Work
    from service.records.queries import Query


@click.command()
@click.argument("words", metavar="QUERY...", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="How many to show.")
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest", "seen"]),
    help="The order; goes before sort: in the query.",
)
@click.option("--explain", "explained", is_flag=True, help="Say how QUERY is read; search nothing.")
@json_option
@pass_session
def search(
    session: Session,
    words: tuple[str, ...],
    *,
    limit: int,
    sort: str | None,
    explained: bool,
    as_json: bool,
) -> None:
    """Find works.

    QUERY is words, "phrases", prefix*, AND, OR, NOT, parentheses and -exclusions; title:,
    abstract:, author:, journal:, source:, type:, topic:, doi:, pmid:, pmcid:, arxiv:;
    published:2026-01..2026-03, seen:last-week; is:review, is:unsent, has:pdf and the like;
    sort:newest. Days are days in UTC.

    Put QUERY into single quotes, and -- before it if it begins with a hyphen.
    """
    from service import archive
    from service.records.queries import Sort

    query = _query(" ".join(words), session)
    query = replace(query, sort=Sort(sort)) if sort else query
    if explained:
        click.echo(archive.explain(query, UTC))
        return
    with session.opened() as app, app.store.reading() as tx:
        found = tx.search.find(query, limit)
    if as_json:
        print_json(found)
        return
    for note in query.notes:
        say(f"Note: {note}")
    if not found:
        say("Nothing found.")
        return
    rows = [(work.id, work.published or "", f"{work.title}\n{_where(work)}") for work in found]
    table(("work", "date", "title"), rows, numbers=(0,))


def _query(text: str, session: Session) -> Query:
    from service import archive

    try:
        return archive.parse(text, session.app.clock.now(), UTC)
    except QueryError as error:
        say(error.here)
        raise


def _where(work: Work) -> str:
    first = work.authors[0] if work.authors else ""
    others = " et al." if len(work.authors) > 1 else ""
    flags = ", ".join(sorted(work.flags)).upper()
    return " · ".join(filter(None, (first + others, work.venue, flags)))


@click.command()
@click.argument("name", metavar="WORK")
@click.option("--raw", is_flag=True, help="Print the raw payloads as they came.")
@json_option
@pass_session
def show(session: Session, name: str, raw: bool, as_json: bool) -> None:
    """Show WORK (its number, PMID, PMCID, DOI or arXiv id): its records, and why they are one."""
    from service import archive
    from service.normalisation import normalise

    with session.opened() as app, app.store.reading() as tx:
        work = tx.works.get(tx.works.find(name))
        records = tx.works.records(work.id)
        events = tx.works.history(work.id)
    if raw:
        for held in records:
            click.echo(held.record.payload.decode(errors="replace"))
        return
    if as_json:
        print_json(
            {
                "work": work,
                "records": [
                    {
                        "key": held.record.key,
                        "id": held.id,
                        "joined_by": held.joined_by,
                        "first_seen_at": held.first_seen_at,
                        "gone_at": held.gone_at,
                        "paper": asdict(normalise(held.record)),
                    }
                    for held in records
                ],
                "history": events,
            }
        )
        return
    click.echo(archive.card(work))
    click.echo("\nRecords")
    for held in records:
        gone = f", deleted at the source {moment(held.gone_at)}" if held.gone_at else ""
        click.echo(f"  {held.id}  {held.record.key}: {held.joined_by}{gone}")
    for event in events:
        click.echo(f"  {moment(event.at)} {event.action} of {event.other}: {event.reason}")


@click.command()
@click.argument("name", metavar="WORK")
@click.argument("record_ids", metavar="RECORD...", nargs=-1, type=int, required=True)
@click.option("--reason", default="not the same research", help="Why they are not one.")
@pass_session
def split(session: Session, name: str, record_ids: tuple[int, ...], reason: str) -> None:
    """Take RECORDs (numbers as `show` prints them) out of WORK, for good."""
    from service import pipeline

    with session.opened() as app:
        number = pipeline.split(app.parts, name, record_ids, reason)
    say(f"They are now work {number}, and will not be joined again.")
