"""What the kill table is read from sees what it is there to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.errors import ClaimLostError
from service.records import SweepKind, SweepMark, Tally
from service.store import Store, StoredPollBook
from service.store.holding import Holding
from tests import databases
from tests.chaos import ledger
from tests.chaos.ledger import Taken, doubled, late_requests, taken_over
from tests.chaos.office import MONDAY, FastTime
from tests.chaos.upstream import Asked
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B = "vm:1:aa", "vm:2:bb"


def _mark() -> tuple[SweepKind, SweepMark, None]:
    return SweepKind.RECENT, SweepMark(), None


def taken(at: float, holder: str, name: str = "poll x", *, free: bool = True) -> Taken:
    return Taken(at, name, holder, free, released=False)


def released(at: float, holder: str, name: str = "poll x") -> Taken:
    return Taken(at, name, holder, free=False, released=True)


def test_a_claim_that_is_taken_while_another_has_it_is_counted() -> None:
    assert doubled([taken(1, A), released(2, A), taken(3, B)]) == 0
    assert doubled([taken(1, A), taken(3, B, free=False)]) == 1


def test_what_a_victim_held_is_timed_until_another_takes_it() -> None:
    log = [
        taken(1, A),
        taken(1, A, "poll y"),
        released(2, A, "poll y"),
        taken(2, A, "poll z"),
        taken(9, B),
        taken(9, B, "poll y"),
        taken(11, A, "poll z"),
    ]
    assert dict(taken_over(log, ":1:", 4.0)) == {"poll x": 5.0}
    assert dict(taken_over(log, ":2:", 4.0)) == {}


def test_a_page_that_a_worker_asks_for_after_its_claim_was_taken_is_late() -> None:
    log = [taken(1, A), taken(5, B), released(7, B)]
    asked = [Asked(at, who, "x", 0) for at, who in ((2, A), (6, A), (6, B), (8, A))]
    assert late_requests(log, asked) == 1


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    for engine in databases.migrated("postgresql", tmp_path):
        yield Store(engine)
        with engine.begin() as connection:
            ledger.remove(connection)


def test_the_database_tells_what_was_written_by_others_than_the_holder(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.install(store.engine, 64)
    monkeypatch.setenv("PGAPPNAME", "mine")
    store.engine.dispose()  # the next connection has the name
    book = StoredPollBook(Holding(store, "mine"))
    assert book.claim("pubmed", NOW, force=True)
    book.set_mark("pubmed", *_mark())
    with store.writing() as tx:  # as if there were no fence
        tx.sources.set_mark("arxiv", *_mark())
        tx.sources.add_import_receipt("arxiv", "file", Tally(), NOW, NOW)
    book.release("pubmed")
    with pytest.raises(ClaimLostError):
        book.set_mark("pubmed", *_mark())
    with store.reading() as tx:
        found = [(write.kind, write.foreign) for write in ledger.writes(tx)]
        claims = ledger.claims(tx, FastTime(MONDAY.timestamp()))
    assert found == [("sweep_mark", False), ("sweep_mark", True), ("receipt", True)]
    assert [(each.name, each.holder, each.released) for each in claims] == [
        ("poll pubmed", "mine", False),
        ("poll pubmed", "mine", True),
    ]
