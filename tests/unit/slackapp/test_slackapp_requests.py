from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import DeliveryError
from service.slackapp.requests import LONGEST, SlackRequests
from tests.slack_payloads import home_opened, press, slash

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


class Noted:
    """A reception that notes what it is handed, in order."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.steps: list[tuple[str, Mapping[str, Any]]] = []
        self.broken = broken

    def accept(self, payload: Mapping[str, Any]) -> None:
        if self.broken:
            raise self.broken
        self.steps.append(("kept", payload))

    def follow(self, payload: Mapping[str, Any]) -> None:
        self.steps.append(("done", payload))


def form(payload: Mapping[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, at: datetime = NOW, secret: str = SECRET) -> list[tuple[str, str]]:
    stamp = str(int(at.timestamp()))
    told = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Slack-Request-Timestamp", stamp),
        ("X-Slack-Signature", f"v0={told}"),
    ]


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def requests(noted: Noted) -> SlackRequests:
    return SlackRequests(SECRET, noted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (form(press(1, user="U4")), {"type": "block_actions"}),
        (urlencode(slash("search CAF & “x”")).encode(), {"text": "search CAF & “x”"}),
        (json.dumps(home_opened()).encode(), {"type": "event_callback"}),
    ],
    ids=["press", "command", "event"],
)
def test_what_slack_signed_is_kept_then_done(
    requests: SlackRequests, noted: Noted, body: bytes, payload: dict[str, Any]
) -> None:
    assert requests.handle(signed(body), body, NOW) == (200, b"")
    assert [step for step, _ in noted.steps] == ["kept", "done"]
    assert noted.steps[0][1].items() >= payload.items()


def test_the_address_is_proved_to_be_ours(requests: SlackRequests, noted: Noted) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    assert requests.handle(signed(body), body, NOW) == (200, b'{"challenge": "3eZbrw1a"}')
    assert noted.steps == []


BODY = form(press(1))
GOOD = signed(BODY)


def with_header(name: str, value: str) -> list[tuple[str, str]]:
    return [(known, value if known == name else told) for known, told in GOOD]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (signed(BODY, secret="another"), BODY),
        (signed(BODY, NOW - timedelta(minutes=6)), BODY),
        (signed(BODY, NOW + timedelta(minutes=6)), BODY),
        (GOOD, BODY + b"x"),
        (GOOD, BODY.replace(b"stroma", b"tumour")),
        (GOOD, b""),
        ([], BODY),
        (GOOD[:2], BODY),
        ([*GOOD, GOOD[2]], BODY),
        ([*GOOD, ("x-slack-signature", "v0=0")], BODY),
        ([*GOOD, ("X-SLACK-REQUEST-TIMESTAMP", "1")], BODY),
        (with_header("X-Slack-Request-Timestamp", "soon"), BODY),
        (with_header("X-Slack-Request-Timestamp", "1e9"), BODY),
        (with_header("X-Slack-Request-Timestamp", " " + GOOD[1][1]), BODY),
        (with_header("X-Slack-Request-Timestamp", "٣" * 10), BODY),
        (with_header("X-Slack-Request-Timestamp", "9" * 400), BODY),
        (with_header("X-Slack-Signature", "v0=é"), BODY),
        (with_header("X-Slack-Signature", ""), BODY),
        (GOOD, b"\xff\xfe"),
    ],
)
def test_what_slack_did_not_sign_is_refused_and_nothing_is_written(
    requests: SlackRequests, noted: Noted, headers: list[tuple[str, str]], body: bytes
) -> None:
    """T63."""
    assert requests.handle(headers, body, NOW) == (401, b"")
    assert noted.steps == []


@pytest.mark.parametrize(
    "body",
    [
        b"just words",
        b"payload=%7B",
        b"payload=[]",
        b"payload=1&payload=2",
        b"command=%2Flitwatch&command=%2Fother",
        b"text=search",
        b"{",
        b"{" * 100_000,
        b'["a"]',
        b"\x00",
        b"&".join(b"a%d=1" % number for number in range(200)),
    ],
)
def test_a_signed_body_of_no_form_that_slack_sends_is_refused(
    requests: SlackRequests, noted: Noted, body: bytes
) -> None:
    """T63."""
    assert requests.handle(signed(body), body, NOW) == (401, b"")
    assert noted.steps == []


def test_a_replay_is_refused_as_long_as_its_time_would_pass(
    requests: SlackRequests, noted: Noted
) -> None:
    """T63."""
    ahead = signed(BODY, NOW + timedelta(seconds=290))
    assert requests.handle(ahead, BODY, NOW)[0] == 200
    for seconds in (0, 1, 299, 301, 580, 595, 700):
        assert requests.handle(ahead, BODY, NOW + timedelta(seconds=seconds))[0] == 401
    assert len(noted.steps) == 2


def test_signatures_that_are_too_old_to_pass_are_forgotten(requests: SlackRequests) -> None:
    for number in range(50):
        body, at = form({"type": "x", "number": number}), NOW + timedelta(minutes=number)
        requests.handle(signed(body, at), body, at)
    assert len(requests._seen) <= 11


def test_what_could_not_be_kept_is_not_taken_and_may_come_again(
    requests: SlackRequests, noted: Noted, caplog: pytest.LogCaptureFixture
) -> None:
    noted.broken = DeliveryError("inbox", "No space left on device")
    assert requests.handle(GOOD, BODY, NOW) == (503, b"")
    assert noted.steps == []
    assert "No space left" in caplog.text
    noted.broken = None
    assert requests.handle(GOOD, BODY, NOW) == (200, b"")


def test_a_defect_is_told_and_not_raised(
    requests: SlackRequests, noted: Noted, caplog: pytest.LogCaptureFixture
) -> None:
    noted.broken = ZeroDivisionError("ours")
    assert requests.handle(GOOD, BODY, NOW) == (503, b"")
    assert "unexpected failure" in caplog.text


def test_a_body_without_end_is_not_even_checked(requests: SlackRequests) -> None:
    assert requests.handle(GOOD, b"x" * (LONGEST + 1), NOW) == (413, b"")


def test_neither_secret_nor_body_is_logged(
    requests: SlackRequests, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    requests.handle(GOOD, BODY + b"x", NOW)
    requests.handle(GOOD, BODY, NOW)
    assert SECRET not in caplog.text
    assert "stroma" not in caplog.text


@given(st.binary(max_size=60), st.text(max_size=30), st.text(max_size=80))
def test_nothing_unsigned_does_more_than_be_refused(
    body: bytes, stamp: str, signature: str
) -> None:
    noted = Noted()
    headers = [("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", signature)]
    requests = SlackRequests(SECRET, noted)  # type: ignore[arg-type]
    assert requests.handle(headers, body, NOW) == (401, b"")
    assert noted.steps == []


@given(st.binary(max_size=200))
def test_nothing_signed_makes_it_raise(body: bytes) -> None:
    requests = SlackRequests(SECRET, Noted())  # type: ignore[arg-type]
    assert requests.handle(signed(body), body, NOW)[0] in {200, 401}
