"""How near works are to facets by their words: TF-IDF, rarity taken from the archive. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.terms import flat
from service.ranking.words import STOP, WORD, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32, int64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.records import Candidate, Facet

_TITLE_TIMES = 2  # a title's words count double
# Rarity as if this many further texts held every word once in a while: few texts tell little.
_UNSEEN_TEXTS = 20.0


class Vocabulary(dict[str, tuple[str, ...]]):
    """Remembers how each raw word folds; a corpus repeats them millions of times."""

    def __missing__(self, raw: str) -> tuple[str, ...]:
        folded = fold(raw)
        self[raw] = folded
        return folded


@dataclass(frozen=True, slots=True)
class Compared:
    """Cosines of texts to facets, the candidates' `flats`, and each word's pull."""

    candidates: NDArray[float32]
    background: NDArray[float32]
    flats: list[str]
    pull: dict[str, float]


@dataclass(frozen=True, slots=True)
class Words:
    """Texts as folded words (`flats`, for looking up terms) and as counts per text and word."""

    flats: list[str]
    counts: csr_matrix


def compare(
    facets: Sequence[Facet], candidates: Sequence[Candidate], background: Sequence[Candidate]
) -> Compared:
    """Every candidate and background text against every facet.

    Rarity is taken from both, so that words of the topic itself do not become rare or common by
    what happens to be new this week.
    """
    index: dict[str, int] = {}
    seen = Vocabulary()
    mine, others = read(candidates, seen, index), read(background, seen, index)
    rare = rarity((mine.counts, others.counts), len(index))
    query = weigh(facet_counts(facets, seen, index), rare)
    pull = _pull(query, [facet.weight for facet in facets], rare, index)
    return Compared(
        candidates=(weigh(mine.counts, rare) @ query.T).toarray(),
        background=(weigh(others.counts, rare) @ query.T).toarray(),
        flats=mine.flats,
        pull=pull,
    )


def _pull(
    query: csr_matrix, weights: Sequence[float], rare: NDArray[float32], index: dict[str, int]
) -> dict[str, float]:
    """How much one occurrence of each word of the facets adds."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    drawn = np.maximum(np.asarray(weights), 0.0) @ query * rare
    return {word: float(drawn[at]) for word, at in index.items() if drawn[at] > 0.0}


def read(works: Sequence[Candidate], seen: Vocabulary, index: dict[str, int]) -> Words:
    """The words of `works`; `index` grows by the words not met before."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)

    flats: list[str] = []
    columns: list[NDArray[int64]] = []
    for work in works:
        title = [part for raw in WORD.findall(work.title) for part in seen[raw]]
        rest = [part for raw in WORD.findall(work.abstract) for part in seen[raw]]
        flats.append(f"{flat(title)}|{flat(rest)}")  # no term reaches from the title over
        counted = [w for w in title * _TITLE_TIMES + rest if w not in STOP and len(w) > 1]
        columns.append(np.array([index.setdefault(w, len(index)) for w in counted], dtype=np.int64))
    starts = np.cumsum([0, *(len(c) for c in columns)])
    flat_columns = np.concatenate([np.empty(0, np.int64), *columns])
    ones = np.ones(len(flat_columns), dtype=np.float32)
    counts = csr_matrix((ones, flat_columns, starts), shape=(len(works), len(index)))
    counts.sum_duplicates()
    return Words(flats, counts)


def rarity(counts: Sequence[csr_matrix], width: int) -> NDArray[float32]:
    """Inverse document frequency of each of `width` words over all the texts of `counts`."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    texts = sum(each.shape[0] for each in counts)
    holding = np.zeros(width)
    for each in counts:
        holding += np.bincount(each.indices, minlength=width)
    rare: NDArray[float32] = np.log((texts + _UNSEEN_TEXTS) / (holding + 1.0)).astype(np.float32)
    return np.maximum(rare, 0.0)


def weigh(counts: csr_matrix, rare: NDArray[float32]) -> csr_matrix:
    """Rows of unit length: (1 + log count) times rarity."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.sparse import csr_matrix, diags  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
    from sklearn.preprocessing import normalize  # noqa: PLC0415 (heavy)

    data = (1.0 + np.log(counts.data)).astype(np.float32)
    damped = csr_matrix((data, counts.indices, counts.indptr), shape=(counts.shape[0], len(rare)))
    return normalize(damped @ diags(rare), copy=False)


def facet_counts(facets: Sequence[Facet], seen: Vocabulary, index: dict[str, int]) -> csr_matrix:
    """One row per facet, over the words of the works only."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)

    rows: list[int] = []
    columns: list[int] = []
    for row, facet in enumerate(facets):
        for raw in WORD.findall(facet.text):
            known = [index[w] for w in seen[raw] if w in index and w not in STOP and len(w) > 1]
            rows += [row] * len(known)
            columns += known
    ones = np.ones(len(rows), dtype=np.float32)
    return csr_matrix((ones, (rows, columns)), shape=(len(facets), len(index)))
