from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InputError
from service.records import Judgement
from service.slackapp import commands, why_not
from service.slackapp.commands import HomeOpened, NoteSubmission, SlashCommand, Unknown, command
from tests.slack_payloads import CHANNEL, TS, answer, copied, home_opened, press, pressed, slash


def test_a_press_says_who_what_when_and_where() -> None:
    payload = press(
        7, Judgement.SAVED, user="U9", count=2, response_url="https://hooks.slack.com/x"
    )
    found = pressed(
        7, Judgement.SAVED, user="U9", count=2, response_url="https://hooks.slack.com/x"
    )
    assert (found.topic, found.work_id, found.judgement) == ("stroma", 7, Judgement.SAVED)
    assert (found.user, found.channel, found.ts) == ("U9", CHANNEL, TS)
    assert found.key == "slack:T1:U9:1795417200.000000"
    assert found.at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert (found.counted, found.response_url) == (True, "https://hooks.slack.com/x")
    assert list(found.blocks) == payload["message"]["blocks"]
    assert found.trigger_id.startswith("trigger-")


def test_a_button_without_a_number_was_not_counted_yet() -> None:
    assert not pressed(1).counted


def test_the_time_of_a_press_keeps_its_fraction() -> None:
    found = pressed(1, at=1795417200.123456)
    assert found.at.microsecond == 123456
    assert found.key.endswith(":1795417200.123456")


def test_a_reader_of_an_organisation_without_a_team_has_one_of_their_own() -> None:
    found = command(press(1, team=None))
    assert isinstance(found, commands.Press)
    assert found.key.startswith("slack:T1:U1:")


@pytest.mark.parametrize(
    "change",
    [
        {"user": {}},
        {"user": None},
        {"actions": [press(1)["actions"][0] | {"value": "../etc|x"}]},
        {"actions": [press(1)["actions"][0] | {"value": None}]},
        {"actions": [press(1)["actions"][0] | {"action_ts": "yesterday"}]},
        {"actions": [{"action_id": "vote_saved"}]},
    ],
)
def test_a_press_that_cannot_be_understood_is_kept_and_told(change: dict[str, Any]) -> None:
    payload = press(1) | change
    assert commands.carries_vote(payload)
    with pytest.raises(InputError):
        command(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": None},
        {"type": "block_actions", "actions": ["vote_saved", None]},
        {"type": "block_actions", "actions": [{"action_id": "open_page", "url": "https://x.org"}]},
        {"type": "view_submission", "view": {"callback_id": "another"}},
        {"type": "view_submission", "view": None},
        {"type": "view_closed", "view": {"callback_id": why_not.CALLBACK}},
        {"type": "event_callback", "event": {"type": "message", "user": "U1"}},
        {"type": "event_callback", "event": "app_home_opened"},
        {"type": 7},
    ],
)
def test_what_is_not_for_us_is_neither_kept_nor_done(payload: dict[str, Any]) -> None:
    assert not commands.carries_vote(payload)
    assert isinstance(command(payload), Unknown)


def test_a_message_of_a_form_that_slack_does_not_send_is_left_alone() -> None:
    payload = press(1)
    payload["message"]["blocks"] = [{"type": "actions", "elements": ["a string"]}]
    found = command(payload)
    assert isinstance(found, commands.Press)
    assert found.blocks == ()


def test_a_press_on_a_message_that_only_its_reader_sees_has_its_place_too() -> None:
    payload = press(1)
    del payload["message"], payload["channel"]
    found = command(payload)
    assert isinstance(found, commands.Press)
    assert (found.channel, found.ts, found.blocks) == (CHANNEL, TS, ())


def test_an_answer_is_about_the_press_that_raised_the_question() -> None:
    of = pressed(3, Judgement.NOT_RELEVANT, at=1795417200.123456)
    found = command(copied(answer(of, "cell", "passing", text="only\nmice")))
    assert isinstance(found, NoteSubmission)
    assert (found.topic, found.work_id, found.user) == ("stroma", 3, "U1")
    assert (found.at, found.key) == (of.at, "slack:T1:U1:V1")
    assert found.note == "wrong cell or tissue; only in passing: only mice"


@pytest.mark.parametrize("metadata", ["", "{}", "[]", '{"subject": 1, "pressed": "1"}', "null"])
def test_an_answer_about_nothing_is_told(metadata: str) -> None:
    payload = answer(pressed(3))
    payload["view"]["private_metadata"] = metadata
    assert commands.carries_vote(payload)
    with pytest.raises(InputError):
        command(payload)


@pytest.mark.parametrize(
    ("text", "verb", "words"),
    [
        ("search CXCL12 -mouse", "search", "CXCL12 -mouse"),
        ("  SEARCH   “neutrophil traps”  ", "search", '"neutrophil traps"'),
        ("why 10.5555/stroma.1", "why", "10.5555/stroma.1"),
        ("topics", "topics", ""),
        ("", "", ""),
    ],
)
def test_a_slash_command_is_a_verb_and_words(text: str, verb: str, words: str) -> None:
    found = command(slash(text))
    assert found == SlashCommand(verb, words, "U1", "https://hooks.slack.com/commands/1")


def test_only_the_home_tab_is_drawn() -> None:
    assert command(home_opened("U7")) == HomeOpened("U7")
    assert isinstance(command(home_opened("U7", tab="messages")), Unknown)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(press(1))), _JSON)
def test_no_field_of_a_press_can_do_more_than_be_refused(name: str, value: Any) -> None:
    payload = press(1) | {name: value}
    try:
        command(payload)
    except InputError:
        assert commands.carries_vote(payload)


@given(st.dictionaries(st.sampled_from(["ready", "free", "x"]), _JSON))
def test_no_state_of_a_view_can_do_more_than_say_nothing(values: dict[str, Any]) -> None:
    assert isinstance(why_not.said(values), str)


# -- the question ---------------------------------------------------------------------------------


def test_the_question_keeps_within_what_slack_takes() -> None:
    view = why_not.question(pressed(1, Judgement.NOT_RELEVANT))
    assert len(view["title"]["text"]) <= 24
    assert len(view["submit"]["text"]) <= 24
    assert len(view["close"]["text"]) <= 24
    assert len(view["private_metadata"]) <= 3000
    assert len(view["external_id"]) <= 255
    options = view["blocks"][1]["element"]["options"]
    assert 1 <= len(options) <= 10
    assert all(len(option["text"]["text"]) <= 75 for option in options)


def test_the_question_names_the_work_whose_button_was_pressed() -> None:
    from tests.slack_payloads import message_blocks

    blocks = message_blocks(1, 2, 3)
    view = why_not.question(pressed(2, Judgement.NOT_RELEVANT, blocks=blocks))
    assert view["blocks"][0]["text"]["text"] == "Stromal niche 2"


def test_the_question_does_without_a_title() -> None:
    view = why_not.question(pressed(2, Judgement.NOT_RELEVANT, blocks=[]))
    assert [block["type"] for block in view["blocks"]] == ["input", "input"]


def test_an_answer_may_say_nothing() -> None:
    assert why_not.said({}) == ""


def test_a_note_is_one_line_of_bounded_length() -> None:
    values = {"free": {"free": {"value": "a\u202eb " * 400 + "\n\x00"}}}
    note = why_not.said(values)
    assert len(note) <= why_not.MOST
    assert note.isprintable()
