from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from service.delivery.sending import deliver
from service.records import Delivery, DeliveryState, Outcome
from tests.factories import delivery
from tests.fakes import START, FakeChannel, FakeOutbox, FixedClock

SENT = Outcome(DeliveryState.SENT, "ok", provider_id="171.5")
IN_DOUBT = Outcome(DeliveryState.UNKNOWN, "no answer")
ABSENT = Outcome(DeliveryState.RETRY, "not in the channel")


def ready(identity: str = "d1", **changes: object) -> Delivery:
    return delivery(id=identity, state=DeliveryState.READY, attempt=0, started_at=None, **changes)


def run(
    outbox: FakeOutbox, channel: FakeChannel, time: FixedClock | None = None
) -> list[DeliveryState]:
    outbox.time = time or outbox.time
    done = deliver(outbox, {channel.name: channel})
    return [change.state for _, change in done]


def test_everything_that_is_due_is_sent_once() -> None:
    outbox, channel = FakeOutbox([ready("d1"), ready("d2")]), FakeChannel([SENT, SENT])
    assert run(outbox, channel) == [DeliveryState.SENT, DeliveryState.SENT]
    assert [(one.id, one.attempt) for one in channel.sent] == [("d1", 1), ("d2", 1)]
    assert outbox.last["provider_id"] == "171.5"
    assert run(outbox, channel) == []


def test_nothing_due_is_nothing_done() -> None:
    assert run(FakeOutbox(), FakeChannel()) == []


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (Outcome(DeliveryState.RETRY, "429", wait=90.0), 90.0),
        (Outcome(DeliveryState.RETRY, "refused"), 300.0),
        (IN_DOUBT, 30.0),
        (Outcome(DeliveryState.DEAD, "channel_not_found", remedy="invite it"), None),
        (SENT, None),
    ],
    ids=["throttled", "refused", "in doubt", "dead", "sent"],
)
def test_every_outcome_is_recorded_with_when_to_act_again(
    outcome: Outcome, wait: float | None
) -> None:
    outbox = FakeOutbox([ready()])
    assert run(outbox, FakeChannel([outcome])) == [outcome.state]
    assert outbox.states() == {"d1": outcome.state}
    again = None if wait is None else START + timedelta(seconds=wait)
    assert (outbox.last["not_before"], outbox.last["remedy"]) == (again, outcome.remedy)


def test_an_exception_while_sending_leaves_it_in_doubt() -> None:
    outbox, channel = FakeOutbox([ready("d1"), ready("d2")]), FakeChannel([OSError("boom"), SENT])
    assert run(outbox, channel) == [DeliveryState.UNKNOWN, DeliveryState.SENT]
    assert outbox.finished[0][2] == "unexpected OSError: boom"


def test_an_exception_while_looking_leaves_it_in_doubt() -> None:
    outbox = FakeOutbox([ready("d1"), ready("d2")])
    time, channel = FixedClock(), FakeChannel([IN_DOUBT, SENT], [OSError("boom")])
    run(outbox, channel, time)
    time.pass_time(seconds=30)
    assert run(outbox, channel, time) == [DeliveryState.UNKNOWN]
    assert outbox.last["not_before"] > time.at


def test_one_in_doubt_is_looked_for_until_it_is_found() -> None:
    time, outbox = FixedClock(), FakeOutbox([ready()])
    channel = FakeChannel([IN_DOUBT], [IN_DOUBT, SENT])
    run(outbox, channel, time)
    time.pass_time(seconds=29)
    assert run(outbox, channel, time) == []
    time.pass_time(seconds=1)
    assert run(outbox, channel, time) == [DeliveryState.UNKNOWN]
    time.pass_time(seconds=3600)
    assert run(outbox, channel, time) == [DeliveryState.SENT]
    assert len(channel.sent) == 1


def test_one_proved_absent_twice_is_sent_again_once() -> None:
    time, outbox = FixedClock(), FakeOutbox([ready()])
    channel = FakeChannel([IN_DOUBT, IN_DOUBT], [ABSENT] * 4)
    states: list[DeliveryState] = []
    for _ in range(30):
        states += run(outbox, channel, time)
        time.pass_time(seconds=30)
    assert [one.attempt for one in channel.sent] == [1, 2]
    assert states == [
        DeliveryState.UNKNOWN,  # sent, no answer
        DeliveryState.UNKNOWN,  # absent, but it is early
        DeliveryState.RETRY,  # still absent
        DeliveryState.UNKNOWN,  # sent again, no answer
        DeliveryState.UNKNOWN,
        DeliveryState.UNKNOWN,  # left to a person
    ]
    assert "by hand" in outbox.last["remedy"]


