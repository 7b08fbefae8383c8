"""The buttons under a work: what a press means, and what the labels say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.digest.slack import messages
from service.digest.slack_limits import problems
from service.digest.slack_votes import ACTIONS, buttons, retallied, subject, subjects
from service.records import Judgement
from tests.factories import digest_content, item, section

slugs = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)
ids = st.integers(0, 10**18 - 1)


def labels(block: dict[str, Any]) -> list[str]:
    return [element["text"]["text"] for element in block["elements"]]


def test_the_names_of_the_actions_are_fixed_for_ever() -> None:
    """Messages that were posted keep theirs: a renamed one would lose their votes."""
    assert dict(ACTIONS) == {
        "vote_relevant": Judgement.RELEVANT,
        "vote_not_relevant": Judgement.NOT_RELEVANT,
        "vote_saved": Judgement.SAVED,
    }


def test_a_work_has_three_buttons_that_name_it() -> None:
    block = buttons("stroma", 7)
    assert labels(block) == ["Relevant", "Not relevant", "Save"]
    assert [element["action_id"] for element in block["elements"]] == list(ACTIONS)
    assert {element["value"] for element in block["elements"]} == {"stroma|7"}


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (None, ["Relevant", "Not relevant", "Save"]),
        ({}, ["Relevant", "Not relevant", "Save"]),
        ({Judgement.RELEVANT: 0}, ["Relevant", "Not relevant", "Save"]),
        ({Judgement.RELEVANT: 2}, ["Relevant (2)", "Not relevant", "Save"]),
        (
            {Judgement.NOT_RELEVANT: 1, Judgement.SAVED: 12},
            ["Relevant", "Not relevant (1)", "Save (12)"],
        ),
        ({Judgement.WITHDRAWN: 3}, ["Relevant", "Not relevant", "Save"]),
    ],
)
def test_the_labels_say_how_many_voted_so(
    counts: dict[Judgement, int] | None, told: list[str]
) -> None:
    assert labels(buttons("stroma", 7, counts)) == told


@given(slugs, ids)
def test_a_press_tells_topic_and_work(topic: str, work_id: int) -> None:
    block = buttons(topic, work_id, dict.fromkeys(Judgement, 10**9))
    for element in block["elements"]:
        assert subject(element["value"]) == (topic, work_id)
    assert problems({"text": "x", "blocks": [block]}) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "stroma",
        "stroma|",
        "|7",
        "stroma|-7",
        "stroma|7 ",
        "stroma|7\n",
        "stroma|٧",
        "Stroma|7",
        "str oma|7",
        "a|b|7",
        "a" * 65 + "|7",
        "stroma|" + "7" * 19,
    ],
)
def test_a_value_that_is_not_ours_names_nothing(value: object) -> None:
    assert subject(value) is None


def message() -> dict[str, Any]:
    (whole,) = messages(digest_content(section(item(1), item(2))), "C0123456789")
    return whole


def test_the_subjects_of_a_message_are_found_in_order() -> None:
    assert subjects(message()["blocks"]) == (("stroma", 1), ("stroma", 2))


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"type": "actions"},
        {"type": "actions", "elements": []},
        {"type": "actions", "elements": [{"action_id": "open_page", "value": "stroma|7"}]},
        {"type": "actions", "elements": [{"action_id": "vote_saved"}]},
        {"type": "actions", "elements": [{"action_id": "vote_saved", "value": "<!channel>"}]},
        {"type": "context", "elements": [{"action_id": "vote_saved", "value": "stroma|7"}]},
    ],
    ids=str,
)
def test_strange_blocks_name_nothing_and_stay_as_they_are(block: dict[str, Any]) -> None:
    assert subjects([block]) == ()
    assert retallied([block], {("stroma", 7): {Judgement.SAVED: 1}}) == [block]


def test_votes_change_the_labels_of_their_work_and_nothing_else() -> None:
    before = message()["blocks"]
    kept = json.dumps(before)
    after = retallied(before, {("stroma", 2): {Judgement.RELEVANT: 2}})
    assert json.dumps(before) == kept, "the posted blocks are not changed in place"
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    [(old, new)] = changed
    assert new["block_id"] == old["block_id"]
    assert labels(new) == ["Relevant (2)", "Not relevant", "Save"]
    assert problems({**message(), "blocks": after}) == []


def test_a_vote_that_was_withdrawn_leaves_no_number() -> None:
    voted = retallied(message()["blocks"], {("stroma", 1): {Judgement.SAVED: 1}})
    assert retallied(voted, {}) == message()["blocks"]


def test_counting_again_changes_nothing() -> None:
    counts = {("stroma", 1): {Judgement.SAVED: 1}, ("stroma", 9): {Judgement.SAVED: 1}}
    once = retallied(message()["blocks"], counts)
    assert retallied(once, counts) == once


def test_a_message_stays_within_its_limits_however_many_vote() -> None:
    everyone = dict.fromkeys(Judgement, 999_999)
    for part in messages(digest_content(section(*[item(n) for n in range(1, 40)])), "C0123456789"):
        counts = dict.fromkeys(subjects(part["blocks"]), everyone)
        assert problems({**part, "blocks": retallied(part["blocks"], counts)}) == []
