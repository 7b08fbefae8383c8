"""A chart's way into the thread: three calls, of which only the last can be seen."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from service.delivery.slack import SlackChannel
from service.delivery.slack_uploads import file_of
from service.records import Delivery, DeliveryState
from tests.factories import NOW, delivery
from tests.fake_slack import FakeSlack

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "xoxb-canary-4711"
THREAD = "1795417201.000000"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
UNCLEAR = ["rst", "drop", "500", "html", "half", "short", "fatal_error", "internal_error"]
UNCLEAR += ["service_unavailable", "request_timeout", "a_name_of_next_year"]
CALLS = {
    "address": "files.getUploadURLExternal",
    "bytes": "upload",
    "share": "files.completeUploadExternal",
}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    return SlackChannel(TOKEN, base_url=slack.url, timeout=15)


def chart(part: int = 2, **changes: Any) -> Delivery:
    one = delivery(part=part, parts=2, **({"thread": THREAD} | changes))
    upload = {
        "filename": f"litwatch-{one.id}.png",
        "title": "The last 8 weeks",
        "comment": "Shown 3 to 15.",
        "png": b64encode(PNG).decode(),
    }
    body = {"channel": one.destination, "upload": upload}
    return replace(one, payload=json.dumps(body).encode())


def calls(slack: FakeSlack) -> list[str]:
    return [method for method, _ in slack.calls]


def test_a_chart_is_shared_once_in_the_digests_thread(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    outcome = channel.send(chart())
    assert (outcome.state, outcome.provider_id) == (DeliveryState.SENT, "F1")
    assert calls(slack) == list(CALLS.values())
    [post] = slack.posts
    assert post["channel"] == "C0123456789"
    assert post["thread_ts"] == THREAD
    assert post["text"] == "Shown 3 to 15."
    assert post["files"] == [
        {"id": "F1", "name": f"litwatch-{chart().id}.png", "title": "The last 8 weeks"}
    ]
    assert slack.files["F1"]["data"] == PNG


def test_the_file_has_no_alt_txt_because_slack_then_shares_nothing(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    channel.send(chart())
    assert slack.calls[0][1] == {"filename": f"litwatch-{chart().id}.png", "length": str(len(PNG))}


def test_the_token_does_not_go_with_the_bytes(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.send(chart())
    assert slack.tokens == [f"Bearer {TOKEN}", None, f"Bearer {TOKEN}"]


def test_a_chart_waits_for_its_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    assert channel.send(chart(thread=None)).state is DeliveryState.RETRY
    assert slack.calls == []


@pytest.mark.parametrize("how", [*UNCLEAR, "silence"])
@pytest.mark.parametrize("fate", ["kept", "lost"])
def test_whatever_fails_before_the_sharing_may_be_done_again(
    slack: FakeSlack, fate: str, how: str
) -> None:
    channel = SlackChannel(TOKEN, base_url=slack.url, timeout=3)
    slack.will("address", f"{fate}:{how}")
    assert channel.send(chart()).state is DeliveryState.RETRY
    assert calls(slack) == [CALLS["address"]], "no library retry, and no step further"
    assert channel.send(chart()).state is DeliveryState.SENT
    assert len(slack.posts) == 1


@pytest.mark.parametrize("how", ["rst", "drop", "500", "silence", "elsewhere"])
@pytest.mark.parametrize("fate", ["kept", "lost"])
def test_bytes_that_were_not_taken_are_sent_again_from_the_start(
    slack: FakeSlack, fate: str, how: str
) -> None:
    channel = SlackChannel(TOKEN, base_url=slack.url, timeout=3)
    slack.will("bytes", f"{fate}:{how}")
    outcome = channel.send(chart())
    assert outcome.state is DeliveryState.RETRY
    assert "/upload/" not in repr(outcome), "the address is a secret"
    assert calls(slack) == [CALLS["address"], CALLS["bytes"]]
    assert channel.send(chart()).state is DeliveryState.SENT
    assert len(slack.posts) == 1


@pytest.mark.parametrize("how", UNCLEAR)
@pytest.mark.parametrize("fate", ["kept", "lost"])
def test_an_unclear_sharing_is_unknown_and_the_thread_tells_by_the_files_name(
    slack: FakeSlack, channel: SlackChannel, fate: str, how: str
) -> None:
    """T54, T55, T59 for a file."""
    slack.will("share", f"{fate}:{how}")
    assert channel.send(chart()).state is DeliveryState.UNKNOWN
    assert slack.count(CALLS["share"]) == 1
    seen = channel.reconcile(chart(state=DeliveryState.UNKNOWN))
    assert seen.state is (DeliveryState.SENT if fate == "kept" else DeliveryState.RETRY)
    assert calls(slack)[-1] == "conversations.replies"
    assert len(slack.posts) == (fate == "kept")


def test_another_chart_of_the_thread_is_not_mistaken_for_it(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    channel.send(chart())
    other = chart(3, id="00000000-0000-5000-8000-000000000000")
    assert channel.reconcile(other).state is DeliveryState.RETRY
    channel.send(other)
    assert channel.reconcile(other).provider_id == slack.posts[1]["ts"]


@pytest.mark.parametrize("step", ["address", "share"])
@pytest.mark.parametrize("name", ["missing_scope", "no_permission"])
def test_a_missing_scope_is_dead_names_the_scope_and_says_the_digest_is_unharmed(
    slack: FakeSlack, channel: SlackChannel, step: str, name: str
) -> None:
    slack.will(step, name)
    outcome = channel.send(chart())
    assert outcome.state is DeliveryState.DEAD
    assert "files:write" in outcome.remedy
    assert "not the digest" in outcome.remedy


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("address", "invalid_auth"),
        ("address", "file_uploads_disabled"),
        ("address", "storage_limit_reached"),
        ("share", "invalid_channel"),
        ("share", "not_in_channel"),
        ("share", "posting_to_channel_denied"),
        ("share", "token_revoked"),
    ],
)
def test_a_refused_file_is_dead_with_a_remedy(
    slack: FakeSlack, channel: SlackChannel, step: str, name: str
) -> None:
    slack.will(step, name)
    outcome = channel.send(chart())
    assert outcome.state is DeliveryState.DEAD
    assert name in outcome.detail
    assert outcome.remedy
    assert slack.posts == []


@pytest.mark.parametrize("step", ["address", "share"])
@pytest.mark.parametrize(("mode", "wait"), [("429:7", 7), ("429", 30), ("ratelimited", 30)])
def test_a_throttled_file_waits_as_told(
    slack: FakeSlack, channel: SlackChannel, step: str, mode: str, wait: float
) -> None:
    """T56 for a file."""
    slack.will(step, mode)
    outcome = channel.send(chart())
    assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, wait)


def test_a_file_that_slack_lost_is_sent_again(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.will("share", "file_not_found")
    assert channel.send(chart()).state is DeliveryState.RETRY
    assert slack.posts == []


def test_a_refused_connection_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = SlackChannel(TOKEN, base_url=f"http://127.0.0.1:{port}/api/", timeout=2)
    assert channel.send(chart()).state is DeliveryState.RETRY


class Elsewhere(FakeSlack):
    """Gives an address of the test's choice for the bytes."""

    address = ""

    def answer(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        answer = super().answer(method, call)
        return answer | ({"upload_url": self.address} if "upload_url" in answer else {})


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/upload/F1",
        "file:///x.png",
        "ftp://files.example.org/x",
        "https://user:secret@files.example.org/x",
        "https://",
        "//files.example.org/x",
        "http://[::1",
        "",
    ],
)
def test_bytes_go_to_no_strange_address(address: str) -> None:
    with Elsewhere() as slack:
        slack.address = address
        outcome = SlackChannel(TOKEN, base_url=slack.url, timeout=3).send(chart())
        assert outcome.state is DeliveryState.DEAD
        assert "https" in outcome.remedy
        assert calls(slack) == [CALLS["address"]]


