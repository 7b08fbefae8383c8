"""How many works have a word, by PostgreSQL's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert, text

from service.records.queries import Words
from service.store import estimates, matches
from service.store.matches import Matches
from service.store.schema import WorkRow
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from service.store import Store

WORKS = 400


@pytest.fixture
def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Works of which every one is of cancer, every fourth of mice, one of a zebra."""
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no such figures")
    monkeypatch.setattr(estimates, "_QUICK", 10)
    lists = {"authors": [], "flags": [], "sources": ["pubmed"], "keywords": [], "mesh": []}
    facts = {"venue": "", "url": "", "pdf_url": "", "text_hash": b"", "kind": "article"}
    always = {**lists, **facts, "first_seen_at": NOW, "updated_at": NOW, "announce": True}
    rows = [
        {**always, "id": n, "seq": n, "title": f"Work {n}", "abstract": _abstract(n)}
        for n in range(1, WORKS + 1)
    ]
    with store.engine.begin() as connection:
        connection.execute(insert(WorkRow), rows)
    return store


def _abstract(number: int) -> str:
    return f"Of cancer{' in mice' * (number % 4 == 0)}{' and a zebra' * (number == 7)}."


@pytest.fixture
def own(filled: Store) -> Iterator[Connection]:
    """Without figures: those of tests before would stay."""
    with filled.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("DELETE FROM pg_statistic WHERE starelid = 'work'::regclass"))
        yield connection


def known(connection: Connection, *words: str) -> list[int | None]:
    asked = Matches(connection)
    return estimates.estimates(connection, [asked.condition(Words(word)) for word in words])


def test_without_figures_nothing_is_believed(own: Connection) -> None:
    assert known(own, "cancer", "mice", "zebra") == [None, None, None]


def test_figures_tell_how_common_common_words_are(own: Connection) -> None:
    estimates.see_to_figures(own)
    cancer, zebra, mice, nowhere = known(own, "cancer", "zebra", "mice", "nowhere")
    assert cancer == pytest.approx(WORKS, rel=0.1)
    assert mice == pytest.approx(WORKS / 4, rel=0.2)
    assert [zebra, nowhere] == [None, None]
    assert known(own) == []


def test_figures_are_made_once(own: Connection) -> None:
    told: list[str] = []
    event.listen(own, "before_cursor_execute", lambda _c, _k, sql, *_: told.append(sql))
    estimates.see_to_figures(own)
    estimates.see_to_figures(own)
    assert sum("ANALYZE" in each for each in told) == 1


def test_common_words_are_not_counted_and_others_exactly(
    own: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "COMMON", 300)
    estimates.see_to_figures(own)
    told: list[str] = []
    event.listen(own, "before_cursor_execute", lambda _c, _k, sql, *_: told.append(sql))
    words = [Words(word) for word in ("cancer", "mice", "zebra", "nowhere", "\N{BULLET}")]
    counts = Matches(own).frequencies(words)
    assert [counts[word] for word in words[2:]] == [1, 0, 0]
    assert counts[words[0]] == 300
    assert counts[words[1]] == pytest.approx(WORKS / 4, rel=0.2)
    assert sum("count(" in each for each in told) == 2


@pytest.mark.parametrize("word", ["500%", "%(zz)s", "o'neill", "zz:b", "\x00", "\\", "%sz"])
def test_any_word_can_be_asked_for(own: Connection, word: str) -> None:
    assert Matches(own).frequencies([Words(word)])[Words(word)] == 0


def test_stop_words_are_in_every_work(own: Connection) -> None:
    estimates.see_to_figures(own)
    assert known(own, "the") == [pytest.approx(WORKS, rel=0.05)]
