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
    next_state,
    orphaned,
    policy_of,
    stopped,
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
    told = next_state(delivery(attempt=attempt), Outcome(S.RETRY, "451"), NOW, EMAIL)
    assert (told.state, seconds(told)) == (S.RETRY, wait)
    assert not told.resend


def test_a_wait_that_was_asked_for_is_kept() -> None:
    told = next_state(delivery(), Outcome(S.RETRY, "429", wait=17), NOW, SLACK)
    assert seconds(told) == 17


def test_retrying_ends_five_days_after_it_was_first_due_with_a_notice() -> None:
    """T67. However often it was tried: a channel that asks for long waits is tried rarely."""
    refused = Outcome(S.RETRY, "451 later", wait=40_000)
    long_ago = delivery(attempt=2, created_at=NOW - timedelta(days=5))
    told = next_state(long_ago, refused, NOW, EMAIL)
    assert (told.state, told.not_before) == (S.DEAD, None)
    assert told.detail == "given up after 5 days: 451 later"
    assert told.remedy
    later = delivery(attempt=99, created_at=NOW - timedelta(days=5) + timedelta(seconds=1))
    assert next_state(later, refused, NOW, EMAIL).state is S.RETRY


def test_what_the_channel_says_of_a_remedy_outlasts_giving_up() -> None:
    old = delivery(created_at=NOW - timedelta(days=6))
    told = next_state(old, Outcome(S.RETRY, "452 full", remedy="empty the box"), NOW, EMAIL)
    assert told.remedy == "empty the box"


def test_what_may_have_arrived_is_never_given_up_as_a_failure() -> None:
    old = delivery(created_at=NOW - timedelta(days=60))
    assert next_state(old, UNCLEAR, NOW, SLACK).state is S.UNKNOWN


def test_a_refused_form_is_tried_again_as_text() -> None:
    """T58."""
    refused = Outcome(S.RETRY, "invalid_blocks", wait=1.0, plain=True)
    assert next_state(delivery(), refused, NOW, SLACK).plain
    assert not next_state(delivery(), Outcome(S.RETRY, "429", wait=1.0), NOW, SLACK).plain


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


@pytest.mark.parametrize("channel", ["file", "atom"])
def test_what_may_be_written_again_without_harm_is_until_it_is_there(channel: str) -> None:
    told = looked(ABSENT, after=1, policy=policy_of(channel), channel=channel, resends=30)
    assert (told.state, seconds(told)) == (S.RETRY, 1)


def test_a_channel_of_no_known_kind_is_treated_as_carefully_as_slack() -> None:
    assert policy_of("pigeon") == SLACK


def test_what_must_not_go_any_more_is_cancelled_for_a_reason() -> None:
    for told, words in ((orphaned(), "no thread"), (stopped("unsubscribed"), "unsubscribed")):
        assert (told.state, told.not_before) == (S.CANCELLED, None)
        assert words in told.detail


@given(
    st.lists(st.sampled_from(["posted", "lost", "kept", "refused"]), min_size=1, max_size=8),
    st.sampled_from(["slack", "email"]),
)
def test_at_most_one_copy_ever_and_no_endless_sending(fates: list[str], channel: str) -> None:
    """Each sending is posted, refused, or unclear with and without having arrived. With a
    history to look at no copy is made; without one (mail) at most one."""
    policy, visible, now = policy_of(channel), 0, NOW
    one = delivery(channel=channel, created_at=NOW)
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
        told = next_state(one, outcome, now, policy)
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
            created_at=NOW,
        )
    else:
        pytest.fail("never came to rest")
    assert visible <= (1 if channel == "slack" else 2)
    if told.state is S.SENT:
        assert visible >= 1
