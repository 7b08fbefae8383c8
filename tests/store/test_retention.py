"""What is past its time is removed, a little at a time; nothing that is needed is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, text

from service import retaining
from service.delivery.moves import Move, Surroundings, moved
from service.errors import InputError
from service.records import Alarm, Bounce, DeliveryState, RankingRun, Severity, Subscription
from service.records.retained import Kept
from service.retaining import Terms
from service.store.schema import DeliveryRow, VoteRow
from service.store.schema_watch import RankingRunRow
from tests.papers import NOW, Archive, paper
from tests.sent_digests import freeze_digest

if TYPE_CHECKING:
    from datetime import datetime

    from service.store import Store

HERS = Subscription("hers", ("stroma",), "email", "ida@example.org")
RENDERED, RANKINGS, ALARMS, BOUNCES = Kept
OLD = NOW - timedelta(days=100)
GONE = f"its bytes were removed by retention on {NOW:%Y-%m-%d}"
EVERYTHING = Terms(dict.fromkeys((RENDERED, RANKINGS, ALARMS, BOUNCES), 90))


@pytest.fixture
def sent(archive: Archive) -> Archive:
    """Digests of a hundred days ago and of today, both sent; and one of then that still waits."""
    archive.take_in(paper(1), paper(2), paper(3))
    with archive.store.writing() as tx:
        tx.subscriptions.sync([HERS, replace(HERS, name="other")], OLD)
    freeze_digest(replace(archive, now=OLD), HERS, [1], key="old")
    freeze_digest(archive, HERS, [2], key="new")
    freeze_digest(replace(archive, now=OLD), replace(HERS, name="other"), [3], key="waits")
    _becomes(archive.store, "old-1", "sent")
    _becomes(archive.store, "new-1", "sent")
    return archive


def _becomes(store: Store, delivery: str, state: str) -> None:
    with store.engine.begin() as connection:
        changed = "UPDATE delivery SET state = :state WHERE id = :id"
        connection.execute(text(changed), {"state": state, "id": delivery})


def _bytes(store: Store) -> dict[str, bytes]:
    with store.reading() as tx:
        return {
            line.id: tx.deliveries.get(line.id).payload for line in tx.deliveries.lines(limit=9)
        }


def remove(store: Store, terms: Terms = EVERYTHING, now: datetime = NOW) -> dict[Kept, int]:
    return retaining.remove(store, terms, now)


def test_without_terms_everything_is_kept(sent: Archive) -> None:
    assert retaining.past(sent.store, Terms({}), NOW) == {}
    assert remove(sent.store, Terms({})) == {}
    assert remove(sent.store, Terms({RENDERED: 0})) == {}
    assert all(_bytes(sent.store).values())


@pytest.mark.parametrize("state", ["sent", "dead", "cancelled"])
def test_bytes_go_when_they_are_old_and_nothing_waits_for_them(sent: Archive, state: str) -> None:
    _becomes(sent.store, "old-1", state)
    assert retaining.past(sent.store, EVERYTHING, NOW)[RENDERED] == 1
    assert remove(sent.store)[RENDERED] == 1
    assert _bytes(sent.store) == {"old-1": b"", "new-1": b"bytes", "waits-1": b"bytes"}
    with sent.store.reading() as tx:
        assert tx.deliveries.events("old-1")[-1] == (NOW, state, state, GONE)
        assert tx.retention.removed(["old-1", "new-1"]) == {"old-1": GONE}
        assert tx.deliveries.line("old-1").state == state
    assert remove(sent.store)[RENDERED] == 0


@pytest.mark.parametrize("state", ["ready", "retry", "sending", "unknown"])
def test_bytes_that_may_still_be_sent_stay(sent: Archive, state: str) -> None:
    _becomes(sent.store, "old-1", state)
    assert remove(sent.store)[RENDERED] == 0
    assert _bytes(sent.store)["old-1"] == b"bytes"


def test_what_was_sent_stays_known(sent: Archive) -> None:
    """Neither the digest nor what its readers have had changes with its bytes."""
    with sent.store.reading() as tx:
        before = tx.digests.past(), tx.digests.sent_works("hers"), tx.digests.content("old")
        whole = tx.deliveries.get("old-1")
    remove(sent.store)
    with sent.store.reading() as tx:
        after = tx.digests.past(), tx.digests.sent_works("hers"), tx.digests.content("old")
        assert tx.deliveries.get("old-1") == replace(whole, payload=b"")
    assert after == before


def test_what_has_no_bytes_is_not_sent_again(sent: Archive) -> None:
    _becomes(sent.store, "old-1", "dead")
    remove(sent.store)
    with sent.store.reading() as tx:
        delivery = tx.deliveries.get("old-1")
    around = Surroundings(DeliveryState.DEAD)
    with pytest.raises(InputError, match="has no bytes any more"):
        moved(delivery, Move.RETRY, around, by="Rei", now=NOW, message="")


def test_later_parts_without_bytes_do_not_wait_for_the_first_again(sent: Archive) -> None:
    with sent.store.engine.begin() as connection:
        connection.execute(
            text("UPDATE delivery SET state = 'cancelled', part = 2 WHERE id = 'old-1'")
        )
    with sent.store.writing() as tx:
        first = replace(tx.deliveries.get("old-1"), part=1)
        tx.retention.remove(RENDERED, NOW - timedelta(days=90), NOW, 9)
        assert tx.deliveries.revive(first, "again", NOW) == 0


def test_receipts_of_rankings_go_but_for_those_of_digests(archive: Archive) -> None:
    runs = [_run(OLD), _run(NOW), _run(OLD, digest="old")]
    with archive.store.engine.begin() as connection:
        connection.execute(insert(RankingRunRow), runs)
    assert remove(archive.store)[RANKINGS] == 1
    with archive.store.reading() as tx:
        assert {(run.at, run.digest) for run in tx.runs.latest(9)} == {(NOW, None), (OLD, "old")}


def _run(at: datetime, digest: str | None = None) -> dict[str, object]:
    kinds = {"int": 0, "float": 0.0, "str": "x"}
    fields = RankingRun.__dataclass_fields__
    made: dict[str, object] = {
        name: kinds.get(str(each.type), "x") for name, each in fields.items()
    }
    return made | {"at": at, "digest": digest}


def test_alarms_go_when_they_have_been_over_for_long(store: Store) -> None:
    def alarm(key: str) -> Alarm:
        return Alarm(key, Severity.WARNING, key, "is so", "mend it")

    with store.writing() as tx:
        tx.alarms.take_stock([alarm("over"), alarm("holds")], OLD - timedelta(days=1))
        tx.alarms.take_stock([alarm("holds")], OLD)
    assert remove(store, now=OLD)[ALARMS] == 0
    assert remove(store)[ALARMS] == 1
    with store.reading() as tx:
        assert [each.alarm.key for each in tx.alarms.latest(9)] == ["holds"]


def test_mails_that_came_back_go(sent: Archive) -> None:
    with sent.store.writing() as tx:
        for delivery, at in (("old-1", OLD), ("new-1", NOW)):
            tx.bounces.add(
                Bounce(delivery, "ida@example.org", hard=False, status="", detail=""), at
            )
    assert remove(sent.store)[BOUNCES] == 1
    with sent.store.reading() as tx:
        assert [line.delivery_id for line in tx.bounces.lines()] == ["new-1"]


def test_much_goes_in_small_transactions_and_can_be_stopped_between_two(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "BATCH", 2)
    with archive.store.engine.begin() as connection:
        connection.execute(insert(RankingRunRow), [_run(OLD) for _ in range(5)])
    turns = []

    class StopError(Exception):
        pass

    def go_on() -> None:
        turns.append(_runs(archive.store))
        if len(turns) == 3:
            raise StopError

    with pytest.raises(StopError):
        retaining.remove(archive.store, Terms({RANKINGS: 90}), NOW, go_on)
    assert turns == [5, 3, 1]
    assert remove(archive.store, Terms({RANKINGS: 90})) == {RANKINGS: 1}


def _runs(store: Store) -> int:
    with store.engine.connect() as connection:
        return connection.execute(select(func.count(RankingRunRow.id))).scalar_one()


def test_what_another_worker_has_emptied_leaves_no_second_event(sent: Archive) -> None:
    """Both have chosen the same row before either has written."""
    with sent.store.writing() as tx:
        assert tx.retention._empty(["old-1"], NOW) == 1
    with sent.store.writing() as tx:
        assert tx.retention._empty(["old-1"], NOW) == 0
        assert [event[3] for event in tx.deliveries.events("old-1")].count(GONE) == 1


def test_votes_and_works_are_in_no_terms() -> None:
    """Whatever is set, only these four kinds are looked at."""
    from service.store.retention import _past

    tables = {_past(kind, NOW)[0] for kind in retaining.WORDS}
    assert VoteRow not in tables
    assert len(tables) == 4
    assert DeliveryRow in tables  # which are emptied, not deleted
