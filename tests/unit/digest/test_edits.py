"""What was edited, word by word."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest import edits as module
from service.digest.edits import edits
from service.records.watching import Edits, Piece, PieceKind

if TYPE_CHECKING:
    from collections.abc import Sequence

SAME, GONE, NEW = PieceKind.SAME, PieceKind.GONE, PieceKind.NEW
_LIKE = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), "’": "'", "‘": "'", "“": '"', "”": '"'})
words = st.sampled_from(
    ["TAN", "CAF", "(p", "=", "0.05),", "IL-6", "cells.", "mice", "Results:", "é", "5/12"]
)
texts = st.lists(words | st.just("\n"), max_size=40).map(" ".join)


def told(pieces: Sequence[Piece]) -> str:
    marks = {SAME: "{}", GONE: "[-{}-]", NEW: "{{+{}+}}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


def abstract(before: str, after: str) -> str:
    found = edits("", before, "", after)
    return told(found.abstract) if found else ""


def side(pieces: Sequence[Piece], without: PieceKind) -> str:
    return "".join(piece.text for piece in pieces if piece.kind is not without)


def bare(text: str) -> str:
    """A text without what counts for nothing."""
    return re.sub(r"\s", "", text).translate(_LIKE).casefold().rstrip(".")


# -- what a reader sees ---------------------------------------------------------------------------


def test_a_changed_word_stands_beside_the_one_it_replaces() -> None:
    assert abstract("We saw 12 mice in spring", "We saw 24 mice in spring") == (
        "We saw [-12-]{+24+} mice in spring"
    )


def test_words_that_are_added_or_dropped_stand_alone() -> None:
    assert abstract("It reduced metastasis twice", "It reduced lung metastasis twice") == (
        "It reduced {+lung +}metastasis twice"
    )
    assert abstract("It reduced lung metastasis twice", "It reduced metastasis twice") == (
        "It reduced [-lung -]metastasis twice"
    )


def test_a_sentence_at_the_end_leaves_what_stood_before_untouched() -> None:
    assert abstract("It binds well. It works.", "It binds well. It works. So there.") == (
        "It binds well. It works. {+So there.+}"
    )


def test_a_number_and_a_hyphenated_name_are_single_words() -> None:
    assert abstract("IL-6 rose (p = 0.05) again", "IL-8 rose (p = 0.01) again") == (
        "[-IL-6-]{+IL-8+} rose (p = [-0.05-]{+0.01+}) again"
    )


def test_few_words_that_stayed_between_rewritten_ones_are_no_island() -> None:
    before = "Tumours grew quickly whenever fibroblasts of the old kind surrounded everything there"
    after = "Metastases shrank slowly whenever neutrophils of the young type infiltrated all of it"
    assert abstract(
        before + ", as ever in this long study", after + ", as ever in this long study"
    ) == (f"[-{before}-]{{+{after}+}}, as ever in this long study")


def test_a_text_that_shares_almost_nothing_is_replaced_as_a_whole() -> None:
    before, after = "Fibroblasts make collagen in the lung", "We counted sea urchins in winter"
    assert edits("", before, "", after) == Edits(abstract=(Piece(GONE, before), Piece(NEW, after)))


def test_title_and_abstract_are_told_apart() -> None:
    found = edits("CAFs in mice", "One text here.", "CAFs in men", "One text here")
    assert found == Edits(title=(Piece(SAME, "CAFs in "), Piece(GONE, "mice"), Piece(NEW, "men")))


# -- what counts for nothing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Two  lines\nof it", "Two lines of it"),
        ("It works.", "It works"),
        ("RESULTS: It works.\nCONCLUSIONS: Good.", "Results: It works.\nConclusions: Good."),
        ("a long–range effect’s “end”", 'a long-range effect\'s "end"'),
        ("a (b) c", "a ( b ) c"),
    ],
)
def test_what_only_looks_different_is_no_edit(before: str, after: str) -> None:
    assert edits("T", before, "T", after) is None


def test_the_case_of_a_title_counts_for_nothing_and_that_of_an_abstract_for_much() -> None:
    assert edits("NETs Drive Cancer", "", "NETs drive cancer.", "") is None
    assert abstract("We looked at Tgfb1 in all", "We looked at TGFB1 in all") == (
        "We looked at [-Tgfb1-]{+TGFB1+} in all"
    )


@pytest.mark.parametrize(("before", "after"), [("", "New text"), ("Old text", ""), (" \n", "x")])
def test_a_text_that_one_state_lacks_has_no_edits(before: str, after: str) -> None:
    assert edits("T", before, "T", after) is None


def test_a_heading_that_was_respelled_is_shown_as_it_is_now() -> None:
    assert abstract("RESULTS: It works in mice", "Results: It works in men") == (
        "Results: It works in [-mice-]{+men+}"
    )


# -- laws -----------------------------------------------------------------------------------------


@given(texts, texts)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    found = edits("", before, "", after)
    if found is None:
        assert not bare(before) or not bare(after) or bare(before) == bare(after)
        return
    assert bare(side(found.abstract, NEW)) == bare(before)
    assert bare(side(found.abstract, GONE)) == bare(after)
    assert any(piece.kind is not SAME for piece in found.abstract)


@given(st.text(), st.text())
def test_the_pieces_of_any_texts_are_both_texts(before: str, after: str) -> None:
    found = edits(before, "", after, "")
    if found is not None:
        assert bare(side(found.title, NEW)) == bare(before)
        assert bare(side(found.title, GONE)) == bare(after)


@given(texts, texts)
def test_pieces_alternate_and_none_is_empty(before: str, after: str) -> None:
    found = edits("", before, "", after)
    kinds = [piece.kind for piece in found.abstract] if found else []
    assert all(piece.text.strip() for piece in (found.abstract if found else ()))
    assert all(one is not other for one, other in pairwise(kinds))
    assert (NEW, GONE) not in set(pairwise(kinds))


@given(texts)
def test_a_text_has_no_edits_against_itself(text: str) -> None:
    assert edits(text, text, text, text) is None


# -- hostile texts --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [500, 5000, 20_000])
@pytest.mark.parametrize(
    ("one", "other"), [("a b ", "b a c "), ("a ", "b "), ("a. b ", "b. a! "), (". ", "? ")]
)
def test_a_long_text_that_changed_everywhere_still_gives_both_texts(
    one: str, other: str, count: int
) -> None:
    before, after = one * count, other * count
    found = edits("", before, "", after)
    assert found is not None
    assert bare(side(found.abstract, NEW)) == bare(before)
    assert bare(side(found.abstract, GONE)) == bare(after)


def test_a_comparison_looks_at_few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def counting(reach: dict[int, int], diagonal: int, before: int) -> int:
        nonlocal looked
        looked += 1
        return real(reach, diagonal, before)

    real = module._after
    monkeypatch.setattr(module, "_after", counting)
    edits("", "a b " * 12_000, "", "c a d " * 8_000)
    assert 0 < looked < 400_000


def test_a_rewritten_long_text_is_compared_by_sentences() -> None:
    stays = [f"Sentence number {n} of this study stays as it was before." for n in range(120)]
    before = " ".join(f"{one} Old {n} word {n} x{n} y{n}." for n, one in enumerate(stays))
    after = " ".join(f"{one} New {n} thing {n} z{n} q{n}." for n, one in enumerate(stays))
    found = edits("", before, "", after)
    assert found is not None
    assert sum(piece.kind is SAME for piece in found.abstract) == 120
    assert Piece(GONE, "Old 5 word 5 x5 y5.") in found.abstract


def test_a_text_beyond_all_measure_is_shown_as_replaced() -> None:
    long = "word " * 30_000
    found = edits("", long, "", long + "end")
    assert found is not None
    assert [piece.kind for piece in found.abstract] == [GONE, NEW]
