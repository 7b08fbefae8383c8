"""The store as the poller and the sender see it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.clock import Clock, standing
from service.errors import ClaimLostError, StoreError, TransientError
from service.records import (
    Batch,
    DeliveryState,
    RenderedPart,
    StopReason,
    Subscription,
    SweepKind,
    SweepMark,
    Tally,
    Validators,
    Window,
    WindowReport,
)
from service.store import Store, StoredOutbox, StoredPollBook
from service.store.dialect import database_time
from service.store.holding import Holding
from service.store.sources import Sources
from tests.factories import digest_content
from tests.papers import NOW, Archive, paper, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from service.protocols import Outbox, PollBook

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)
REPORT = WindowReport(
    Window(date(2026, 11, 9), date(2026, 11, 16)), SweepKind.RECENT, "q", None, 1, 1, end_sign=True
)


class Time:
    """The clock of the database."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


_HOLDING: list[Holding] = []


@pytest.fixture(autouse=True)
def _ends() -> Iterator[None]:
    yield
    while _HOLDING:
        _HOLDING.pop().close()


def books(store: Store, time: Time, *names: str) -> list[StoredPollBook]:
    """The books of several processes."""
    timed = Store(store.engine, time.now)
    made = [Holding(timed, name, lease=LEASE) for name in names]
    _HOLDING.extend(made)
    return [StoredPollBook(each) for each in made]


def test_a_poll_book_keeps_marks_states_and_receipts(store: Store) -> None:
    mine, other = books(store, Time(), "a", "b")
    book: PollBook = mine
    assert book.first_polled("pubmed", NOW) == NOW
    assert book.claim("pubmed", NOW, force=False)
    assert not other.claim("pubmed", NOW, force=True)
    book.receipt("pubmed", REPORT, Tally(new=1), NOW, NOW)
    mark = SweepMark(REPORT.window.end, NOW)
    book.set_mark("pubmed", SweepKind.RECENT, mark, Validators("e"))
    assert book.marks("pubmed") == {SweepKind.RECENT: mark}
    assert book.validators("pubmed", SweepKind.RECENT) == Validators("e")
    book.failed("pubmed", TransientError("pubmed", "HTTP 502"), NOW + HOUR)
    with store.reading() as tx:
        [state] = tx.sources.states()
    assert (state.error_code, state.error) == ("transient", "pubmed: HTTP 502")
    book.succeeded("pubmed", NOW, NOW + 6 * HOUR)
    book.release("pubmed")
    assert book.first_polled("pubmed", NOW + HOUR) == NOW
    with store.reading() as tx:
        [state] = tx.sources.states()
        assert tx.sources.count_receipts() == 1
        assert tx.claims.held() == []
    assert (state.error, state.not_before) == (None, NOW + 6 * HOUR)


def test_a_source_that_another_has_just_polled_is_not_polled_again(store: Store) -> None:
    mine, other = books(store, Time(), "a", "b")
    assert mine.claim("pubmed", NOW, force=False)
    mine.succeeded("pubmed", NOW, NOW + 6 * HOUR)
    mine.release("pubmed")
    assert not other.claim("pubmed", NOW, force=False)
    assert other.claim("pubmed", NOW, force=True)
    other.release("pubmed")
    assert other.claim("pubmed", NOW + 6 * HOUR, force=False)


