"""The store as the poller and the sender see it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service.clock import Clock, standing
from service.errors import TransientError
from service.records import (
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
from tests.factories import digest_content
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from service.protocols import Outbox, PollBook

HOUR = timedelta(hours=1)
REPORT = WindowReport(
    Window(date(2026, 11, 9), date(2026, 11, 16)), SweepKind.RECENT, "q", None, 1, 1, end_sign=True
)


def test_a_poll_book_keeps_marks_states_and_receipts(store: Store) -> None:
    book: PollBook = StoredPollBook(store, "a")
    assert book.first_polled("pubmed", NOW) == NOW
    assert book.claim("pubmed", NOW, force=False)
    assert not StoredPollBook(store, "b").claim("pubmed", NOW, force=False)
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
    assert (state.error, state.not_before) == (None, NOW + 6 * HOUR)


def test_a_poller_that_died_holds_its_source_for_minutes(store: Store) -> None:
    StoredPollBook(store, "dead").claim("pubmed", NOW, force=False)
    book = StoredPollBook(store, "b")
    assert not book.claim("pubmed", NOW + HOUR / 4, force=True)
    assert book.claim("pubmed", NOW + HOUR, force=False)


def test_ids_that_the_archive_does_not_hold_are_unknown(archive: Archive) -> None:
    archive.take_in(paper(1))
    book = StoredPollBook(archive.store, "a")
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


def test_a_held_source_stays_with_its_poller_and_a_dead_ones_is_freed(store: Store) -> None:
    mine, other = StoredPollBook(store, "a"), StoredPollBook(store, "b")
    assert mine.claim("pubmed", NOW, force=False)
    mine.hold("pubmed", NOW + 2 * HOUR)
    assert not other.claim("pubmed", NOW + 2 * HOUR, force=False)
    other.hold("pubmed", NOW + 9 * HOUR)  # not its own: changes nothing
    assert other.claim("pubmed", NOW + 3 * HOUR, force=False)


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
