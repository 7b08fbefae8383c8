"""All works' numbers for one topic, before they are put in order and explained. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import concept, examples
from service.ranking.calibration import PRIOR
from service.ranking.lexical import read
from service.ranking.senses import read_senses, spelled_out, spelled_term
from service.ranking.terms import holding, needles
from service.ranking.words import words

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.ranking.profile import Profile
    from service.ranking.sense_inventory import Inventory
    from service.ranking.senses import Reading
    from service.records import Topic

# Below any score that a work can have: it is listed last, and never shown.
EXCLUDED_SCORE = -99.0
# How many examples it takes until they count as much as the topic's terms.
_EQUAL_EXAMPLES = 10.0
_FEEDBACK_UNTIL = 5  # examples against: from then on people say what is meant, not the list


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per work of the pool.

    `total` is in deviations above the pool's mean, `relevance` as a probability; `concept` and
    `examples` are the parts of the total (None where the topic has none). `pull` is what each
    column of words adds. `readings` are of the rows that use a short form without defining it.
    """

    total: NDArray[float64]
    concept: NDArray[float64] | None
    examples: NDArray[float64] | None
    pull: NDArray[float64]
    included: list[tuple[str, ...]]
    excluded: list[tuple[str, ...]]
    readings: dict[int, tuple[Reading, ...]]
    relevance: NDArray[float64]


def score(
    topic: Topic, told: Profile, pool: Features, inventory: Inventory, encode: Encode | None
) -> Scored:
    """Nearness to the topic's concept and to its examples, and what its terms make of it."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    flats, readings = list(pool.flats), _read_short_forms(told, pool, inventory)
    respelled = {
        row: read([spelled_out(pool.writings[row], found)], pool.seen)
        for row, found in readings.items()
    }
    for row, text in respelled.items():
        flats[row] = text.flats[0]
    by_concept = by_examples = None
    pull = np.zeros(pool.weighing.width)
    if told.concept is not None:
        by_concept = concept.nearness(told.concept, pool, encode, respelled)
        pull += concept.query(told.concept.terms, pool)
    rows = pool.place([each.work for each in told.examples])
    weights = np.array([each.weight for each in told.examples])
    if (weights > 0).any():
        few = int((weights < 0).sum()) < _FEEDBACK_UNTIL
        by_examples = examples.nearness(pool.rows, rows, weights, feedback=few)
        mixed = examples.mixture(rows, weights)[0]
        pull += mixed * _share(weights, by_concept is not None)
    elif len(weights) and by_concept is not None:
        by_concept = by_concept - examples.against(pool.rows, rows, -weights)
    included, excluded = _terms(topic, told, flats)
    total = _together(by_concept, by_examples, _share(weights, by_concept is not None))
    total = np.zeros(len(pool.works)) if total is None else total
    total = np.where([bool(found) for found in excluded], EXCLUDED_SCORE, total)
    relevance = PRIOR.centre.relevance(total)
    return Scored(total, by_concept, by_examples, pull, included, excluded, readings, relevance)


def _share(weights: NDArray[float64], has_concept: bool) -> float:
    """What the examples count beside the concept: nought for none, towards 1 for many."""
    amount = float(abs(weights).sum())
    return amount / (amount + _EQUAL_EXAMPLES) if has_concept else 1.0


def _together(
    one: NDArray[float64] | None, other: NDArray[float64] | None, share: float
) -> NDArray[float64] | None:
    if one is None or other is None:
        return other if one is None else one
    return one + share * other


def _terms(
    topic: Topic, told: Profile, flats: list[str]
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """For each work, the included terms that it holds, and the excluded ones if there are none."""
    wanted, unwanted = (
        needles([*terms, *(spelled_term(term, told.senses) for term in terms)])
        for terms in (topic.include, topic.exclude)
    )
    included = [holding(flat, wanted) for flat in flats]
    excluded = [
        () if found else holding(flat, unwanted)
        for flat, found in zip(flats, included, strict=True)
    ]
    return included, excluded


def _read_short_forms(
    told: Profile, pool: Features, inventory: Inventory
) -> dict[int, tuple[Reading, ...]]:
    """Readings of the works that use one of the topic's short forms without defining it: texts
    are read with what they define spelled out, so there the short form itself is left."""
    rows: set[int] = set()
    for short in told.senses:
        for word in words(short):
            if (column := pool.seen.columns.get(word)) is not None and column < len(
                pool.weighing.rare
            ):
                rows |= {int(row) for row in pool.columns[:, [column]].tocoo().row}
    found = {row: read_senses(pool.writings[row], told.senses, inventory) for row in sorted(rows)}
    return {row: readings for row, readings in found.items() if readings}