def test_an_https_address_of_any_host_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Elsewhere() as slack:
        slack.address = f"https://127.0.0.1:{port}/upload/F1"
        outcome = SlackChannel(TOKEN, base_url=slack.url, timeout=3).send(chart())
        assert outcome.state is DeliveryState.RETRY
        assert "refused" in outcome.detail.lower()


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "upload_url": 7, "file_id": "F1"}])
def test_an_answer_without_an_address_may_be_asked_for_again(answer: dict[str, Any]) -> None:
    class Odd(FakeSlack):
        def answer(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
            return answer

    with Odd() as slack:
        outcome = SlackChannel(TOKEN, base_url=slack.url, timeout=3).send(chart())
        assert outcome.state is DeliveryState.RETRY
        assert slack.count("upload") == 0


@pytest.mark.parametrize(
    "upload",
    [
        None,
        [],
        {},
        {"filename": "x.png", "title": "t", "comment": "c"},
        {"filename": "x.png", "title": "t", "comment": "c", "png": "not base64!"},
        {"filename": "x.png", "title": "t", "comment": "c", "png": 7},
        {"filename": "", "title": "t", "comment": "c", "png": ""},
        {"filename": "x.png", "title": 5, "comment": "c", "png": ""},
    ],
    ids=str,
)
def test_a_damaged_picture_is_dead_and_nothing_is_sent(
    slack: FakeSlack, channel: SlackChannel, upload: object
) -> None:
    body = json.dumps({"channel": "C0123456789", "upload": upload}).encode()
    outcome = channel.send(replace(chart(), payload=body))
    assert outcome.state is DeliveryState.DEAD
    assert "damaged" in outcome.detail
    assert slack.calls == []


def test_a_file_does_not_show_its_bytes() -> None:
    body = json.loads(chart().payload)
    assert "PNG" not in repr(file_of(body))


def test_the_token_reaches_no_text(
    slack: FakeSlack, channel: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    slack.will("address", "ok", "lost:html")
    slack.will("share", "lost:rst")
    told = [repr(channel.send(chart())) for _ in range(2)] + [repr(channel), caplog.text]
    assert not any(TOKEN in text or "/upload/" in text for text in told)


def test_the_look_begins_a_minute_before_the_attempt(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    channel.reconcile(chart())
    [(_, call)] = slack.calls
    assert float(call["oldest"]) == NOW.timestamp() - 60
    assert call["ts"] == THREAD
