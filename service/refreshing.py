"""Works computed anew from their stored records, for a program that reads records better.

A module beside the pipeline, with the same rules. It reads a page, computes what its works should
show, and writes those that show something else; a work that another worker has changed meanwhile
is left to that worker, who has just computed it. Works keep their numbers, their place in the
sequence and the time they were first seen: no digest takes an old work for a new one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from service import __version__, deduplication, flagging, pipeline
from service.normalisation import paper_of
from service.records import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from service.pipeline import Parts
    from service.records import Paper, Record, WorkFields
    from service.store import Unit
    from service.store.held import StoredWork

log = logging.getLogger(__name__)

PAGE = 100  # works between two commits, and in memory with the payloads of their records


@dataclass(slots=True)
class Refreshed:
    """What came of it: works looked at and changed; works left as they are because a record of
    theirs is not understood; records that were in no work and are in one now."""

    looked: int = 0
    changed: int = 0
    left: list[int] = field(default_factory=list)
    placed: int = 0


@dataclass(frozen=True, slots=True)
class _Computed:
    """A work as it should be, and which records have to be noted as understood."""

    fields: WorkFields
    keys: frozenset[str]
    understood: tuple[int, ...]
    prints: frozenset[tuple[int, bytes]]
    papers: tuple[Paper, ...]


def begun(parts: Parts, *, again: bool = False) -> tuple[int, int]:
    """After which work a refresh goes on, and how many works come then. With `again` it begins
    anew."""
    if again:
        with parts.store.writing() as tx:
            tx.refreshing.set_mark(__version__, 0)
    with parts.store.reading() as tx:
        mark = tx.refreshing.mark(__version__)
        return mark, tx.refreshing.left(mark)


def refresh(parts: Parts, went_on: Callable[[int], None], *, dry: bool = False) -> Refreshed:
    """Compute all works anew, from where the last refresh by this version was stopped; then place
    the records that nobody understood, if they are understood now.

    `went_on` gets the number of works of each page once they are committed, and may end it all.
    With `dry` nothing is written, and it begins at the start.
    """
    done = Refreshed()
    mark = 0 if dry else begun(parts)[0]
    while page := _page(parts, mark):
        _refresh(parts, page, done, dry=dry)
        mark = page[-1]
        went_on(len(page))
    if not dry:
        done.placed = _place(parts, went_on)
        with parts.store.writing() as tx:
            tx.refreshing.set_mark(__version__, 0)
    return done


def _page(parts: Parts, mark: int) -> list[int]:
    with parts.store.reading() as tx:
        return tx.refreshing.after(mark, PAGE)


def _refresh(parts: Parts, work_ids: Sequence[int], done: Refreshed, *, dry: bool) -> None:
    with parts.store.reading() as tx:
        prints = tx.refreshing.prints(work_ids)  # before the records: what is newer is seen
        lost = tx.refreshing.misunderstood(work_ids)
        works = tx.held.works_near((), work_ids)
    computed: dict[int, _Computed] = {}
    for work in works:
        found = _computed(work, lost, prints.get(work.id, frozenset()))
        if found is None:
            done.left.append(work.id)
        else:
            computed[work.id] = found
    if not dry:
        _hear(parts, computed)
    with parts.store.reading() as tx:
        wanted = _wanted(tx, _flagged(tx, computed, parts.clock.now()))
    if not dry:
        wanted = _write(parts, wanted, work_ids[-1])
    done.looked += len(work_ids)
    done.changed += len(wanted)


def _computed(
    work: StoredWork, lost: set[int], prints: frozenset[tuple[int, bytes]]
) -> _Computed | None:
    """None where one of its records is not understood: what the work shows of it would be lost."""
    papers: dict[int, Paper] = {}
    for record_id, record in work.records.items():
        paper = paper_of(record)
        if paper is None:
            return None
        papers[record_id] = paper
    keys = frozenset().union(*(deduplication.keys(paper) for paper in papers.values()))
    understood = tuple(sorted(lost & papers.keys()))
    fields = deduplication.merge(list(papers.values()))
    return _Computed(fields, keys, understood, prints, tuple(papers.values()))


def _subjects(computed: Mapping[int, _Computed]) -> list[flagging.Subject]:
    return [
        flagging.Subject(each.papers, each.fields, each.keys, (work_id,))
        for work_id, each in computed.items()
    ]


def _hear(parts: Parts, computed: Mapping[int, _Computed]) -> None:
    """Keep what papers say that was not heard before: they came before it was asked for."""
    now, subjects = parts.clock.now(), _subjects(computed)
    with parts.store.reading() as tx:
        heard = flagging.listen(tx, subjects, now)
    if heard.fresh:
        with parts.store.writing() as tx:
            tx.intake.alone()
            flagging.keep(tx, subjects, now)


def _flagged(tx: Unit, computed: Mapping[int, _Computed], now: datetime) -> dict[int, _Computed]:
    """The works with all the flags that they show."""
    heard = flagging.listen(tx, _subjects(computed), now)
    return {
        work_id: replace(each, fields=replace(each.fields, flags=flags))
        for (work_id, each), flags in zip(computed.items(), heard.flags, strict=True)
    }


def _wanted(tx: Unit, computed: Mapping[int, _Computed]) -> dict[int, _Computed]:
    """Those that are not yet as they should be."""
    differing = tx.refreshing.differing({i: each.fields for i, each in computed.items()})
    differing |= tx.refreshing.unkeyed({i: each.keys for i, each in computed.items()})
    return {i: each for i, each in computed.items() if i in differing or each.understood}


def _write(parts: Parts, wanted: Mapping[int, _Computed], mark: int) -> dict[int, _Computed]:
    """Write them, but for those that have changed since; returns what was written."""
    now = parts.clock.now()
    with parts.store.writing() as tx:
        if wanted:
            tx.intake.alone()
        prints = tx.refreshing.prints(list(wanted))
        same = {i: each for i, each in wanted.items() if prints.get(i) == each.prints}
        same = _flagged(tx, same, now)  # something may have been said of them meanwhile
        tx.refreshing.write({i: (each.fields, each.keys) for i, each in same.items()}, now)
        tx.refreshing.understood([rid for each in same.values() for rid in each.understood])
        tx.refreshing.set_mark(__version__, mark)
    return same


def _place(parts: Parts, went_on: Callable[[int], None]) -> int:
    """Records that are in no work, taken in if they are understood now: for search, not as news."""
    placed = after = 0
    while True:
        with parts.store.reading() as tx:
            page = tx.refreshing.unplaced(after, PAGE)
        if not page:
            return placed
        after = page[-1][0]
        by_source: dict[str, list[Record]] = {}
        for _, record in page:
            if paper_of(record) is not None:
                by_source.setdefault(record.source, []).append(record)
        for source, records in by_source.items():
            tally = pipeline.take_in(parts, Batch(tuple(records)), source, announce=False)
            placed += tally.new + tally.changed
        went_on(0)
