"""Which refusals of a mail server say that an address is no good."""

from __future__ import annotations

import pytest

from service.delivery.outbox import Transition
from service.delivery.refusals import refused_addresses
from service.delivery.smtp_outcomes import Phase, replied
from service.records import Bounce, DeliveryState
from tests.factories import delivery

MAIL = delivery(id="d1", channel="email", destination="ana@example.org")


def came_to(phase: Phase, code: int, text: str) -> list[Bounce]:
    told = replied(phase, code, text)
    return refused_addresses([(MAIL, Transition(told.state, None, told.detail))])


@pytest.mark.parametrize("code", [550, 551, 552, 553, 554])
def test_an_address_that_is_refused_for_good_counts(code: int) -> None:
    """T68."""
    [bounce] = came_to(Phase.RECIPIENT, code, "5.1.1 no such user")
    assert bounce == Bounce(
        "d1", "ana@example.org", hard=True, status="5.1.1", detail=f"{code} 5.1.1 no such user"
    )


def test_a_refusal_without_an_enhanced_code_counts_too() -> None:
    [bounce] = came_to(Phase.RECIPIENT, 550, "no such user here")
    assert bounce.status == ""


@pytest.mark.parametrize(
    ("phase", "code", "text"),
    [
        (Phase.RECIPIENT, 450, "4.2.0 later"),
        (Phase.RECIPIENT, 550, "5.7.1 relaying denied"),
        (Phase.SENDER, 550, "5.1.8 bad sender"),
        (Phase.DOT, 554, "5.6.0 we do not like this mail"),
        (Phase.DOT, 250, "queued"),
    ],
    ids=["for now", "our rights", "our sender", "the mail", "accepted"],
)
def test_what_says_nothing_of_the_address_does_not_count(
    phase: Phase, code: int, text: str
) -> None:
    """T67, T68."""
    assert came_to(phase, code, text) == []


def test_an_address_that_was_given_up_after_days_does_not_count() -> None:
    told = replied(Phase.RECIPIENT, 452, "mailbox full")
    tired = Transition(DeliveryState.DEAD, None, f"given up after 5 days: {told.detail}")
    assert refused_addresses([(MAIL, tired)]) == []


def test_other_channels_have_no_addresses() -> None:
    told = replied(Phase.RECIPIENT, 550, "5.1.1 no")
    change = Transition(told.state, None, told.detail)
    assert refused_addresses([(delivery(channel="slack"), change)]) == []


@pytest.mark.parametrize("reply", ["5.2.2 mailbox full", "5.1.8 your domain does not exist"])
def test_what_may_pass_or_is_not_of_the_address_counts_as_for_now(reply: str) -> None:
    """T68."""
    [bounce] = came_to(Phase.RECIPIENT, 550, reply)
    assert not bounce.hard
