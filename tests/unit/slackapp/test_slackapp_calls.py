from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.slackapp import calls as module
from service.slackapp.calls import SCOPES, SlackCalls
from tests.slack_payloads import CHANNEL, TS, message_blocks

if TYPE_CHECKING:
    from tests.fake_socket_mode import FakeSlackApp

VIEW = {"type": "modal", "blocks": []}


def test_an_update_leaves_what_the_message_says_of_itself(
    calls: SlackCalls, slack: FakeSlackApp
) -> None:
    """A digest is found again by its metadata: giving none keeps it."""
    assert calls.update(CHANNEL, TS, "1 paper", message_blocks(1))
    [body] = slack.bodies("chat.update")
    assert (body["channel"], body["ts"], body["text"]) == (CHANNEL, TS, "1 paper")
    assert body["blocks"] == message_blocks(1)
    assert body["parse"] == "none"
    assert "metadata" not in body


def test_views_go_where_they_belong(calls: SlackCalls, slack: FakeSlackApp) -> None:
    assert calls.open("trigger-1", VIEW)
    assert calls.change("slack:T1:U1:1.0", VIEW)
    assert calls.publish("U1", VIEW)
    assert slack.bodies("views.open") == [{"trigger_id": "trigger-1", "view": VIEW}]
    assert slack.bodies("views.update") == [{"external_id": "slack:T1:U1:1.0", "view": VIEW}]
    assert slack.bodies("views.publish") == [{"user_id": "U1", "view": VIEW}]


def test_an_answer_is_for_one_reader_and_replaces_nothing(
    calls: SlackCalls, slack: FakeSlackApp
) -> None:
    assert calls.answer(slack.answers_at, {"text": "Found."})
    [body] = slack.bodies("response_url")
    assert (body["text"], body["response_type"], body["replace_original"]) == (
        "Found.",
        "ephemeral",
        False,
    )


@pytest.mark.parametrize(
    "mode", ["429:30", "lost:500", "lost:html", "lost:drop", "cant_update_message"]
)
def test_what_slack_does_not_take_is_told_and_never_tried_again(
    calls: SlackCalls, slack: FakeSlackApp, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slack.script["chat.update"].append(mode)
    assert not calls.update(CHANNEL, TS, "1 paper", message_blocks(1))
    assert slack.count("chat.update") == 1
    assert "chat.update" in caplog.text
    assert "xoxb" not in caplog.text


@pytest.mark.parametrize("mode", ["lost:500", "lost:drop", "429:30"])
def test_an_answer_that_fails_is_told_and_never_tried_again(
    calls: SlackCalls, slack: FakeSlackApp, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack.script["response_url"].append(mode)
    assert not calls.answer(slack.answers_at, {"text": "Found."})
    assert slack.count("response_url") == 1
    assert "the answer" in caplog.text
    assert slack.answers_at not in caplog.text


@pytest.mark.parametrize("name", ["expired_trigger_id", "not_found"])
def test_a_reader_who_was_quicker_needs_no_warning(
    calls: SlackCalls, slack: FakeSlackApp, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack.script["views.open"].append(name)
    assert not calls.open("trigger-1", VIEW)
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://169.254.169.254/latest/meta-data",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com@evil.example/x",
        "http://hooks.slack.com/x",
        "file:///etc/passwd",
        "https://hooks.slack.com:8443/x",
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_slacks(
    calls: SlackCalls, slack: FakeSlackApp, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert not calls.answer(address, {"text": "Found."})
    assert slack.calls == []
    assert "not sent" in caplog.text


def test_the_address_of_an_answer_is_checked_before_anything_is_sent() -> None:
    at_slack = SlackCalls("xoxb-x", timeout=1)
    assert not at_slack.answer("http://slack.com.evil.example/x", {"text": "Found."})


def test_every_call_that_is_made_says_what_it_needs() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'_call\("([\w.]+)"', source)) | {"response_url"} == set(SCOPES)


def test_bodies_are_json_that_slack_reads(calls: SlackCalls, slack: FakeSlackApp) -> None:
    calls.update(CHANNEL, TS, "Grüße “CAF”", message_blocks(1, 2))
    assert json.dumps(slack.bodies("chat.update")[0], ensure_ascii=False).count("“CAF”") == 1
