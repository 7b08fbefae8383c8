"""The check of whole messages: it passes what is sound, and names each fault."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from service.digest.slack import messages
from service.digest.slack_blocks import texts
from service.digest.slack_limits import problems, size
from service.digest.slack_votes import buttons
from tests.factories import digest_content

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


def sound() -> dict[str, Any]:
    return messages(digest_content(), "C0123456789")[0]


def upload() -> dict[str, Any]:
    return {
        "channel": "C0123456789",
        "upload": {
            "filename": "litwatch-42df53a9-1eea-57e8-96bf-3d88c84b03e4.png",
            "title": "The last 8 weeks",
            "comment": "Shown 3 to 15.",
            "png": b64encode(PNG).decode(),
        },
    }


def blocks(*held: dict[str, Any]) -> dict[str, Any]:
    return {"blocks": list(held)}


def section(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": "section", "text": {"type": kind, "text": text}}


def rich(*elements: dict[str, Any], kind: str = "rich_text_section", **more: Any) -> dict[str, Any]:
    part = {"type": kind, "elements": list(elements), **more}
    return {"type": "rich_text", "elements": [part]}


def button(**changes: Any) -> dict[str, Any]:
    text = {"type": "plain_text", "text": "Save"}
    return {"type": "button", "action_id": "a", "text": text, "value": "v", **changes}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def metadata(**payload: Any) -> dict[str, Any]:
    return {"metadata": {"event_type": "literature_digest", "event_payload": payload}}


def image(**changes: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "x", **changes}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"thread_ts": "1795417201.000000"},
        blocks(section("<https://a.example/?a=1&amp;b=2|label> &lt;!channel&gt;")),
        blocks(section("<!channel> as it is", "plain_text")),
        blocks(rich({"type": "text", "text": "<!channel> as it is"})),
        blocks(rich({"type": "emoji", "name": "warning"})),
        blocks(buttons("stroma", 1)),
        blocks(actions(*[button(action_id=f"a{n}") for n in range(25)])),
        blocks(actions(button()), actions(button())),
        blocks(image()),
        blocks(*[{"type": "divider"}] * 50),
        metadata(delivery_id="x", part=1, late=True, share=0.5),
    ],
    ids=str,
)
def test_what_is_sound_passes(change: dict[str, Any]) -> None:
    assert problems(sound() | change) == []


def test_a_reply_that_is_not_posted_needs_neither_channel_nor_metadata() -> None:
    assert problems({"text": "Nothing found.", **blocks(section("Nothing found."))}) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (blocks(), "0 blocks"),
        (blocks(*[{"type": "divider"}] * 51), "51 blocks"),
        (blocks(*[{"type": "divider", "block_id": "a"}] * 2), "occurs twice"),
        (blocks({"type": "divider", "block_id": "a" * 256}), "block_id is too long"),
        (blocks({"type": "table"}), "unknown block type"),
        (blocks(section("a" * 3001)), "3001 characters"),
        (blocks(section(" ")), "1 characters, not 1 to"),
        (blocks(section("a", "markdown")), "unknown text 'markdown'"),
        (blocks({"type": "section"}), "without text"),
        (blocks(*[section("a" * 2900)] * 4), "11600 characters of text"),
        (blocks(*[section('"' * 2900)] * 3), "JSON in all"),
        (blocks(section("hi <!channel>")), "raw mention"),
        (blocks(section("hi <@U1>")), "raw mention"),
        (blocks(section("<javascript:x|y>")), "raw mention"),
        (blocks(section("a > b")), "raw mention"),
        (blocks({"type": "context", "elements": []}), "a context block needs 1 to 10 elements"),
        (
            blocks({"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}] * 11}),
            "1 to 10",
        ),
        (blocks({"type": "context", "elements": [{"type": "mrkdwn", "text": "<!here>"}]}), "raw"),
        (blocks({"type": "context", "elements": [{"type": "image"}]}), "unknown text 'image'"),
        (blocks({"type": "header", "text": {"type": "mrkdwn", "text": "a"}}), "plain_text"),
        (blocks({"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}), "151"),
        (blocks(actions()), "an actions block needs 1 to 25 elements"),
        (blocks(actions(*[button(action_id=f"a{n}") for n in range(26)])), "1 to 25 elements"),
        (blocks(actions(button(), button())), "an action_id occurs twice"),
        (blocks(actions(button(action_id="a" * 256))), "action_id of 256"),
        (blocks(actions(button(action_id=""))), "action_id of 0"),
        (blocks(actions(button(value="a" * 2001))), "value of 2001"),
        (blocks(actions(button(text={"type": "plain_text", "text": "a" * 76}))), "76 characters"),
        (blocks(actions(button(text={"type": "mrkdwn", "text": "a"}))), "takes plain_text only"),
        (blocks(actions({"type": "datepicker", "action_id": "a"})), "unknown element 'datepicker'"),
        (blocks({"type": "rich_text", "elements": []}), "without anything in it"),
        (blocks(rich()), "rich_text_section without anything"),
        (blocks(rich(kind="rich_text_list", style="bullet")), "rich_text_list without anything"),
        (blocks(rich({"type": "text", "text": "a"}, kind="rich_text_table")), "unknown element"),
        (blocks(rich(rich()["elements"][0], kind="rich_text_list")), "a list needs a style"),
        (blocks(rich({"type": "text", "text": ""})), "rich text of 0 characters"),
        (blocks(rich({"type": "text", "text": "a" * 3001})), "rich text of 3001 characters"),
        (blocks(rich({"type": "user", "user_id": "U1"})), "a mention?"),
        (blocks(rich({"type": "broadcast", "range": "channel"})), "a mention?"),
        (blocks(rich({"type": "usergroup", "usergroup_id": "S1"})), "a mention?"),
        (blocks(rich({"type": "emoji", "name": ""})), "an emoji named"),
        (blocks(rich({"type": "link", "url": "javascript:x", "text": "a"})), "a link to"),
        (blocks(rich({"type": "link", "url": "https://a.example/ b", "text": "a"})), "a link to"),
        (
            blocks(rich({"type": "link", "url": "https://a/" + "a" * 3000, "text": "a"})),
            "a link to",
        ),
        (blocks(image(alt_text="")), "alt text of 0"),
        (blocks(image(alt_text="a" * 2001)), "alt text of 2001"),
        (blocks(image(image_url="file:///x.png")), "without a web address"),
        ({"text": ""}, "fallback text has 0"),
        ({"text": "a" * 4001}, "fallback text has 4001"),
        ({"text": "<!here>"}, "raw mention"),
        ({"link_names": True}, "link_names"),
        ({"parse": "full"}, "parse"),
        ({"channel": ""}, "no channel"),
        ({"unfurl_links": True}, "previews"),
        ({"unfurl_media": None}, "previews"),
        ({"thread_ts": "yesterday"}, "thread_ts"),
        ({"thread_ts": 1795417201.0}, "thread_ts"),
        ({"reply_broadcast": True}, "shown twice"),
        ({"metadata": None}, "no metadata"),
        ({"metadata": {"event_type": "literature_digest"}}, "no metadata"),
        ({"metadata": {"event_type": "Wrong Type", "event_payload": {}}}, "event_type"),
        (metadata(held={"deep": 1}), "'held' is no scalar"),
        (metadata(held=None), "'held' is no scalar"),
        (metadata(held=[1]), "'held' is no scalar"),
        (metadata(held="a" * 8000), "characters of metadata"),
    ],
)
def test_each_fault_of_a_message_is_found(change: dict[str, Any], told: str) -> None:
    found = problems(sound() | change)
    assert any(told in trouble for trouble in found), found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"filename": "chart.png"}, "could not be found again"),
        ({"filename": "../litwatch-42df53a9-1eea-57e8-96bf-3d88c84b03e4.png"}, "found again"),
        ({"title": ""}, "title of 0"),
        ({"title": "a" * 121}, "title of 121"),
        ({"comment": ""}, "comment of 0"),
        ({"comment": "a" * 1501}, "comment of 1501"),
        ({"comment": "hi <!channel>"}, "raw mention"),
        ({"png": "no base64!"}, "no PNG"),
        ({"png": b64encode(b"<svg/>").decode()}, "no PNG"),
        ({"png": b64encode(PNG + b"x" * 1_000_000).decode()}, "no PNG"),
        ({"alt_txt": "words"}, "a filename, a title, a comment and a png"),
    ],
)
def test_each_fault_of_an_upload_is_found(change: dict[str, Any], told: str) -> None:
    assert problems(upload()) == []
    body = upload()
    body["upload"] |= change
    assert any(told in trouble for trouble in problems(body)), problems(body)


@pytest.mark.parametrize(
    "body", [{"channel": "", "upload": upload()["upload"]}, {"channel": "C1", "upload": []}]
)
def test_an_upload_needs_a_channel_and_a_file(body: dict[str, Any]) -> None:
    assert problems(body)


def test_texts_are_found_however_deep_they_lie() -> None:
    listed = {"type": "rich_text_section", "elements": [{"type": "text", "text": "deep"}]}
    assert texts(rich(listed, kind="rich_text_list")) == ["deep"]
    assert texts(buttons("stroma", 1)) == ["Relevant", "Not relevant", "Save"]
    assert texts({"type": "divider"}) == []


def test_size_counts_characters_of_compact_json() -> None:
    assert size({"a": ["β", 1]}) == len('{"a":["β",1]}')
