"""Peers that look at words. Pure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped,unused-ignore]

    from service.ranking.evaluation import Scores
    from service.records import Candidate


@dataclass(frozen=True, slots=True)
class Bm25:
    """Okapi BM25 (Robertson and Zaragoza 2009, k1 = 1.2, b = .75), with Lucene's rarity
    log(1 + (N - n + .5) / (n + .5)). The query is the liked papers' words: a word counts as
    often as papers hold it. Disliked papers are not used."""

    name: str = "bm25"
    k1: float = 1.2
    b: float = 0.75
    dense: ClassVar[bool] = False

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Weigh every word of every paper once."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)
        from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 (heavy)

        counts = _fitted(CountVectorizer(stop_words="english"), papers, background)
        held = np.bincount(counts.indices, minlength=counts.shape[1])
        rare = np.log1p((counts.shape[0] - held + 0.5) / (held + 0.5))
        lengths = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
        damping = self.k1 * (1 - self.b + self.b * lengths / max(lengths.mean(), 1e-9))
        rows = counts[: len(papers)].astype(np.float64)
        present = (rows > 0).astype(np.float64)
        tf, where = rows.data, np.repeat(np.arange(len(papers)), np.diff(rows.indptr))
        rows.data = rare[rows.indices] * tf * (self.k1 + 1) / (tf + damping[where])

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            query = np.asarray(present[list(liked)].sum(axis=0)).ravel()
            return np.asarray(rows @ query)

        return scores


@dataclass(frozen=True, slots=True)
class Tfidf:
    """Cosine of TF-IDF rows (words and pairs, 1 + log count, smoothed rarity) to the liked papers,
    mean or maximum. Of the usual forms this one did best: with pairs or without, with English
    stop words or without. Disliked papers are not used."""

    name: str
    gather: Literal["mean", "max"]
    dense: ClassVar[bool] = False

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Weigh every word of every paper once."""
        rows = _tfidf(papers, background, ngram_range=(1, 2))

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            near = (rows @ rows[list(liked)].T).toarray()
            found: NDArray[float64] = near.mean(1) if self.gather == "mean" else near.max(1)
            return found

        return scores


@dataclass(frozen=True, slots=True)
class ArxivSanityLite:
    """karpathy/arxiv-sanity-lite (compute.py and serve.py's svm_rank): TF-IDF of 20,000 words and
    pairs that 5 papers at least and a tenth at most hold; a linear SVM (C = .01, balanced) of the
    liked papers against all others, background included; the score is its margin.

    Where fewer than 50 papers make "5 at least and a tenth at most" impossible, every word
    counts. It also reads author names, which papers here do not have.
    """

    name: str = "arxiv-sanity-lite"
    dense: ClassVar[bool] = False

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Weigh every word of every paper once."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        total = len(papers) + len(background)
        rows = _tfidf(
            (*papers, *background),
            (),
            stop_words="english",
            strip_accents="unicode",
            token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106 (not a password)
            ngram_range=(1, 2),
            max_features=20_000,
            **({"min_df": 5, "max_df": 0.1} if total >= 50 else {}),
        )

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            truth = np.zeros(total, dtype=np.int64)
            truth[list(liked)] = 1
            options = {"class_weight": "balanced", "C": 0.01, "tol": 1e-6, "max_iter": 10_000}
            return _margins(rows, truth, rows[: len(papers)], None, **options)

        return scores


@dataclass(frozen=True, slots=True)
class AsreviewU4:
    """ASReview LAB's default model ELAS u4 (asreview/models/models.py): TF-IDF of words and pairs
    (max_df .95), a linear SVM (squared hinge, C = .11) on the labelled papers, the liked ones
    together weighing 9.8 times the disliked ones, weights of mean 1; the score is its margin.

    ASReview cannot learn before it has a disliked paper. Until then all unlabelled papers stand
    for the disliked ones, as in its version 1. The background is not used.
    """

    name: str = "asreview-u4"
    ratio: float = 9.8
    dense: ClassVar[bool] = False

    def prepare(self, papers: Sequence[Candidate], background: Sequence[Candidate]) -> Scores:
        """Weigh every word of every paper once."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        rows = _tfidf(papers, (), ngram_range=(1, 2), max_df=0.95)

        def scores(liked: Sequence[int], disliked: Sequence[int]) -> NDArray[float64]:
            good = list(liked)
            bad = list(disliked) or sorted(set(range(len(papers))) - set(good))
            truth = np.array([1] * len(good) + [0] * len(bad))
            weights = np.where(truth == 1, 1.0, len(good) / (self.ratio * max(len(bad), 1)))
            weights *= len(truth) / weights.sum()
            return _margins(rows[good + bad], truth, rows, weights, C=0.11)

        return scores


def _margins(
    learnt: csr_matrix,
    truth: NDArray[Any],
    rows: csr_matrix,
    weights: NDArray[float64] | None,
    **options: object,
) -> NDArray[float64]:
    """How far each of `rows` lies on the good side of a linear SVM; nought with one class only."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 (heavy)
    from sklearn.svm import LinearSVC  # noqa: PLC0415 (heavy)

    if len(set(truth.tolist())) < 2:
        return np.zeros(rows.shape[0])
    with warnings.catch_warnings():
        # The systems themselves run with these limits, whatever they come to.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LinearSVC(random_state=0, **options).fit(learnt, truth, sample_weight=weights)
    return np.asarray(model.decision_function(rows), dtype=np.float64)


def _tfidf(
    papers: Sequence[Candidate], background: Sequence[Candidate], **options: object
) -> csr_matrix:
    """Unit TF-IDF rows of the papers, rarity counted over the background too."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (heavy)

    rows = _fitted(TfidfVectorizer(sublinear_tf=True, **options), papers, background)
    return rows[: len(papers)]


def _fitted(
    vectorizer: Any,  # noqa: ANN401 (one of scikit-learn's, which has no types)
    papers: Sequence[Candidate],
    background: Sequence[Candidate],
) -> csr_matrix:
    """One row per paper, then per background text; a single empty column if no word counts."""
    from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        csr_matrix,
    )

    texts = [f"{each.title} {each.abstract}" for each in (*papers, *background)]
    try:
        return csr_matrix(vectorizer.fit_transform(texts))
    except ValueError as error:
        # So it says that no word is left: of blank texts, or of one text alone.
        if not any(told in str(error) for told in ("vocabulary", "no terms", "max_df")):
            raise
        return csr_matrix((len(texts), 1))