def test_a_result_that_comes_too_late_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    outbox = FakeOutbox([ready()], taken_over={"d1"})
    run(outbox, FakeChannel([SENT]))
    assert outbox.states() == {"d1": DeliveryState.SENDING}
    assert "another worker had decided" in caplog.text


def test_a_sender_that_went_silent_leaves_its_delivery_in_doubt() -> None:
    lost = delivery(id="d1", state=DeliveryState.SENDING)
    outbox = FakeOutbox([lost], silent=[lost])
    assert run(outbox, FakeChannel()) == [DeliveryState.UNKNOWN]
    assert outbox.states() == {"d1": DeliveryState.UNKNOWN}


def test_parts_without_a_thread_to_come_are_cancelled() -> None:
    orphan = replace(ready("d2"), part=2, parts=2)
    outbox = FakeOutbox(threadless=[orphan])
    assert run(outbox, FakeChannel()) == [DeliveryState.CANCELLED]
    [(identity, state, why)] = outbox.finished
    assert (identity, state) == ("d2", DeliveryState.CANCELLED)
    assert "part 1 did not arrive" in why


def test_what_waits_for_a_stopped_subscription_is_cancelled_with_the_reason() -> None:
    outbox = FakeOutbox(ended=[(ready("d1"), "unsubscribed")])
    assert run(outbox, FakeChannel()) == [DeliveryState.CANCELLED]
    [(_, _, why)] = outbox.finished
    assert "unsubscribed" in why


def test_a_worker_that_was_held_up_after_claiming_does_not_send() -> None:
    """T40. Nothing went out, so this is no doubt: it goes back and is sent by whoever is next."""
    outbox, channel = FakeOutbox([ready("d1"), ready("d2")], held_up={"d1"}), FakeChannel([SENT])
    assert run(outbox, channel) == [DeliveryState.RETRY, DeliveryState.SENT]
    assert [one.id for one in channel.sent] == ["d2"]
    outbox.held_up.clear()
    outbox.time.pass_time(seconds=1)
    channel.answers = [SENT]
    assert run(outbox, channel) == [DeliveryState.SENT]
    assert outbox.states() == {"d1": DeliveryState.SENT, "d2": DeliveryState.SENT}


def test_a_worker_that_lost_its_claim_notes_that_and_goes_on() -> None:
    """T40. Another has decided since: what this one says is an event and nothing more."""
    outbox = FakeOutbox([ready("d1"), ready("d2")], held_up={"d1"}, taken_over={"d1"})
    channel = FakeChannel([SENT])
    run(outbox, channel)
    assert outbox.states() == {"d1": DeliveryState.SENDING, "d2": DeliveryState.SENT}
    assert outbox.finished[0][2].startswith("not sent")


def test_every_decision_is_made_by_the_time_of_the_outbox() -> None:
    """T43. The machine's clock has no say: nothing here knows one."""
    outbox = FakeOutbox([ready()], time=FixedClock(START + timedelta(minutes=10)))
    run(outbox, FakeChannel([Outcome(DeliveryState.RETRY, "429", wait=90.0)]))
    ten_minutes_and_the_wait = START + timedelta(seconds=690)
    assert (outbox.last["now"], outbox.last["not_before"]) == (
        outbox.time.at,
        ten_minutes_and_the_wait,
    )


@pytest.mark.parametrize("plain", [False, True])
def test_that_the_next_try_is_text_alone_is_recorded(plain: bool) -> None:
    """T58."""
    outbox = FakeOutbox([ready()])
    run(outbox, FakeChannel([Outcome(DeliveryState.RETRY, "invalid_blocks", plain=plain)]))
    assert outbox.last["plain"] is plain


def test_a_request_to_stop_is_heeded_between_two_deliveries() -> None:
    outbox, channel = FakeOutbox([ready("d1"), ready("d2")]), FakeChannel([SENT, SENT])
    deliver(outbox, {"slack": channel}, lambda: len(channel.sent) == 1)
    assert outbox.states() == {"d1": DeliveryState.SENT, "d2": DeliveryState.READY}


def test_a_delivery_that_never_leaves_the_queue_does_not_hold_the_worker_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.delivery.sending._MOST", 5)
    outbox = FakeOutbox([ready()])
    monkeypatch.setattr(outbox, "finish", lambda *_args, **_told: True)
    monkeypatch.setattr(outbox, "claim", lambda _now: ready())
    channel = FakeChannel([SENT] * 9)
    run(outbox, channel)
    assert len(channel.sent) == 5
