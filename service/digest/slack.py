"""A digest as Slack messages: the first for the channel, the rest for its thread.

A work's blocks are never torn apart; every message keeps within `slack_limits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.digest import slack_limits, words
from service.digest.identity import delivery_id
from service.digest.mrkdwn import escape, escaped, link
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.records import DigestContent, DigestItem, DigestSection

Block = dict[str, Any]
Message = dict[str, Any]

EVENT = "literature_digest"
_LINES_PER_BLOCK = 1900
_FALLBACK = 1500  # what a notification and a screen reader get; the blocks need the rest
_SIMILAR_LISTED = 5  # titles under one work
_SIMILAR_TEXT = 1500
_ROOM_FOR_HEAD = 2  # blocks


def messages(content: DigestContent, destination: str) -> list[Message]:
    """The bodies for `chat.postMessage`, part 1 first. `thread_ts` is not in them: it is not
    known before part 1 is posted."""
    groups = [*_opening(content), *_body(content), *_receipts(content)]
    packed = _pack(groups)
    parts = len(packed)
    return [
        _message(content, destination, blocks, part, parts)
        for part, blocks in enumerate(packed, start=1)
    ]


def _message(
    content: DigestContent, destination: str, blocks: list[Block], part: int, parts: int
) -> Message:
    text = _fallback(content)
    if part > 1:
        text = escape(f"{shorten(content.label, 80)}, continued ({part} of {parts})")
        blocks = [_context(text), *blocks]
    numbered = [{**block, "block_id": f"part-{part}-{n}"} for n, block in enumerate(blocks, 1)]
    return {
        "channel": destination,
        "text": text,
        "blocks": numbered,
        "metadata": {
            "event_type": EVENT,
            "event_payload": {
                "delivery_id": delivery_id(content.digest_id, "slack", destination, part),
                "part": part,
            },
        },
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _pack(groups: list[list[Block]]) -> list[list[Block]]:
    """Groups into messages, greedily and in order. Each group alone fits a message.

    Counting JSON is enough: what it leaves room for is less than the limit on text in all.
    """
    room = slack_limits.JSON_IN_ALL - 2 * _FALLBACK - 800
    packed: list[list[Block]] = [[]]
    size = 0
    for group in groups:
        more = sum(slack_limits.size(block) + 30 for block in group)
        count = len(packed[-1]) + len(group) + _ROOM_FOR_HEAD
        if packed[-1] and (count > slack_limits.BLOCKS or size + more > room):
            packed.append([])
            size = 0
        packed[-1] += group
        size += more
    return packed


def _opening(content: DigestContent) -> Iterator[list[Block]]:
    count = words.counted(content.shown, "paper") if content.shown else "Nothing new"
    label = shorten(content.label, 100).translate({ord(c): None for c in "<>"})
    head: list[Block] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": f"{count} · {label}", "emoji": False},
        },
        _context(escape(words.receipt_line(content)) + "."),
    ]
    if content.banner:
        head.append(_section(f":warning: {escaped(content.banner, 800)}"))
    if quiet := words.quiet(content):
        head.append(_section(escaped(quiet, 1000)))
    yield head


def _body(content: DigestContent) -> Iterator[list[Block]]:
    for part in content.sections:
        if not part.items and not part.below:
            continue
        heading: list[Block] = [{"type": "divider"}, _section(_topic(part))]
        for item in part.items:
            yield [*heading, *_work(item, content.cutoffs)]
            heading = []
        title = words.below_heading(part, content.cutoffs)
        for chunk in _chunks(_below(item) for item in part.below):
            yield [*heading, _section(f"*{title}*\n{chunk}")]
            heading = []


def _topic(part: DigestSection) -> str:
    count = words.counted(len(part.items), "paper") if part.items else "nothing above the line"
    return f"*{escaped(words.topic_name(part.name, part.topic), 300)}*  ({count})"


def _work(item: DigestItem, cutoffs: Mapping[str, float]) -> list[Block]:
    marks = "".join(f"  `{badge}`" for badge in words.badges(item))
    told = f"*{link(words.best_link(item.work), words.title(item.work, 300))}*{marks}"
    if quote := words.sentence(item.ranked):
        told += f"\n> “{escaped(quote, 800)}”"
    by = (
        escaped(words.authors_line(item.work.authors), 300),
        escaped(words.venue_line(item.work), 200),
    )
    terms, near = words.terms_line(item.ranked), words.near_to(item.ranked)
    why = (
        words.relevance_line(item.ranked, cutoffs),
        escaped(words.why(item.ranked), 400),
        f"matched: {escaped(terms, 300)}" if terms else "",
        escaped(near[:1].lower() + near[1:], 300),
    )
    lines = (" · ".join(filter(None, by)), " · ".join(filter(None, why)))
    blocks = [_section(told), _context("\n".join(filter(None, lines)))]
    return [*blocks, _context(_similar(item))] if item.similar else blocks


def _similar(item: DigestItem) -> str:
    """ "+3 similar", then a line for each of the first that find room in one block."""
    text = words.similar_heading(item)
    for place, other in enumerate(item.similar):
        title = link(words.best_link(other.work), words.title(other.work, 120), limit=240)
        told = escaped(words.similar_line(other), 150)
        line = "\n• " + " · ".join(filter(None, (title, told)))
        if place == _SIMILAR_LISTED or len(text) + len(line) > _SIMILAR_TEXT:
            return f"{text}\n• and {words.number(len(item.similar) - place)} more"
        text += line
    return text


def _below(item: DigestItem) -> str:
    title = link(words.best_link(item.work), words.title(item.work, 200), limit=400)
    return f"• {title} ({words.number_line(item.ranked)})"


def _receipts(content: DigestContent) -> Iterator[list[Block]]:
    lines = [escaped(words.source_line(one), 600) for one in content.receipts]
    lines.append(escaped(words.model_line(content), 600))
    first: list[Block] = [{"type": "divider"}]
    for chunk in _chunks(lines):
        yield [*first, _context(chunk)]
        first = []


def _chunks(lines: Iterator[str] | list[str]) -> Iterator[str]:
    """Lines joined into texts that each fit one block."""
    chunk = ""
    for line in lines:
        if chunk and len(chunk) + len(line) + 1 > _LINES_PER_BLOCK:
            yield chunk
            chunk = ""
        chunk += ("\n" if chunk else "") + line
    if chunk:
        yield chunk


def _fallback(content: DigestContent) -> str:
    text = f"{escaped(words.headline(content), 300)}. {escape(words.receipt_line(content))}."
    for part in content.sections:
        for item in part.items:
            line = f"\n• {escaped(words.title(item.work, 160), 300)}"
            if len(text) + len(line) > _FALLBACK:
                return text + "\n…"
            text += line
    return text


def _section(text: str) -> Block:
    # verbatim: Slack must not find addresses or names in what is plain text.
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
