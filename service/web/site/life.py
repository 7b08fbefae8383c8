"""A work's life as its records, the digests and its readers tell it: posted, published, corrected,
sent, judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest import words
from service.records import Kind, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from service.records import Identifiers, Link, Paper, Vote
    from service.store.listing import Showing
    from service.store.works import HeldRecord, MergeEvent

_NAMES = {
    "pubmed": "PubMed",
    "pmc": "PMC",
    "biorxiv": "bioRxiv",
    "medrxiv": "medRxiv",
    "arxiv": "arXiv",
    "europepmc": "Europe PMC",
}
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
    """One thing that happened; `at` is an ISO date of any precision, "" where nobody says when."""

    at: str
    told: str
    grave: bool = False
    href: str = ""


def source_name(name: str) -> str:
    """A source as people write it."""
    return _NAMES.get(name, name)


def life(
    records: Sequence[tuple[HeldRecord, Paper | None]],
    showings: Iterable[Showing] = (),
    votes: Iterable[Vote] = (),
    merges: Iterable[MergeEvent] = (),
) -> list[Event]:
    """All events in the order of their dates, what has none last, nothing told twice."""
    found = [
        *_published(paper for _, paper in records if paper is not None),
        *_seen([held for held, _ in records]),
        *_merged(merges),
        *(_showing(each) for each in showings),
        *(_vote(each) for each in votes),
    ]
    once = dict.fromkeys(found)
    return sorted(once, key=lambda event: (not event.at, event.at))


def _published(papers: Iterable[Paper]) -> Iterator[Event]:
    for paper in papers:
        version = f" (version {paper.version})" if paper.version else ""
        place = paper.venue or source_name(paper.source)
        if paper.kind is Kind.PREPRINT:
            yield Event(paper.published or "", f"Posted as a preprint on {place}{version}")
        else:
            yield Event(paper.published or "", f"Published in {place}")
        for link in paper.links:
            if link.relation in _NEWS:
                yield _news(link)


def _news(link: Link) -> Event:
    told, grave = _NEWS[link.relation]
    where = link.text or _identity(link.target)
    href = f"https://doi.org/{link.target.doi}" if link.target.doi else ""
    return Event("", f"{told}: {where}" if where else told, grave, href)


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
            told = f"{source_name(source)} has {each.record.source_id} no more"
            yield Event(_day(each.gone_at), told, grave=True)
    for source, at in first.items():
        yield Event(_day(at), f"Seen in {source_name(source)}")


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
