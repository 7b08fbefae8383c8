"""What a refusal's codes say of the address."""

from __future__ import annotations

import pytest

from service.delivery.statuses import NO_SUCH_ADDRESS, dead, exact, status_in


@pytest.mark.parametrize(
    "status",
    ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.1", "5.4.4", "5.4.310"],
)
def test_an_address_that_takes_no_mail_is_dead(status: str) -> None:
    """T68, T75."""
    assert dead(status, "")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("5.2.2", "the mail box is full"),
        ("5.2.3", "the mail is too large for it"),
        ("5.3.4", "the mail is too large for the server"),
        ("5.1.7", "our address is no good"),
        ("5.1.8", "our domain is no good"),
        ("5.4.6", "a loop"),
        ("5.4.7", "time ran out"),
        ("5.5.2", "a fault in the dialogue"),
        ("5.6.0", "the mail's content"),
        ("5.7.1", "a policy"),
        ("5.7.26", "the mail is not authenticated"),
        ("4.1.1", "for now"),
        ("4.4.1", "no answer, until the sender gave up"),
        ("2.0.0", "no failure at all"),
    ],
)
def test_what_is_not_of_the_address_or_may_pass_is_not_death(status: str, why: str) -> None:
    """T67, T75."""
    assert not dead(status, f"550 {status} no such user"), why


@pytest.mark.parametrize("status", ["", "5.0.0", "5.2.0", "5.3.0", "5.5.0"])
@pytest.mark.parametrize(
    ("told", "is_dead"),
    [
        ("550 no such user", True),
        ("551 user not local", True),
        ("553 sorry, that is no mail box here", True),
        ("Remote host said: 550 unknown", True),
        ("(reply: '550 unknown')", True),
        ("552 message too large", False),
        ("554 transaction failed", False),
        ("450 later", False),
        ("550 mail box full", False),
        ("550 over quota", False),
        ("550 rejected as spam", False),
        ("550 blocked by our policy", False),
        ("550 relay access denied", False),
        ("1550 patients", False),
        ("5500 patients", False),
        ("no reason given", False),
    ],
)
def test_where_the_code_is_vague_the_older_one_decides(
    status: str, told: str, is_dead: bool
) -> None:
    assert dead(status, told) == is_dead


def test_a_reason_far_away_is_not_that_of_the_refusal() -> None:
    assert dead("", "550 no such user" + " " * 300 + "this mail was checked for spam")
    assert dead("", "checked for spam. 550 no such user")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 unknown", "5.1.1"),
        ("550-5.1.1 unknown", "5.1.1"),
        ("#550 #5.1.10 unknown", "5.1.10"),
        ("5.4.4 (unable to route)", "5.4.4"),
        ("by Exim 4.96.1: 550 5.1.1 unknown", "5.1.1"),
        ("at 192.0.2.27", ""),
        ("at 5.1.1.1", ""),
        ("15.1.1", ""),
        ("1.1.1", ""),
        ("", ""),
    ],
)
def test_a_code_is_told_from_versions_and_addresses(text: str, status: str) -> None:
    assert status_in(text) == status


def test_the_servers_own_code_is_more_exact_than_a_vague_one() -> None:
    assert exact("5.0.0", "550 5.1.1 unknown") == "5.1.1"
    assert exact("5.0.0", "550 unknown") == "5.0.0"
    assert exact("5.2.2", "550 5.1.1 unknown") == "5.2.2"
    assert exact("", "") == ""


def test_what_proves_that_there_is_no_such_address_means_death_too() -> None:
    assert all(dead(status, "") for status in NO_SUCH_ADDRESS)
    assert "5.4.4" not in NO_SUCH_ADDRESS, "a name server may have been at fault"
