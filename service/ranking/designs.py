"""What design of study a text reports, and how well that goes with examples. Pure.

Who keeps trials in people wants the next trial rather than a review of mice on the same subject.
The words that tell a design are common, so that rarity makes them light: they are asked by
themselves. The designs are those that have reporting guidelines of their own (EQUATOR network:
CONSORT, STROBE, PRISMA, CARE, ARRIVE, SRQR, SPIRIT, AGREE, STREGA), work in vitro, studies of
people, and two marks of an empirical paper: an abstract in sections, and statistics.

    likeness = sum over designs of ln(share of the examples / share of the pool)

and the same of their complements where a work shows no sign of the design (naive Bayes; what it
counts twice, since designs hang together, the weight in `examples` makes up for).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy import bool_, float64, int64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.ranking.lexical import Weighing

# Any of these words, or pairs of words, is a sign of the design; none is a sign of two.
SIGNS: Mapping[str, str] = {
    "randomized trial": "randomized, randomization, randomly, placebo, blinded, double blind, "
    "controlled trial",
    "observational study": "cohort, retrospective, retrospectively, prospectively, follow, "
    "observational, registry, case control, cross sectional, odds ratio, hazard ratio",
    "review": "review, metaanalysis, meta analysis, meta analyses",
    "case report": "case report, case series, year old",
    "animal study": "mice, mouse, murine, rat, zebrafish, rabbit, pig, knockout, rodent",
    "laboratory study": "vitro, cultured, cell line",
    "qualitative study": "qualitative, interview, thematic, questionnaire, survey, focus group",
    "protocol": "protocol",
    "guideline": "guideline, consensus, recommendation",
    "genetic study": "polymorphism, genotype, allele, genome, sequencing",
    "study of people": "patient, participant, volunteer",
    "abstract in sections": "method, conclusion, objective, background",
    "statistics": "significant, significantly, confidence interval",
}
_MARKS = frozenset({"abstract in sections", "statistics"})
_CLEARLY = 1.5  # times as frequent among the examples: a reason that is named
_EXPECTED = 1.0  # examples as the pool is, that are added to those given


@dataclass(frozen=True, slots=True)
class Signs:
    """The columns that are signs, in order, and the design of each by its place in `SIGNS`."""

    columns: NDArray[int64]
    design: NDArray[int64]

    def shown(self, rows: csr_matrix) -> NDArray[bool_]:
        """Which designs each row of words and pairs shows, (rows, designs)."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        found = np.zeros((rows.shape[0], len(SIGNS)), dtype=bool)
        if len(self.columns):
            at = np.searchsorted(self.columns, rows.indices)
            at[at == len(self.columns)] = 0
            hits = np.flatnonzero(self.columns[at] == rows.indices)
            row = np.searchsorted(rows.indptr, hits, side="right") - 1
            found[row, self.design[at[hits]]] = True
        return found


def signs(columns: Mapping[str, int], weighing: Weighing) -> Signs:
    """Where the signs stand among the columns of a pool; those that it does not hold are left
    out."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    known: dict[int, int] = {}
    for design, listed in enumerate(SIGNS.values()):
        for sign in listed.split(","):
            first, *second = [columns.get(word) for word in words(sign)]
            at = weighing.pair(first, second[0]) if second else first
            if at is not None and (second or at < len(weighing.rare)):
                known[at + len(weighing.rare) if second else at] = design
    ordered = sorted(known.items())
    return Signs(*np.array(ordered, dtype=np.int64).reshape(-1, 2).T)


def likeness(
    pool: NDArray[bool_], examples: NDArray[bool_], weights: NDArray[float64]
) -> NDArray[float64]:
    """The log-likelihood ratio of each row of the pool: as an example for the topic rather than as
    any work. `weights` above 0 are of examples for it; at least one must be."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    here, there = _shares(pool, examples, weights)
    shown: NDArray[float64] = np.log(there / here)
    absent: NDArray[float64] = np.log((1.0 - there) / (1.0 - here))
    return pool @ shown + ~pool @ absent


def telling(
    pool: NDArray[bool_], examples: NDArray[bool_], weights: NDArray[float64]
) -> dict[int, str]:
    """The designs for which a work that shows them stands clearly higher, by their place; the
    marks of empirical papers, which tell a reader nothing, left out."""
    here, there = _shares(pool, examples, weights)
    names = enumerate(SIGNS)
    return {at: n for at, n in names if there[at] >= _CLEARLY * here[at] and n not in _MARKS}


def _shares(
    pool: NDArray[bool_], examples: NDArray[bool_], weights: NDArray[float64]
) -> tuple[NDArray[float64], NDArray[float64]]:
    """How much of the pool shows each design, and how much of the examples; never 0 or 1."""
    pull = weights.clip(min=0.0)
    here: NDArray[float64] = (pool.sum(axis=0) + 1.0) / (len(pool) + 2.0)
    there = (pull @ examples + _EXPECTED * here) / (pull.sum() + _EXPECTED)
    return here, there
