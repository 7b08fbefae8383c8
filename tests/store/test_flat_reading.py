"""What a ranking asks of the archive costs the same however large it is.

Counted in steps of SQLite's machine, which are the same on every run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import insert

from service.records import EncoderInfo
from service.store import Store, migrations
from service.store import engine as engines
from service.store.intake import SEQUENCE, text_hash
from service.store.schema import CounterRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.store import Unit

NOW = datetime(2026, 11, 21, tzinfo=UTC)
INFO = EncoderInfo("bench", "1", "1", 2, "float32")
SMALL, LARGE, RECENT = 400, 4_000, 100  # works of two archives; the last so many came this week
_GRAIN = 10  # steps between two counts


def row(number: int, count: int) -> dict[str, object]:
    title, abstract = f"Work {number}", f"About {number}."
    seen = NOW - (timedelta(hours=1) if number > count - RECENT else timedelta(days=60))
    said = {"venue": "", "kind": "article", "url": "", "pdf_url": "", "announce": True}
    lists = {"authors": [], "flags": [], "sources": ["pubmed"]}
    times = {"first_seen_at": seen, "updated_at": seen}
    own = {"id": number, "seq": number, "title": title, "abstract": abstract}
    return own | said | lists | times | {"text_hash": text_hash(title, abstract)}


def archive(file: Path, count: int) -> Store:
    """All but the last works of which have their vectors."""
    engine = engines.create(f"sqlite:///{file}")
    migrations.upgrade(engine)
    with engines.transaction(engine, write=True) as connection:
        connection.execute(insert(WorkRow), [row(n, count) for n in range(1, count + 1)])
        connection.execute(insert(CounterRow).values(name=SEQUENCE, value=count))
    store = Store(engine)
    with store.writing() as tx:
        encoder, vector = tx.embeddings.encoder_id(INFO), np.ones((1, 2), dtype=np.float32)
        old = tx.embeddings.missing(encoder, count - RECENT)
        tx.embeddings.save(encoder, [(number, digest, vector) for number, _, _, digest in old])
    return store


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    folder = tmp_path_factory.mktemp("flat")
    made = [archive(folder / f"{count}.db", count) for count in (SMALL, LARGE)]
    yield made
    for store in made:
        store.engine.dispose()


def steps(store: Store, ask: Callable[[Unit, int], object]) -> int:
    """What one question costs; it is handed the number of works."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with store.reading() as tx:
        last = tx.works.sequence()
        ask(tx, last)  # once before: what is read of the schema does not count
        driver = tx._connection.connection.driver_connection
        driver.set_progress_handler(count, _GRAIN)
        ask(tx, last)
        driver.set_progress_handler(None, 0)
    return counted


ASKED: dict[str, Callable[[Unit, int], object]] = {
    "the window since a moment": lambda tx, _last: tx.works.sequence_before(
        NOW - timedelta(days=7)
    ),
    "a background": lambda tx, _last: tx.works.sample(20),
    "a background of before": lambda tx, last: tx.works.sample(20, last - RECENT),
    "the works of a window": lambda tx, last: tx.works.window(last - RECENT, last),
    "which of them have no vectors": lambda tx, last: tx.embeddings.missing(
        1, 512, above=last - RECENT
    ),
    "whether those before have theirs": lambda tx, last: tx.embeddings.reached(1, last - RECENT),
}


@pytest.mark.parametrize("name", ASKED)
def test_ten_times_the_works_cost_no_more_steps(stores: list[Store], name: str) -> None:
    small, large = (steps(store, ASKED[name]) for store in stores)
    assert 0 < large < 1.5 * small + 20


def test_a_question_that_goes_through_all_works_would_be_noticed(stores: list[Store]) -> None:
    small, large = (steps(store, lambda tx, _last: tx.embeddings.waiting(1)) for store in stores)
    assert large > 5 * small


def test_what_has_no_vector_is_found_above_a_number_as_without_one(stores: list[Store]) -> None:
    with stores[0].reading() as tx:
        every = tx.embeddings.missing(1, 512)
        assert tx.embeddings.missing(1, 512, above=SMALL - RECENT) == every
        assert tx.embeddings.missing(1, 9, after=SMALL - 50, above=1)[0][0] == SMALL - 49
        assert tx.embeddings.reached(1, SMALL - RECENT)
        assert not tx.embeddings.reached(1, SMALL - 1)
        assert tx.embeddings.reached(1, 0)


def test_a_sample_is_spread_over_a_large_archive(stores: list[Store]) -> None:
    with stores[1].reading() as tx:
        found = [work.work_id for work in tx.works.sample(20)]
    assert len(found) == 20
    gaps = np.diff([0, *found])
    assert max(gaps) <= 2 * LARGE // 20
    assert found == sorted(set(found))
