"""The question "Why not?" that a press of "Not relevant" raises. Pure.

It is opened before the archive knows of the press (Slack gives three seconds), so it cannot know
whether the press takes an earlier vote back; when it does, the question is turned into a word of
that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from service.digest.safe import shorten
from service.digest.slack_rich import paragraph

if TYPE_CHECKING:
    from service.slackapp.commands import Press

View = dict[str, Any]

CALLBACK = "why_not"  # never rename: questions that are open keep theirs
# Value -> words. Values stand in questions that are open, words in notes: add, never change.
REASONS: Mapping[str, str] = {
    "cell": "wrong cell or tissue",
    "disease": "wrong disease",
    "passing": "only in passing",
    "kind": "wrong kind of paper",
    "known": "already known",
}
MOST = 500  # characters of free text
_READY, _FREE = "ready", "free"
_TITLE = "Why not?"


def question(press: Press) -> View:
    """The view for `views.open`; it can be found again by the press's key."""
    blocks: list[dict[str, Any]] = [
        *_about(press),
        {
            "type": "input",
            "block_id": _READY,
            "optional": True,
            "label": _plain("What is wrong with it?"),
            "element": {
                "type": "checkboxes",
                "action_id": _READY,
                "options": [
                    {"text": _plain(words[:1].upper() + words[1:]), "value": value}
                    for value, words in REASONS.items()
                ],
            },
        },
        {
            "type": "input",
            "block_id": _FREE,
            "optional": True,
            "label": _plain("Anything else"),
            "element": {
                "type": "plain_text_input",
                "action_id": _FREE,
                "multiline": True,
                "max_length": MOST,
            },
        },
    ]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "external_id": press.key,
        "private_metadata": json.dumps(
            {
                "subject": press.subject,
                "pressed": f"{press.at.timestamp():.6f}",
            }
        ),
        "title": _plain(_TITLE),
        "submit": _plain("Send"),
        "close": _plain("Skip"),
        "blocks": blocks,
    }


def taken_back() -> View:
    """What the question turns into when the press took the reader's earlier vote back."""
    told = "You had said so before: your vote is taken back."
    return {
        "type": "modal",
        "title": _plain(_TITLE),
        "close": _plain("Close"),
        "blocks": [paragraph(told)],
    }


def said(values: Mapping[str, Any]) -> str:
    """The note in a submitted view's `state.values`: "wrong disease; only in passing: a mouse
    study". What is not of that form says nothing."""
    chosen = _field(values, _READY).get("selected_options")
    found = chosen if isinstance(chosen, Sequence) else ()
    marked = {one.get("value") for one in found if isinstance(one, Mapping)}
    reasons = "; ".join(words for value, words in REASONS.items() if value in marked)
    written = _field(values, _FREE).get("value")
    free = shorten(written, MOST) if isinstance(written, str) else ""
    return ": ".join(filter(None, (reasons, free)))


def _field(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block = values.get(name)
    found = block.get(name) if isinstance(block, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _about(press: Press) -> list[dict[str, Any]]:
    """The title of the work as the message shows it: the bold words nearest above the buttons."""
    title = ""
    for block in press.blocks:
        if press.names(block):
            break
        title = next(_bold(block), title)
    return [paragraph(title)] if title.strip() else []


def _bold(block: Mapping[str, Any]) -> Iterator[str]:
    for inner in block.get("elements", ()):
        if isinstance(inner, Mapping):
            style, text = inner.get("style"), inner.get("text")
            if isinstance(style, Mapping) and style.get("bold") and isinstance(text, str):
                yield text
            yield from _bold(inner)


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
