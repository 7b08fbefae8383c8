from __future__ import annotations

import threading
import time

import pytest
import torch

from service.embedding.workers import spread

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
