"""Several workers make the vectors of works side by side, none of them twice."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import encoding
from service.clock import Clock
from service.embedding.works import work_vectors
from service.errors import EncoderError
from service.store import Store
from service.store.embeddings import Embeddings
from service.store.holding import Holding
from tests.fakes_encoder import FakeEncoder
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.pipeline import Parts

LEASE = timedelta(minutes=2)


class Time:
    """The clock of the database; waiting moves it."""

    def __init__(self) -> None:
        self.at = NOW
        self.waited = 0.0

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.waited += seconds

    def clock(self) -> Clock:
        return Clock(now=self.now, sleep=self.sleep, monotonic=lambda: self.waited)


class Counting(FakeEncoder):
    """Counts what it was given; `before` is called first."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        super().__init__(8)
        self.before = before
        self.seen: Counter[str] = Counter()

    def encode(self, texts: Sequence[str], *told: Any) -> Any:
        self.before()
        self.seen.update(texts)
        return super().encode(texts, *told)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "PAGE", 4)


def worker(archive: Archive, time: Time, name: str, encoder: FakeEncoder) -> Parts:
    holding = Holding(Store(archive.store.engine, time.now), name, lease=LEASE)
    return replace(
        archive.parts,
        clock=time.clock(),
        encoder=encoder,
        work_vectors=work_vectors,
        holding=holding,
    )


def fill(archive: Archive, count: int = 10) -> None:
    archive.take_in(*(paper(number) for number in range(1, count + 1)))


def waiting(archive: Archive) -> int:
    with archive.store.writing() as tx:
        return tx.embeddings.waiting(tx.embeddings.encoder_id(FakeEncoder(8).info()))


def test_workers_side_by_side_embed_each_work_once(archive: Archive, time: Time) -> None:
    fill(archive, 40)
    alone = Counting()
    encoding.embed(worker(archive, time, "alone", alone))
    with archive.store.writing() as tx:
        tx.embeddings._connection.exec_driver_sql("DELETE FROM embedding")
    together = threading.Barrier(3, timeout=10)
    first: set[int] = set()

    def meet() -> None:
        if threading.get_ident() not in first:
            first.add(threading.get_ident())
            together.wait()  # each has a page of its own, or this breaks

    encoders = [Counting(meet) for _ in range(3)]
    parts = [worker(archive, time, f"w{n}", each) for n, each in enumerate(encoders)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(encoding.embed, parts))
    assert sum(done) == 40
    assert all(done)
    assert sum((each.seen for each in encoders), Counter()) == alone.seen
    assert waiting(archive) == 0


def test_what_another_is_making_is_waited_for_or_left(archive: Archive, time: Time) -> None:
    fill(archive)
    mine = worker(archive, time, "mine", Counting())
    other = Holding(mine.holding.store, "other", lease=LEASE)  # type: ignore[union-attr]
    with other.held("embed 1:1"):
        assert encoding.embed_new(mine, mark := encoding.Watermark()) == 6
        assert time.waited == 0
        assert waiting(archive) == 4
    assert encoding.embed_new(mine, mark) == 4
    with other.held("embed 1:2"):
        fill(archive, 12)
        assert encoding.embed_new(mine, mark) == 0
    assert encoding.embed(mine) == 2


def test_a_worker_looks_at_what_is_new_and_once_a_day_at_all(
    archive: Archive, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, mark = worker(archive, time, "mine", Counting()), encoding.Watermark()
    fill(archive)
    assert encoding.embed_new(mine, mark) == 10
    with archive.store.writing() as tx:  # as if one had gone before, and come back since
        tx.embeddings._connection.exec_driver_sql("DELETE FROM embedding WHERE work_id = 3")
    archive.take_in(paper(11))
    looked: list[int] = []
    missing = Embeddings.missing
    monkeypatch.setattr(
        Embeddings,
        "missing",
        lambda *told, above=0: looked.append(above) or missing(*told, above=above),
    )
    assert encoding.embed_new(mine, mark) == 1
    assert set(looked) == {10}
    time.waited += 86_400
    assert encoding.embed_new(mine, mark) == 1
    assert waiting(archive) == 0


def test_after_another_encoder_all_works_are_looked_at(archive: Archive, time: Time) -> None:
    mine, mark = worker(archive, time, "mine", Counting()), encoding.Watermark()
    other = Counting()
    other.info = lambda: replace(FakeEncoder(8).info(), precision="int8")  # type: ignore[method-assign]
    fill(archive)
    assert encoding.embed_new(mine, mark) == 10
    assert encoding.embed_new(replace(mine, encoder=other), mark) == 10


def test_the_page_of_a_worker_that_died_is_made_once_its_lease_is_over(
    archive: Archive, time: Time
) -> None:
    fill(archive)
    mine = worker(archive, time, "mine", Counting())
    dead = Holding(mine.holding.store, "dead", lease=LEASE)  # type: ignore[union-attr]
    assert dead.take("embed 1:1")
    dead.close()  # no farewell: what it held stays held
    assert encoding.embed(mine) == 10
    assert LEASE.total_seconds() < time.waited < LEASE.total_seconds() + 2
    assert waiting(archive) == 0


def test_a_worker_whose_encoder_hangs_is_not_waited_for_for_ever(
    archive: Archive, time: Time
) -> None:
    """It lives, so it holds on to its page; a digest must not hang on it."""
    fill(archive)
    mine = worker(archive, time, "mine", Counting())
    hanging = Holding(mine.holding.store, "hanging", lease=timedelta(days=1))  # type: ignore[union-attr]
    assert hanging.take("embed 1:1")
    assert encoding.embed(mine) == 10
    assert encoding.PATIENCE < time.waited < encoding.PATIENCE + 2
    hanging.close()


def test_vectors_of_a_claim_that_was_lost_are_refused(
    archive: Archive, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    fill(archive, 3)
    awake = worker(archive, time, "awake", Counting())

    def sleep() -> None:
        """It is suspended before its page is made, and another makes it."""
        asleep_encoder.before = lambda: None
        time.at += 2 * LEASE
        assert encoding.embed(awake) == 3
        with archive.store.writing() as tx:
            tx.embeddings._connection.exec_driver_sql("UPDATE embedding SET chunks = 7")

    asleep_encoder = Counting(sleep)
    assert encoding.embed(worker(archive, time, "asleep", asleep_encoder)) == 0
    assert "embed 1:0: was taken over by another worker" in caplog.text
    with archive.store.reading() as tx:
        rows = tx.embeddings._connection.exec_driver_sql("SELECT chunks FROM embedding").scalars()
        assert list(rows) == [7, 7, 7]


def test_a_page_that_fails_is_free_for_others(archive: Archive, time: Time) -> None:
    fill(archive)

    def broken() -> None:
        raise EncoderError("model", "is missing")

    with pytest.raises(EncoderError):
        encoding.embed(worker(archive, time, "broken", Counting(broken)))
    assert encoding.embed(worker(archive, time, "well", Counting())) == 10
    assert time.waited == 0
