"""What a topic is about, said in terms, and how near works are to that. Pure.

A review's prose ("heterogeneity", "precision immunotherapy") is near to all of its field. What the
topic is about stands in its terms: those that people have listed, else the subjects of the review,
and what the archive says beside them. A work is near when it holds the terms' words and is set in
the topic's field: both, not either.

    nearness = sqrt(cosine of words to the terms) * set * (1 + title) + facets
    set = sigmoid(0.85 field - 0.1 + 0.3 review), times 0.6 where the text has no word of it

`field` and `review` are deviations of the vectors' nearness to the field's words, above what is
near by chance, and to the review, above the pool.
A molecule's name ("tumor necrosis factor") holds no word of the field. Where a title is all that a
work has, its cosine counts by how long that is.
Words tell that a work speaks of the subject. `title`, how much of the subject the title names,
tells that it is about it, if it is well set in the field: papers on gout have the words in theirs,
too. `facets` is the vector's nearness to what the seeds say, sentence by sentence.

Where nobody listed terms, those found may miss what the papers call the subject, or mean more than
it. There a title counts for less, facets for more, and a work that names none of the subjects is
half as near by words, of two subjects one three quarters; see `naming`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING

from service.ranking.by_chance import above_titles
from service.ranking.commonness import is_telling
from service.ranking.examples import spread
from service.ranking.features import Weights, added, encoded
from service.ranking.naming import in_texts, in_titles, rows_with
from service.ranking.other_names import in_molecules_alone, molecules
from service.ranking.words import counted, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy import bool_, float64
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.ranking.lexical import Words

# Where nearness to the facets of a review lies over works at large, mean and deviation of cosines
# (2,500 PubMed abstracts, both seed reviews), and how many works of the pool that counts for.
_FACETS_AT_LARGE, _PRIOR_WORKS = (0.075, 0.11), 500.0
# Where a concept's nearness lies over works at large: its mean over 5,000 PubMed abstracts is 0.017
# to 0.029 for the shipped topics with and without their terms, its deviation 0.03 to 0.046. The
# scale is fixed, because a week's pool may be all of the topic; it is wider than the deviation, so
# that one calibration serves concepts and examples.
_AT_LARGE, _DEVIATION = 0.023, 0.07
_COMMON = 0.6  # what a word that many works hold ("extracellular") counts in a term
# Log-odds of being set in the field: what deviations of nearness to its words and to the review
# count, and what the words ask for beyond chance.
_FIELD, _REVIEW, _ASKED = 0.85, 0.3, 0.1
# What a deviation of nearness to the facets adds, by terms listed and found, and from how many on:
# general papers of the field come to the latter, so that about as many works stand on the line.
_FACETS, _FACETS_FOUND, _FACETS_FROM = 0.8, 1.2, 1.5
_WORDLESS = 0.6  # times, how far a work is set in the field that has none of the field's words
_UNNAMED = 0.5  # times, how near by words a work is that names none of the subjects found
# Characters (folded) that a text should have to be judged by its words: of a title without an
# abstract two words are a large part, and "stromal tumor" would be all that it takes.
_ENOUGH = 200
_NOT_TOLD = 0.7  # how far a work is set in the field where no vector tells
_WHOLE = 1.1  # times, where a work holds a listed term as a whole, not its words apart
# What a title adds that names the subject, times which power of `set`: by terms listed, and found.
_TITLED, _TITLED_FOUND = (0.6, 2), (0.3, 4)


@dataclass(frozen=True, slots=True)
class Concept:
    """`terms` say what the topic is about, short forms spelled out; `field` in what field, as
    words by weight (empty: any); `reviews` are the seeds' own texts, `facets` what they say, each
    by itself. `listed` is whether people wrote the terms; `subjects` are the telling words of each,
    where the terms are of several."""

    terms: tuple[str, ...]
    field: Mapping[str, float]
    listed: bool
    reviews: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    subjects: tuple[frozenset[str], ...] = ()


def query(terms: Sequence[str], pool: Features) -> Weights:
    """What each column of words and pairs weighs for the terms: its rarity times the root of how
    many terms hold it, less for a word that is common at large. The words' part has length 1; there
    is none when the pool holds none of them."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    told = [counted(words(term)) for term in terms]
    by_word = Counter(word for term in told for word in set(term))
    by_pair = Counter(pair for term in told for pair in set(pairwise(term)))
    known, weighing = pool.seen.columns, pool.weighing
    weights: dict[int, float] = {}
    for word, times in by_word.items():
        if (column := known.get(word)) is not None and column < len(weighing.rare):
            counts = 1.0 if is_telling(word) else _COMMON
            weights[column] = float(weighing.rare[column]) * times**0.5 * counts
    length = hypot(*(weights[column] for column in sorted(weights)))  # the same in every process
    if not length:
        return Weights(np.zeros(0, dtype=np.intp), np.zeros(0))
    for (one, other), times in by_pair.items():
        if (at := weighing.pair(known.get(one), known.get(other))) is not None:
            weights[len(weighing.rare) + at] = float(weighing.pair_rare[at]) * times**0.5
    columns = np.array(list(weights), dtype=np.intp)
    return added(columns, np.array(list(weights.values())) / length)


