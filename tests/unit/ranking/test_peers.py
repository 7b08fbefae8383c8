"""The peers' formulae, each against a plain second writing of it, and what holds for all."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from service.ranking.evaluation import measure
from service.ranking.labelled import corpus
from service.ranking.listed import ListedPaper, read_papers
from service.ranking.peers import FUSIONS, SYSTEMS, peers
from service.ranking.peers.fused import reciprocal_ranks, standard_scores
from service.ranking.peers.lexical import AsreviewU4
from service.ranking.peers.vectors import paper_vectors
from service.records import Candidate
from tests.abstracts import embedded
from tests.labelled import made

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.ranking.labelled import Corpus

NAMES = (
    "bm25",
    "tfidf-mean",
    "tfidf-max",
    "arxiv-sanity-lite",
    "zotero-arxiv-daily",
    "max-cosine",
    "asreview-u4",
    "rrf-fusion",
    "zscore-fusion",
)
TEXTS = (
    "heron nest heron reed",
    "heron colony",
    "bridge beam load",
    "beam beam reed nest nest nest colony bridge",
    "violin",
)


def papers(texts: Sequence[str] = TEXTS) -> list[Candidate]:
    return [Candidate(row, "", text) for row, text in enumerate(texts)]


def in_space(rows: Sequence[Sequence[Sequence[float]]]) -> list[Candidate]:
    """Papers with these chunks as vectors, after one of a title that points elsewhere."""
    return [
        Candidate(at, "", "", np.array([[-1, 0], *chunks], dtype=np.float32))
        for at, chunks in enumerate(rows)
    ]


def birds_in_space() -> Corpus:
    """The made-up corpus with vectors as works have them."""
    birds = made()
    return replace(birds, papers=tuple(embedded(birds.papers)))


# -- all of them ---------------------------------------------------------------------------------


def test_the_registry_names_every_peer_once() -> None:
    found = peers()
    assert tuple(found) == NAMES
    assert all(name == each.name for name, each in found.items())
    assert {*SYSTEMS, *FUSIONS} <= set(found)
    dense = {"zotero-arxiv-daily", "max-cosine", "rrf-fusion", "zscore-fusion"}
    assert {name for name, each in found.items() if each.dense} == dense


@pytest.mark.parametrize("name", sorted({*NAMES} - {"arxiv-sanity-lite"}))
def test_a_peer_finds_a_plain_subject(name: str) -> None:
    found = measure([peers()[name]], [birds_in_space()], seeds=3, draws=4).scorecards()[0]
    assert found.macro["ap"].mean > 0.6  # a random order gives about 0.2


@pytest.mark.parametrize("name", NAMES)
def test_scores_do_not_depend_on_what_was_asked_before(name: str) -> None:
    birds = birds_in_space()
    scores = peers()[name].prepare(birds.papers, ())
    first = scores([1, 2], [])
    scores([5, 9, 30], [40, 41])
    again = scores([1, 2], [])
    assert first.shape == (60,)
    assert np.isfinite(first).all()
    assert first.tolist() == again.tolist()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("texts", [("", "", ""), ("the of", "and", "a"), ("one",), TEXTS])
def test_tiny_and_empty_corpora_are_ranked_somehow(name: str, texts: tuple[str, ...]) -> None:
    tiny = [replace(each, vectors=np.ones((2, 2), np.float32)) for each in papers(texts)]
    scores = peers()[name].prepare(tiny, ())
    assert np.isfinite(scores([0], [])).all()
    assert np.isfinite(scores([0], list(range(1, len(tiny))))).all()


@pytest.mark.parametrize("name", ["bm25", "tfidf-mean", "arxiv-sanity-lite", "zscore-fusion"])
def test_a_background_changes_how_rare_words_are(name: str) -> None:
    birds = birds_in_space()
    more = tuple(replace(each, work_id=100 + each.work_id) for each in made(start=9).papers)
    prepare = peers()[name].prepare
    with_it, without = prepare(birds.papers, more)([1], []), prepare(birds.papers, ())([1], [])
    assert with_it.shape == without.shape
    assert with_it.tolist() != without.tolist()


# -- one by one ----------------------------------------------------------------------------------


def test_bm25_is_the_published_formula() -> None:
    docs = [Counter(text.split()) for text in TEXTS]
    mean = sum(doc.total() for doc in docs) / len(docs)

    def score(doc: Counter[str], seeds: Sequence[int]) -> float:
        total = 0.0
        for seed in seeds:
            for word in docs[seed]:
                held = sum(word in each for each in docs)
                rare = math.log(1 + (len(docs) - held + 0.5) / (held + 0.5))
                damping = 1.2 * (1 - 0.75 + 0.75 * doc.total() / mean)
                total += rare * doc[word] * 2.2 / (doc[word] + damping)
        return total

    found = peers()["bm25"].prepare(papers(), ())([0, 3], [])
    assert found.tolist() == pytest.approx([score(doc, [0, 3]) for doc in docs])


def test_tfidf_is_the_cosine_of_damped_counts_of_words_and_pairs() -> None:
    def grams(text: str) -> Counter[str]:
        words = re.findall(r"\w\w+", text)
        return Counter([*words, *map(" ".join, pairwise(words))])

    docs = [grams(text) for text in TEXTS]
    held = Counter(gram for doc in docs for gram in doc)
    rows = [
        {g: (1 + math.log(n)) * (1 + math.log(6 / (1 + held[g]))) for g, n in doc.items()}
        for doc in docs
    ]

    def cosine(one: dict[str, float], other: dict[str, float]) -> float:
        shared = sum(one[g] * other[g] for g in one.keys() & other.keys())
        return shared / math.sqrt(
            sum(x * x for x in one.values()) * sum(x * x for x in other.values())
        )

    near = np.array([[cosine(row, rows[seed]) for seed in (0, 3)] for row in rows])
    found = {name: peers()[name].prepare(papers(), ())([0, 3], []) for name in NAMES[1:3]}
    assert found["tfidf-mean"].tolist() == pytest.approx(near.mean(axis=1).tolist())
    assert found["tfidf-max"].tolist() == pytest.approx(near.max(axis=1).tolist())


def test_arxiv_sanity_lite_knows_only_words_that_are_neither_rare_nor_common() -> None:
    # 60 papers: "often" is in all, "seldom" in 4, "apt" in 6 (5 at least, a tenth at most).
    texts = [
        f"often {'seldom' if row < 4 else ''} {'apt' if 2 <= row < 8 else ''} w{row}"
        for row in range(60)
    ]
    scores = peers()["arxiv-sanity-lite"].prepare(papers(texts), ())
    by_rare = scores([0], [])
    assert len(set(by_rare[8:].tolist())) == 1
    assert by_rare[1] == pytest.approx(by_rare[30])
    by_apt = scores([5], [])
    assert by_apt[7] > by_apt[30]


def test_arxiv_sanity_lite_finds_a_subject_of_few_papers() -> None:
    rows = [f"heron reed nest w{row} v{row % 7}" if row < 9 else f"w{row}" for row in range(100)]
    listed = [ListedPaper(str(row), text, "", row < 9) for row, text in enumerate(rows)]
    peer = peers()["arxiv-sanity-lite"]
    found = measure([peer], [corpus("few", listed)], seeds=2, draws=3).scorecards()[0]
    assert found.macro["ap"].mean == 1.0


def test_arxiv_sanity_lite_reads_the_background_as_part_of_its_archive() -> None:
    # "heron" is in 3 papers, too few to count; in 3 background texts more, so that it does.
    rows = papers([f"heron w{row}" if row < 3 else f"w{row}" for row in range(80)])
    more = [Candidate(200 + row, "", f"heron v{row}") for row in range(3)]
    prepare = peers()["arxiv-sanity-lite"].prepare
    alone, together = prepare(rows, ())([0], []), prepare(rows, more)([0], [])
    assert alone[1] == alone[40]
    assert together[1] > together[40]
    assert together.shape == (80,)


def test_zotero_arxiv_daily_weighs_the_first_named_most() -> None:
    rows = in_space([[[1, 0]], [[0, 1]], [[0.6, 0.8]]])
    found = peers()["zotero-arxiv-daily"].prepare(rows, ())([0, 1], [])
    first, second = 1.0, 1 / (1 + math.log10(2))
    expected = (first * 0.6 + second * 0.8) / (first + second)
    assert found[2] == pytest.approx(expected)
    turned = peers()["zotero-arxiv-daily"].prepare(rows, ())([1, 0], [])
    assert turned[2] == pytest.approx((first * 0.8 + second * 0.6) / (first + second))


def test_max_cosine_is_the_nearest_liked_paper() -> None:
    rows = in_space([[[1, 0]], [[0, 1]], [[0.6, 0.8]]])
    assert peers()["max-cosine"].prepare(rows, ())([0, 1], [])[2] == pytest.approx(0.8)


def test_a_paper_is_the_mean_of_its_chunks_without_the_title_and_none_is_nought() -> None:
    rows = [*in_space([[[1, 0], [0, 1]]]), Candidate(1, "", "", None)]
    assert paper_vectors(rows) == pytest.approx(np.array([[0.5**0.5] * 2, [0, 0]]))


def test_u4_learns_from_the_labelled_alone_once_somebody_disliked_a_paper() -> None:
    birds = made()
    liked, disliked = [1, 2, 3], [20, 21]
    rest = [row for row in range(60) if row not in {*liked, *disliked}]
    plain = peers()["asreview-u4"].prepare(birds.papers, ())
    # Two other papers change places: had the unlabelled counted, the margins would move.
    swapped = list(birds.papers)
    a, b = rest[0], rest[1]
    swapped[a], swapped[b] = swapped[b], swapped[a]
    moved = peers()["asreview-u4"].prepare(swapped, ())(liked, disliked)
    found = plain(liked, disliked)
    assert moved[a] == pytest.approx(found[b])
    fixed = [*liked, *disliked, *rest[2:]]
    assert moved[fixed].tolist() == pytest.approx(found[fixed].tolist())
    assert plain(liked, []).tolist() != pytest.approx(found.tolist())


def test_in_u4_the_liked_weigh_nearly_ten_times_the_disliked() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    birds = made()
    texts = [f"{each.title} {each.abstract}" for each in birds.papers]
    rows = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95).fit_transform(texts)
    # 2 liked, 3 disliked, 5 in all: masses in the ratio 9.8 to 1, and 5 together.
    weights = [5 * 9.8 / 10.8 / 2] * 2 + [5 / 10.8 / 3] * 3
    model = LinearSVC(C=0.11, random_state=0)
    model.fit(rows[[1, 2, 20, 21, 22]], [1, 1, 0, 0, 0], sample_weight=weights)
    found = AsreviewU4().prepare(birds.papers, ())([1, 2], [20, 21, 22])
    assert found.tolist() == pytest.approx(model.decision_function(rows).tolist(), abs=1e-6)


def test_ranks_are_counted_among_the_open_papers() -> None:
    is_open = np.array([True, False, True, True])
    found = reciprocal_ranks(np.array([0.1, 9.0, 0.3, 0.3]), is_open)
    assert found.tolist() == [1 / 63, 0.0, 1 / 61, 1 / 62]


def test_standard_scores_are_taken_over_the_open_papers() -> None:
    is_open = np.array([True, False, True])
    assert standard_scores(np.array([1.0, 9.0, 3.0]), is_open).tolist() == [-1.0, 7.0, 1.0]
    assert standard_scores(np.array([0.1 + 0.2, 9.0, 0.3]), is_open).tolist() == [0.0] * 3


def test_a_fusion_ranks_by_both_of_its_parts() -> None:
    # Liked is 0; 1 shares its word, 2 its direction, 3 both, 4 neither.
    words = ("heron", "heron", "bridge", "heron", "violin")
    space = [[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]]
    both = [replace(each, abstract=word) for each, word in zip(in_space(space), words, strict=True)]
    found = peers()["zscore-fusion"].prepare(both, ())([0], [])
    assert found[1:].argmax() == 2
    assert found[1:].argmin() == 3


# -- over a real corpus --------------------------------------------------------------------------


@pytest.mark.captures
def test_on_a_real_review_the_lexical_peers_are_far_better_than_chance(shared: Path) -> None:
    files = (shared / "eval" / "screening").glob("*.jsonl")
    smallest = min(files, key=lambda file: len(file.read_bytes().splitlines()))
    papers = read_papers(smallest.name, smallest.read_bytes(), lambda text: text)
    found = corpus(smallest.stem, papers)
    chance = found.relevant.mean()
    measured = measure([peers()["tfidf-mean"], peers()["asreview-u4"]], [found], seeds=2, draws=4)
    for card in measured.scorecards():
        assert card.macro["ap"].low > 2 * chance, card.contender


def test_vectors_are_all_that_a_dense_peer_looks_at() -> None:
    birds = birds_in_space()
    wordless = [replace(each, title="", abstract="") for each in birds.papers]
    for name in ("zotero-arxiv-daily", "max-cosine"):
        peer = peers()[name]
        assert (
            peer.prepare(wordless, ())([3], []).tolist()
            == peer.prepare(birds.papers, ())([3], []).tolist()
        )
