"""What each state of a work changed in the one before it."""

from __future__ import annotations

from dataclasses import replace

from service.digest.revisions import revisions
from service.records import Kind, Paper
from service.records.watching import Piece, PieceKind
from tests.papers import paper, preprint


def said(source: Paper, abstract: str) -> Paper:
    return replace(source, abstract=abstract)


def pairs(*papers: Paper) -> list[tuple[str, str]]:
    return [(each.before.key, each.after.key) for each in revisions(papers)]


FIRST = said(preprint(1, "1"), "We saw it in 12 mice, and so on.")
SECOND = said(preprint(1, "2"), "We saw it in 24 mice, and so on.")
TENTH = said(preprint(1, "10"), "We saw it in 30 mice, and so on.")
ARTICLE = said(paper(1), "We saw it in 36 mice, and so on.")


def test_versions_follow_each_other_by_number_and_the_article_follows_the_last() -> None:
    assert pairs(TENTH, ARTICLE, FIRST, SECOND) == [
        (FIRST.key, SECOND.key),
        (SECOND.key, TENTH.key),
        (TENTH.key, ARTICLE.key),
    ]


def test_what_was_edited_is_told_with_them() -> None:
    [found] = revisions([FIRST, SECOND])
    assert Piece(PieceKind.GONE, "12") in found.edits.abstract
    assert found.edits.title == ()


def test_a_version_that_changed_nothing_is_no_revision() -> None:
    assert pairs(FIRST, replace(FIRST, version="2")) == []


def test_copies_of_the_article_are_not_held_against_the_preprint_too() -> None:
    copy = replace(ARTICLE, source="pmc", source_id="PMC1", published="2026-11-13")
    bare = replace(ARTICLE, source="aaa", abstract="", published="2026-11-01")
    assert pairs(FIRST, copy, ARTICLE, bare) == [(FIRST.key, ARTICLE.key)]


def test_a_preprint_without_versions_is_one_state() -> None:
    one = said(preprint(1, ""), "We saw it in 12 mice, and so on.")
    assert pairs(one, ARTICLE) == [(one.key, ARTICLE.key)]
    assert pairs(one) == pairs(ARTICLE) == pairs() == []


def test_a_notice_is_no_state_of_the_paper() -> None:
    notice = replace(ARTICLE, kind=Kind.RETRACTION, source_id="9")
    assert pairs(FIRST, notice) == []


def test_a_version_that_is_no_number_stands_first() -> None:
    odd = said(preprint(1, "a"), "We saw it in 9 mice, and so on.")
    assert pairs(SECOND, odd) == [(odd.key, SECOND.key)]
