"""On PostgreSQL: a narrow filter beside words; what it leaves is counted while it is ranked."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, text

from service.records import Kind
from service.records.queries import (
    AllOf,
    AnyOf,
    FromSource,
    Is,
    Not,
    OfKind,
    Part,
    Published,
    State,
    Words,
)
from service.store import matches
from service.store.schema import WorkRow
from service.store.search import Search
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from service.records.queries import Term
    from service.store import Store

WORKS, EACH = 120, 10  # every tenth is a trial
CANCER = Words("cancer")
TRIALS = AllOf((CANCER, OfKind(Kind.TRIAL)))
LATE = Published(date(2026, 7, 1), None)
OTHERS = AllOf((CANCER, Not(OfKind(Kind.TRIAL))))


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite counts what it has listed")
    lists = {"authors": [], "flags": [], "keywords": [], "mesh": []}
    facts = {"venue": "", "url": "", "pdf_url": "", "text_hash": b"", "abstract": "Of cancer."}
    always = {**lists, **facts, "first_seen_at": NOW, "updated_at": NOW, "announce": True}
    rows = [
        {
            **always,
            "id": n,
            "seq": n,
            "title": _title(n),
            "kind": _kind(n),
            "sources": _sources(n),
            "published": f"2026-{min(n // EACH + 1, 12):02}",
        }
        for n in range(1, WORKS + 1)
    ]
    with store.engine.connect() as own:  # nothing is kept, not even that an index is gone
        own.execute(insert(WorkRow), rows)
        yield own
        own.rollback()


def _kind(number: int) -> str:
    return str(Kind.ARTICLE if number % EACH else Kind.TRIAL)


def _title(number: int) -> str:
    return f"Work {number} on {'mice' if number % 4 == 0 else 'trial pubmed'}"


def _sources(number: int) -> list[str]:
    return ["pubmed", "Europepmc"] if number % 20 == 0 else ["lab, feed 2"] * (number % 2)


def counted(connection: Connection, term: Term, ceiling: int | None = None) -> tuple[int, int]:
    """How many works answer, after they were ranked, and how many questions it took to count."""
    search, told = Search(connection), []
    search.ranked(term, 3, ceiling)
    event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, *_: told.append(sql))
    return search.count(term, 1_000, ceiling), len(told)


def test_what_a_narrow_filter_leaves_is_counted_while_it_is_ranked(connection: Connection) -> None:
    assert counted(connection, TRIALS) == (12, 0)
    assert counted(connection, TRIALS, ceiling=50) == (5, 0)
    assert counted(connection, AllOf((*TRIALS.terms, Words("nowhere")))) == (0, 0)


@pytest.mark.parametrize(
    ("asked", "marks", "works"),
    [
        ((CANCER, OfKind(Kind.TRIAL)), 1, 12),
        ((CANCER, FromSource("EuropePMC")), 1, 6),
        ((CANCER, OfKind(Kind.TRIAL), FromSource("pubmed")), 1, 6),
        ((Words("the"), OfKind(Kind.TRIAL)), 1, 12),
        ((Words("of cancer"), Not(Words("mice")), OfKind(Kind.TRIAL)), 1, 6),
        ((Words("mic", Part.TITLE, prefix=True), OfKind(Kind.TRIAL)), 1, 6),
        ((AnyOf((CANCER, Words("mice"))), OfKind(Kind.TRIAL), LATE), 1, 7),
        ((Words("trial"), FromSource("trial")), 1, 0),
        ((CANCER, FromSource("lab, feed 2")), 0, 60),
        ((CANCER, FromSource("lab")), 1, 0),
        ((CANCER, Not(OfKind(Kind.TRIAL))), 0, 108),
        ((CANCER, AnyOf((OfKind(Kind.TRIAL), FromSource("pubmed")))), 0, 12),
        ((Words("cancer", Part.ABSTRACT), OfKind(Kind.TRIAL)), 0, 12),
    ],
)
def test_with_marks_the_same_works_are_found_as_without(
    connection: Connection, asked: tuple[Term, ...], marks: int, works: int
) -> None:
    told: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, *_: told.append(sql))
    term = AllOf(asked)
    found = Search(connection).ranked(term, WORKS)
    assert sum("array_to_tsvector" in each for each in told) == marks
    connection.execute(text("DROP INDEX ix_work_marked"))
    told.clear()
    assert Search(connection).ranked(term, WORKS) == found
    assert sum("array_to_tsvector" in each for each in told) == 0
    assert len(found) == works


def test_no_more_are_counted_than_was_asked_for(connection: Connection) -> None:
    search = Search(connection)
    search.ranked(TRIALS, 3)
    assert search.count(TRIALS, 4) == 4


def test_what_a_wide_filter_leaves_is_counted_by_itself(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "_NARROW", 12)
    assert counted(connection, TRIALS) == (12, 0)
    assert counted(connection, OTHERS) == (108, 1)
    assert counted(connection, CANCER) == (120, 1)


def test_a_filter_that_no_index_knows_is_not_counted_beforehand(connection: Connection) -> None:
    assert counted(connection, AllOf((CANCER, Is(State.SAVED)))) == (0, 1)


@pytest.mark.parametrize(("held", "then"), [("4MB", "16MB"), ("64MB", "64MB")])
def test_lists_get_room_where_they_have_less(connection: Connection, held: str, then: str) -> None:
    connection.execute(text(f"SET LOCAL work_mem = '{held}'"))
    assert Search(connection).ranked(TRIALS, 3)
    assert connection.execute(text("SHOW work_mem")).scalar_one() == then
