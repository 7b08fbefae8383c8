"""Slack's channel against a server that fails in every way that was ever seen."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from service.delivery.slack import SlackChannel
from service.delivery.slack_outcomes import FORM_REFUSALS
from service.records import Delivery, DeliveryState
from tests.factories import NOW, delivery
from tests.fake_slack import FakeSlack

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "xoxb-canary-4711"
UNCLEAR = ["rst", "drop", "500", "html", "half", "short", "fatal_error", "internal_error"]
UNCLEAR += ["service_unavailable", "request_timeout", "a_name_of_next_year"]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


@pytest.fixture
def channel(slack: FakeSlack) -> SlackChannel:
    return SlackChannel(TOKEN, base_url=slack.url, timeout=5)


def posting(part: int = 1, **changes: Any) -> Delivery:
    one = delivery(part=part, parts=2, **changes)
    body = {
        "channel": one.destination,
        "text": "5 papers",
        "blocks": [{"type": "divider"}],
        "metadata": {
            "event_type": "literature_digest",
            "event_payload": {"delivery_id": one.id, "part": part},
        },
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return replace(one, payload=json.dumps(body).encode())


def test_a_posted_message_is_sent_and_its_ts_kept(slack: FakeSlack, channel: SlackChannel) -> None:
    outcome = channel.send(posting())
    assert outcome.state is DeliveryState.SENT
    assert outcome.provider_id == slack.posts[0]["ts"]
    assert slack.posts[0]["unfurl_links"] is False
    assert slack.tokens == [f"Bearer {TOKEN}"]


def test_a_later_part_goes_into_the_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.send(posting(part=2, thread="1795417201.000000"))
    assert slack.posts[0]["thread_ts"] == "1795417201.000000"


def test_a_later_part_without_a_thread_is_not_posted(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    outcome = channel.send(posting(part=2))
    assert outcome.state is DeliveryState.RETRY
    assert slack.calls == []


@pytest.mark.parametrize("how", UNCLEAR)
@pytest.mark.parametrize("fate", ["kept", "lost"])
def test_an_unclear_end_is_unknown_after_one_post_and_the_history_tells(
    slack: FakeSlack, channel: SlackChannel, fate: str, how: str
) -> None:
    """T54, T55, T59."""
    slack.will("post", f"{fate}:{how}")
    assert channel.send(posting()).state is DeliveryState.UNKNOWN
    assert slack.count("chat.postMessage") == 1
    seen = channel.reconcile(posting(state=DeliveryState.UNKNOWN))
    assert seen.state is (DeliveryState.SENT if fate == "kept" else DeliveryState.RETRY)
    assert slack.count("conversations.history") == 1
    assert len(slack.posts) == (fate == "kept")


def test_silence_is_unknown(slack: FakeSlack) -> None:
    slack.will("post", "kept:silence")
    impatient = SlackChannel(TOKEN, base_url=slack.url, timeout=1)
    assert impatient.send(posting()).state is DeliveryState.UNKNOWN
    assert impatient.reconcile(posting()).state is DeliveryState.SENT


def test_a_connection_closed_unread_is_unknown_and_proved_absent(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    """T53."""
    slack.will("post", "unread")
    assert channel.send(posting()).state is DeliveryState.UNKNOWN
    assert channel.reconcile(posting()).state is DeliveryState.RETRY
    assert channel.send(posting()).state is DeliveryState.SENT
    assert len(slack.posts) == 1


def test_a_refused_connection_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = SlackChannel(TOKEN, base_url=f"http://127.0.0.1:{port}/api/", timeout=2)
    assert channel.send(posting()).state is DeliveryState.RETRY


@pytest.mark.parametrize(
    ("mode", "wait"), [("429:1", 1), ("429:3600", 3600), ("429", 30), ("ratelimited", 30)]
)
def test_a_throttled_post_waits_as_told(
    slack: FakeSlack, channel: SlackChannel, mode: str, wait: float
) -> None:
    """T56."""
    slack.will("post", mode)
    outcome = channel.send(posting())
    assert (outcome.state, outcome.wait) == (DeliveryState.RETRY, wait)
    assert slack.count("chat.postMessage") == 1


@pytest.mark.parametrize(
    "name",
    [
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
    ],
)
def test_a_permanent_refusal_is_dead_with_a_remedy(
    slack: FakeSlack, channel: SlackChannel, name: str
) -> None:
    """T57."""
    slack.will("post", name)
    outcome = channel.send(posting())
    assert outcome.state is DeliveryState.DEAD
    assert name in outcome.detail
    assert outcome.remedy
    assert TOKEN not in repr(outcome)


@pytest.mark.parametrize("name", sorted(FORM_REFUSALS))
def test_refused_blocks_are_tried_once_more_as_plain_text_then_dead(
    slack: FakeSlack, channel: SlackChannel, name: str
) -> None:
    """T58."""
    slack.will("post", name, name)
    first = channel.send(posting())
    assert (first.state, first.plain) == (DeliveryState.RETRY, True)
    second = channel.send(posting(plain=True))
    assert (second.state, second.plain) == (DeliveryState.DEAD, False)
    assert name in second.detail
    sent = [call for _, call in slack.calls]
    assert ["blocks" in call for call in sent] == [True, False]
    assert [call["text"] for call in sent] == ["5 papers"] * 2
    assert sent[1]["metadata"] == sent[0]["metadata"]


def test_whether_to_go_plain_is_the_deliverys_memory_not_the_channels(slack: FakeSlack) -> None:
    """T58. Another worker, or this one after a restart, makes the second try."""
    slack.will("post", "invalid_blocks")
    SlackChannel(TOKEN, base_url=slack.url, timeout=5).send(posting())
    other = SlackChannel(TOKEN, base_url=slack.url, timeout=5)
    assert other.send(posting(plain=True)).state is DeliveryState.SENT
    assert "blocks" not in slack.posts[0]


def test_metadata_that_is_refused_is_dead_at_once(slack: FakeSlack, channel: SlackChannel) -> None:
    """T58. Text alone would carry the same metadata: a second try could not pass."""
    slack.will("post", "metadata_too_large")
    outcome = channel.send(posting())
    assert (outcome.state, outcome.plain) == (DeliveryState.DEAD, False)


def test_a_damaged_payload_is_dead_and_not_posted(slack: FakeSlack, channel: SlackChannel) -> None:
    outcome = channel.send(delivery(payload=b'{"channel": "C1", "te'))
    assert outcome.state is DeliveryState.DEAD
    assert slack.calls == []


def test_the_look_reads_every_page_from_a_minute_before_the_attempt(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    for number in range(7):
        slack.post({"channel": "C0123456789", "text": f"chatter {number}"})
    channel.send(posting())
    slack.page = 3
    assert channel.reconcile(posting()).provider_id == slack.posts[-1]["ts"]
    looks = [call for method, call in slack.calls if method == "conversations.history"]
    assert len(looks) == 3
    assert {float(call["oldest"]) for call in looks} == {NOW.timestamp() - 60}


def test_another_part_or_delivery_is_not_mistaken_for_ours(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    channel.send(posting())
    other = posting(id="00000000-0000-5000-8000-000000000000")
    assert channel.reconcile(other).state is DeliveryState.RETRY
    thread = slack.posts[0]["ts"]
    second = posting(part=2, thread=thread)
    assert channel.reconcile(second).state is DeliveryState.RETRY
    channel.send(second)
    assert channel.reconcile(second).provider_id == slack.posts[1]["ts"]
    assert slack.calls[-1][0] == "conversations.replies"


@pytest.mark.parametrize("name", ["missing_scope", "channel_not_found", "not_in_channel"])
def test_an_unreadable_history_holds_for_a_person(
    slack: FakeSlack, channel: SlackChannel, name: str
) -> None:
    """T61."""
    slack.will("history", name)
    outcome = channel.reconcile(posting())
    assert outcome.state is DeliveryState.UNKNOWN
    assert outcome.remedy


@pytest.mark.parametrize("mode", ["429:7", "lost:500", "lost:rst", "lost:half", "fatal_error"])
def test_a_look_that_failed_in_passing_proves_nothing_and_may_be_repeated(
    slack: FakeSlack, channel: SlackChannel, mode: str
) -> None:
    slack.will("history", mode)
    outcome = channel.reconcile(posting())
    assert outcome.state is DeliveryState.UNKNOWN
    assert not outcome.remedy
    assert outcome.wait == (7 if mode == "429:7" else None)


@pytest.mark.parametrize("changes", [{"destination": "#stroma"}, {"started_at": None}])
def test_a_delivery_that_cannot_be_looked_for_is_held(
    slack: FakeSlack, channel: SlackChannel, changes: dict[str, Any]
) -> None:
    outcome = channel.reconcile(posting(**changes))
    assert outcome.state is DeliveryState.UNKNOWN
    assert outcome.remedy
    assert slack.calls == []


def test_the_token_reaches_no_log_and_no_text(
    slack: FakeSlack, channel: SlackChannel, caplog: pytest.LogCaptureFixture
) -> None:
    slack.will("post", "lost:html", "lost:rst", "invalid_auth")
    told = [repr(channel.send(posting())) for _ in range(3)] + [repr(channel), caplog.text]
    assert not any(TOKEN in text for text in told)


def answering(monkeypatch: pytest.MonkeyPatch, *pages: Any) -> list[dict[str, Any]]:
    """Have every look answered with these pages, the last one for ever; returns the calls."""
    calls: list[dict[str, Any]] = []

    def api_call(_self: object, _method: str, *, params: dict[str, Any]) -> SimpleNamespace:
        calls.append(dict(params))
        page = pages[min(len(calls), len(pages)) - 1]
        return SimpleNamespace(data=page, status_code=200, headers={})

    monkeypatch.setattr("slack_sdk.WebClient.api_call", api_call)
    return calls


@pytest.mark.parametrize(
    "page", [None, [], {}, {"messages": None}, {"messages": {}}, b"\x00"], ids=str
)
def test_a_history_without_messages_proves_nothing(
    channel: SlackChannel, monkeypatch: pytest.MonkeyPatch, page: object
) -> None:
    answering(monkeypatch, page)
    assert channel.reconcile(posting()).state is DeliveryState.UNKNOWN


def test_a_history_that_has_more_but_says_not_where_proves_nothing(
    channel: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, {"ok": True, "messages": [], "has_more": True})
    seen = channel.reconcile(posting())
    assert (seen.state, seen.remedy) == (DeliveryState.UNKNOWN, "")


def test_a_history_without_end_is_left_at_some_point(
    channel: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = {"ok": True, "messages": [], "response_metadata": {"next_cursor": "same"}}
    calls = answering(monkeypatch, page)
    assert channel.reconcile(posting()).state is DeliveryState.UNKNOWN
    assert 10 <= len(calls) <= 100


@pytest.mark.parametrize(
    "message",
    [
        None,
        "text",
        {},
        {"metadata": None},
        {"metadata": "literature_digest"},
        {"metadata": {"event_type": "literature_digest"}},
        {"metadata": {"event_type": "literature_digest", "event_payload": []}},
        {"metadata": {"event_type": "other", "event_payload": {"delivery_id": "ours"}}},
    ],
    ids=str,
)
def test_strange_messages_in_a_history_are_passed_over(
    channel: SlackChannel, monkeypatch: pytest.MonkeyPatch, message: object
) -> None:
    one = posting()
    ours = {"event_type": "literature_digest", "event_payload": {"delivery_id": one.id, "part": 1}}
    page = {"ok": True, "messages": [message, {"ts": "17.5", "metadata": ours}]}
    answering(monkeypatch, page)
    seen = channel.reconcile(one)
    assert (seen.state, seen.provider_id) == (DeliveryState.SENT, "17.5")


def test_a_later_part_is_not_looked_for_without_its_thread(
    channel: SlackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch, {"ok": True, "messages": []})
    seen = channel.reconcile(posting(2, thread=None))
    assert seen.state is DeliveryState.UNKNOWN
    assert "no known thread" in seen.remedy
    assert calls == []
