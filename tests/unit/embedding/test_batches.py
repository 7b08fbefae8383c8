from __future__ import annotations

import pytest

from service.embedding.batches import by_tokens, halving
from service.errors import EncoderError


def test_batches_go_longest_first_and_stay_within_the_budget() -> None:
    lengths = [3, 9, 1, 4, 4]
    batches = list(by_tokens(lengths, 8))
    assert batches == [[1], [3, 4], [0, 2]]
    assert list(by_tokens([], 8)) == []


@pytest.mark.parametrize(
    "shortage",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate")],
)
def test_a_shortage_of_memory_halves_the_batch(shortage: Exception) -> None:
    sizes = []

    def run(items):
        sizes.append(len(items))
        if len(items) > 2:
            raise shortage
        return [item * 10 for item in items]

    assert halving(run, [1, 2, 3, 4, 5]) == [10, 20, 30, 40, 50]
    assert sizes == [5, 2, 3, 1, 2]


def test_one_text_too_many_is_an_error_with_a_remedy() -> None:
    def run(items):
        raise MemoryError

    with pytest.raises(EncoderError, match=r"one text.*smaller model"):
        halving(run, [1, 2])


def test_another_fault_is_not_retried() -> None:
    calls = []

    def run(items):
        calls.append(items)
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        halving(run, [1, 2])
    assert len(calls) == 1
