from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.leaving_out import matches
from service.ranking.lexical import Vocabulary, columns_of, fit, read
from service.ranking.words import WORD

WORDS = ("heron", "bridge", "violin", "of", "nest", "patient", "reed")
SENTENCE = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
TEXT = st.tuples(SENTENCE, st.lists(SENTENCE, max_size=5))
POOL = [("heron bridge", "violin nest reed heron bridge"), ("nest reed", "bridge violin nest reed")]


@given(texts=st.lists(TEXT, min_size=1, max_size=4), seed=st.integers(0, 9))
def test_falls_are_those_of_reading_the_text_without_each_sentence(
    texts: list[tuple[str, list[str]]], seed: int
) -> None:
    seen = Vocabulary()
    weighing = fit(read([*POOL, *((t, " ".join(s)) for t, s in texts[1:])], seen), seen)
    pull = np.random.default_rng(seed).normal(size=weighing.width)
    columns = [
        [columns_of(WORD.findall(each), seen) for each in (title, *rest)] for title, rest in texts
    ]
    found = matches(columns, weighing, pull, 0.0)
    for (title, rest), match in zip(texts, found, strict=True):
        without = [" ".join(rest[:at] + rest[at + 1 :]) for at in range(len(rest))]
        versions = [(title, text) for text in (" ".join(rest), *without)]
        whole, *left = weighing.rows(read(versions, seen)) @ pull
        assert match.whole == pytest.approx(whole, abs=1e-5)
        assert match.falls == pytest.approx([whole - each for each in left], abs=1e-5)


def test_shares_are_of_what_words_add_and_small_ones_are_left_out() -> None:
    seen = Vocabulary()
    weighing = fit(read(POOL, seen), seen)
    pull = np.zeros(weighing.width)
    pull[[seen.columns["heron"], seen.columns["reed"]]] = 10.0, 0.01
    text = [columns_of(WORD.findall(each), seen) for each in ("heron", "heron reed", "violin")]
    (every,), (large,) = (matches([text], weighing, pull, least) for least in (0.0, 0.02))
    assert {seen.columns["heron"], seen.columns["reed"]} == {column for column, _ in every.shares}
    assert sum(share for _, share in every.shares) == pytest.approx(1.0)
    assert [column for column, _ in large.shares] == [seen.columns["heron"]]


def test_a_text_that_is_one_sentence_falls_to_nought_without_it() -> None:
    seen = Vocabulary()
    weighing = fit(read(POOL, seen), seen)
    (match,) = matches(
        [[[], columns_of(["heron", "bridge"], seen)]], weighing, np.ones(weighing.width), 0
    )
    assert match.whole > 0
    assert match.falls == [match.whole]


@pytest.mark.parametrize("text", [[[]], [[], []], [[], [], []]])
def test_a_text_without_known_words_has_no_match(text: list[list[int]]) -> None:
    seen = Vocabulary()
    weighing = fit(read(POOL, seen), seen)
    (match,) = matches([text], weighing, np.ones(weighing.width), 0.0)
    assert match.whole == 0.0
    assert match.falls == [0.0] * (len(text) - 1)
    assert match.shares == []


def test_no_texts_have_no_matches() -> None:
    seen = Vocabulary()
    weighing = fit(read(POOL, seen), seen)
    assert matches([], weighing, np.ones(weighing.width), 0.0) == []
