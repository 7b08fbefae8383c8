"""What a person may do with a delivery, and what will happen to it by itself. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from service.delivery.outbox import Transition, policy_of
from service.errors import InputError
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.records import Delivery


class Move(StrEnum):
    """What a person decides; the value is the word of the command line."""

    RETRY = "retry"
    SENT = "sent"
    RESEND = "resend"
    CANCEL = "cancel"


_S = DeliveryState
_FROM: Mapping[Move, frozenset[DeliveryState]] = {
    Move.RETRY: frozenset({_S.DEAD, _S.CANCELLED, _S.READY, _S.RETRY}),
    Move.SENT: frozenset({_S.UNKNOWN}),
    Move.RESEND: frozenset({_S.UNKNOWN}),
    Move.CANCEL: frozenset({_S.UNKNOWN}),
}
_TO: Mapping[Move, tuple[DeliveryState, str]] = {
    Move.RETRY: (_S.RETRY, "to be tried again now"),
    Move.SENT: (_S.SENT, "said to have arrived"),
    Move.RESEND: (_S.RETRY, "said not to have arrived: to be sent again"),
    Move.CANCEL: (_S.CANCELLED, "given up"),
}
# Why a move is refused, by the state that the delivery is in.
_REFUSALS: Mapping[DeliveryState, tuple[str, str]] = {
    _S.SENT: ("it has arrived", "to send a digest to somebody again: litwatch digest send --to"),
    _S.SENDING: ("a worker is sending it right now", "wait for what comes of it"),
    _S.UNKNOWN: (
        "it may have arrived",
        "look there, then: litwatch deliveries resolve ID --sent, --resend or --cancel",
    ),
}
_NO_HISTORY = {"email", "apprise"}  # nobody can be asked whether it arrived
_NOT_IN_DOUBT = ("it is not in doubt: it is {state}", "see: litwatch deliveries explain ID")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision about a delivery depends on beside itself: the state of part 1, why its
    subscription is stopped ("" when it is not), and the period whose digest sends the works of
    this one, which was lost ("" when none does)."""

    first: DeliveryState
    stop: str = ""
    successor: str = ""


def allowed(state: DeliveryState) -> tuple[Move, ...]:
    """What a person may do with a delivery in that state."""
    return tuple(move for move, states in _FROM.items() if state in states)


def moved(
    delivery: Delivery, move: Move, around: Surroundings, *, by: str, now: datetime, message: str
) -> Transition:
    """What a person's decision makes of a delivery. Raises `InputError` where it is not allowed.

    `message` is the id of (or a link to) the message that arrived, where the person knows it.
    """
    thing = f"delivery {delivery.id[:8]}"
    if delivery.state not in _FROM[move]:
        cause, remedy = _NOT_IN_DOUBT if move is not Move.RETRY else _REFUSALS[delivery.state]
        raise InputError(thing, cause.format(state=delivery.state), remedy)
    if move is Move.RETRY and delivery.part > 1 and around.first in {_S.DEAD, _S.CANCELLED}:
        raise InputError(thing, f"part 1 is {around.first}, so there is no thread", "retry part 1")
    if move in {Move.RETRY, Move.RESEND} and not delivery.payload:
        raise InputError(thing, "has no bytes any more", "see: litwatch deliveries explain")
    if move in {Move.RETRY, Move.RESEND} and around.stop:
        remedy = "see: litwatch subscriptions resume"
        raise InputError(thing, f"its subscription is stopped: {around.stop}", remedy)
    if move is Move.RETRY and around.successor:
        remedy = "to see it all the same: litwatch digest replay"
        raise InputError(thing, f"its works come with {around.successor}", remedy)
    state, words = _TO[move]
    return Transition(
        state,
        now if state is _S.RETRY else None,
        f"{words}, by {by}",
        provider_id=_message_id(message),
        resend=move is Move.RESEND,
    )


def outlook(
    delivery: Delivery, not_before: datetime | None, lease_until: datetime | None
) -> tuple[str, datetime | None]:
    """What will happen by itself, and when (None: at no time that is known)."""
    match delivery.state:
        case DeliveryState.SENT:
            told, when = "nothing: it has arrived", None
        case DeliveryState.READY | DeliveryState.RETRY if delivery.part > 1 and not delivery.thread:
            told, when = "it is sent as soon as part 1 has arrived", None
        case DeliveryState.READY | DeliveryState.RETRY:
            told, when = "it is sent" + _until(delivery), not_before
        case DeliveryState.SENDING:
            told, when = "a worker is sending it; after this time it is in doubt", lease_until
        case DeliveryState.UNKNOWN if not_before is not None:
            told, when = _after_looking(delivery), not_before
        case _:
            told, when = "nothing by itself", None
    return told, when


def _until(delivery: Delivery) -> str:
    if delivery.created_at is None:
        return ""
    until = delivery.created_at + policy_of(delivery.channel).give_up
    return f"; what fails for the moment is tried until {until:%Y-%m-%d %H:%M UTC}"


def _after_looking(delivery: Delivery) -> str:
    policy = policy_of(delivery.channel)
    if delivery.resends >= policy.resends:
        looked = "" if delivery.channel in _NO_HISTORY else "it is looked for; if it is not found, "
        return f"{looked}it waits for a person"
    if delivery.channel in _NO_HISTORY:
        return "the same is sent once more, or held, as email.on_unknown says"
    last = timedelta(seconds=policy.looks[-1])
    return f"it is looked for; absent {last} after the attempt, it is sent once more"


def _message_id(told: str) -> str | None:
    """The id of a message, also from a link to it as Slack copies it (".../p1731744000123456")."""
    linked = re.search(r"/p(\d{10})(\d{6})\b", told)
    return ".".join(linked.groups()) if linked else told or None
