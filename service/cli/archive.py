"""`litwatch show` and `split`: what is in the archive, and why records are one work."""

from __future__ import annotations

from dataclasses import asdict

import click

from service.cli.integrity import lines
from service.cli.revised import revised
from service.cli.session import Session, json_option, moment, pass_session, print_json, say


@click.command()
@click.argument("name", metavar="WORK")
@click.option("--raw", is_flag=True, help="Print the raw payloads as they came.")
@json_option
@pass_session
def show(session: Session, name: str, raw: bool, as_json: bool) -> None:
    """Show WORK (its number, PMID, PMCID, DOI or arXiv id): its records, and why they are one."""
    from service import archive
    from service.normalisation import paper_of

    with session.opened() as app, app.store.reading() as tx:
        work = tx.works.get(tx.works.find(name))
        records = tx.works.records(work.id)
        events = tx.works.history(work.id)
        stated = tuple(tx.statements.of(work.id))
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
                        "paper": asdict(paper) if (paper := paper_of(held.record)) else None,
                    }
                    for held in records
                ],
                "history": events,
                "statements": stated,
            }
        )
        return
    click.echo(archive.card(work))
    if stated:
        click.echo("\nWhat happened to it")
        for line in lines(stated):
            click.echo(f"  {line}")
    click.echo("\nRecords")
    for held in records:
        gone = f", deleted at the source {moment(held.gone_at)}" if held.gone_at else ""
        click.echo(f"  {held.id}  {held.record.key}: {held.joined_by}{gone}")
    for event in events:
        click.echo(f"  {moment(event.at)} {event.action} of {event.other}: {event.reason}")
    papers = [paper for held in records if (paper := paper_of(held.record))]
    if told := list(revised(papers)):
        click.echo("\nWhat was edited")
        for line in told:
            click.echo(f"  {line}")


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
