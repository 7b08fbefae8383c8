"""Advice on a topic: from its readers' votes, from what it was ranked to and what digests showed.

A module beside the pipeline, with the same rules: it is handed the store, the encoder and the
ranker, and what decides is in the pure stages. Nothing is ranked for advice: it goes by the
rankings that are kept. Only the doubts of a month rank that month anew.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service import pipeline, standings, voting
from service.errors import EncoderError
from service.ranking import drift, fidelity, guidance, phrases
from service.ranking.features import encoded
from service.records import Candidate, Identifiers
from service.records.guidance import Advice, MonthlyDoubts
from service.topics.facets import facets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from numpy import float32
    from numpy.typing import NDArray

    from service.pipeline import Parts
    from service.records import EncoderInfo, Topic
    from service.records.guidance import Doubt, Drift, SeedAdvice
    from service.store import Unit

log = logging.getLogger(__name__)

RECENT, BEFORE = timedelta(weeks=drift.RECENT), timedelta(weeks=drift.BEFORE)
OTHERS = 1_000  # works of the archive that a topic's are compared with
_ENOUGH = 10  # votes for the topic: with fewer, what was shown for it counts as wanted, too
_MOST_VOTED, _MOST_SHOWN = 400, 300  # works that are read, the latest ones
_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a topic's works.

    `votes` counts the works voted for and against, of which `wanted` and `refused` are the latest.
    `shown` are those of digests and of the kept ranking that nobody voted against, the latest
    first; `dated` is when digests showed works; `doubtful` are those of the kept ranking that are
    nearest its line, with their `relevance`.
    """

    topic: Topic
    votes: tuple[int, int]
    wanted: list[Candidate]
    refused: list[Candidate]
    shown: list[Candidate]
    others: list[Candidate]
    dated: Mapping[int, datetime]
    doubtful: list[Candidate]
    relevance: Mapping[int, float]
    line: float
    fidelity: str


def advice(
    parts: Parts, slug: str, *, model: AbstractContextManager[object] | None = None
) -> Advice:
    """What would make a topic find more of what its readers want, and less of the rest.

    The `model` is held while the seeds are embedded. Raises `TopicError` for an unknown topic.
    """
    now = parts.clock.now()
    with parts.store.reading() as tx:
        facts = _facts(parts, tx, slug, now)
    with model or nullcontext():
        info, rows, missing = _seeds(parts, facts.topic)
    if info is not None:
        facts = _with_vectors(parts, facts, info)
    few = len(facts.wanted) < _ENOUGH
    wanted = [*facts.wanted, *facts.shown] if few else facts.wanted
    others = phrases.read(facts.others)
    far = [] if rows is None else guidance.far(facts.wanted, facts.others, rows)
    found = Advice(
        topic=slug,
        version=facts.topic.version,
        wanted=facts.votes[0],
        refused=facts.votes[1],
        include=guidance.included(facts.topic, wanted, others),
        exclude=guidance.excluded(facts.topic, facts.refused, facts.wanted, facts.shown),
        seeds=guidance.seeds(facts.wanted, far, others),
        drift=_drift(facts, rows, now),
        doubts=_doubts(facts),
        fidelity=facts.fidelity,
    )
    notes = tuple(_notes(facts, found, missing, few=few))
    return replace(found, seeds=_named(parts, found.seeds), notes=notes)


# -- what is known --------------------------------------------------------------------------------


def _facts(parts: Parts, tx: Unit, slug: str, now: datetime) -> _Facts:
    topic = _topic(parts, tx, slug)
    told = voting.verdicts(tx.votes.current(slug))
    dated = tx.shown.since(slug, now - RECENT - BEFORE)
    week, listed = tx.weeks.kept().get(slug), tx.weeks.listed(slug)
    line = _line(parts, topic) if week is None else week.line
    shown = [*reversed(dated), *(each.work_id for each in listed if each.relevance >= line)]
    good = [work for work, (weight, _) in told.items() if weight > 0]
    bad = [work for work, (weight, _) in told.items() if weight < 0]
    seen = [work for work in dict.fromkeys(shown) if work not in told][:_MOST_SHOWN]
    apart = {*told, *seen}
    open_ = (each for each in listed if each.alike is None and each.work_id not in told)
    relevance = {each.work_id: each.relevance for each in open_}
    return _Facts(
        topic=topic,
        votes=(len(good), len(bad)),
        wanted=_candidates(tx, good[-_MOST_VOTED:]),
        refused=_candidates(tx, bad[-_MOST_VOTED:]),
        shown=_candidates(tx, seen),
        others=[work for work in tx.works.sample(OTHERS) if work.work_id not in apart],
        dated={w: at for w, at in dated.items() if told.get(w, (1.0, ""))[0] > 0},
        doubtful=_nearest(tx, relevance, line),
        relevance=relevance,
        line=line,
        fidelity=_fidelity(tx, topic),
    )


def _topic(parts: Parts, tx: Unit, slug: str) -> Topic:
    tx.topics.get(slug)
    return next(topic for topic in parts.topics(tx) if topic.slug == slug)


def _line(parts: Parts, topic: Topic) -> float:
    """Near where a topic's line is that is not kept: one that is drawn for a share or a number of
    papers takes a ranking to be known."""
    return parts.default_cutoff if topic.cutoff is None else topic.cutoff


def _candidates(tx: Unit, work_ids: Sequence[int]) -> list[Candidate]:
    return [Candidate(work.id, work.title, work.abstract) for work in tx.works.many(work_ids)]


def _fidelity(tx: Unit, topic: Topic) -> str:
    held = tx.references.fidelity(topic.slug, topic.version)
    return "" if held is None else fidelity.sentence(fidelity.from_json(held.figure))


