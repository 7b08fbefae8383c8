"""What Slack takes in one message, and a check of whole messages (its SDK checks only fields)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BLOCKS = 50
SECTION_TEXT = 3000
CONTEXT_TEXT = 2000
HEADER_TEXT = 150
BLOCK_ID = 255
FALLBACK_TEXT = 4000
# Slack's own limit on all blocks together is undocumented: refusals were seen from about 11,300.
TEXT_IN_ALL = 9000
JSON_IN_ALL = 12_000

_OURS = re.compile(r"<https?://[^<>|\s]+\|[^<>|\n]+>|^> ", re.MULTILINE)  # links and quotes


def problems(message: Mapping[str, Any]) -> list[str]:
    """Everything Slack would refuse, cut or misread in a `chat.postMessage` body; [] when sound."""
    blocks: list[Mapping[str, Any]] = list(message.get("blocks", ()))
    found = [
        *_counts(message, blocks),
        *(trouble for block in blocks for trouble in _block(block)),
        *(
            f"raw mention or markup in {text[:60]!r}"
            for text in [message.get("text", ""), *(t for b in blocks for t in texts(b))]
            if re.search("[<>]", _OURS.sub("", text))
        ),
    ]
    if message.get("link_names") or message.get("parse") not in {None, "none"}:
        found.append("link_names or parse would turn plain words into mentions")
    return found


def _counts(message: Mapping[str, Any], blocks: list[Mapping[str, Any]]) -> Iterator[str]:
    if not 1 <= len(blocks) <= BLOCKS:
        yield f"{len(blocks)} blocks, not 1 to {BLOCKS}"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id occurs twice"
    if not 0 < len(message.get("text", "")) <= FALLBACK_TEXT:
        yield f"the fallback text has {len(message.get('text', ''))} characters"
    shown = sum(len(text) for block in blocks for text in texts(block))
    if shown > TEXT_IN_ALL:
        yield f"{shown} characters of text in all"
    if size(message) > JSON_IN_ALL:
        yield f"{size(message)} characters of JSON in all"


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block.get("type")
    limit = {"section": SECTION_TEXT, "header": HEADER_TEXT, "context": CONTEXT_TEXT}.get(
        str(kind), 0
    )
    if kind not in {"section", "header", "context", "divider"}:
        yield f"unknown block type {kind!r}"
    if len(block.get("block_id", "")) > BLOCK_ID:
        yield "a block_id is too long"
    if kind == "context" and not 1 <= len(block.get("elements", ())) <= 10:
        yield "a context block needs 1 to 10 elements"
    if kind in {"section", "header"} and "text" not in block:
        yield f"a {kind} block without text"
    if kind == "header" and block.get("text", {}).get("type") != "plain_text":
        yield "a header takes plain_text only"
    for text in texts(block):
        if not text.strip() or len(text) > limit:
            yield f"a {kind} text of {len(text)} characters, not 1 to {limit}"


def texts(block: Mapping[str, Any]) -> list[str]:
    """All texts that a block shows."""
    holders = [*([block["text"]] if "text" in block else ()), *block.get("elements", ())]
    return [str(holder.get("text", "")) for holder in holders]


def size(value: object) -> int:
    """Characters of compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
