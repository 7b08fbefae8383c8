"""All works' numbers for one topic, before they are put in order and explained. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import concept, examples
from service.ranking.calibration import CONCEPT_PRIOR, PRIOR, Calibration, Judged, fit
from service.ranking.commonness import is_telling
from service.ranking.lexical import read
from service.ranking.senses import read_senses, spelled_out, spelled_term
from service.ranking.signals import log_odds, signals
from service.ranking.terms import needles
from service.ranking.words import words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy import float64, intp
    from numpy.typing import NDArray

    from service.ranking.calibration import Prior
    from service.ranking.features import Encode, Features, Rows, Weights
    from service.ranking.profile import Profile
    from service.ranking.sense_inventory import Inventory
    from service.ranking.senses import Reading, Sense
    from service.records import Evidence, Signal, Topic

# Below any score that a work can have: it is listed last, and never shown.
EXCLUDED_SCORE = -99.0
# How many examples it takes until they count as much as the topic's terms.
_EQUAL_EXAMPLES = 10.0
VOTED = frozenset({"vote", "saved"})


@dataclass(frozen=True, slots=True)
class Ground:
    """What a topic's own words make of the works, whatever its examples: `nearness` to the nearest
    of its concepts (None where it has none), `nearest` which that is, by row, and as `Scored` has
    them `pulls`, `included`, `excluded`, `readings`. `signals` are what speaks for works beside
    their words, by row; `prior` is what is believed of the scores before anybody votes.
    """

    nearness: NDArray[float64] | None
    prior: Prior
    pulls: tuple[Weights, ...]
    nearest: NDArray[intp]
    included: Mapping[int, tuple[str, ...]]
    excluded: Mapping[int, tuple[str, ...]]
    readings: dict[int, tuple[Reading, ...]]
    signals: Mapping[int, tuple[Signal, ...]]


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry per work of the pool.

    `total` is in deviations above literature at large, `relevance` as a probability; `concept` and
    `examples` are the parts of the total (None where the topic has none). `pulls` is what each
    column of words adds for works that are nearest to each concept (one where there is none). By
    row are the terms of the works that hold any: `included`, or else `excluded`; `readings` are of
    the works that use a short form without defining it. `rows` are the topic's examples, in order;
    `ground` is what stays without them.
    """

    total: NDArray[float64]
    concept: NDArray[float64] | None
    examples: NDArray[float64] | None
    pulls: tuple[Weights, ...]
    included: Mapping[int, tuple[str, ...]]
    excluded: Mapping[int, tuple[str, ...]]
    readings: dict[int, tuple[Reading, ...]]
    relevance: NDArray[float64]
    rows: Rows
    ground: Ground


def score(
    topic: Topic, told: Profile, pool: Features, inventory: Inventory, encode: Encode | None
) -> Scored:
    """Nearness to the topic's concept and to its examples, and what its terms make of it."""
    ground = _ground(topic, told, pool, inventory, encode)
    rows = pool.place([each.work for each in told.examples])
    return judged(ground, rows, told.examples, pool)


def _ground(
    topic: Topic, told: Profile, pool: Features, inventory: Inventory, encode: Encode | None
) -> Ground:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    flats, readings = list(pool.flats), _read_short_forms(told, pool, inventory)
    texts = [spelled_out(pool.writings[row], found) for row, found in readings.items()]
    respelled = (list(readings), read(texts, pool.seen))
    for row, flat in zip(readings, respelled[1].flats, strict=True):
        flats[row] = flat
    included, excluded = _terms(topic, told, pool, flats, readings)
    each = [concept.nearness(it, pool, encode, respelled, included) for it in told.concepts]
    return Ground(
        nearness=np.maximum.reduce(each) if each else None,
        prior=CONCEPT_PRIOR if each else PRIOR,
        pulls=tuple(concept.query(it.terms, pool) for it in told.concepts)
        or (concept.query((), pool),),
        nearest=np.argmax(each, axis=0) if each else np.zeros(len(pool.works), dtype=np.intp),
        included=included,
        excluded=excluded,
        readings=readings,
        signals=signals(topic, pool.works),
    )