def _seeds(parts: Parts, topic: Topic) -> tuple[EncoderInfo | None, NDArray[float32] | None, str]:
    """The encoder, and what speaks for the topic as rows of unit length; or why there is none."""
    texts = [facet.text for facet in facets(topic) if facet.weight > 0]
    try:
        info = parts.encoder.info()
        return info, encoded(texts, parts.encoder.encode) if texts else None, ""
    except EncoderError as error:
        log.warning("advice on %s goes by words only: %s", topic.slug, error)
        return None, None, str(error)


def _with_vectors(parts: Parts, facts: _Facts, info: EncoderInfo) -> _Facts:
    with parts.store.reading() as tx:
        encoder_id = tx.embeddings.find(info)
        if encoder_id is None:
            return facts
        wanted, shown, others, doubtful = (
            standings.with_vectors(tx, encoder_id, works)
            for works in (facts.wanted, facts.shown, facts.others, facts.doubtful)
        )
    return replace(facts, wanted=wanted, shown=shown, others=others, doubtful=doubtful)


# -- what follows ---------------------------------------------------------------------------------


def _drift(facts: _Facts, rows: NDArray[float32] | None, now: datetime) -> Drift | None:
    recent: list[Candidate] = []
    before: list[Candidate] = []
    for work in (*facts.wanted, *facts.shown):
        at = facts.dated.get(work.work_id)
        if at is not None:
            (recent if at >= now - RECENT else before).append(work)
    topic = facts.topic
    seeds = [text for seed in topic.seeds for text in (seed.title, seed.tldr, seed.abstract)]
    findings = [finding for seed in topic.seeds for finding in seed.findings]
    known = [topic.name, *topic.include, *seeds, *findings]
    return drift.drift(recent, before, rows, known)


def _doubts(facts: _Facts) -> tuple[Doubt, ...]:
    return guidance.doubts(facts.doubtful, facts.relevance, facts.line)


def _named(parts: Parts, seeds: Sequence[SeedAdvice]) -> tuple[SeedAdvice, ...]:
    """The seeds with the names under which they are added to a topic."""
    with parts.store.reading() as tx:
        works = tx.works.many([each.work_id for each in seeds])
    known = {work.id: work.ids for work in works}
    names = ((each, known.get(each.work_id, Identifiers())) for each in seeds)
    return tuple(
        replace(each, name=ids.doi or ids.pmid or ids.pmcid or ids.arxiv or "")
        for each, ids in names
    )


def _notes(facts: _Facts, found: Advice, missing: str, *, few: bool) -> Iterator[str]:
    if few:
        count = f"{found.wanted} {'work' if found.wanted == 1 else 'works'}"
        yield f"Readers voted for {count} only: what was shown was taken for wanted, too."
    if found.include and not facts.topic.include:
        yield (
            "The topic has no included terms: it goes by those that its seeds tell. With the first"
            " one it goes by the included terms alone: preview it, and include what it is about."
        )
    if missing:
        yield f"Seeds were not compared with papers: {missing}."
    if not facts.dated:
        yield "No digest has shown papers for the topic: whether its literature moves is not known."


# -- the doubts of a month ------------------------------------------------------------------------


def unsure(
    parts: Parts, slug: str, *, model: AbstractContextManager[object] | None = None
) -> MonthlyDoubts:
    """Five works of the last calendar month (UTC), or of the last 30 days where nothing came in it,
    whose relevance was nearest the line when it ended: the same all month, whatever is voted since.

    Ranks a month's works while the `model` is held. Raises `TopicError` for an unknown topic.
    """
    now = parts.clock.now()
    until = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = _unsure(parts, slug, _month_before(until), until, model)
    return (
        found
        or _unsure(parts, slug, now - _SOON, now, model)
        or MonthlyDoubts(slug, now - _SOON, now, 0.0, ())
    )


def _month_before(month: datetime) -> datetime:
    return (month - timedelta(days=1)).replace(day=1)


def _unsure(
    parts: Parts,
    slug: str,
    since: datetime,
    until: datetime,
    model: AbstractContextManager[object] | None,
) -> MonthlyDoubts | None:
    """Those of a time; None where nothing came in it."""
    with parts.store.reading() as tx:
        topic = _topic(parts, tx, slug)
        lo, hi = tx.works.sequence_before(since), tx.works.sequence_before(until)
        votes = tx.votes.current(slug)
    with model or nullcontext():
        ranking = pipeline.rank(parts, [topic], lo, hi, until=until)
    if not ranking.screened:
        return None
    then = {vote.work_id for vote in votes if vote.at < until}
    relevance = {w.work_id: w.relevance for w in ranking.by_topic[slug] if w.work_id not in then}
    line = _line(parts, topic)
    with parts.store.reading() as tx:
        works = _nearest(tx, relevance, line)
        if ranking.encoder and (encoder_id := tx.embeddings.find(ranking.encoder)) is not None:
            works = standings.with_vectors(tx, encoder_id, works)
    chosen = guidance.doubts(works, relevance, line)
    voted = {vote.work_id for vote in votes}
    left = tuple(each for each in chosen if each.work_id not in voted)
    return MonthlyDoubts(slug, since, until, line, left, len(chosen) - len(left))


def _nearest(tx: Unit, relevance: Mapping[int, float], line: float) -> list[Candidate]:
    """The works nearest the line: as many as doubts are chosen from."""
    order = sorted(relevance, key=lambda work: (abs(relevance[work] - line), work))
    return _candidates(tx, order[: guidance.DOUBTFUL])
