"""`litwatch show` and `split`: what is in the archive, and why records are one work."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from service.cli.added import added
from service.cli.integrity import lines
from service.cli.revised import revised
from service.cli.session import Session, json_option, moment, pass_session, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.store.works import HeldRecord, MergeEvent


@click.command()
@click.argument("name", metavar="WORK")
@click.option("--raw", is_flag=True, help="Print the raw payloads as they came.")
@json_option
@pass_session
def show(session: Session, name: str, raw: bool, as_json: bool) -> None:
    """Show WORK (its number, PMID, PMCID, DOI or arXiv id): its records, and why they are one."""
    from service import archive
    from service.normalisation import paper_of
    from service.records.enriching import Addition

    with session.opened() as app, app.store.reading() as tx:
        work = tx.works.get(tx.works.find(name))
        records = tx.works.records(work.id)
        events = tx.works.history(work.id)
        stated = tuple(tx.statements.of(work.id))
        addition = tx.enrichments.shown([work.id]).get(work.id, Addition())
        access = tx.enrichments.access(work.id)
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
                "entities": addition.entities,
                "figure": addition.figure,
                "access": access,
            }
        )
        return
    click.echo(archive.card(work))
    _part("What was added", added(addition, access))
    _part("What happened to it", lines(stated))
    _part("Records", _told(records, events))
    papers = [paper for held in records if (paper := paper_of(held.record))]
    _part("What was edited", revised(papers))


def _part(heading: str, told: Iterable[str]) -> None:
    """A heading and what stands under it; nothing where there is nothing."""
    found = [*told]
    if found:
        click.echo("\n".join(("", heading, *(f"  {line}" for line in found))))


def _told(records: Iterable[HeldRecord], events: Iterable[MergeEvent]) -> Iterator[str]:
    """Each record and why it is here, then what was joined and split."""
    for held in records:
        gone = f", deleted at the source {moment(held.gone_at)}" if held.gone_at else ""
        yield f"{held.id}  {held.record.key}: {held.joined_by}{gone}"
    for event in events:
        yield f"{moment(event.at)} {event.action} of {event.other}: {event.reason}"


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
