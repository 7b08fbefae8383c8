"""Select what a digest shows. Pure: same arguments, same selection.

A work stands at its *margin*: relevance less the topic's cut-off. It is taken for the one topic
where its margin is best, if it was not sent to this subscription before; one of no relevance (it
holds an excluded term) for none. Of works that are alike the best stands for all: it takes one
place, and the others are listed with it.

A saved search stands beside the topics with a cut-off of 0. What it found has no relevance, so its
margin is 0: the work goes to a topic whose line it reaches, else to the search.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from service.records import RankedWork

NEAR = 0.1  # of relevance: how far below its cut-off a work may still fill a thin week
BELOW = 5  # near misses told per topic
SIGNALLED = 5  # further works told there for a signal, however far below the line
CONTENDERS = 500  # far more than any digest shows; comparing them takes a moment
SHARE = 3  # one origin may have a third of a digest before all others had their turn


@dataclass(frozen=True, slots=True)
class TopicSelection:
    """What one topic shows, best first.

    `filled` are the ids among `chosen` that stand below the cut-off; `below` are the best of the
    others (cut by the cap, or just below the line), and behind them some that cite a seed or are by
    a followed author, or, where the selection is `unsure`, those that a vote is asked for; `rest`
    are all the others; `passed` counts the works at or over the cut-off that stand for themselves,
    shown or not; `sent_before` those left out because the subscription had them. `similar` are, by
    the id of a chosen work, those listed with it, best first: they count as sent, and are in none
    of the others.
    """

    topic: str
    chosen: tuple[RankedWork, ...]
    filled: frozenset[int]
    below: tuple[RankedWork, ...]
    passed: int
    sent_before: int
    similar: Mapping[int, tuple[RankedWork, ...]] = field(default_factory=dict)
    rest: tuple[RankedWork, ...] = ()
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What one digest shows, topic by topic in the order asked for."""

    topics: tuple[TopicSelection, ...]

    @property
    def shown(self) -> int:
        """Number of works in full."""
        return sum(len(topic.chosen) for topic in self.topics)

    @property
    def filled(self) -> int:
        """How many of them stand below their cut-off."""
        return sum(len(topic.filled) for topic in self.topics)

    @property
    def work_ids(self) -> tuple[int, ...]:
        """The works shown, in order, each followed by those listed with it."""
        return tuple(
            work.work_id
            for topic in self.topics
            for lead in topic.chosen
            for work in (lead, *topic.similar.get(lead.work_id, ()))
        )


def contenders(
    ranked: Mapping[str, Sequence[RankedWork]],
    sent: AbstractSet[int],
    cutoffs: Mapping[str, float],
    *,
    order: Sequence[str],
    near: float = NEAR,
    most: int = CONTENDERS,
) -> tuple[int, ...]:
    """Ids of the works that `select` could show: none sent before, each at most `near` under its
    line; best margin first, at most `most`. To be looked through for works that are alike.
    """
    queues = _assign(_unsent(ranked, sent, order), cutoffs)
    standing = [
        (cutoffs[topic] - work.relevance, -work.score, work.work_id)
        for topic, queue in queues.items()
        for work in queue
        if cutoffs[topic] - work.relevance <= near
    ]
    return tuple(work_id for *_, work_id in sorted(standing)[:most])


