"""The changed passages of a text, and how many are left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest import passages
from service.digest.edits import edits
from service.records.watching import Edits, Piece, PieceKind
from tests.edited_news import PUBLISHED, RETRACTED, REVISED

SAME, GONE, NEW = PieceKind.SAME, PieceKind.GONE, PieceKind.NEW
SENTENCES = [f"Sentence {n} of this abstract says what it says of cells." for n in range(20)]


def long(changes: int) -> Edits:
    """Edits of an abstract of twenty sentences, so many of which have changed."""
    after = [one.replace("says", "claims", 1) for one in SENTENCES[:changes]] + SENTENCES[changes:]
    found = edits("", " ".join(SENTENCES), "", " ".join(after))
    assert found is not None
    return found


def test_only_the_words_around_a_change_are_shown() -> None:
    [shown] = passages.shown(long(1), 700)
    assert passages.in_words(shown.pieces) == (
        "Sentence 0 of this abstract [-says-] {+claims+} what it says of cells. Sentence 1 …"
    )
    assert shown.more == ""


def test_a_number_says_how_many_changes_are_left_out() -> None:
    [shown] = passages.shown(long(12), 200)
    told = passages.in_words(shown.pieces)
    count = told.count("{+claims+}")
    assert 0 < count < 12
    assert shown.more == f"and {12 - count} more changes"
    assert told.endswith("…")


def test_one_change_left_out_is_one() -> None:
    rooms = [passages.shown(long(2), room)[0].more for room in range(40, 200)]
    assert "and 1 more change" in rooms


def test_a_change_is_never_torn_apart() -> None:
    for room in range(40, 700, 3):
        [shown] = passages.shown(long(9), room)
        kinds = [piece.kind for piece in shown.pieces]
        assert kinds.count(GONE) == kinds.count(NEW)


def test_a_change_that_is_too_long_alone_is_cut() -> None:
    pieces = (Piece(GONE, "old " * 400), Piece(NEW, "new " * 400))
    [shown] = passages.shown(Edits(abstract=pieces), 300)
    assert shown.label == "Abstract, rewritten"
    assert [piece.kind for piece in shown.pieces] == [GONE, NEW]
    assert all(len(piece.text) <= 100 for piece in shown.pieces)
    assert all(piece.text.endswith("…") for piece in shown.pieces)


def test_each_text_that_changed_is_named() -> None:
    assert [each.label for each in passages.edited(PUBLISHED, 400)] == ["Title", "Abstract"]
    assert [each.label for each in passages.edited(REVISED, 400)] == ["Abstract"]


def test_without_edits_or_room_there_is_nothing() -> None:
    assert passages.edited(RETRACTED, 400) == ()
    assert passages.edited(REVISED, 0) == ()


def test_hidden_marks_are_gone_and_the_spaces_stay() -> None:
    pieces = (
        Piece(SAME, "in \u202e"),
        Piece(GONE, "\u200b"),
        Piece(NEW, "12\x00 "),
        Piece(SAME, "x"),
    )
    [shown] = passages.shown(Edits(title=pieces), 400)
    assert shown.pieces == (Piece(SAME, "in "), Piece(NEW, "12 "), Piece(SAME, "x"))
    assert all(piece.text.isprintable() for piece in shown.pieces)


@given(st.lists(st.tuples(st.sampled_from([SAME, GONE, NEW]), st.text(min_size=1)), min_size=1))
def test_no_text_breaks_it(held: list[tuple[PieceKind, str]]) -> None:
    pieces = tuple(Piece(kind, text) for kind, text in held)
    for shown in passages.shown(Edits(pieces, pieces), 100):
        assert all(piece.text for piece in shown.pieces)
        told = passages.in_words(shown.pieces)
        assert told.count("\n") == 0


@pytest.mark.parametrize("room", [40, 100, 420, 700])
def test_what_is_shown_keeps_near_its_room(room: int) -> None:
    [shown] = passages.shown(long(20), room)
    assert sum(len(piece.text) for piece in shown.pieces) <= room + 130
