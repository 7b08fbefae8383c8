"""Deliveries walked through time: never twice without need, never lost, never for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.delivery.outbox import (
    Policy,
    Transition,
    expired,
    may_go,
    next_state,
    orphaned,
    policy_of,
)
from service.records import DeliveryState, Outcome
from tests.factories import NOW, delivery

SLACK = policy_of("slack")
EMAIL = policy_of("email")
S = DeliveryState
ABSENT = Outcome(S.RETRY, "not found in the history")
UNCLEAR = Outcome(S.UNKNOWN, "no answer")


def seconds(transition: Transition) -> float | None:
    """When to act again, counted from NOW."""
    return transition.not_before and (transition.not_before - NOW).total_seconds()


def looked(outcome: Outcome, after: float, policy: Policy = SLACK, **changes: object) -> Transition:
    """What a look decides that many seconds after the attempt began."""
    unknown = delivery(state=S.UNKNOWN, **changes)
    return next_state(unknown, outcome, NOW + timedelta(seconds=after), policy)


def test_sent_and_dead_are_final() -> None:
    done = next_state(delivery(), Outcome(S.SENT, "posted", provider_id="17.1"), NOW, SLACK)
    assert (done.state, done.not_before, done.provider_id) == (S.SENT, None, "17.1")
    dead = next_state(delivery(), Outcome(S.DEAD, "no", remedy="invite it"), NOW, SLACK)
    assert (dead.state, dead.not_before, dead.remedy) == (S.DEAD, None, "invite it")


@pytest.mark.parametrize(
    ("attempt", "wait"), [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (9, 4000)]
)
def test_retries_wait_ever_longer(attempt: int, wait: float) -> None:
    told = next_state(delivery(attempt=attempt), Outcome(S.RETRY, "451"), NOW, EMAIL, since=NOW)
    assert (told.state, seconds(told)) == (S.RETRY, wait)
    assert not told.resend


def test_a_wait_that_was_asked_for_is_kept() -> None:
    told = next_state(delivery(), Outcome(S.RETRY, "429", wait=17), NOW, SLACK)
    assert seconds(told) == 17


def test_retrying_ends_after_five_days_with_a_notice() -> None:
    refused = Outcome(S.RETRY, "451 later")
    long_ago = NOW - timedelta(days=5)
    told = next_state(delivery(attempt=99), refused, NOW, EMAIL, since=long_ago)
    assert told.state is S.DEAD
    assert "5 days" in told.detail
    assert told.remedy
    earlier = next_state(
        delivery(attempt=99), refused, NOW, EMAIL, since=long_ago + timedelta(hours=1)
    )
    assert earlier.state is S.RETRY


def test_retrying_ends_also_when_nobody_says_since_when() -> None:
    refused = Outcome(S.RETRY, "451 later")
    assert next_state(delivery(attempt=107), refused, NOW, EMAIL).state is S.RETRY
    assert next_state(delivery(attempt=108), refused, NOW, EMAIL).state is S.DEAD


def test_an_unknown_slack_post_is_looked_for_twice_then_sent_once_more() -> None:
    assert seconds(next_state(delivery(), UNCLEAR, NOW, SLACK)) == 30
    first = looked(ABSENT, after=31)
    assert (first.state, seconds(first)) == (S.UNKNOWN, 300)
    second = looked(ABSENT, after=300)
    assert (second.state, second.resend) == (S.RETRY, True)
    again = looked(ABSENT, after=300, resends=1)
    assert (again.state, again.not_before) == (S.UNKNOWN, None)
    assert again.remedy


def test_a_found_post_is_sent() -> None:
    told = looked(Outcome(S.SENT, "found", provider_id="17.1"), after=31)
    assert (told.state, told.provider_id) == (S.SENT, "17.1")


def test_a_look_that_failed_is_repeated_and_never_leads_to_a_resend() -> None:
    told = looked(Outcome(S.UNKNOWN, "429", wait=600), after=400)
    assert (told.state, seconds(told), told.resend) == (S.UNKNOWN, 1000, False)
    tired = looked(UNCLEAR, after=timedelta(days=6).total_seconds())
    assert tired.not_before is None
    assert tired.remedy


def test_a_look_that_can_never_tell_is_held_for_a_person() -> None:
    told = looked(Outcome(S.UNKNOWN, "missing_scope", remedy="add the scope"), after=31)
    assert (told.state, told.not_before, told.remedy) == (S.UNKNOWN, None, "add the scope")


def test_an_unknown_mail_is_sent_once_more_after_five_minutes() -> None:
    assert seconds(next_state(delivery(channel="email"), UNCLEAR, NOW, EMAIL)) == 300
    assert looked(ABSENT, after=300, policy=EMAIL).resend
    assert looked(ABSENT, after=300, policy=EMAIL, resends=1).not_before is None


def test_a_worker_that_went_silent_leaves_an_unknown_never_a_ready() -> None:
    told = expired(NOW, SLACK)
    assert (told.state, seconds(told), told.resend) == (S.UNKNOWN, 30, False)


def test_later_parts_wait_for_the_thread_and_are_cancelled_without_hope() -> None:
    later = delivery(part=2, parts=2)
    assert may_go(delivery(), None)
    assert not may_go(later, S.SENDING)
    assert not may_go(later, S.SENT), "part 1 is sent but its thread is not known yet"
    assert may_go(delivery(part=2, parts=2, thread="17.1"), S.SENT)
    assert orphaned(later, S.DEAD)
    assert not orphaned(later, S.UNKNOWN)
    assert not orphaned(delivery(), S.DEAD)


@given(
    st.lists(st.sampled_from(["posted", "lost", "kept", "refused"]), min_size=1, max_size=8),
    st.sampled_from(["slack", "email"]),
)
def test_at_most_one_copy_ever_and_no_endless_sending(fates: list[str], channel: str) -> None:
    """Each sending is posted, refused, or unclear with and without having arrived. With a
    history to look at no copy is made; without one (mail) at most one."""
    policy, one, visible, now = policy_of(channel), delivery(channel=channel), 0, NOW
    queue = list(fates)
    for _ in range(100):
        if one.state is S.SENDING:
            fate = queue.pop(0) if queue else "posted"
            visible += fate in {"posted", "kept"}
            outcome = {"posted": Outcome(S.SENT, ""), "refused": Outcome(S.RETRY, "")}.get(
                fate, UNCLEAR
            )
        else:
            seen = channel == "slack" and visible
            outcome = Outcome(S.SENT, "found") if seen else ABSENT
        told = next_state(one, outcome, now, policy, since=NOW)
        if told.not_before is None:
            break
        now = told.not_before
        sending = told.state is S.RETRY
        one = delivery(
            channel=channel,
            state=S.SENDING if sending else S.UNKNOWN,
            attempt=one.attempt + sending,
            started_at=now if sending else one.started_at,
            resends=one.resends + told.resend,
        )
    else:
        pytest.fail("never came to rest")
    assert visible <= (1 if channel == "slack" else 2)
    if told.state is S.SENT:
        assert visible >= 1