def crowding(origins: Sequence[tuple[int, str]], cap: int) -> frozenset[int]:
    """The works with which one origin would fill a digest: all but the best `cap` / `SHARE` of each
    (at least one). `origins` are works, best first, each with the one place that alone vouches for
    it ("" for a work that several places know)."""
    allowed, met = max(1, cap // SHARE), Counter[str]()
    found = set()
    for work_id, origin in origins:
        met[origin] += 1
        if origin and met[origin] > allowed:
            found.add(work_id)
    return frozenset(found)


def select(
    ranked: Mapping[str, Sequence[RankedWork]],
    sent: AbstractSet[int],
    cutoffs: Mapping[str, float],
    *,
    cap: int,
    floor: int,
    order: Sequence[str],
    near: float = NEAR,
    alike: Sequence[Sequence[int]] = (),
    crowd: AbstractSet[int] = frozenset(),
) -> Selection:
    """The works to show: at most `cap` over the topics of `order`, each work once.

    A work of the `crowd` stands behind all others of its topic that pass, however good it is (of
    those below the line, likewise).

    `alike` are groups of work ids among the `contenders`, the lead first. Only the lead stands in
    line; where it is shown, the others are listed with it whatever their topic, outside the cap.

    Topics take turns until the cap is reached, so that a busy one takes only what quiet ones
    leave. When fewer than `floor` pass, the best that miss their cut-off by at most `near` fill
    up. Raises `KeyError` for a topic of `order` without a cut-off; a topic without ranks is empty.
    """
    queues, behind = _grouped(_assign(_unsent(ranked, sent, order), cutoffs, crowd), alike)
    passing = {t: [w for w in queue if w.relevance >= cutoffs[t]] for t, queue in queues.items()}
    quota = _shares(passing, cutoffs, cap)
    missing = max(0, min(floor, cap) - sum(quota.values()))
    fill = _nearest(queues, passing, cutoffs, near, missing)
    return Selection(
        tuple(
            _topic(
                topic,
                queues[topic],
                behind,
                shown=quota[topic] + fill[topic],
                cutoff=cutoffs[topic],
                near=near,
                sent_before=len({w.work_id for w in ranked.get(topic, ())} & sent),
            )
            for topic in order
        )
    )


def _unsent(
    ranked: Mapping[str, Sequence[RankedWork]], sent: AbstractSet[int], order: Sequence[str]
) -> dict[str, list[RankedWork]]:
    return {topic: [w for w in ranked.get(topic, ()) if w.work_id not in sent] for topic in order}


def _grouped(
    queues: Mapping[str, Sequence[RankedWork]], alike: Sequence[Sequence[int]]
) -> tuple[dict[str, list[RankedWork]], dict[int, tuple[RankedWork, ...]]]:
    """The queues without the works that another stands for, and those by its id.

    A group whose lead is in no queue falls apart: its others are like the lead, not like one
    another.
    """
    standing = {work.work_id: work for queue in queues.values() for work in queue}
    behind = {
        lead: tuple(standing[member] for member in members if member in standing)
        for lead, *members in alike
        if lead in standing
    }
    led = {work.work_id for members in behind.values() for work in members}
    kept = {topic: [w for w in queue if w.work_id not in led] for topic, queue in queues.items()}
    return kept, behind


def _assign(
    fresh: Mapping[str, Sequence[RankedWork]],
    cutoffs: Mapping[str, float],
    crowd: AbstractSet[int] = frozenset(),
) -> dict[str, list[RankedWork]]:
    """Each work in the queue of its best topic (ties: the earlier topic), best first."""
    best: dict[int, tuple[float, str, RankedWork]] = {}
    for topic, works in fresh.items():
        for work in works:
            margin = work.relevance - cutoffs[topic]
            held = best.get(work.work_id)
            stands = work.relevance > 0 or work.search
            if stands and (held is None or margin > held[0]):
                best[work.work_id] = (margin, topic, work)
    queues: dict[str, list[RankedWork]] = {topic: [] for topic in fresh}
    for _, topic, work in best.values():
        queues[topic].append(work)
    for topic, queue in queues.items():
        queue.sort(key=_best_first)
        if crowd:
            queue.sort(key=lambda w: (w.relevance < cutoffs[topic], w.work_id in crowd))
    return queues


def _best_first(work: RankedWork) -> tuple[float, float, int]:
    return -work.relevance, -work.score, work.work_id


def _shares(
    passing: Mapping[str, Sequence[RankedWork]], cutoffs: Mapping[str, float], cap: int
) -> Counter[str]:
    """How many each topic shows: one each per round; in a last short round the best go first."""
    shares: Counter[str] = Counter()
    left = cap
    while left > 0:
        waiting = [topic for topic, works in passing.items() if shares[topic] < len(works)]
        if not waiting:
            break
        waiting.sort(key=lambda topic: cutoffs[topic] - passing[topic][shares[topic]].relevance)
        shares.update(waiting[:left])
        left -= len(waiting[:left])
    return shares


def _nearest(
    queues: Mapping[str, Sequence[RankedWork]],
    passing: Mapping[str, Sequence[RankedWork]],
    cutoffs: Mapping[str, float],
    near: float,
    missing: int,
) -> Counter[str]:
    """How many below the line each topic adds: the `missing` best margins over all topics."""
    misses = [
        (cutoffs[topic] - work.relevance, -work.score, work.work_id, topic)
        for topic, queue in queues.items()
        for work in queue[len(passing[topic]) :]
        if cutoffs[topic] - work.relevance <= near
    ]
    return Counter(topic for *_, topic in sorted(misses)[:missing])


def _topic(
    topic: str,
    queue: Sequence[RankedWork],
    behind: Mapping[int, tuple[RankedWork, ...]],
    *,
    shown: int,
    cutoff: float,
    near: float,
    sent_before: int,
) -> TopicSelection:
    chosen, rest = tuple(sorted(queue[:shown], key=_best_first)), tuple(queue[shown:])
    below = tuple(work for work in rest if cutoff - work.relevance <= near)[:BELOW]
    marked = (work for work in rest if work.signals and work not in below)
    return TopicSelection(
        topic=topic,
        chosen=chosen,
        filled=frozenset(work.work_id for work in chosen if work.relevance < cutoff),
        below=(*below, *islice(marked, SIGNALLED)),
        passed=sum(work.relevance >= cutoff for work in queue),
        sent_before=sent_before,
        similar={w.work_id: behind[w.work_id] for w in chosen if behind.get(w.work_id)},
        rest=rest,
    )
