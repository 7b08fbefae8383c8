"""How honest relevance is: simulated readers vote, and each round is predicted before it. Pure.

A reader starts from seeds and votes, round by round, on papers near the top of what is left. Each
round's papers are given a relevance by a calibration fitted to the earlier votes, and only then
is it looked up what they are: these are the *held-out votes*. The same calibration also predicts
every paper that is left, which no reader sees in full: the *unseen*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.ranking.calibration import Calibration, Judged, Prior, fit
from service.ranking.labelled import Corpus, draw, newest_first
from service.ranking.metrics import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy import bool_, float64, intp
    from numpy.typing import NDArray

    from service.ranking.evaluation import Contender, Scores

_QUANTILES = 40
_NEAR = 40  # places from the top: how far the near misses reach
_STRAYS = 1 / 5  # the share of a round taken from there, where it is asked for


@dataclass(frozen=True, slots=True)
class Round:
    """The papers left, best first: raw scores, labels, and the places that are voted on."""

    scores: NDArray[float64]
    relevant: NDArray[bool_]
    asked: NDArray[intp]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Relevance beside the truth, one of each per paper."""

    relevance: NDArray[float64]
    relevant: NDArray[bool_]

    def at(self, places: NDArray[intp]) -> Predicted:
        """Those alone."""
        return Predicted(self.relevance[places], self.relevant[places])


def mixed(corpora: Sequence[Corpus], every: int = 4) -> list[Corpus]:
    """Each corpus in an archive: with every `every`-th paper of the others, taken for unrelated.

    The papers of one corpus were all found by a search for its subject. An archive is not like
    that, and a score counts deviations above the whole pool.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = []
    for one in corpora:
        others = [each for other in corpora if other is not one for each in other.papers]
        more = [
            replace(each, work_id=len(one.papers) + at) for at, each in enumerate(others[::every])
        ]
        found.append(
            replace(
                one,
                papers=(*one.papers, *more),
                relevant=np.concatenate([one.relevant, np.zeros(len(more), dtype=bool)]),
                published=(*one.published, *[None] * len(more)),
            )
        )
    return found


def read(
    contender: Contender,
    corpus: Corpus,
    *,
    seeds: int,
    draws: int,
    rounds: int = 10,
    per_round: int = 5,
    strays: bool = False,
) -> list[list[Round]]:
    """For each draw its rounds, and one more that shows what is left after the last.

    Votes go to the best `per_round` papers not yet voted on; with `strays` a fifth of them, at
    least one, to papers among the first 40 below those, by chance. Raises `InputError` when the
    corpus has too few included papers.
    """
    scores = contender.prepare(corpus.papers, ())
    return [
        list(
            _reader(
                corpus,
                scores,
                draw(corpus, seeds, number),
                rounds,
                _Habit(per_round, strays, number),
            )
        )
        for number in range(draws)
    ]


@dataclass(frozen=True, slots=True)
class _Habit:
    """Which places of a list a reader votes on."""

    per_round: int
    strays: bool
    number: int

    def places(self, count: int, at: int) -> NDArray[intp]:
        """Among `count` papers, in round `at`."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        top = min(self.per_round, count)
        if not self.strays or count < _NEAR:
            return np.arange(top)
        away = max(1, round(_STRAYS * top))
        chance = np.random.default_rng([self.number, at])
        near = chance.choice(np.arange(top - away, _NEAR), away, replace=False)
        return np.concatenate([np.arange(top - away), np.sort(near)])


def _reader(
    corpus: Corpus, scores: Scores, seeds: Sequence[int], rounds: int, habit: _Habit
) -> Iterable[Round]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    seen: list[int] = []
    for at in range(rounds + 1):
        liked = [*seeds, *(row for row in seen if corpus.relevant[row])]
        disliked = [row for row in seen if not corpus.relevant[row]]
        rest = np.delete(np.arange(len(corpus.papers)), [*seeds, *seen])
        now = scores(newest_first(corpus, liked), disliked)[rest]
        best = order(now)
        asked = habit.places(len(best), at)
        yield Round(now[best], corpus.relevant[rest[best]], asked)
        seen += rest[best][asked].tolist()


def votes(reader: Sequence[Round], rounds: int) -> list[Judged]:
    """What the reader said in the first `rounds`, with the scores the papers were shown with."""
    return [
        Judged(float(each.scores[place]), bool(each.relevant[place]))
        for each in reader[:rounds]
        for place in each.asked
    ]


def calibrated(reader: Sequence[Round], rounds: int, prior: Prior) -> Calibration:
    """Fitted after so many rounds. The background are the papers left: forty of them, evenly
    spaced in their order, stand for all."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    left = reader[rounds].scores
    places = np.linspace(0, max(len(left) - 1, 0), min(len(left), _QUANTILES)).astype(np.int64)
    return fit(votes(reader, rounds), left[places], prior)


def held_out(readers: Iterable[Sequence[Round]], rounds: int, prior: Prior) -> Predicted:
    """The votes of the next round, as predicted after so many."""
    return pooled(_predicted(reader, rounds, prior).at(reader[rounds].asked) for reader in readers)


def unseen(readers: Iterable[Sequence[Round]], rounds: int, prior: Prior) -> Predicted:
    """All papers left after so many rounds, as predicted then."""
    return pooled(_predicted(reader, rounds, prior) for reader in readers)


def pooled(found: Iterable[Predicted]) -> Predicted:
    """All of them as one."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    each = list(found)
    return Predicted(
        np.concatenate([one.relevance for one in each]),
        np.concatenate([one.relevant for one in each]),
    )


def _predicted(reader: Sequence[Round], rounds: int, prior: Prior) -> Predicted:
    left = reader[rounds]
    return Predicted(calibrated(reader, rounds, prior).relevance(left.scores), left.relevant)


def log_loss(found: Predicted) -> float:
    """The mean of -log of the probability given to what was true: lowest where honest and sharp."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    told = np.where(found.relevant, found.relevance, 1 - found.relevance)
    return float(-np.log(told.clip(1e-9)).mean())


def chosen(
    corpora: Sequence[Sequence[Sequence[Round]]],
    *,
    after: Sequence[int] = (0, 2, 5, 9),
    times: int = 100,
) -> Prior:
    """The prior that predicts these readers best: least log loss of held-out votes and of unseen
    papers, both alike, each corpus alike, after so many rounds. To be tried on other corpora.

    `times` bounds how many priors are tried (Nelder and Mead 1965).
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.optimize import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        minimize,
    )

    def loss(at: NDArray[float64]) -> float:
        prior = _prior(at)
        return float(
            np.mean(
                [
                    log_loss(kind(readers, rounds, prior))
                    for readers in corpora
                    for rounds in after
                    for kind in (held_out, unseen)
                ]
            )
        )

    start = np.log([1.2, 3.0, 0.3, 0.7, 5.0])
    found = minimize(
        loss, start, method="Nelder-Mead", options={"maxfev": times, "xatol": 0.02, "fatol": 1e-5}
    )
    return _prior(found.x)


def _prior(at: NDArray[float64]) -> Prior:
    """From the logarithms of its five numbers."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    slope, midpoint, *rest = (float(each) for each in np.exp(at))
    return Prior(Calibration(slope, midpoint), *rest)
