"""What the last days brought each topic: ranked when something has changed, and kept, so that a
page costs no ranking.

A module beside the pipeline, with the same rules. Several workers may refresh at once: each list is
claimed by one of them, a ranking is written whole, and an older one never takes the place of a
newer.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from service import choosing, lines, pipeline, rankings, upcoming
from service.errors import EncoderError
from service.records import BINS
from service.records.weeks import Placed, Week
from service.upcoming import young

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from service.claims import Fence
    from service.pipeline import Parts
    from service.records import RankedWork, Topic
    from service.standings import Ranking
    from service.store import Unit

SPAN = timedelta(days=7)
KEPT = 300  # works a topic; and all from the line on
# Votes and new works come one upon the other: a ranking that is younger is left as it is, unless
# its topic was changed, or nothing was there to rank.
REST = timedelta(minutes=2)
_COUNTED = timedelta(weeks=4)  # how far back papers a week are counted, as in digests
_COMPARED = 500  # works; what it takes to find near-duplicates grows with their square
_NEWER = 3_000  # by sequence numbers: more newer works are not counted


@dataclass(frozen=True, slots=True)
class Age:
    """How old what is kept for a topic is: how many works came since (of very many, some), and
    whether it would be ranked anew by now."""

    newer: int
    stale: bool


@dataclass(frozen=True, slots=True)
class _Now:
    """What there is to rank at `at`: the works first seen since `since`, up to the sequence number
    `hi`; and by topic the state of its ranking, but for the encoder."""

    at: datetime
    since: datetime
    hi: int
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Past:
    """As a digest that was frozen then: papers a week are counted from there on."""

    frozen_at: datetime
    window_hi: int


def refresh(
    parts: Parts,
    model: AbstractContextManager[object],
    go_on: Callable[[], None] = lambda: None,
) -> int:
    """Rank what has changed since it was ranked, by every topic and for every subscription's next
    digest; returns how many that were. Where all is as it was, a few numbers are read.

    The `model` is held for one step at a time, so that a digest that is due waits for a step at
    the most; between steps `go_on` is called, which may end it all.
    """
    return _rank(parts, model, parts.clock.now()) + upcoming.refresh(parts, model, go_on)


def age(parts: Parts, tx: Unit, kept: Week) -> Age:
    """How old a ranking is that was kept. That there is another encoder now is not seen here: to
    know it is to load it."""
    now = _now(parts, tx, parts.clock.now())
    state = now.states.get(kept.topic, "")
    same = kept.state.startswith(f"{state}, ")
    newer = len(tx.works.came(kept.hi, min(now.hi, kept.hi + _NEWER)))
    return Age(newer, stale=not same and _due(kept, state, now.at))


def _rank(parts: Parts, model: AbstractContextManager[object], at: datetime) -> int:
    with parts.store.reading() as tx:
        now, kept = _now(parts, tx, at), tx.weeks.kept()
    encoder = _encoder(parts, model) if now.hi else "none"  # an empty archive loads no model
    states = {slug: f"{state}, encoder {encoder}" for slug, state in now.states.items()}
    stale = {slug for slug, state in states.items() if _due(kept.get(slug), state, at)}
    with ExitStack() as claimed:
        fences = {
            slug: fence
            for slug in sorted(stale)
            if (fence := claimed.enter_context(parts.holding.held(f"week {slug}"))) is not None
        }
        if not fences:
            return 0
        with parts.store.reading() as tx:  # another may just have ranked some of them
            kept = tx.weeks.kept()
        mine = {slug for slug in fences if _due(kept.get(slug), states[slug], at)}
        return _rank_anew(parts, model, now, {slug: states[slug] for slug in mine}, fences)


def _rank_anew(
    parts: Parts,
    model: AbstractContextManager[object],
    now: _Now,
    states: Mapping[str, str],
    fences: Mapping[str, Fence],
) -> int:
    with parts.store.reading() as tx:
        topics = [topic for topic in parts.topics(tx) if topic.slug in states]
        lo = min(tx.works.sequence_before(now.since), now.hi)
        past = _Past(now.at - _COUNTED, tx.works.sequence_before(now.at - _COUNTED))
    if not topics:
        return 0
    with model:
        ranking = pipeline.rank(parts, topics, lo, now.hi)
    with model:
        recent = lines.recent([past], (lo, now.hi), now.since, now.at)
        drawn = pipeline.cutoffs(parts, topics, ranking, lo, recent)
    news = ranking.news
    runs = rankings.receipts(rankings.WEEK, topics, ranking, drawn, window=(lo, now.hi))
    for topic, run in zip(topics, runs, strict=True):
        week = _week(topic, now, ranking, state=states[topic.slug], line=drawn[topic.slug])
        works = _placed(parts, news[topic.slug], week.line)
        with parts.store.writing() as tx:
            fences[topic.slug](tx)
            if tx.weeks.keep(week, works):
                tx.runs.add([run], now.at)
    return len(topics)


def _now(parts: Parts, tx: Unit, at: datetime) -> _Now:
    # From the beginning of a day on: else a list would lose one work after the other while
    # somebody goes through it.
    since = (at - SPAN).replace(hour=0, minute=0, second=0, microsecond=0)
    hi = tx.works.sequence()
    votes, beside = tx.weeks.last_votes(), tx.weeks.beside()
    states = {
        each.slug: f"version {each.version}, works since {since:%Y-%m-%d} to {hi}, "
        f"vote {votes.get(each.slug, 0)}, {beside}, default line {parts.default_cutoff}"
        for each in tx.topics.current()
    }
    return _Now(at, since, hi, states)


def _encoder(parts: Parts, model: AbstractContextManager[object]) -> str:
    try:
        with model:
            return str(parts.encoder.info())
    except EncoderError:
        return "none"


def _due(kept: Week | None, state: str, now: datetime) -> bool:
    """Whether what is kept is to be ranked anew, now that things are in this state."""
    if kept is None or kept.state == state:
        return kept is None
    changed = not kept.state.startswith(_version(state))
    return changed or not kept.screened or not young(kept.at, now, REST)


def _version(state: str) -> str:
    return state[: state.find(",") + 1]


def _week(topic: Topic, now: _Now, ranking: Ranking, *, state: str, line: float) -> Week:
    return Week(
        topic=topic.slug,
        version=topic.version,
        state=state,
        since=now.since,
        hi=now.hi,
        screened=ranking.screened,
        line=line,
        spread=ranking.spread.get(topic.slug, (0,) * BINS),
        encoder=ranking.encoded_by,
        missing=ranking.missing,
        at=now.at,
    )


def _placed(parts: Parts, ranked: Sequence[RankedWork], line: float) -> list[Placed]:
    """The best of a ranking, each with the work that it is a near-duplicate of."""
    over = sum(work.relevance >= line for work in ranked)
    kept = ranked[: max(KEPT, over)]
    groups = choosing.near_duplicates(parts, [work.work_id for work in kept[:_COMPARED]])
    leads = {member: lead for lead, *members in groups for member in members}
    return [Placed(work, leads.get(work.work_id)) for work in kept]