def test_a_source_whose_poll_cannot_begin_is_not_held(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the claim another worker polled it, or the database went away."""
    [book] = books(store, Time(), "a")
    for outcome in (lambda *_, **__: False, _fails):
        monkeypatch.setattr(Sources, "begin", outcome)
        with suppress(StoreError):
            assert not book.claim("pubmed", NOW, force=False)
        with store.reading() as tx:
            assert tx.claims.held() == []


def _fails(*_: object, **__: object) -> bool:
    raise StoreError("db", "went away")


def test_a_poller_that_died_holds_its_source_until_its_lease_ends(store: Store) -> None:
    time = Time()
    dead, book = books(store, time, "dead", "b")
    assert dead.claim("pubmed", NOW, force=False)
    time.at = NOW + LEASE
    assert not book.claim("pubmed", NOW, force=True)
    time.at += timedelta(seconds=1)
    assert book.claim("pubmed", NOW, force=False)


def test_nothing_is_written_of_a_source_that_another_has_taken_over(archive: Archive) -> None:
    """T40 for polls: the first was asleep for longer than its lease, and wakes."""
    store, time = archive.store, Time()
    asleep, awake = books(store, time, "asleep", "awake")
    assert asleep.claim("pubmed", NOW, force=False)
    time.at += 2 * LEASE
    assert awake.claim("pubmed", NOW, force=False)
    mark = SweepMark(REPORT.window.end, NOW)
    writing: list[Callable[[], object]] = [
        lambda: asleep.receipt("pubmed", REPORT, Tally(new=1), NOW, NOW),
        lambda: asleep.set_mark("pubmed", SweepKind.RECENT, mark, None),
        lambda: asleep.succeeded("pubmed", NOW, NOW + HOUR),
        lambda: asleep.failed("pubmed", TransientError("pubmed", "HTTP 502"), NOW + HOUR),
        lambda: pipeline.take_in(
            archive.parts, Batch((record(paper(1)),)), "pubmed", fence=asleep.fence("pubmed")
        ),
    ]
    for write in writing:
        with pytest.raises(ClaimLostError, match="taken over"):
            write()
    asleep.release("pubmed")  # not its own any more
    with store.reading() as tx:
        [state] = tx.sources.states()
        assert (state.last_success_at, state.failures, state.not_before) == (None, 0, None)
        assert tx.sources.count_receipts() == tx.works.held() == 0
        assert tx.sources.marks("pubmed") == {}
        assert [claim.holder for claim in tx.claims.held()] == ["awake"]
    awake.set_mark("pubmed", SweepKind.RECENT, mark, None)


def test_what_was_never_claimed_cannot_be_written(store: Store) -> None:
    [book] = books(store, Time(), "a")
    with pytest.raises(ClaimLostError, match="not claimed"):
        book.succeeded("pubmed", NOW, NOW)


def test_ids_that_the_archive_does_not_hold_are_unknown(archive: Archive) -> None:
    archive.take_in(paper(1))
    [book] = books(archive.store, Time(), "a")
    assert book.unknown("pubmed", ["40000001", "2"]) == {"2"}
    assert book.unknown("pubmed", []) == set()


@pytest.fixture
def outbox(store: Store) -> Outbox:
    weekly = Subscription("stroma-weekly", (), "file", "x.html")
    with store.writing() as tx:
        tx.subscriptions.sync([weekly], NOW)
        parts = [RenderedPart("d1", 1, 1, b"x")]
        made = digest_content(digest_id="d")
        made = type(made)(
            **{n: getattr(made, n) for n in made.__dataclass_fields__} | {"sections": ()}
        )
        tx.digests.freeze(made, weekly, parts, revision=1, window=(0, 0), now=NOW)
    return StoredOutbox(store, "a", {"file": timedelta(minutes=1)})


def test_what_an_outbox_gives_is_committed_before_it_is_sent(outbox: Outbox, store: Store) -> None:
    one = outbox.claim(NOW)
    assert one is not None
    with store.reading() as tx:
        assert tx.deliveries.get("d1").state is DeliveryState.SENDING
    assert outbox.claim(NOW) is None
    assert outbox.expired(NOW) == []
    assert [d.id for d in outbox.expired(NOW + HOUR)] == ["d1"]
    assert outbox.orphans() == []
    for state, wanted in ((DeliveryState.UNKNOWN, True), (DeliveryState.DEAD, False)):
        assert (
            outbox.finish(
                one,
                state=state,
                not_before=NOW,
                detail="no answer",
                provider_id=None,
                remedy="",
                resend=False,
                plain=False,
                now=NOW,
            )
            is wanted
        )
    looked = outbox.claim_unknown(NOW)
    assert looked is not None
    assert looked.state is DeliveryState.UNKNOWN


def test_a_worker_takes_only_what_it_has_a_channel_for(outbox: Outbox, store: Store) -> None:
    other = StoredOutbox(store, "b", {"slack": HOUR})
    assert other.claim(NOW) is None
    assert other.claim_unknown(NOW) is None


def test_leases_and_due_times_are_by_the_databases_clock(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T43. A machine whose clock is a day ahead neither sends early nor judges the living dead;
    SQLite's machine is the database's own."""
    wrong = Clock().now() + timedelta(days=1)
    monkeypatch.setattr("service.store.dialect.Clock", lambda: standing(wrong))
    ahead = StoredOutbox(store, "ahead", {"file": HOUR}).now()
    if store.engine.dialect.name == "sqlite":
        assert ahead == wrong
    else:
        assert ahead < wrong - 23 * HOUR
        assert ahead.utcoffset() == timedelta(0)


def test_the_databases_clock_moves_within_a_transaction(store: Store) -> None:
    """A claim that waits for a lock must not begin its lease when the waiting began."""
    with store.engine.begin() as connection:
        first = database_time(connection)
        while database_time(connection) == first:
            pass
        assert database_time(connection) > first


def test_a_clock_that_was_put_in_its_place_beats_the_databases(store: Store) -> None:
    timed = Store(store.engine, lambda: NOW)
    assert StoredOutbox(timed, "a", {}).now() == timed.now() == NOW


def test_an_outbox_tells_whether_a_claim_stands_and_what_was_stopped(
    outbox: Outbox, store: Store
) -> None:
    timed = Store(store.engine, lambda: NOW + timedelta(seconds=29))
    late = Store(store.engine, lambda: NOW + timedelta(seconds=31))
    one = outbox.claim(NOW)
    assert one is not None
    assert StoredOutbox(timed, "a", {}).holds(one)
    assert not StoredOutbox(late, "a", {}).holds(one)
    assert outbox.stopped() == []
    with store.writing() as tx:
        tx.stops.stop("stroma-weekly", StopReason.UNSUBSCRIBED, "", NOW)
    assert outbox.stopped() == [], "it does not wait: it is being sent"
