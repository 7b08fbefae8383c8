"""A work's life as its records, the digests and its readers tell it: posted, published, corrected,
sent, judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.digest import passages, words
from service.digest.revisions import revisions
from service.records import Kind, Relation

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from service.digest.passages import Edited
    from service.records import Identifiers, Link, Paper, Vote
    from service.records.watching import Edits
    from service.store.listing import Showing
    from service.store.works import HeldRecord, MergeEvent
    from service.web.site.said import Said

# Links that are news of the paper itself: what is said, and whether it is grave.
_NEWS = {
    Relation.RETRACTION_IN: ("Retracted", True),
    Relation.PARTIAL_RETRACTION_IN: ("Retracted in part", True),
    Relation.CONCERN_IN: ("Expression of concern", True),
    Relation.ERRATUM_IN: ("Corrected", False),
    Relation.REPUBLISHED_IN: ("Republished", False),
    Relation.UPDATE_IN: ("Updated", False),
    Relation.COMMENT_IN: ("Commented on", False),
    Relation.PREPRINT_OF: ("Published", False),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `at` is an ISO date of any precision, "" where nobody says when.
    `edits` are what it changed in the texts."""

    at: str
    told: str
    grave: bool = False
    href: str = ""
    edits: tuple[Edited, ...] = ()


def life(
    records: Sequence[tuple[HeldRecord, Paper | None]],
    showings: Iterable[Showing] = (),
    votes: Iterable[Vote] = (),
    merges: Iterable[MergeEvent] = (),
    stated: Sequence[Said] = (),
) -> list[Event]:
    """All events in the order of their dates, what has none last, nothing told twice."""
    papers = [paper for _, paper in records if paper is not None]
    changed = {each.after.key: each.edits for each in revisions(papers)}
    found = [
        *_published(papers, changed),
        *_links(papers, {each.flag for each in stated}),
        *(_said(each) for each in stated if not each.ruled),
        *_seen([held for held, _ in records]),
        *_merged(merges),
        *(_showing(each) for each in showings),
        *(_vote(each) for each in votes),
    ]
    once: dict[Event, Event] = {}  # by the event without its edits: only one record of it has them
    for event in found:
        plain = replace(event, edits=())
        if event.edits or plain not in once:
            once[plain] = event
    return sorted(once.values(), key=lambda event: (not event.at, event.at))


def _published(papers: Iterable[Paper], changed: Mapping[str, Edits]) -> Iterator[Event]:
    for paper in papers:
        version = f" (version {paper.version})" if paper.version else ""
        place = paper.venue or words.source_name(paper.source)
        posted = f"Posted as a preprint on {place}{version}"
        told = posted if paper.kind is Kind.PREPRINT else f"Published in {place}"
        edits = changed.get(paper.key)
        yield Event(
            paper.published or paper.revised or "",
            told,
            edits=passages.shown(edits, passages.WHOLE) if edits else (),
        )


def _links(papers: Iterable[Paper], stated: Container[str]) -> Iterator[Event]:
    """What the papers' links tell, but for what is `stated` with its day."""
    for paper in papers:
        for link in paper.links:
            if link.relation in _NEWS and _NEWS[link.relation][0] not in stated:
                yield _news(link)


def _said(each: Said) -> Event:
    return Event(_day(each.at), f"{each.flag}, according to {each.by}", each.grave, each.notice)


def _news(link: Link) -> Event:
    told, grave = _NEWS[link.relation]
    where = link.text or _identity(link.target)
    pages = words.pages(link.target)
    return Event("", f"{told}: {where}" if where else told, grave, pages[0][1] if pages else "")


def _identity(ids: Identifiers) -> str:
    named = (("doi:", ids.doi), ("PMID ", ids.pmid), ("", ids.pmcid), ("arXiv:", ids.arxiv))
    return next((f"{prefix}{value}" for prefix, value in named if value), "")


def _seen(held: Sequence[HeldRecord]) -> Iterator[Event]:
    """When each source was first seen to have it, and when it took it back."""
    first: dict[str, datetime] = {}
    for each in held:
        source = each.record.source
        first[source] = min(first.get(source, each.first_seen_at), each.first_seen_at)
        if each.gone_at is not None:
            told = f"{words.source_name(source)} has {each.record.source_id} no more"
            yield Event(_day(each.gone_at), told, grave=True)
    for source, at in first.items():
        yield Event(_day(at), f"Seen in {words.source_name(source)}")


def _merged(merges: Iterable[MergeEvent]) -> Iterator[Event]:
    for each in merges:
        told = "Joined with" if each.action == "merge" else "Parted from"
        yield Event(_day(each.at), f"{told} work {each.other} ({each.reason})")


def _showing(each: Showing) -> Event:
    week = words.week_of(each.period)
    told = f"In the digest {each.subscription}, {week}, at place {each.rank}"
    return Event(_day(each.frozen_at), told, href=f"/digests/{each.digest}")


def _vote(each: Vote) -> Event:
    note = f": {each.note}" if each.note else ""
    return Event(_day(each.at), f"{each.voter} called it {each.judgement} for {each.topic}{note}")


def _day(at: datetime) -> str:
    return at.date().isoformat()
