"""The moods of a simulated upstream: how it errs at a moment, beside what it always does.

A mood is asked for by name at every request that it could spoil, and answers with how much of it
there is; 0 is none. The names are those in each simulator's docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Mood = Callable[[str, datetime], int]


def calm(what: str, now: datetime) -> int:
    """Nothing is ever wrong."""
    return 0


def few(rows: int) -> int:
    """The rows of a page that is shorter than usual: 30 where 100 are usual."""
    return max(1, rows * 3 // 10)


def alternating(**rounds: tuple[int, int]) -> Mood:
    """Each named mood at every n-th time that it is asked for: `empty=(3, 1)` is 1 every third."""
    asked = dict.fromkeys(rounds, 0)

    def mood(what: str, now: datetime) -> int:
        if what not in rounds:
            return 0
        asked[what] += 1
        every, amount = rounds[what]
        return amount if asked[what] % every == 0 else 0

    return mood


def in_turn(what: str, *amounts: int) -> Mood:
    """One mood, with these amounts at the first times that it is asked for; then it is calm."""
    left = iter(amounts)
    return lambda name, now: next(left, 0) if name == what else 0
