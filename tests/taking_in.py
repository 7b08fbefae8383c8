"""Papers taken in batch by batch, as the store would hold them: works found by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.deduplication import deduplicate, sought
from service.records import Arrival, KnownWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import Paper


def partition(papers: Sequence[tuple[int, Paper]], sizes: Sequence[int]) -> set[frozenset[int]]:
    """The works that these numbered papers become, taken in in batches of these sizes."""
    works: dict[int, dict[int, Paper]] = {}
    keyed: dict[int, frozenset[str]] = {}
    rest, number = list(papers), 0
    while rest:
        size = sizes[number % len(sizes)]
        batch, rest, number = rest[:size], rest[size:], number + 1
        wanted = frozenset().union(*(sought(one) for _, one in batch))
        near = [KnownWork(i, works[i]) for i in sorted(works) if keyed[i] & wanted]
        for plan in deduplicate([Arrival(one) for _, one in batch], near):
            home = plan.work_id or max(works, default=0) + 1
            held = works.setdefault(home, {})
            for other, _ in plan.absorbed:
                held |= works.pop(other)
                del keyed[other]
            held |= {batch[index][0]: batch[index][1] for index, _ in plan.joins}
            keyed[home] = plan.keys
    return {frozenset(held) for held in works.values()}
