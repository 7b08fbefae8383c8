"""On PostgreSQL: a narrow filter beside words; what it leaves is counted while it is ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, text

from service.records import Kind
from service.records.queries import AllOf, Is, Not, OfKind, State, Words
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
OTHERS = AllOf((CANCER, Not(OfKind(Kind.TRIAL))))


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite counts what it has listed")
    lists = {"authors": [], "flags": [], "sources": ["pubmed"], "keywords": [], "mesh": []}
    facts = {"venue": "", "url": "", "pdf_url": "", "text_hash": b"", "abstract": "Of cancer."}
    always = {**lists, **facts, "first_seen_at": NOW, "updated_at": NOW, "announce": True}
    rows = [
        {**always, "id": n, "seq": n, "title": f"Work {n}", "kind": _kind(n)}
        for n in range(1, WORKS + 1)
    ]
    with store.engine.begin() as own:
        own.execute(insert(WorkRow), rows)
        yield own


def _kind(number: int) -> str:
    return str(Kind.ARTICLE if number % EACH else Kind.TRIAL)


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
