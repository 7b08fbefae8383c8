"""The works that previews are made on, read once and kept. A module beside the pipeline, with the
same rules: it is handed the store and the encoder, and what decides is in the pure stages.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service import pipeline, standings, voting
from service.errors import EncoderError
from service.ranking.features import read_pool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.pipeline import Parts
    from service.ranking.features import Features
    from service.records import Candidate, EncoderInfo
    from service.store import Unit

log = logging.getLogger(__name__)

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The works of some weeks: those first seen above `lo`, of the archive up to `hi`."""

    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Pool:
    """The works of a span, and behind them the archive's background and all works voted on.

    They came in so many `weeks`, one at least: a young archive has fewer than were `asked` for.
    `made` is when they were read, `born` when the first of them was first seen: by that an archive
    is told from another. `missing` says why there is no `encoder`. The works bear no vectors:
    their rows do.
    """

    span: Span
    weeks: float
    asked: int
    features: Features
    encoder: EncoderInfo | None
    made: datetime
    born: datetime | None
    missing: str = ""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The works of the span, by number."""
        return self.features.works[: self.features.candidates]


def span(tx: Unit, now: datetime, weeks: int) -> Span:
    """The last `weeks`, from the beginning of a day: what is read stays good for one."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(tx.works.sequence_before(today - weeks * _WEEK), tx.works.sequence())


def read(parts: Parts, weeks: int) -> Pool:
    """The last weeks' works as they are now, as a digest would rank them; those without a vector
    are embedded first. Takes 0.5 ms a work."""
    info, missing = _embedded(parts)
    now = parts.clock.now()
    with parts.store.reading() as tx:
        of = span(tx, now, weeks)
        candidates = [w for w in tx.works.window(of.lo, of.hi) if w.work_id > of.lo]
        born = _seen(tx, candidates[0].work_id) if candidates else None
        encoder_id = None if info is None else tx.embeddings.find(info)
        candidates = standings.with_citations(tx, candidates)
        behind = _behind(tx, parts, candidates, of.hi)
        if encoder_id is not None:
            candidates, behind = (
                standings.with_vectors(tx, encoder_id, works) for works in (candidates, behind)
            )
    features = read_pool(candidates, behind)
    bare = tuple(replace(work, vectors=None) for work in features.works)
    return Pool(
        span=of,
        weeks=_came(now, weeks, None if of.lo else born),
        asked=weeks,
        features=replace(features, works=bare),
        encoder=info,
        made=now,
        born=born,
        missing=missing,
    )


def belongs(tx: Unit, pool: Pool) -> bool:
    """Whether the pool is of this archive."""
    first = pool.candidates[0].work_id if pool.candidates else None
    here = None if first is None else _seen(tx, first)
    return here == pool.born and pool.span.hi <= tx.works.sequence()


def _embedded(parts: Parts) -> tuple[EncoderInfo | None, str]:
    """The encoder that has embedded all works, or why there is none."""
    try:
        info = parts.encoder.info()
        pipeline.embed(parts)
    except EncoderError as error:
        log.warning("previews go by words only: %s", error)
        return None, f"{error.thing} {error.cause}"
    return info, ""


def _seen(tx: Unit, work_id: int) -> datetime | None:
    """When a work was first seen; None where there is no such work."""
    found = tx.works.many([work_id])
    return found[0].first_seen_at if found else None


def _came(now: datetime, weeks: int, first: datetime | None) -> float:
    """In how many weeks the works came of which the `first` of all came then."""
    if first is None:
        return float(weeks)
    return min(max((now - first) / _WEEK, 1.0), float(weeks))


def _behind(tx: Unit, parts: Parts, candidates: Sequence[Candidate], hi: int) -> list[Candidate]:
    """What rankings of these works have behind them (see `standings.ranking`), for all topics."""
    ranked = {work.work_id for work in candidates}
    voted = {
        each.work.work_id: each.work
        for topic in parts.topics(tx)
        for each in voting.evidence(tx, topic.slug, None)
        if each.work.work_id not in ranked
    }
    sample = {w.work_id: w for w in tx.works.sample(standings.BACKGROUND, hi)}
    found = {**sample, **voted}
    return [found[number] for number in sorted(found.keys() - ranked)]