def by_terms(
    terms: Sequence[str], pool: Features, respelled: tuple[list[int], Words] | None = None
) -> NDArray[float64]:
    """The root of the cosine of each work's words to the terms': cosines of sparse rows crowd near
    nought with a long tail, and their roots spread about evenly. `respelled` are other texts for
    some rows."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    weights = query(terms, pool)
    near = pool.rows.match(weights)
    if respelled is not None:
        rows, texts = respelled
        near[rows] = pool.weighing.rows(texts)[:, weights.columns] @ weights.numbers
    found: NDArray[float64] = np.sqrt(np.maximum(near, 0.0))
    return found


def setting(concept: Concept, pool: Features, encode: Encode | None) -> NDArray[float64]:
    """Between 0 and 1: how far each work is set in the topic's field, less where it has none of the
    field's words; before that `_NOT_TOLD` where no vector tells.

    Raises `EncoderError` when `encode` is not what made the pool's vectors.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = np.full(len(pool.works), _NOT_TOLD)
    if (concept.field or concept.reviews) and encode is not None and pool.rows.has.any():
        set_in = np.zeros(len(found))
        if concept.field:
            set_in += _FIELD * _near_field(concept.field, pool, encode) - _ASKED
        if concept.reviews:
            rows = encoded(concept.reviews, encode, pool.rows.dense.shape[1])
            near = (pool.rows.dense @ rows.T).max(axis=1).astype(np.float64)
            set_in += _REVIEW * spread(near, pool.rows.has)
        found = np.where(pool.rows.has, 1.0 / (1.0 + np.exp(-set_in)), _NOT_TOLD)
    if concept.field:
        wordless = np.ones(len(pool.works), dtype=bool)
        for word in concept.field:
            wordless &= ~_speaks_of(word, pool)
        found[wordless] *= _WORDLESS
    return found


def _speaks_of(word: str, pool: Features) -> NDArray[bool_]:
    """Which works have the field's word, other than in the name of a molecule."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = np.zeros(len(pool.works), dtype=bool)
    found[pool.holding([word])] = True  # None, where any may hold it, is every row
    for row in set().union(*(rows_with(name, pool) for name in molecules(word))):
        found[row] &= not in_molecules_alone(word, pool.flats[row])
    return found


def nearness(
    concept: Concept,
    pool: Features,
    encode: Encode | None,
    respelled: tuple[list[int], Words] | None = None,
    whole: Collection[int] = (),
) -> NDArray[float64]:
    """One number per work of the pool, above the mean of literature at large; see `_DEVIATION`.

    `whole` are the rows of the works that hold a listed term as a whole.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    near = by_terms(concept.terms, pool, respelled)
    others = dict(zip(respelled[0], respelled[1].flats, strict=True)) if respelled else {}
    terms, subjects = concept.terms, concept.subjects
    if not concept.listed:
        near *= _UNNAMED + (1.0 - _UNNAMED) * in_texts(terms, pool, others, subjects)
    near[list(whole)] *= _WHOLE
    for row in np.flatnonzero(near):
        if not pool.works[row].abstract:
            near[row] *= min(1.0, len(pool.flats[row]) / _ENOUGH) ** 0.5
    far = setting(concept, pool, encode)
    most, power = _TITLED if concept.listed else _TITLED_FOUND
    titled = most * in_titles(terms, pool, others, subjects) * far**power
    found = (near * far * (1.0 + titled) - _AT_LARGE) / _DEVIATION
    if concept.facets and encode is not None and pool.rows.has.any():
        by_facets = _near_facets(concept.facets, pool, encode)
        weight = _FACETS if concept.listed else _FACETS_FOUND
        found += np.where(pool.rows.has, weight * (by_facets - _FACETS_FROM), 0.0)
    return found


def _near_field(field: Mapping[str, float], pool: Features, encode: Encode) -> NDArray[float64]:
    """Deviations by which the works are nearer to the field's words, by weight, than by chance.
    Other works have no say in it: in an archive of oncology all lie near to "tumor"."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rows = encoded(list(field), encode, pool.rows.dense.shape[1])
    weights = np.array(list(field.values()))
    mixed = (rows.T @ (weights / weights.sum())).astype(rows.dtype)
    return above_titles((pool.rows.dense @ mixed).astype(np.float64), mixed, encode)


def _near_facets(facets: Sequence[str], pool: Features, encode: Encode) -> NDArray[float64]:
    """Deviations above literature at large of the works' nearness to what the seeds say."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    facet = encoded(facets, encode, pool.rows.dense.shape[1]).mean(axis=0)
    near = (pool.rows.dense @ facet).astype(np.float64)
    known = near[pool.rows.has]
    own = len(known) / (len(known) + _PRIOR_WORKS)
    at_large, spread_at_large = _FACETS_AT_LARGE
    mean = own * known.mean() + (1 - own) * at_large
    deviation = own * known.std() + (1 - own) * spread_at_large
    found: NDArray[float64] = (near - mean) / deviation
    return found
