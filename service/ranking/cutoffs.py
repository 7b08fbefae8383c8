"""Where a topic's line is drawn: by how many of those shown shall be wanted, or by how many papers
a week. Pure.

The cap and the floor of a digest are kept when it is selected; here only the line is drawn.
"""

from __future__ import annotations

from math import floor, nextafter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def for_precision(target: float, relevances: Sequence[float], *, least: float = 0.0) -> float:
    """The lowest cut-off with an expected precision of at least `target`: the mean relevance of
    the works at or above it.

    `relevances` are those of the works that could be shown, best first. A work as likely as
    `target` always passes; a less likely one where surer works make up for it, but none below
    `least`. So the cut-off is at most `target` (or `least`, if that is higher), and it is that
    where no work reaches it.
    """
    total, cutoff = 0.0, target
    for count, each in enumerate(relevances, 1):
        total += each
        if total < (target - 1e-12) * count:  # 3 x 0.1 is more than 0.3 in floating point
            break
        if count == len(relevances) or relevances[count] < each:  # the last of its equals
            cutoff = min(target, each)
    return max(cutoff, least)


def for_volume(per_week: float, weeks: Sequence[Sequence[float]]) -> float | None:
    """The lowest cut-off that at most `per_week` works a week would have passed, on the average of
    these `weeks`; None where they hold no work to go by.

    Each week is the scores, raw or calibrated, of all the works that came in it, in any order. A
    group of equals passes or fails whole. With fewer works than asked for, it is the lowest.
    """
    scores = sorted((score for week in weeks for score in week), reverse=True)
    if not scores:
        return None
    room = max(
        0, floor(per_week * len(weeks) + 1e-9)
    )  # 0.7 x 10 is 7, though not in floating point
    if room >= len(scores):
        return scores[-1]
    above = [score for score in scores[:room] if score > scores[room]]
    return above[-1] if above else nextafter(scores[room], float("inf"))
