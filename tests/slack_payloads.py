"""What Slack sends, as it documents it, with the fields that are read and some that are not."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from service.digest.slack_votes import ACTIONS, buttons
from service.records import Judgement
from service.slackapp import why_not
from service.slackapp.commands import Press, command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRESSED = 1_795_417_200.0  # 23 November 2026, 07:00 UTC
CHANNEL, TS = "C0123456789", "1795417100.000100"
_NAMES = {judgement: action for action, judgement in ACTIONS.items()}
_count = itertools.count(1)


def message_blocks(*works: int, topic: str = "stroma") -> list[dict[str, Any]]:
    """A digest as posted: for each work a title and its buttons."""
    return [
        block
        for work_id in works
        for block in (
            {
                "type": "rich_text",
                "block_id": f"title-{work_id}",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {
                                "type": "link",
                                "url": f"https://doi.org/10.5555/stroma.{work_id}",
                                "text": f"Stromal niche {work_id}",
                                "style": {"bold": True},
                            }
                        ],
                    }
                ],
            },
            {**buttons(topic, work_id), "block_id": f"votes-{work_id}"},
        )
    ]


def press(
    work_id: int = 1,
    judgement: Judgement = Judgement.RELEVANT,
    *,
    user: str = "U1",
    at: float = PRESSED,
    topic: str = "stroma",
    count: int = 0,
    channel: str = CHANNEL,
    blocks: Sequence[Mapping[str, Any]] | None = None,
    response_url: str = "",
    **changes: Any,
) -> dict[str, Any]:
    """A button was pressed; `count` is the number that it showed."""
    label = str(judgement).capitalize()
    action = {
        "type": "button",
        "action_id": _NAMES[judgement],
        "block_id": f"votes-{work_id}",
        "text": {"type": "plain_text", "text": f"{label} ({count})" if count else label},
        "value": f"{topic}|{work_id}",
        "action_ts": f"{at:.6f}",
    }
    shown = message_blocks(work_id, topic=topic) if blocks is None else list(blocks)
    return {
        "type": "block_actions",
        "team": {"id": "T1", "domain": "lab"},
        "user": {"id": user, "username": "ida", "team_id": "T1"},
        "api_app_id": "A1",
        "token": "legacy-and-unused",
        "container": {"type": "message", "message_ts": TS, "channel_id": channel},
        "trigger_id": f"trigger-{next(_count)}",
        "channel": {"id": channel, "name": "papers"},
        "message": {"type": "message", "ts": TS, "text": "1 paper", "blocks": shown},
        "response_url": response_url,
        "actions": [action],
        **changes,
    }


def pressed(*given: Any, **changes: Any) -> Press:
    """The same as the core sees it."""
    found = command(press(*given, **changes))
    assert isinstance(found, Press)
    return found


def answer(
    of: Press, *reasons: str, text: str | None = None, view_id: str = "V1", **changes: Any
) -> dict[str, Any]:
    """The question that a press raised was answered."""
    view = why_not.question(of)
    chosen = [
        {"value": reason, "text": {"type": "plain_text", "text": reason}} for reason in reasons
    ]
    return {
        "type": "view_submission",
        "team": {"id": "T1", "domain": "lab"},
        "user": {"id": of.user, "username": "ida"},
        "view": {
            "id": view_id,
            "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"],
            "hash": "1.abc",
            "state": {
                "values": {
                    "ready": {"ready": {"type": "checkboxes", "selected_options": chosen}},
                    "free": {"free": {"type": "plain_text_input", "value": text}},
                }
            },
        },
        **changes,
    }


def slash(text: str, response_url: str = "https://hooks.slack.com/commands/1") -> dict[str, Any]:
    """`/litwatch TEXT`."""
    return {
        "command": "/litwatch",
        "text": text,
        "user_id": "U1",
        "team_id": "T1",
        "channel_id": CHANNEL,
        "response_url": response_url,
        "trigger_id": f"trigger-{next(_count)}",
    }


def home_opened(user: str = "U1", tab: str = "home") -> dict[str, Any]:
    """A reader looks at the app."""
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event": {"type": "app_home_opened", "user": user, "channel": "D1", "tab": tab},
    }


def message_of(*works: int) -> dict[str, Any]:
    """`chat.postMessage`'s body for a digest of these works."""
    return {"channel": CHANNEL, "text": "papers", "blocks": message_blocks(*works)}


def copied(payload: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes out of a file or off the line."""
    found: dict[str, Any] = json.loads(json.dumps(payload))
    return found
