"""What speaks for a work whatever its words say: it cites a seed, or is by a followed author. Pure.

Each kind multiplies the odds that a reader wants the work, once however many seeds it cites. The
factors are conservative; what is known of them stands in docs/ranking.md.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from service.records import Signal, SignalKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import Candidate, Topic

ODDS: Mapping[SignalKind, float] = {SignalKind.CITES: 3.0, SignalKind.AUTHOR: 10.0}


def signals(topic: Topic, works: Sequence[Candidate]) -> dict[int, tuple[Signal, ...]]:
    """The signals of those of the works that have any for this topic, by their place; seeds first,
    each in the topic's order."""
    named = {
        seed.cited_as: Signal(SignalKind.CITES, seed.title or seed.key) for seed in topic.seeds
    }
    named |= {author.key: Signal(SignalKind.AUTHOR, author.name) for author in topic.authors}
    named.pop("", None)
    if not named:
        return {}
    return {
        at: tuple(signal for key, signal in named.items() if key in work.of)
        for at, work in enumerate(works)
        if work.of and not named.keys().isdisjoint(work.of)
    }


def log_odds(found: Sequence[Signal]) -> float:
    """By how much these signals raise the logarithm of the odds."""
    return sum(log(ODDS[kind]) for kind in sorted({signal.kind for signal in found}))
