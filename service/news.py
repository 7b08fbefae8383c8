"""What is told of works that a subscription's readers have had: those that its digests sent, and
those that its readers saved.

A module beside the pipeline, with the same rules: what is news is decided in `changes`; here is
read what that takes, and what there is to say of each.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from service import changes, deduplication
from service.digest.edits import edits
from service.flagging import standing
from service.normalisation import paper_of
from service.records import Change, DigestChange, Flag, Kind
from service.records.stated import SentWork, known_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from service.records import DigestContent, Identifiers, Paper, Subscription, Work
    from service.records.stated import SavedWork, Stated
    from service.store import Unit

log = logging.getLogger(__name__)

TEXT = 280  # characters of a notice that are told
_FLAGS: Mapping[Change, Flag] = {change: flag for flag, change in changes.BY_FLAG.items()}


def told(
    tx: Unit, subscription: Subscription, until: datetime | None = None
) -> tuple[DigestChange, ...]:
    """What a subscription's next digest tells of what its readers have had; with `until` what it
    would have told then: nothing of works that were touched since."""
    sent = tx.digests.sent(subscription.name, until)
    found = changes.news([*_saved(tx, subscription, until), *sent])
    works = {work.id: work for work in tx.works.many([each.work_id for each in found])}
    return tuple(
        _change(tx, each, works[each.work_id], until) for each in found if each.work_id in works
    )


# -- what was saved -------------------------------------------------------------------------------


def _saved(tx: Unit, subscription: Subscription, until: datetime | None) -> list[SentWork]:
    """What this subscription's readers have saved for its topics, as it was then. Only works that
    were touched since are looked at: the others have no news."""
    saved = tx.had.saved(subscription.topics, until)
    if not saved:
        return []
    persons = {each.alias: each.person for each in tx.aliases.all()}
    own = [each for each in saved if _reads(subscription, each, persons)]
    told = tx.digests.told(subscription.name, until)
    versions = tx.had.versions({each.work_id for each in own})
    found = []
    for each in own:
        said = told.get(each.work_id, {})
        told_at = said.get(Change.NEW_VERSION)
        newest, seen = known_versions(versions.get(each.work_id, ()), each.at, told_at)
        found.append(
            SentWork(
                work_id=each.work_id,
                kind=each.kind,
                flags=each.flags,
                sent_kind=_kind_at(tx, each),
                sent_flags=_flags_at(tx, each),
                topic=each.topic,
                period="",
                told=frozenset(said),
                digest_id="",
                item_id=each.work_id,
                at=each.at,
                version=newest,
                seen_version=seen,
            )
        )
    return found


def _reads(subscription: Subscription, saved: SavedWork, persons: Mapping[str, str]) -> bool:
    """Whether the reader who saved a work gets this subscription: its address is one of theirs, or
    it is a Slack channel and they are a Slack user."""
    to = subscription.destination
    if subscription.channel == "slack" and to[:1] not in ("U", "W", "D"):
        names = {alias for alias, person in persons.items() if person == saved.person}
        return any(name.startswith("slack:") for name in (saved.voter, saved.person, *names))
    own = {to, f"{_PREFIXES.get(subscription.channel, subscription.channel)}:{to}"}
    own |= {name.lower() for name in own} if subscription.channel == "email" else set()
    return bool({saved.voter, saved.person} & (own | {persons.get(name, name) for name in own}))


_PREFIXES = {"email": "mail"}  # how votes name those whom a channel reaches


def _flags_at(tx: Unit, saved: SavedWork) -> frozenset[Flag]:
    """What the work was flagged with when it was saved."""
    return standing([s for s in tx.statements.of(saved.work_id) if s.at <= saved.at])


def _kind_at(tx: Unit, saved: SavedWork) -> Kind | None:
    """What the work was when it was saved, by the records that were there; looked into only where
    it may have been a preprint."""
    if saved.kind in changes.UNPUBLISHED:
        return saved.kind
    papers = _papers(tx, saved.work_id, saved.at)
    return deduplication.merge(papers).kind if papers else None


def _papers(tx: Unit, work_id: int, until: datetime | None = None) -> list[Paper]:
    """What the records of a work say now; with `until` those that were there then."""
    records = tx.works.records(work_id)
    known = [held.record for held in records if until is None or held.first_seen_at <= until]
    return [paper for record in known if (paper := paper_of(record))]


# -- what there is to say -------------------------------------------------------------------------


def _change(
    tx: Unit, found: changes.News[SentWork], work: Work, until: datetime | None
) -> DigestChange:
    had, change = found.overtaken, found.change
    plain = DigestChange(work, change, had.topic, had.period)
    if change in _FLAGS:
        said = [s for s in tx.statements.of(work.id, until) if s.statement.flag is _FLAGS[change]]
        said = [each for each in said if each.ruling is None]
        return _noticed(plain, said)
    papers = _papers(tx, work.id)
    before = _before(tx, had, work.id)
    edited = edits(*before, work.title, work.abstract) if before else None
    if change is Change.PUBLISHED:
        return replace(plain, days=_days(papers), edits=edited)
    return replace(plain, version=str(had.version), edits=edited)


def _noticed(plain: DigestChange, said: Sequence[Stated]) -> DigestChange:
    """With the address of the notice, who told of it first, and its words, where they are told."""
    ordered = sorted(said, key=lambda each: (not address(each.statement.notice), -each.id))
    if not ordered:
        return plain
    words = next((each.statement.text for each in ordered if each.statement.text), "")
    first = min(said, key=lambda each: each.id).statement
    return replace(
        plain,
        notice=address(ordered[0].statement.notice),
        said_by=first.said_by.partition(":")[0],
        text=_short(words),
    )


def address(notice: Identifiers) -> str:
    """Where a notice can be read; "" where nobody told what it is."""
    if notice.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{notice.pmid}/"
    if notice.doi:
        return f"https://doi.org/{notice.doi}"
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{notice.pmcid}/" if notice.pmcid else ""


def _short(words: str) -> str:
    """The beginning of a text, cut between words."""
    flat = " ".join(words.split())
    if len(flat) <= TEXT:
        return flat
    return flat[:TEXT].rsplit(" ", 1)[0].rstrip(",;: ") + " …"


def _before(tx: Unit, had: SentWork, work_id: int) -> tuple[str, str] | None:
    """Title and abstract as the reader had them: from the frozen digest, or by the records that
    were there when the work was saved; None where neither tells."""
    if not had.digest_id:
        papers = _papers(tx, work_id, had.at)
        fields = deduplication.merge(papers) if papers else None
        return (fields.title, fields.abstract) if fields else None
    shown = _shown(tx.digests.content(had.digest_id))
    return next(((w.title, w.abstract) for w in shown if w.id == had.item_id), None)


def _shown(content: DigestContent) -> Iterable[Work]:
    return (item.work for section in content.sections for item in section.sent)


def _days(papers: Iterable[Paper]) -> int | None:
    """From the preprint's first posting to the article, where both days are known."""
    posted: list[date] = []
    printed: list[date] = []
    for paper in papers:
        if paper.published and len(paper.published) == len("2026-11-12"):
            days = posted if paper.kind is Kind.PREPRINT else printed
            days.append(date.fromisoformat(paper.published))
    if not posted or not printed or min(printed) < min(posted):
        return None
    return (min(printed) - min(posted)).days