def judged(ground: Ground, rows: Rows, told: Sequence[Evidence], pool: Features) -> Scored:
    """All works with these examples, whose rows are given in their order."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    by_concept, by_examples, pulls = ground.nearness, None, ground.pulls
    weights = np.array([each.weight for each in told])
    share = _share(weights, by_concept is not None)
    if (weights > 0).any():
        # Once people say what is not meant, the list's own best are no examples any more.
        unread = not (weights < 0).any()
        by_examples = examples.nearness(pool.rows, rows, weights, feedback=unread)
        mixed, _, _ = examples.mixture(rows, weights)
        pulls = tuple(pull.plus(mixed, share) for pull in pulls)
    elif len(weights) and by_concept is not None:
        by_concept = by_concept - examples.against(pool.rows, rows, -weights)
    total = _together(by_concept, by_examples, share)
    total = np.zeros(len(pool.works)) if total is None else total.copy()
    total[list(ground.excluded)] = EXCLUDED_SCORE
    calibration = _calibrated(told, pool, rows, by_concept, ground.prior)
    lifted = [row for row in ground.signals if row not in ground.excluded]
    if lifted:
        lifts = np.array([log_odds(ground.signals[row]) for row in lifted])
        total[lifted] = calibration.raised(total[lifted], lifts)
    relevance = calibration.relevance(total)
    return Scored(
        total,
        by_concept,
        by_examples,
        pulls,
        ground.included,
        ground.excluded,
        ground.readings,
        relevance,
        rows,
        ground,
    )


def _calibrated(
    told: Sequence[Evidence],
    pool: Features,
    rows: Rows,
    by_concept: NDArray[float64] | None,
    prior: Prior,
) -> Calibration:
    """How this topic's scores become relevance: by what votes said of the scores that the works
    would have without any vote. A ranker that was told ranks a work for that very reason."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    votes = [each for each in told if each.origin in VOTED]
    weights = np.array([0.0 if each.origin in VOTED else each.weight for each in told])
    if not votes or (by_concept is None and not (weights > 0).any()):
        return prior.centre
    seen = [each for each in votes if each.work.work_id in pool.places]
    by_examples = examples.nearness(pool.rows, rows, weights) if (weights > 0).any() else None
    untold = _together(by_concept, by_examples, _share(weights, by_concept is not None))
    if untold is None or not seen:
        return prior.centre
    judged = [Judged(float(untold[pool.places[v.work.work_id]]), v.weight > 0) for v in seen]
    return fit(judged, untold, prior)


def _share(weights: NDArray[float64], has_concept: bool) -> float:
    """What the examples count beside the concept: nought for none, towards 1 for many."""
    amount = float(abs(weights).sum())
    return amount / (amount + _EQUAL_EXAMPLES) if has_concept else 1.0


def _together(
    one: NDArray[float64] | None, other: NDArray[float64] | None, share: float
) -> NDArray[float64] | None:
    if one is None or other is None:
        return other if one is None else one
    return (one + share * other) / (1.0 + share)


def _terms(
    topic: Topic, told: Profile, pool: Features, flats: list[str], respelled: Collection[int]
) -> tuple[dict[int, tuple[str, ...]], dict[int, tuple[str, ...]]]:
    """By row, the included terms that the work holds, and the excluded ones if there are none."""
    wanted, unwanted = (
        needles([*terms, *(spelled_term(term, told.senses) for term in terms)])
        for terms in (topic.include, topic.exclude)
    )
    included = _held(wanted, pool, flats, respelled)
    excluded = _held(unwanted, pool, flats, respelled)
    return included, {row: terms for row, terms in excluded.items() if row not in included}


def _held(
    looked_for: Sequence[tuple[str, str]],
    pool: Features,
    flats: list[str],
    respelled: Collection[int],
) -> dict[int, tuple[str, ...]]:
    """The terms that each text holds, of those that hold any. Only texts with all of a term's words
    are looked through; the columns do not know those that are `respelled`."""
    masks: dict[int, int] = {}  # a bit for each term: many works hold the same ones
    for at, (_, needle) in enumerate(looked_for):
        rows = pool.holding(needle.split(), in_turn=True)
        may = set(range(len(flats)) if rows is None else rows.tolist()).difference(respelled)
        single = rows is not None and needle.count(" ") == 2
        holding = may if single else {row for row in may if needle in flats[row]}
        for row in holding.union(row for row in respelled if needle in flats[row]):
            masks[row] = masks.get(row, 0) | 1 << at
    names = {
        mask: tuple(term for at, (term, _) in enumerate(looked_for) if mask >> at & 1)
        for mask in set(masks.values())
    }
    return {row: names[mask] for row, mask in masks.items()}


def _read_short_forms(
    told: Profile, pool: Features, inventory: Inventory
) -> dict[int, tuple[Reading, ...]]:
    """Readings of the works that use one of the topic's short forms without defining it: texts
    are read with what they define spelled out, so there the short form itself is left."""
    rows: set[int] = set()
    for sense in deciding(told):
        for word in words(sense.short):
            holding = pool.holding([word])
            rows |= set() if holding is None else set(holding.tolist())
    found = {row: read_senses(pool.writings[row], told.senses, inventory) for row in sorted(rows)}
    return {row: readings for row, readings in found.items() if readings}


def deciding(told: Profile) -> list[Sense]:
    """The topic's short forms whose sense decides something: the terms have a telling word of the
    long form. "Confidence interval" is none."""
    terms = (term for each in told.concepts for term in each.terms)
    wanted = {word for term in terms for word in words(term) if is_telling(word)}
    return [each for each in told.senses.values() if not wanted.isdisjoint(words(each.long))]
