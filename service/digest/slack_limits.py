"""What Slack takes in one message, and a check of whole messages (its SDK checks only fields)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from service.digest import slack_blocks
from service.digest.slack_uploads import upload_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BLOCKS = 50
FALLBACK_TEXT = 4000
# Slack's own limit on all blocks together is undocumented: refusals were seen from about 11,300.
TEXT_IN_ALL = 9000
JSON_IN_ALL = 12_000
METADATA = 8000  # characters of JSON; ours has some 150

_TS = re.compile(r"\d{10}\.\d{6}")
_EVENT_TYPE = re.compile(r"[a-z0-9_]{1,255}")


def problems(message: Mapping[str, Any]) -> list[str]:
    """Everything Slack would refuse, cut or misread in a message, or in a body of our own for a
    picture ("upload"); [] when sound. One with a channel is to be posted: it must be found again.
    """
    if "upload" in message:
        return list(upload_problems(message))
    blocks: list[Mapping[str, Any]] = list(message.get("blocks", ()))
    return [
        *_counts(message, blocks),
        *(trouble for block in blocks for trouble in slack_blocks.problems(block)),
        *slack_blocks.markup(str(message.get("text", ""))),
        *(_post(message) if "channel" in message else ()),
    ]


def _counts(message: Mapping[str, Any], blocks: list[Mapping[str, Any]]) -> Iterator[str]:
    if not 1 <= len(blocks) <= BLOCKS:
        yield f"{len(blocks)} blocks, not 1 to {BLOCKS}"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id occurs twice"
    if not 0 < len(message.get("text", "")) <= FALLBACK_TEXT:
        yield f"the fallback text has {len(message.get('text', ''))} characters"
    shown = sum(len(text) for block in blocks for text in slack_blocks.texts(block))
    if shown > TEXT_IN_ALL:
        yield f"{shown} characters of text in all"
    if size(message) > JSON_IN_ALL:
        yield f"{size(message)} characters of JSON in all"
    if message.get("link_names") or message.get("parse") not in {None, "none"}:
        yield "link_names or parse would turn plain words into mentions"


def _post(message: Mapping[str, Any]) -> Iterator[str]:
    if not message["channel"]:
        yield "no channel"
    if message.get("unfurl_links") is not False or message.get("unfurl_media") is not False:
        yield "links would unfurl into previews"
    if "thread_ts" in message and not _TS.fullmatch(str(message["thread_ts"])):
        yield f"thread_ts {message['thread_ts']!r} is none"
    if message.get("reply_broadcast"):
        yield "a reply that is broadcast is shown twice"
    yield from _metadata(message.get("metadata"))


def _metadata(metadata: object) -> Iterator[str]:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        yield "no metadata: the message could not be found again"
        return
    if not _EVENT_TYPE.fullmatch(str(metadata.get("event_type", ""))):
        yield f"event_type {metadata.get('event_type')!r} is none"
    for key, value in metadata["event_payload"].items():
        if not isinstance(value, str | int | float | bool):
            yield f"metadata {key!r} is no scalar"
    if size(metadata) > METADATA:
        yield f"{size(metadata)} characters of metadata"


def size(value: object) -> int:
    """Characters of compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
