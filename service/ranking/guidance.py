"""What would make a topic find more of what its readers want, and less of the rest. Pure.

Works come as `Candidate`s, what readers say of them as the list they stand in.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from service.ranking import lexical, phrases
from service.ranking.features import dense_rows
from service.ranking.words import words
from service.records.guidance import Doubt, SeedAdvice, TermAdvice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy import bool_, float32
    from numpy.typing import NDArray

    from service.ranking.phrases import Found, Read
    from service.records import Candidate, Topic

LEAST = 3  # papers that hold a term, that share a theme
MOST = 8  # terms that are advised at once
DOUBTS = 5
_MOST_SEEDS, _MOST_ALONE = 5, 2
_EXAMPLES = 3
_SHARE = 0.08  # of the works wanted, at least, hold a term that is worth including
_SURE = 3.0  # standard errors: of some thousand phrases about one is as sure by chance
_LIKELY = 2.0  # for what is left out: both sides are near the topic, and few
_LOST = 0.02  # of the works that are shown: more than that no excluded term may cost
# Of the archive's works, this share is nearer to the seeds than a work that they do not explain.
_FAR = 0.02
DOUBTFUL = 20  # works nearest the line: of them those that differ are chosen
_NEAR_LINE = 0.25  # of relevance: further away there is little doubt


def included(topic: Topic, wanted: Sequence[Candidate], others: Read) -> tuple[TermAdvice, ...]:
    """Terms that the works wanted hold more often than others of the archive, the surest first;
    none that the topic has, or that say the same with more words."""
    least = max(LEAST, math.ceil(_SHARE * len(wanted)))
    found = phrases.telling(wanted, others, least=least, least_z=_SURE)
    return advised(_new(found, topic), wanted, len(others))


def excluded(
    topic: Topic,
    refused: Sequence[Candidate],
    wanted: Sequence[Candidate],
    shown: Sequence[Candidate],
) -> tuple[TermAdvice, ...]:
    """Terms that works voted against hold, no work that readers want, and hardly any of the others
    `shown` for the topic; the surest first."""
    kept = phrases.read(wanted)
    against = [*kept, *phrases.read(shown)]
    found = phrases.telling(refused, against, least=LEAST, least_z=_LIKELY)
    lost = phrases.counted(kept, {each.phrase for each in found})
    safe = [
        each
        for each in found
        if not lost[each.phrase] and each.others <= max(1.0, _LOST * len(against))
    ]
    return advised(_new(safe, topic), refused, len(against))


def _new(found: Iterable[Found], topic: Topic) -> list[Found]:
    """Those that neither hold a term of the topic nor are part of one."""
    known = [words(term) for term in (*topic.include, *topic.exclude)]
    return [
        each
        for each in found
        if not any(_within(term, each.phrase) or _within(each.phrase, term) for term in known)
    ]


def _within(one: Sequence[str], other: Sequence[str]) -> bool:
    return f" {' '.join(one)} " in f" {' '.join(other)} "


def advised(
    found: Sequence[Found], papers: Sequence[Candidate], others: int
) -> tuple[TermAdvice, ...]:
    """The first of the phrases as advice: how many of the papers hold them, and which."""
    return tuple(
        TermAdvice(
            term=each.spelled,
            hits=len(each.papers),
            of=len(papers),
            others=each.others,
            of_others=others,
            z=round(each.z, 1),
            examples=tuple(papers[at].title for at in each.papers[:_EXAMPLES]),
        )
        for each in found[:MOST]
    )


# -- seeds ----------------------------------------------------------------------------------------


def nearness(
    works: Sequence[Candidate], seeds: NDArray[float32]
) -> tuple[NDArray[float32], NDArray[bool_]]:
    """The cosine of each work with the nearest row of the seeds (at least one, of unit length), and
    which works have vectors; the others are nought. Raises `EncoderError`."""
    rows, has = dense_rows(works, seeds.shape[1])
    near: NDArray[float32] = (rows @ seeds.T).max(axis=1)
    return near, has


def far(
    works: Sequence[Candidate], others: Sequence[Candidate], seeds: NDArray[float32]
) -> list[int]:
    """The places of those works that no seed explains: more than a small share of the `others` of
    the archive are as near to a seed. The farthest come first; works without vectors in none."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rest, known = nearness(others, seeds)
    if not known.any():
        return []
    line = float(np.quantile(rest[known], 1 - _FAR))
    near, has = nearness(works, seeds)
    return [int(at) for at in np.argsort(near, kind="stable") if has[at] and near[at] < line]


