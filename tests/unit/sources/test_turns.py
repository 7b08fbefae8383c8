"""Who has a host's turn, who is next, and when to look again: the arithmetic alone."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records.lanes import LaneState, Queued
from service.sources.pacing import GONE, Pace, Wait, give_back, leave, paced, take

if TYPE_CHECKING:
    from collections.abc import Callable

LEASE = 70.0
FREE = LaneState(ready_in=-1.0)
HELD = LaneState(ready_in=-1.0, holder="a", held_for=69.0, turn=7)


def taken(state: LaneState, me: str = "me", interval: float = 1.0) -> LaneState:
    after, wait = take(state, me, interval, LEASE)
    assert wait is None
    return after


def waits(state: LaneState, me: str = "me", interval: float = 1.0) -> Wait:
    after, wait = take(state, me, interval, LEASE)
    assert wait is not None
    assert (after.holder, after.turn) == (state.holder, state.turn)
    assert me in [each.name for each in after.queue]
    return wait


# -- the turn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        LaneState(),
        FREE,
        LaneState(ready_in=1e-6),  # less than a database knows
        LaneState(holder="a", held_for=-0.1),  # its holder is dead
        LaneState(holder="me", held_for=50.0),  # ours, which could not be given back
        LaneState(queue=(Queued("me", 5.0),)),
        LaneState(queue=(Queued("a", -0.1), Queued("me", 5.0))),  # the first is dead
        LaneState(
            queue=(Queued("a", -0.1), Queued("me", -3.0), Queued("b", 9.0))
        ),  # late ourselves
    ],
)
def test_a_turn_that_is_free_is_taken(state: LaneState) -> None:
    after = taken(state)
    assert (after.holder, after.held_for, after.turn) == ("me", LEASE, state.turn + 1)
    assert (after.ready_in, after.slowdown) == (state.ready_in, state.slowdown)
    assert all(each.name == "b" for each in after.queue)


@pytest.mark.parametrize(
    ("state", "seconds", "rest"),
    [
        # the host's own pace
        (LaneState(ready_in=0.3), 0.3, 0.3),
        (LaneState(ready_in=200.0, queue=(Queued("me", 205.0),)), 200.0, 200.0),
        # those before us, each at the host's distance
        (LaneState(ready_in=0.3, queue=(Queued("a", 5.0),)), 1.3, 0.3),
        (LaneState(queue=(Queued("a", 5.0), Queued("b", 5.0), Queued("me", 5.0))), 2.0, 0.0),
        (LaneState(queue=(Queued("a", 5.0),), slowdown=2.0), 2.0, 0.0),
        (LaneState(queue=tuple(Queued(f"{n}", 5.0) for n in range(40))), 5.0, 0.0),
        # another's request: half a distance, then the more rarely the longer it lasts
        (LaneState(holder="a", held_for=70.0), 0.5, 0.0),
        (LaneState(holder="a", held_for=62.0), 2.0, 0.0),
        (LaneState(holder="a", held_for=30.0), 5.0, 0.0),
        (LaneState(holder="a", held_for=1.5), 1.5, 0.0),  # its lease is over then
        (LaneState(holder="a", held_for=70.0, queue=(Queued("b", 5.0),)), 1.5, 0.0),
        (LaneState(holder="a", held_for=70.0, ready_in=30.0), 30.0, 30.0),
    ],
)
def test_who_must_wait_is_told_when_to_look_again(
    state: LaneState, seconds: float, rest: float
) -> None:
    told = waits(state)
    assert told.seconds == pytest.approx(seconds)
    assert told.rest == rest


@pytest.mark.parametrize("interval", [0.0, 0.01, 0.1])
def test_a_turn_is_not_looked_at_more_often_than_twenty_times_a_second(interval: float) -> None:
    assert waits(LaneState(holder="a", held_for=LEASE), interval=interval).seconds == 0.05
    assert waits(LaneState(holder="a", held_for=1e-9), interval=interval).seconds == 0.05


def test_a_dead_holders_whole_lease_costs_few_looks() -> None:
    state, looks = LaneState(holder="a", held_for=LEASE), 0
    while (found := take(state, "me", 0.34, LEASE))[1] is not None:
        looks += 1
        state = found[0].after(found[1].seconds)
    assert state.held_for <= 0
    assert looks < 40


def test_who_waits_for_long_says_so_once() -> None:
    """What has not changed is not written: looking costs the database nothing but a look."""
    state, _ = take(LaneState(holder="a", held_for=LEASE), "me", 1.0, LEASE)
    again = state.after(0.5)
    assert take(again, "me", 1.0, LEASE)[0] == again


def test_a_place_in_the_queue_is_renewed_before_it_is_lost() -> None:
    state, _ = take(LaneState(ready_in=100.0), "me", 1.0, LEASE)
    assert state.queue == (Queued("me", 100.0 + GONE),)
    longer = LaneState(ready_in=300.0, queue=state.after(99.0).queue)
    assert take(longer, "me", 1.0, LEASE)[0].queue == (Queued("me", 300.0 + GONE),)


@pytest.mark.parametrize(
    ("holder", "turn", "given"), [("me", 7, True), ("me", 6, False), ("a", 7, False)]
)
def test_only_the_turn_that_one_has_is_given_back(holder: str, turn: int, given: bool) -> None:
    state = LaneState(holder=holder, held_for=5.0, turn=7)
    after = give_back(state, "me", turn)
    assert after == (LaneState(turn=7) if given else state)


def test_who_leaves_has_no_place_any_more() -> None:
    state = LaneState(queue=(Queued("a", 5.0), Queued("me", 5.0)))
    assert leave(state, "me").queue == (Queued("a", 5.0),)
    assert leave(FREE, "me") == FREE


def test_time_passes_for_all_that_a_lane_knows() -> None:
    state = LaneState(3.0, 2.0, "a", 9.0, 4, (Queued("b", 5.0),)).after(2.0)
    assert state == LaneState(1.0, 2.0, "a", 7.0, 4, (Queued("b", 3.0),))


# -- the pace ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "step", "ago", "ready_in", "slowdown"),
    [
        (FREE, Pace.asked, 0.0, 3.0, 1.0),
        (FREE, Pace.asked, 1.0, 2.0, 1.0),
        (FREE, Pace.asked, 9.0, -1.0, 1.0),
        (LaneState(ready_in=60.0), Pace.asked, 0.0, 60.0, 1.0),  # what another was told stays
        (LaneState(slowdown=4.0), Pace.asked, 2.0, 10.0, 4.0),
        (FREE, lambda pace, now: pace.throttled(now, 120.0), 20.0, 100.0, 2.0),
        (FREE, lambda pace, now: pace.throttled(now, None), 0.0, 6.0, 2.0),
        (LaneState(slowdown=2.0), lambda pace, _: pace.eased(), 5.0, 0.0, 1.96),
    ],
)
def test_what_happened_a_while_ago_counts_from_then(
    before: LaneState,
    step: Callable[[Pace, float], Pace],
    ago: float,
    ready_in: float,
    slowdown: float,
) -> None:
    after = paced(before, 3.0, step, ago)
    assert after.ready_in == pytest.approx(ready_in)
    assert after.slowdown == pytest.approx(slowdown)


# -- any order of things ----------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.floats(0.01, 5.0))
def test_whoever_asks_in_whatever_order_one_has_the_turn_and_none_is_too_early(
    askers: list[str], interval: float
) -> None:
    """Each asker asks, and gives back what it has half a second later; all others die meanwhile."""
    state, sent = LaneState(), []
    now = 0.0
    for me in askers:
        state, wait = take(state, me, interval, LEASE)
        if wait is None:
            assert state.holder == me
            sent.append(now)
            state = paced(state.after(0.5), interval, Pace.asked, 0.5)
            state, now = give_back(state, me, state.turn), now + 0.5
        else:
            state, now = state.after(wait.seconds), now + wait.seconds
    assert all(b - a >= interval - 1e-4 for a, b in itertools.pairwise(sent))


def test_three_who_ask_all_the_time_have_turns_one_after_the_other() -> None:
    """Each looks again when it was told to; the request takes 0.2 s, the distance is 1 s."""
    state, now, had = LaneState(), 0.0, ""
    due = dict.fromkeys("abc", 0.0)
    while len(had) < 30:
        me = min(due, key=lambda name: (due[name], name))
        state, now = state.after(due[me] - now), due[me]
        state, wait = take(state, me, 1.0, LEASE)
        if wait is None:
            had += me
            state = paced(state, 1.0, Pace.asked, 0.0)
            state = give_back(state.after(0.2), me, state.turn)
            now += 0.2
        due[me] = now + (wait.seconds if wait else 0.0)
    assert {had[at : at + 3] for at in range(3, 30, 3)} <= {
        "abc",
        "bca",
        "cab",
        "acb",
        "cba",
        "bac",
    }
    assert now < 30 * 1.3  # waiting for each other costs little beside the distance
