"""Plans of many files and their parts, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import ClaimLostError
from service.records import Tally
from service.records.backfills import PartState, PlannedFile
from tests.papers import NOW

if TYPE_CHECKING:
    from service.records.backfills import Backfill, Part
    from service.store import Store

LEASE = timedelta(minutes=5)
LATE = NOW + LEASE + timedelta(seconds=1)
FILES = tuple(PlannedFile(f"/lab/{n}.xml.gz", 100 + n, f"{n:032x}") for n in range(3))


def opened(store: Store, key: str = "key", files: tuple[PlannedFile, ...] = FILES) -> Backfill:
    with store.writing() as tx:
        return tx.backfills.open(key, "pubmed", None, files, NOW)


def claimed(store: Store, plan: Backfill, holder: str = "one", at=NOW, part=None) -> Part | None:
    with store.writing() as tx:
        return tx.backfills.claim(plan.id, holder, at, at + LEASE, part)


def taken(store: Store, plan: Backfill, holder: str = "one") -> Part:
    found = claimed(store, plan, holder)
    assert found is not None
    return found


def now(store: Store, plan: Backfill) -> Backfill:
    with store.reading() as tx:
        return tx.backfills.get(plan.id)


def noted(store: Store, part: Part, batch: int, tally: Tally, **more) -> None:
    with store.writing() as tx:
        tx.backfills.note(part, batch, tally, read=10 * (batch + 1), until=NOW + LEASE, **more)


# -- plans


def test_a_plan_has_a_part_for_each_file_in_their_order(store: Store) -> None:
    plan = opened(store)
    assert [(each.position, each.file, each.size, each.checksum) for each in plan.parts] == [
        (n, each.file, each.size, each.checksum) for n, each in enumerate(FILES)
    ]
    assert {each.state for each in plan.parts} == {PartState.WAITING}
    assert (plan.source, plan.encoder, plan.created_at, plan.finished_at) == (
        "pubmed",
        None,
        NOW,
        None,
    )


def test_the_same_key_opens_the_same_plan_with_what_was_done(store: Store) -> None:
    plan = opened(store)
    part = taken(store, plan)
    noted(store, part, 0, Tally(new=3))
    again = opened(store)
    assert again.id == plan.id
    assert [each.id for each in again.parts] == [each.id for each in plan.parts]
    assert again.parts[0].tally == Tally(new=3)


def test_files_that_were_moved_are_read_where_they_are_now(store: Store) -> None:
    opened(store)
    moved = tuple(PlannedFile(f"/new/{n}.xml.gz", 100 + n, f"{n:032x}") for n in range(3))
    assert [each.file for each in opened(store, files=moved).parts] == [m.file for m in moved]


def test_two_that_open_a_plan_at_once_make_its_parts_once(store: Store) -> None:
    found: list[Backfill] = []
    threads = [threading.Thread(target=lambda: found.append(opened(store))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({each.id for each in found}) == 1
    assert [len(each.parts) for each in found] == [3] * 4


def test_a_plan_that_was_forgotten_begins_anew(store: Store) -> None:
    plan = opened(store)
    noted(store, taken(store, plan), 0, Tally(new=3))
    with store.writing() as tx:
        tx.backfills.forget(plan.id)
        assert tx.backfills.find("key") is None
    assert opened(store).parts[0].stored == frozenset()


def test_all_plans_are_told_the_newest_first(store: Store) -> None:
    first, second = opened(store, "first"), opened(store, "second", FILES[:1])
    with store.reading() as tx:
        assert [each.id for each in tx.backfills.all()] == [second.id, first.id]


# -- claims


def test_parts_are_claimed_in_their_order_each_by_one(store: Store) -> None:
    plan = opened(store)
    found = [claimed(store, plan, name) for name in ("one", "two", "three")]
    assert [each and each.position for each in found] == [0, 1, 2]
    assert claimed(store, plan, "four") is None


def test_many_that_claim_at_once_never_get_the_same_part(store: Store) -> None:
    files = tuple(PlannedFile(f"/lab/{n}", n, f"{n:032x}") for n in range(12))
    plan, found = opened(store, files=files), list[int]()

    def work(name: str) -> None:
        while (part := claimed(store, plan, name)) is not None:
            found.append(part.id)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    # One that finds the first free row locked may go home early; the next takes what is left.
    work("last")
    assert sorted(found) == sorted(each.id for each in plan.parts)


def test_what_a_holder_let_run_out_is_taken_over_and_its_late_results_are_refused(
    store: Store,
) -> None:
    plan = opened(store, files=FILES[:1])
    slow = taken(store, plan, "slow")
    assert claimed(store, plan, "quick") is None
    quick = claimed(store, plan, "quick", at=LATE)
    assert quick is not None
    assert quick.attempt == slow.attempt + 1
    for late in (
        lambda tx: tx.backfills.standing(slow),
        lambda tx: tx.backfills.note(slow, 0, Tally(new=1), read=1, until=LATE),
        lambda tx: tx.backfills.finish(slow, 1.0, LATE),
    ):
        with pytest.raises(ClaimLostError, match="taken over"), store.writing() as tx:
            late(tx)
    with store.writing() as tx:
        tx.backfills.release(slow, 1.0)  # says nothing, changes nothing
    assert now(store, plan).parts[0].holder == "quick"
    with store.writing() as tx:
        assert tx.backfills.standing(quick) == frozenset()


def test_a_named_part_is_had_again_by_its_own_holder_and_fences_off_its_first_try(
    store: Store,
) -> None:
    plan = opened(store)
    first = taken(store, plan)
    again = claimed(store, plan, "one", part=first.id)
    assert again is not None
    assert (again.id, again.attempt) == (first.id, first.attempt + 1)
    assert claimed(store, plan, "two", part=first.id) is None
    with pytest.raises(ClaimLostError), store.writing() as tx:
        tx.backfills.standing(first)


def test_what_the_dead_held_is_free_at_once(store: Store) -> None:
    plan = opened(store)
    taken(store, plan, "dead")
    alive = taken(store, plan, "alive")
    with store.writing() as tx:
        assert tx.backfills.free(plan.id, ["dead", "unknown"]) == 1
        assert tx.backfills.free(plan.id, []) == 0
    states = [each.state for each in now(store, plan).parts]
    assert states == [PartState.WAITING, PartState.TAKEN, PartState.WAITING]
    assert now(store, plan).parts[1].holder == alive.holder


# -- batches


def test_batches_are_noted_once_with_what_became_of_their_records(store: Store) -> None:
    plan = opened(store)
    part = taken(store, plan)
    noted(store, part, 0, Tally(new=3, dropped={"no id": 1}), deleted=["7"])
    noted(store, part, 1, Tally(new=1, changed=2, lacking={"doi": 2}), deleted=["8", "7"])
    found = now(store, plan).parts[0]
    assert found.stored == {0, 1}
    assert found.tally == Tally(new=4, changed=2)
    assert (found.tally.dropped, found.tally.lacking) == ({"no id": 1}, {"doi": 2})
    assert found.read == 20
    with store.reading() as tx:
        assert tx.backfills.deleted(plan.id) == ["7", "8"]


def test_a_batch_that_is_undone_is_not_noted(store: Store) -> None:
    plan = opened(store)
    part = taken(store, plan)

    def killed() -> None:
        with store.writing() as tx:
            tx.backfills.note(part, 0, Tally(new=3), read=10, until=LATE)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        killed()
    assert now(store, plan).parts[0].stored == frozenset()


def test_storing_a_batch_keeps_the_part_for_longer(store: Store) -> None:
    plan = opened(store, files=FILES[:1])
    part = taken(store, plan)
    with store.writing() as tx:
        tx.backfills.note(part, 0, Tally(), read=1, until=LATE + LEASE)
    assert claimed(store, plan, "two", at=LATE) is None


# -- ends


def test_a_part_that_is_done_is_nobodys_and_never_claimed_again(store: Store) -> None:
    plan = opened(store, files=FILES[:1])
    part = taken(store, plan)
    with store.writing() as tx:
        done = tx.backfills.finish(part, 2.5, NOW)
    assert (done.state, done.holder, done.seconds, done.error) == (PartState.DONE, None, 2.5, None)
    assert (done.started_at, done.finished_at) == (NOW, NOW)
    assert claimed(store, plan, "two", at=LATE) is None


def test_a_failed_part_waits_for_a_person(store: Store) -> None:
    plan = opened(store, files=FILES[:1])
    with store.writing() as tx:
        tx.backfills.finish(taken_in(tx, plan), 1.0, NOW, "damaged")
        tx.backfills.over(plan.id, NOW)
    assert claimed(store, plan, "two", at=LATE) is None
    assert now(store, plan).parts[0].error == "damaged"
    with store.writing() as tx:
        assert tx.backfills.retry(plan.id) == 1
    again = now(store, plan)
    assert (again.parts[0].state, again.parts[0].error) == (PartState.WAITING, None)
    assert again.finished_at is None
    assert claimed(store, plan, "two") is not None


def taken_in(tx, plan: Backfill) -> Part:
    part = tx.backfills.claim(plan.id, "one", NOW, NOW + LEASE)
    assert part is not None
    return part


def test_nothing_to_retry_leaves_a_plan_over(store: Store) -> None:
    plan = opened(store)
    with store.writing() as tx:
        tx.backfills.over(plan.id, NOW)
        assert tx.backfills.retry(plan.id) == 0
    assert now(store, plan).finished_at == NOW


def test_the_seconds_of_all_attempts_are_added(store: Store) -> None:
    plan = opened(store)
    with store.writing() as tx:
        tx.backfills.release(taken_in(tx, plan), 1.5)
        part = taken_in(tx, plan)
        tx.backfills.finish(part, 2.0, NOW)
    found = now(store, plan).parts[0]
    assert (found.seconds, found.attempt) == (3.5, 2)


def test_vectors_are_counted_by_part(store: Store) -> None:
    plan = opened(store)
    with store.writing() as tx:
        tx.backfills.embedded(plan.parts[0].id, 3)
        tx.backfills.embedded(plan.parts[0].id, 4)
    assert now(store, plan).parts[0].embedded == 7
