from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ranking.commonness import share_of
from service.ranking.lexical import Vocabulary, Weighing, Words, fit, read

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXTS = (
    ("Neutrophil traps", "Neutrophil traps hold tumor cells. The patient waits."),
    ("Neutrophil traps again", "A heron in the reeds."),
    ("", "Patient heron."),
)


def fitted(texts: Sequence[tuple[str, str]]) -> tuple[Words, Vocabulary, Weighing]:
    seen = Vocabulary()
    words = read(texts, seen)
    return words, seen, fit(words, seen)


def weights(text: tuple[str, str], seen: Vocabulary, weighing: Weighing) -> dict[str, float]:
    """What each word of a text weighs in its row."""
    row = weighing.rows(read([text], seen)).toarray()[0]
    return {word: float(row[at]) for word, at in seen.columns.items() if at < len(weighing.rare)}


def test_texts_are_folded_with_a_bar_between_title_and_abstract() -> None:
    words, _, _ = fitted([("Tumour Neutrophils", "in IL-6")])
    assert words.flats == [" tumor neutrophil | in il6 "]


def test_stop_words_and_single_letters_have_no_column() -> None:
    _, seen, _ = fitted([("The A of b", "x-ray and T cells")])
    assert set(seen.columns) == {"ray", "cell"}


def test_a_vocabulary_folds_a_word_once_and_keeps_its_columns() -> None:
    seen = Vocabulary()
    read(TEXTS, seen)
    before = dict(seen.columns)
    read([*TEXTS, ("Bridge", "")], seen)
    assert {word: seen.columns[word] for word in before} == before
    assert set(seen.columns) - set(before) == {"bridge"}


def test_a_closed_vocabulary_learns_no_column_and_weighs_no_new_word() -> None:
    _, seen, weighing = fitted(TEXTS)
    text = ("Neutrophil traps", "Bridges hold trams. Neutrophil traps.")
    before, expected = dict(seen.columns), weighing.rows(read([text], seen)).toarray()
    other = Vocabulary()
    read(TEXTS, other)
    other.close()
    found = weighing.rows(read([text], other)).toarray()
    assert other.columns == before
    assert found.tolist() == expected.tolist()
    assert other["bridges"][1] == other["trams"][1] == (len(before),)


def test_rarity_is_counted_in_the_pool_and_at_large() -> None:
    _, seen, weighing = fitted(TEXTS)
    for word, holding in (("neutrophil", 2), ("patient", 2), ("heron", 2), ("tumor", 1)):
        expected = math.log(3003 / (holding + 3000 * share_of(word) + 0.5))
        assert weighing.rare[seen.columns[word]] == pytest.approx(expected)
    assert weighing.rare[seen.columns["heron"]] > 3 * weighing.rare[seen.columns["patient"]]


def test_a_word_of_the_title_counts_three_times() -> None:
    _, seen, weighing = fitted([("Heron", "bridge"), ("violin", "")])
    found = weights(("Heron", "bridge"), seen, weighing)
    assert found["heron"] / found["bridge"] == pytest.approx(1 + math.log(3))


def test_only_pairs_that_two_texts_share_count_and_none_reaches_over_the_title() -> None:
    _, seen, weighing = fitted(TEXTS)
    column = seen.columns
    assert weighing.pair(column["neutrophil"], column["trap"]) == 0
    assert len(weighing.pairs) == 1
    assert weighing.pair(column["trap"], column["neutrophil"]) is None
    assert weighing.pair(column["tumor"], column["cell"]) is None
    assert weighing.pair(None, column["trap"]) is None
    assert weighing.width == len(column) + 1


def test_a_pair_is_told_from_its_words_apart() -> None:
    _, seen, weighing = fitted(TEXTS)
    rows = weighing.rows(read([("", "neutrophil traps"), ("", "traps, neutrophil")], seen))
    pair = rows[:, len(weighing.rare)].toarray().ravel()
    assert pair[0] > 0
    assert pair[1] == 0


def test_rows_have_unit_length_or_are_nought() -> None:
    _, seen, weighing = fitted(TEXTS)
    rows = weighing.rows(read([*TEXTS, ("", ""), ("of the", "and"), ("Unmet", "words")], seen))
    assert rows.shape == (6, weighing.width)
    assert np.linalg.norm(rows.toarray(), axis=1) == pytest.approx([1, 1, 1, 0, 0, 0])


def test_a_word_unknown_when_rarity_was_fitted_weighs_nothing() -> None:
    _, seen, weighing = fitted(TEXTS)
    known, with_unknown = (
        weighing.rows(read([text], seen)).toarray()
        for text in (("Heron", "tumor"), ("Heron", "zeppelin tumor zeppelin"))
    )
    assert known.tolist() == with_unknown.tolist()


@pytest.mark.parametrize("texts", [[], [("", "")], [("the", "of"), ("", "")], [("\n", "一 二 三")]])
def test_texts_without_words_are_rows_of_nought(texts: list[tuple[str, str]]) -> None:
    words, _, weighing = fitted(texts)
    rows = weighing.rows(words)
    assert rows.shape == (len(texts), weighing.width)
    assert np.isfinite(rows.data).all()


def test_letters_of_other_scripts_are_words() -> None:
    _, seen, weighing = fitted([("中性粒细胞", "опухоль"), ("опухоль", "")])
    assert weights(("", "Опухоль"), seen, weighing)["опухоль"] == pytest.approx(1.0)


_TEXT = st.text(max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=6), st.tuples(_TEXT, _TEXT))
def test_any_texts_give_finite_rows_of_at_most_unit_length(
    texts: list[tuple[str, str]], other: tuple[str, str]
) -> None:
    words, seen, weighing = fitted(texts)
    rows = weighing.rows(words).toarray()
    more = weighing.rows(read([other], seen)).toarray()
    for length in (*np.linalg.norm(rows, axis=1), *np.linalg.norm(more, axis=1)):
        assert length == pytest.approx(1.0, abs=1e-5) or length == 0.0
    assert (rows >= 0).all()
    assert all(flat.count("|") >= 1 for flat in words.flats)
