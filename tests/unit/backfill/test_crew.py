"""Processes that take parts in: hired, watched, replaced when they fall. Here they are threads'
worth of nothing: each step of theirs is a call of the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.backfill.crew import DEATHS, STORE_LOST, Crew
from service.clock import Clock
from service.errors import StoreError
from service.records.backfills import PartState, PlannedFile
from service.store import Store
from tests import databases
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.backfill.plan import Progress
    from service.records.backfills import Backfill, Part

LEASE = timedelta(minutes=5)


@dataclass
class Hand:
    """A process that does nothing by itself."""

    name: str
    exitcode: int | None = None
    ended: bool = False

    def terminate(self) -> None:
        self.exitcode = self.exitcode if self.exitcode is not None else 0
        self.ended = True

    def join(self, timeout: float | None = None) -> None:
        assert self.exitcode is not None


@dataclass
class Hall:
    """A crew over a plan, whose every wait runs the next step of `script`."""

    store: Store
    script: list[Callable[[], None]] = field(default_factory=list)
    hired: list[Hand] = field(default_factory=list)
    told: list[Progress] = field(default_factory=list)
    stop: bool = False
    now = NOW

    def __post_init__(self) -> None:
        self.store._now = lambda: self.now

    def plan(self, parts: int) -> Backfill:
        files = [PlannedFile(f"/lab/{n}", 10, f"{n:032x}") for n in range(parts)]
        with self.store.writing() as tx:
            return tx.backfills.open("key", "pubmed", None, files, NOW)

    def crew(self, plan: Backfill, jobs: int = 2) -> Crew:
        clock = Clock(now=lambda: self.now, sleep=lambda _seconds: self.script.pop(0)())
        return Crew(
            self.store,
            clock,
            plan.id,
            "me",
            jobs,
            self.hire,
            lambda: self.stop,
            self.told.append,
        )

    def hire(self, name: str) -> Hand:
        self.hired.append(Hand(name))
        return self.hired[-1]

    def takes(self, hand: int, plan: Backfill) -> Part:
        with self.store.writing() as tx:
            part = tx.backfills.claim(plan.id, self.hired[hand].name, NOW, NOW + LEASE)
        assert part is not None
        return part

    def does(self, hand: int, plan: Backfill) -> None:
        part = self.takes(hand, plan)
        with self.store.writing() as tx:
            tx.backfills.finish(part, 1.0, NOW)


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    for engine in databases.migrated("sqlite", tmp_path):
        yield Hall(Store(engine))


def test_no_more_are_hired_than_there_are_parts_or_jobs(hall: Hall) -> None:
    plan = hall.plan(2)
    hall.script = [lambda: hall.does(0, plan), lambda: hall.does(0, plan)]
    done = hall.crew(plan, jobs=8).run()
    assert [each.name for each in hall.hired] == ["me/1", "me/2"]
    assert [each.state for each in done.parts] == [PartState.DONE] * 2
    assert all(each.ended for each in hall.hired)


def test_a_plan_that_is_over_hires_nobody(hall: Hall) -> None:
    plan = hall.plan(0)
    hall.crew(plan).run()
    assert hall.hired == []


def test_what_a_killed_process_held_is_free_at_once_and_another_takes_its_place(
    hall: Hall,
) -> None:
    plan = hall.plan(1)

    def dies() -> None:
        hall.takes(0, plan)
        hall.hired[0].exitcode = -9

    hall.script = [dies, lambda: hall.does(1, plan)]
    done = hall.crew(plan, jobs=1).run()
    assert [each.name for each in hall.hired] == ["me/1", "me/2"]
    assert (done.parts[0].state, done.parts[0].attempt) == (PartState.DONE, 2)


def test_a_part_that_kills_every_process_is_left_alone_with_the_reason(hall: Hall) -> None:
    plan = hall.plan(1)

    def dies() -> None:
        hall.takes(-1, plan)
        hall.hired[-1].exitcode = -9

    hall.script = [dies] * DEATHS + [lambda: None]
    part = hall.crew(plan, jobs=1).run().parts[0]
    assert part.state is PartState.FAILED
    assert f"{DEATHS} processes were killed" in (part.error or "")
    assert len(hall.hired) == DEATHS


def test_a_database_that_stays_away_ends_the_run(hall: Hall) -> None:
    plan = hall.plan(2)

    def lost() -> None:
        hall.hired[0].exitcode = STORE_LOST

    hall.script = [lost]
    with pytest.raises(StoreError, match="stays away"):
        hall.crew(plan).run()
    assert hall.hired[1].ended


def test_who_asks_for_the_end_waits_for_the_processes_and_frees_what_they_held(
    hall: Hall,
) -> None:
    plan = hall.plan(2)

    def stops() -> None:
        hall.takes(0, plan)
        hall.stop = True

    hall.script = [stops]
    hall.crew(plan).run()
    assert all(each.ended for each in hall.hired)
    with hall.store.reading() as tx:
        parts = tx.backfills.get(plan.id).parts
    assert [(each.state, each.holder) for each in parts] == [(PartState.WAITING, None)] * 2


def test_what_another_run_holds_is_waited_for_until_its_lease_is_over(hall: Hall) -> None:
    plan = hall.plan(1)
    with hall.store.writing() as tx:
        tx.backfills.claim(plan.id, "other", NOW, NOW + LEASE)

    def late() -> None:
        assert hall.hired == []
        hall.now = NOW + 2 * LEASE

    def takes_over() -> None:
        with hall.store.writing() as tx:
            part = tx.backfills.claim(plan.id, hall.hired[0].name, hall.now, hall.now + LEASE)
            assert part is not None
            tx.backfills.finish(part, 1.0, hall.now)

    hall.script = [late, takes_over]
    assert hall.crew(plan).run().parts[0].state is PartState.DONE


def test_how_far_it_has_come_is_told_at_every_look_and_in_the_end(hall: Hall) -> None:
    plan = hall.plan(2)
    hall.script = [lambda: hall.does(0, plan), lambda: hall.does(0, plan)]
    hall.crew(plan).run()
    assert [each.done for each in hall.told] == [0, 1, 2, 2]
