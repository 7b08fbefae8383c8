"""What a digest shows: the works chosen for its topics and its saved searches, as its sections.

A module beside the pipeline, with the same rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service import auditing
from service.digest import compose
from service.enriching.entities import dressed
from service.ranking import guidance, likeness, themes
from service.records import Candidate
from service.selection import CONTENDERS, Selection, TopicSelection, contenders, crowding, select
from service.standings import with_vectors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from service.answers import Answers, Asked
    from service.pipeline import Parts
    from service.records import (
        DigestSection,
        EncoderInfo,
        RankedWork,
        Subscription,
        Topic,
        Work,
    )

# Who asks authors, or the operator, before a paper is theirs. All others are feeds.
_REGISTRIES = {"pubmed", "pmc", "europepmc", "crossref", "openalex", "datacite"}
_CHECKED = _REGISTRIES | {"biorxiv", "medrxiv", "arxiv", "ris", "bibtex"}
_LOOKED_AT = 6_000  # more than the largest feed can bring at once


def choose(
    parts: Parts,
    subscription: Subscription,
    wanted: Mapping[str, Sequence[RankedWork]],
    sent: frozenset[int],
    lines: Mapping[str, float],
) -> Selection:
    """The works to show of those that are wanted, for each topic or search of `lines`, in its
    order."""
    order = list(lines)
    standing = contenders(wanted, sent, lines, order=order, most=_LOOKED_AT)
    alike = near_duplicates(parts, standing[:CONTENDERS])
    cap, floor = subscription.cap, subscription.floor
    crowd = crowding(_origins(parts, standing), cap)
    return select(wanted, sent, lines, cap=cap, floor=floor, order=order, alike=alike, crowd=crowd)


def _origins(parts: Parts, work_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Each work with the feed that alone has it; "" where a registry or another source has it, too.
    What a feed says of its papers nobody has checked."""
    with parts.store.reading() as tx:
        works = tx.works.many(work_ids)
    alone = ((work, work.sources[0] if len(work.sources) == 1 else "") for work in works)
    return [(work.id, "" if name in _CHECKED else name) for work, name in alone]


def near_duplicates(parts: Parts, work_ids: Sequence[int]) -> list[list[int]]:
    """The works that are alike, in groups, each led by the one that comes first."""
    with parts.store.reading() as tx:
        works = tx.works.many(work_ids)
    found = likeness.groups(_candidates(works))
    return [[works[place].id for place in group] for group in found]


def doubted(
    parts: Parts,
    chosen: Selection,
    lines: Mapping[str, float],
    encoder: EncoderInfo | None,
    *,
    until: datetime | None = None,
) -> Selection:
    """The same works, and below them those that each topic is least sure of: near its line, unlike
    one another, shown nowhere, and without a vote (one cast before `until`). A search, which has
    none of the `lines`, stays as it is, and so does a topic without doubts.
    """
    asked = (_doubted(parts, part, lines, encoder, until) for part in chosen.topics)
    return Selection(tuple(asked))


def _doubted(
    parts: Parts,
    part: TopicSelection,
    lines: Mapping[str, float],
    encoder: EncoderInfo | None,
    until: datetime | None,
) -> TopicSelection:
    line = lines.get(part.topic)
    if line is None:
        return part
    with parts.store.reading() as tx:
        votes = tx.votes.current(part.topic)
        voted = {vote.work_id for vote in votes if until is None or vote.at < until}
        left = {work.work_id: work for work in part.rest if work.work_id not in voted}
        near = sorted(left, key=lambda each: (abs(left[each].relevance - line), each))
        works = _candidates(tx.works.many(near[: guidance.DOUBTFUL]))
        if encoder and (encoder_id := tx.embeddings.find(encoder)) is not None:
            works = with_vectors(tx, encoder_id, works)
    doubts = guidance.doubts(works, {each: work.relevance for each, work in left.items()}, line)
    if not doubts:
        return part
    return replace(part, below=tuple(left[each.work_id] for each in doubts), unsure=True)


def _candidates(works: Sequence[Work]) -> list[Candidate]:
    return [Candidate(work.id, work.title, work.abstract) for work in works]


def sections(
    parts: Parts,
    topics: Sequence[Topic],
    answers: Answers,
    chosen: Selection,
    previous: datetime | None,
) -> tuple[DigestSection, ...]:
    """The chosen works, topic by topic and search by search. `previous` is when the digest before
    was frozen: what should have been in that one is late."""
    names = {topic.slug: topic.name for topic in topics}
    asked = {search.topic: search for search in answers.searches}
    below = (work.work_id for part in chosen.topics for work in part.below)
    shown = [*chosen.work_ids, *below]
    with parts.store.reading() as tx:
        works = {work.id: work for work in tx.works.many(shown)}
        entered = tx.works.entered(shown) if previous else {}
        additions = tx.enrichments.shown(chosen.work_ids)
        missed = auditing.missed(tx, works.values(), entered, previous) if previous else set()
    late = compose.late(entered, previous) | missed
    made = []
    for part in chosen.topics:
        search = asked.get(part.topic)
        name = names[part.topic] if search is None else compose.search_name(search.saved.name)
        known = [name] if search is None else [name, search.saved.query]
        named = compose.section(part, name, works, late, _themes(part, known, works, late))
        named = dressed(named, additions)
        made.append(named if search is None else _of_search(named, search, answers, chosen))
    return tuple(made)


def _of_search(
    section: DigestSection, search: Asked, answers: Answers, chosen: Selection
) -> DigestSection:
    found = answers.found[search.topic]
    elsewhere = found & set(chosen.work_ids) - {item.work.id for item in section.sent}
    return replace(section, query=search.saved.query, found=len(found), elsewhere=len(elsewhere))


def _themes(
    part: TopicSelection, known: Sequence[str], works: Mapping[int, Work], late: Collection[int]
) -> Mapping[int, str]:
    """By work, in other words than those `known`; late arrivals stand apart, and have none."""
    timely = [works[each.work_id] for each in part.chosen if each.work_id not in late]
    return themes.themes(_candidates(timely), known)
