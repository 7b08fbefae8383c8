"""All works that answer to a query, in its order, however many: on both databases."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from service import archive as language
from service import normalisation
from service.bootstrap import exported
from service.records import Kind
from tests import papers
from tests.papers import NOW, paper

if TYPE_CHECKING:
    from service.records.queries import Query
    from tests.papers import Archive


def query(text: str) -> Query:
    return language.parse(text, NOW, UTC)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    """Works 1 to 12; the even ones are reviews, published one day after the other."""
    archive.take_in(
        *(
            paper(
                number,
                kind=Kind.ARTICLE if number % 2 else Kind.REVIEW,
                published=f"2026-11-{number:02}",
            )
            for number in range(1, 13)
        )
    )
    return archive


def found(archive: Archive, text: str, limit: int | None = None) -> list[int]:
    with archive.store.reading() as tx:
        works = list(exported.found(tx, query(text), limit))
        assert exported.count(tx, query(text), limit) == len(works)
        return works


@pytest.mark.parametrize("page", [1, 5, 2000])
@pytest.mark.parametrize("best", [0, 3, 1000])
def test_every_work_that_answers_comes_once_whatever_the_pages(
    filled: Archive, monkeypatch: pytest.MonkeyPatch, page: int, best: int
) -> None:
    monkeypatch.setattr(exported, "LISTED", page)
    monkeypatch.setattr(exported, "RANKED", best)
    for text in ("stromal", "type:review", "stromal sort:newest", "stromal sort:seen"):
        works = found(filled, text)
        expected = {n for n in range(1, 13) if "review" not in text or n % 2 == 0}
        assert len(works) == len(set(works))
        assert set(works) == {filled.work(f"4{n:07}") for n in expected}


def test_after_the_best_by_their_words_come_the_newest(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.take_in(paper(20, title="Stromal stromal stromal", published="2020-01-01"))
    monkeypatch.setattr(exported, "RANKED", 1)
    first, *rest = found(filled, "stromal")
    assert first == filled.work(f"4{20:07}")
    assert rest == [filled.work(f"4{n:07}") for n in range(12, 0, -1)]


def test_without_words_the_newest_come_first_as_far_as_is_asked(filled: Archive) -> None:
    assert found(filled, "type:review", 2) == [filled.work(f"4{n:07}") for n in (12, 10)]


def test_a_query_that_asks_for_nothing_finds_nothing(filled: Archive) -> None:
    assert found(filled, "...") == []


def test_what_was_seen_later_is_not_what_the_archive_knew_then(filled: Archive) -> None:
    assert found(filled, "stromal as-of:2026-01-01") == []
    assert len(found(filled, "stromal as-of:2026-12-01")) == 12


def test_numbers_are_read_as_they_are_taken(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exported, "LISTED", 3)
    with filled.store.reading() as tx:
        asked: list[int | None] = []
        listed = type(tx.search).listed

        def counted(*args: object, **given: object) -> object:
            asked.append(given.get("after"))  # type: ignore[arg-type]
            return listed(*args, **given)  # type: ignore[arg-type]

        monkeypatch.setattr(type(tx.search), "listed", counted)
        works = exported.found(tx, query("type:review"))
        assert asked == []
        next(works)
        assert len(asked) == 1


def test_the_identifiers_of_every_record_go_along(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalisation, "normalise", papers.understood)
    archive.take_in(papers.preprint(1), paper(1))
    with archive.store.reading() as tx:
        [entry] = exported.entries(tx, iter([archive.work("10.5555/stroma.1")]), lambda _: None)
    assert {ids.doi for ids in entry.others} == {"10.5555/stroma.1", "10.1101/2026.000001"}