def seeds(
    works: Sequence[Candidate], unexplained: Sequence[int], others: Read
) -> tuple[SeedAdvice, ...]:
    """Works to take as seeds, for those that are unexplained (places in `works`): of each phrase
    that they share, and `others` hardly hold, the work in the middle of those that hold it, the
    greatest group first; then the first of those that stand alone."""
    rest = [works[at] for at in unexplained]
    found = []
    while shared := phrases.telling(rest, others, least=LEAST, least_z=_SURE):
        best = min(shared, key=lambda each: (-len(each.papers), -each.z, each.phrase))
        found.append(_in_the_middle(best.spelled, [rest[at] for at in best.papers]))
        rest = [work for at, work in enumerate(rest) if at not in best.papers]
    found += [SeedAdvice(w.work_id, w.title, (w.work_id,), (w.title,)) for w in rest[:_MOST_ALONE]]
    return tuple(found[:_MOST_SEEDS])


def _in_the_middle(name: str, group: Sequence[Candidate]) -> SeedAdvice:
    """The group, led by the work that is nearest to all of it."""
    rows, _ = dense_rows(group)
    near = (rows @ rows.T).sum(axis=1)
    order = sorted(range(len(group)), key=lambda at: (-float(near[at]), group[at].work_id))
    ordered = [group[at] for at in order]
    return SeedAdvice(
        work_id=ordered[0].work_id,
        title=ordered[0].title,
        works=tuple(work.work_id for work in ordered),
        titles=tuple(work.title for work in ordered),
        shared=name,
    )


# -- doubts ---------------------------------------------------------------------------------------


def doubts(
    works: Sequence[Candidate], relevance: Mapping[int, float], line: float, count: int = DOUBTS
) -> tuple[Doubt, ...]:
    """Up to `count` works whose relevance is near the line and that differ from one another: the
    nearest, then of the next ones always that which is least like those taken. Independent of the
    order of the works; those that are far from the line are none."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    def distance(work: Candidate) -> tuple[float, int]:
        return abs(relevance[work.work_id] - line), work.work_id

    near = sorted((work for work in works if distance(work)[0] <= _NEAR_LINE), key=distance)
    pool = near[:DOUBTFUL]
    if not pool:
        return ()
    cosines = _cosines(pool)
    taken = [0]
    while len(taken) < min(count, len(pool)):
        alike = cosines[:, taken].max(axis=1)
        alike[taken] = np.inf
        taken.append(int(alike.argmin()))
    chosen = sorted((pool[at] for at in taken), key=lambda work: -relevance[work.work_id])
    return tuple(Doubt(w.work_id, w.title, round(relevance[w.work_id], 3)) for w in chosen)


def _cosines(works: Sequence[Candidate]) -> NDArray[float32]:
    """How alike the works are: by their vectors if all have one, else by their words."""
    rows, has = dense_rows(works)
    if rows.shape[1] and has.all():
        found: NDArray[float32] = rows @ rows.T
        return found
    seen = lexical.Vocabulary()
    read = lexical.read([(work.title, work.abstract) for work in works], seen)
    by_words = lexical.fit(read, seen).rows(read)
    alike: NDArray[float32] = (by_words @ by_words.T).toarray()
    return alike
