from __future__ import annotations

import threading
import time

import pytest
import torch

from service.embedding.workers import ahead, spread

pytestmark = pytest.mark.model  # it needs torch


def test_results_come_in_order_from_threads_of_one_core_each() -> None:
    before = torch.get_num_threads()
    seen: dict[str, int] = {}

    def run(batch: int) -> int:
        time.sleep(0.02 * (3 - batch))
        seen[threading.current_thread().name] = torch.get_num_threads()
        return batch * 10

    assert list(spread(run, [0, 1, 2], before)) == [0, 10, 20]
    assert set(seen.values()) == {1}
    assert torch.get_num_threads() == before


def test_after_a_fault_no_further_batch_is_begun() -> None:
    begun: list[int] = []

    def run(batch: int) -> int:
        begun.append(batch)
        if batch == 1:
            raise RuntimeError("broken")
        time.sleep(0.01)
        return batch

    with pytest.raises(RuntimeError, match="broken"):
        list(spread(run, range(1000), torch.get_num_threads()))
    assert len(begun) < 100


def test_a_reader_that_leaves_early_stops_the_work() -> None:
    begun: list[int] = []

    def run(batch: int) -> None:
        begun.append(batch)
        if batch:  # the others are not done before the reader leaves
            time.sleep(0.2)

    results = spread(run, range(1000), torch.get_num_threads())
    next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(begun) < 1000


def test_the_next_is_made_while_one_is_in_use_and_no_more() -> None:
    made: list[int] = []
    third = threading.Event()

    def make(item: int) -> int:
        made.append(item)
        if item == 2:
            third.set()
        return item * 10

    results = ahead(make, [0, 1, 2, 3, 4])
    assert next(results) == 0
    assert next(results) == 10
    assert third.wait(5)  # the third is made while the second is looked at
    assert made == [0, 1, 2]
    assert list(results) == [20, 30, 40]
    assert made == [0, 1, 2, 3, 4]


def test_nothing_is_made_of_nothing() -> None:
    assert list(ahead(lambda _: pytest.fail("called"), [])) == []


def test_a_fault_in_what_is_made_ahead_comes_when_it_is_asked_for() -> None:
    def make(item: int) -> int:
        if item == 1:
            raise ValueError("broken")
        return item

    results = ahead(make, [0, 1, 2])
    assert next(results) == 0
    with pytest.raises(ValueError, match="broken"):
        next(results)


def test_a_reader_that_leaves_waits_for_the_one_being_made_only() -> None:
    made: list[int] = []
    results = ahead(made.append, range(100))
    next(results)
    results.close()
    assert len(made) <= 2
