"""What a person may do with a delivery, in each state it can be in."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from service.delivery.moves import Move, Surroundings, allowed, moved, outlook
from service.errors import InputError
from service.records import Delivery, DeliveryState
from tests.factories import NOW, delivery

if TYPE_CHECKING:
    from service.delivery.outbox import Transition

S = DeliveryState
TABLE = {
    S.READY: {Move.RETRY},
    S.RETRY: {Move.RETRY},
    S.DEAD: {Move.RETRY},
    S.CANCELLED: {Move.RETRY},
    S.UNKNOWN: {Move.SENT, Move.RESEND, Move.CANCEL},
    S.SENDING: set(),
    S.SENT: set(),
}
CLEAR = Surroundings(S.SENT)


def decided(
    one: Delivery, move: Move, around: Surroundings = CLEAR, message: str = ""
) -> Transition:
    return moved(one, move, around, by="ida", now=NOW, message=message)


@pytest.mark.parametrize(("state", "move"), list(product(S, Move)))
def test_a_move_is_allowed_as_the_table_says_or_refused_with_a_reason(
    state: DeliveryState, move: Move
) -> None:
    one = delivery(state=state)
    assert (move in allowed(state)) == (move in TABLE[state])
    if move in TABLE[state]:
        assert "by ida" in decided(one, move).detail
        return
    with pytest.raises(InputError) as refused:
        decided(one, move)
    assert refused.value.thing == f"delivery {one.id[:8]}"
    assert refused.value.cause
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("state", "move", "becomes", "when", "resend"),
    [
        (S.DEAD, Move.RETRY, S.RETRY, NOW, False),
        (S.RETRY, Move.RETRY, S.RETRY, NOW, False),
        (S.UNKNOWN, Move.SENT, S.SENT, None, False),
        (S.UNKNOWN, Move.RESEND, S.RETRY, NOW, True),
        (S.UNKNOWN, Move.CANCEL, S.CANCELLED, None, False),
    ],
)
def test_what_a_move_makes_of_a_delivery(
    state: DeliveryState, move: Move, becomes: DeliveryState, when: object, resend: bool
) -> None:
    told = decided(delivery(state=state), move)
    assert (told.state, told.not_before, told.resend) == (becomes, when, resend)


@pytest.mark.parametrize("state", [S.DEAD, S.CANCELLED])
def test_a_digest_whose_works_come_with_another_is_not_retried(state: DeliveryState) -> None:
    overtaken = Surroundings(S.DEAD, successor="UTC:2026-W48")
    with pytest.raises(InputError, match="its works come with UTC:2026-W48"):
        decided(delivery(state=state), Move.RETRY, overtaken)


@pytest.mark.parametrize(
    ("state", "why"),
    [(S.SENT, "arrived"), (S.SENDING, "right now"), (S.UNKNOWN, "may have arrived")],
)
def test_what_has_or_may_have_arrived_is_not_retried_blindly(
    state: DeliveryState, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        decided(delivery(state=state), Move.RETRY)


@pytest.mark.parametrize("first", list(S))
def test_a_later_part_is_not_retried_before_a_first_that_is_lost(first: DeliveryState) -> None:
    later = delivery(state=S.DEAD, part=2, parts=2)
    if first in {S.DEAD, S.CANCELLED}:
        with pytest.raises(InputError, match=f"part 1 is {first}"):
            decided(later, Move.RETRY, Surroundings(first))
    else:
        assert decided(later, Move.RETRY, Surroundings(first)).state is S.RETRY


def test_a_lost_first_part_is_retried_itself() -> None:
    assert decided(delivery(state=S.DEAD), Move.RETRY, Surroundings(S.DEAD)).state is S.RETRY


@pytest.mark.parametrize(("state", "move"), [(S.DEAD, Move.RETRY), (S.UNKNOWN, Move.RESEND)])
def test_nothing_is_sent_to_a_reader_who_unsubscribed(state: DeliveryState, move: Move) -> None:
    with pytest.raises(InputError, match="stopped: unsubscribed"):
        decided(delivery(state=state), move, Surroundings(S.DEAD, "unsubscribed"))


def test_what_is_known_of_a_stopped_readers_delivery_may_be_told() -> None:
    stopped = Surroundings(S.UNKNOWN, "unsubscribed")
    assert decided(delivery(state=S.UNKNOWN), Move.SENT, stopped).state is S.SENT


@pytest.mark.parametrize(
    ("told", "identity"),
    [
        ("", None),
        ("1731744000.123456", "1731744000.123456"),
        ("https://lab.slack.com/archives/C01/p1731744000123456", "1731744000.123456"),
        ("https://lab.slack.com/archives/C01/p1731744000123456?thread_ts=1.2", "1731744000.123456"),
        ("250 queued as 4711", "250 queued as 4711"),
    ],
)
def test_a_message_is_named_by_its_id_or_its_link(told: str, identity: str | None) -> None:
    assert decided(delivery(state=S.UNKNOWN), Move.SENT, message=told).provider_id == identity


# -- what happens by itself


LATER = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("changes", "words", "when"),
    [
        ({"state": S.READY}, "it is sent", LATER),
        ({"state": S.RETRY, "created_at": NOW}, "is tried until 2026-11-", LATER),
        ({"state": S.READY, "part": 2, "parts": 2}, "as soon as part 1", None),
        ({"state": S.READY, "part": 2, "parts": 2, "thread": "1.2"}, "it is sent", LATER),
        ({"state": S.UNKNOWN}, "absent 0:05:00 after the attempt, it is sent once more", LATER),
        ({"state": S.UNKNOWN, "resends": 1}, "it waits for a person", LATER),
        ({"state": S.UNKNOWN, "channel": "email"}, "email.on_unknown", LATER),
        ({"state": S.UNKNOWN, "channel": "apprise"}, "it waits for a person", LATER),
        ({"state": S.UNKNOWN, "channel": "email", "resends": 1}, "it waits for a person", LATER),
        ({"state": S.SENT}, "it has arrived", None),
        ({"state": S.DEAD}, "nothing by itself", None),
        ({"state": S.CANCELLED}, "nothing by itself", None),
    ],
)
def test_what_will_happen_is_told(changes: dict[str, object], words: str, when: object) -> None:
    told, at = outlook(delivery(**changes), LATER, None)
    assert words in told
    assert at == when


def test_what_is_held_for_a_person_has_no_next_time() -> None:
    assert outlook(delivery(state=S.UNKNOWN), None, None) == ("nothing by itself", None)


def test_what_is_being_sent_is_in_doubt_when_its_lease_is_over() -> None:
    told, when = outlook(delivery(), None, LATER)
    assert "in doubt" in told
    assert when == LATER
