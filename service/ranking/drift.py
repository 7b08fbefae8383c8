"""Whether a topic's literature moves away from what the topic says of it. Pure.

Two things are compared between the papers of the last weeks and those of the weeks before: how near
the seeds are to them, and which phrases they hold. What differs must differ more than it would if
the papers were dealt out at random (permutation tests, one in a hundred each; of phrases the
greatest difference of all counts, after Westfall and Young 1993), so that a topic with few papers
raises no false alarm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking import phrases
from service.ranking.guidance import advised, nearness
from service.ranking.phrases import Found
from service.ranking.words import words
from service.records.guidance import Drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import bool_, float32
    from numpy.typing import NDArray

    from service.ranking.phrases import Phrase, Uses
    from service.records import Candidate
    from service.records.guidance import TermAdvice

RECENT, BEFORE = 4, 12  # weeks
LEAST_RECENT, LEAST_BEFORE = 8, 16  # papers: fewer prove nothing
_HELD_BY = 3  # of the recent papers, at least
_DEALT = 2_000  # times at random
_CHANCE = 0.01
_LESS = 0.02  # of cosine: less nobody would notice
_MOST_TERMS = 3


def drift(
    recent: Sequence[Candidate],
    before: Sequence[Candidate],
    seeds: NDArray[float32] | None,
    known: Sequence[str],
) -> Drift | None:
    """How the recent papers differ from those before; None where they do not, or are too few.

    `seeds` are rows of unit length, None without an encoder: then only phrases are compared, of
    which none counts that the `known` texts (seeds, terms) hold. Independent of the order of the
    papers. Raises `EncoderError`.
    """
    if len(recent) < LEAST_RECENT or len(before) < LEAST_BEFORE:
        return None
    ordered = [
        *sorted(recent, key=lambda work: work.work_id),
        *sorted(before, key=lambda work: work.work_id),
    ]
    dealt = _dealt(len(recent), len(ordered))
    explained = None if seeds is None else _explained(ordered, len(recent), seeds, dealt)
    terms = _terms(ordered, len(recent), known, dealt)
    if explained is None and not terms:
        return None
    return Drift(len(recent), len(before), explained, terms)


def _dealt(some: int, of: int) -> NDArray[bool_]:
    """Which papers are taken for the recent ones, once as they are and then at random."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rows = np.tile(np.arange(of) < some, (_DEALT + 1, 1))
    rows[1:] = np.random.default_rng(0).permuted(rows[1:], axis=1)
    return rows


def _explained(
    works: Sequence[Candidate], recent: int, seeds: NDArray[float32], dealt: NDArray[bool_]
) -> tuple[float, float] | None:
    near, has = nearness(works, seeds)
    if not has.all():
        return None
    means = (dealt @ near) / recent
    rest = (near.sum() - dealt @ near) / (len(works) - recent)
    fall = rest - means
    if fall[0] < _LESS or (fall[1:] >= fall[0]).mean() > _CHANCE:
        return None
    return round(float(rest[0]), 2), round(float(means[0]), 2)


def _terms(
    works: Sequence[Candidate], recent: int, known: Sequence[str], dealt: NDArray[bool_]
) -> tuple[TermAdvice, ...]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    said = f" {' | '.join(' '.join(words(text)) for text in known)} "
    uses = {
        phrase: use
        for phrase, use in phrases.held(works).items()
        if sum(at < recent for at in use.papers) >= _HELD_BY
        and phrases.names(phrase, use)
        and f" {' '.join(phrase)} " not in said
    }
    if not uses:
        return ()
    holds = np.zeros((len(works), len(uses)), dtype=np.float32)
    for column, use in enumerate(uses.values()):
        holds[sorted(use.papers), column] = 1
    here, all_of = dealt.astype(np.float32) @ holds, holds.sum(axis=0)
    z = phrases.log_odds(here, recent, all_of - here, len(works) - recent)
    line = float(np.quantile(z[1:].max(axis=1), 1 - _CHANCE))
    found = [
        _found(phrase, use, recent, float(each))
        for each, (phrase, use) in zip(z[0], uses.items(), strict=True)
        if each > line
    ]
    found.sort(key=lambda each: (-each.z, each.phrase))
    return advised(phrases.apart(found)[:_MOST_TERMS], works[:recent], len(works) - recent)


def _found(phrase: Phrase, use: Uses, recent: int, z: float) -> Found:
    papers = tuple(sorted(at for at in use.papers if at < recent))
    return Found(phrase, use.commonest, papers, len(use.papers) - len(papers), z)


def sentence(found: Drift) -> str:
    """What has changed, with its figures; `RECENT` and `BEFORE` are how long those times are."""
    parts = []
    if found.terms:
        terms = (
            f'"{each.term}" ({each.hits} of {each.of}, before {each.others} of {each.of_others})'
            for each in found.terms
        )
        parts.append(f"papers of the last {RECENT} weeks speak more of {', '.join(terms)}")
    if found.explained:
        then, now = found.explained
        parts.append(
            f"the seeds are less near to them than to those of the {BEFORE} weeks before "
            f"(cosine {now:.2f}, was {then:.2f}; {found.recent} and {found.before} papers)"
        )
    told = "; ".join(parts)
    return f"The topic's literature moves: {told}."
