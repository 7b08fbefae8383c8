from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead, RemoteDisconnected
from urllib.error import URLError

import pytest

from service.delivery.slack_outcomes import (
    FILE_REFUSALS,
    FORM_REFUSALS,
    REFUSALS,
    answered,
    broken,
    error_name,
    interrupted,
    shared,
    unprepared,
    unreadable,
)
from service.records import DeliveryState

# T57 and T58 of the fault catalogue: refusals that prove that nothing was posted.
PERMANENT = [
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "invalid_auth",
    "missing_scope",
    "restricted_action",
    "ekm_access_denied",
]


@pytest.mark.parametrize("name", PERMANENT)
def test_each_permanent_refusal_is_dead_and_names_its_remedy(name: str) -> None:
    outcome = answered(200, {}, {"ok": False, "error": name})
    assert outcome.state is DeliveryState.DEAD
    assert outcome.remedy == REFUSALS[name] != ""


@pytest.mark.parametrize("name", sorted(FORM_REFUSALS | {"metadata_too_large"}))
def test_a_refused_form_is_dead(name: str) -> None:
    assert answered(200, {}, {"ok": False, "error": name}).state is DeliveryState.DEAD


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"ok": False, "error": "fatal_error"}),
        (200, {"ok": False, "error": "never_heard_of_it"}),
        (200, {"ok": True}),
        (200, {"ok": True, "ts": 17}),
        (200, {"ok": "true", "ts": "1.0"}),
        (200, []),
        (200, None),
        (200, b"\x1f\x8b"),
        (503, {"ok": False, "error": "not_in_channel"}),
        (500, {"ok": True, "ts": "1.0"}),
        (200, {"ok": False, "error": "Received a response in a non-JSON format: <html>"}),
    ],
)
def test_whatever_is_not_clear_is_unknown(status: int, body: object) -> None:
    assert answered(status, {}, body).state is DeliveryState.UNKNOWN


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("1", 1),
        ("3600", 3600),
        ("1000000000", 86_400),
        ("-5", 30),
        ("soon", 30),
        ("nan", 30),
        ("", 30),
    ],
)
def test_the_wait_is_as_told_within_reason(header: str, wait: float) -> None:
    outcome = answered(429, {"retry-AFTER": header}, {"ok": False, "error": "ratelimited"})
    assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, wait)


@pytest.mark.parametrize(
    "reason",
    [
        socket.gaierror(-2, "Name or service not known"),
        ConnectionRefusedError(111, "refused"),
        OSError(101, "Network is unreachable"),
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
    ],
)
def test_a_connection_that_never_came_about_may_be_tried_again(reason: OSError) -> None:
    assert broken(URLError(reason)).state is DeliveryState.RETRY


@pytest.mark.parametrize(
    "error",
    [
        URLError(TimeoutError("timed out")),
        URLError(ConnectionResetError(104, "reset")),
        ConnectionRefusedError(111, "not while connecting"),
        RemoteDisconnected("closed"),
        IncompleteRead(b"x"),
        TimeoutError("timed out"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ],
)
def test_a_connection_that_ended_otherwise_leaves_it_unknown(error: Exception) -> None:
    assert broken(error).state is DeliveryState.UNKNOWN


def test_a_history_that_is_refused_needs_a_person_and_one_that_failed_does_not() -> None:
    assert unreadable(200, {}, {"ok": False, "error": "missing_scope"}).remedy
    passing = unreadable(429, {"Retry-After": "9"}, {"ok": False, "error": "ratelimited"})
    assert (passing.state, passing.remedy, passing.wait) == (DeliveryState.UNKNOWN, "", 9)


def test_a_sentence_is_not_taken_for_an_error_name() -> None:
    assert error_name({"error": "is archived"}) == ""
    assert error_name({"error": "is_archived"}) == "is_archived"


# -- files ------------------------------------------------------------------------------------------


def test_a_shared_file_is_sent_though_no_ts_is_known_yet() -> None:
    """Slack shares files some time after it says yes."""
    outcome = shared(200, {}, {"ok": True, "files": [{"id": "F1"}]}, "F1")
    assert (outcome.state, outcome.provider_id) == (DeliveryState.SENT, "F1")


@pytest.mark.parametrize("name", sorted(FILE_REFUSALS) + PERMANENT)
def test_each_refusal_of_a_file_is_dead_and_names_its_remedy(name: str) -> None:
    remedy = {**REFUSALS, **FILE_REFUSALS}[name]
    for outcome in (
        shared(200, {}, {"ok": False, "error": name}, "F1"),
        unprepared(200, {}, {"ok": False, "error": name}),
    ):
        assert outcome.state is DeliveryState.DEAD
        assert outcome.remedy == remedy != ""


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"ok": False, "error": "fatal_error"}),
        (200, {"ok": False, "error": "file_update_failed"}),
        (200, {"ok": "true"}),
        (200, None),
        (503, {"ok": False, "error": "missing_scope"}),
        (500, {"ok": True}),
    ],
)
def test_an_unclear_answer_about_a_file_is_unknown_only_at_the_last_step(
    status: int, body: object
) -> None:
    assert shared(status, {}, body, "F1").state is DeliveryState.UNKNOWN
    assert unprepared(status, {}, body).state is DeliveryState.RETRY


@pytest.mark.parametrize("error", [TimeoutError("slow"), URLError(ConnectionResetError(104, "x"))])
def test_what_breaks_before_anything_can_be_seen_may_be_tried_again(error: Exception) -> None:
    assert interrupted(error).state is DeliveryState.RETRY
