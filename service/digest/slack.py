"""A digest as Slack messages: the first for the channel, the rest for its thread.

What belongs to one work is never torn apart; every message keeps within `slack_limits`. The text
of a message says in short what its blocks say: notifications and screen readers use it, and it is
all that is posted when Slack refuses the blocks.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from service.digest import layout, news_words, passages, summary, words
from service.digest.identity import delivery_id
from service.digest.mrkdwn import escape, escaped, link
from service.digest.safe import shorten
from service.digest.slack_groups import Group, listed, packed, short
from service.digest.slack_rich import emoji, heading, line, paragraph, rich, small, text
from service.digest.slack_rich import link as linked
from service.digest.slack_works import section
from service.records.watching import PieceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.digest.passages import Edited
    from service.digest.slack_rich import Block, Element
    from service.records import DigestChange, DigestContent, DigestSection

    Message = dict[str, Any]

EVENT = "literature_digest"
_LINES = 1900  # characters in one small block
_EDITED = 3  # works whose edits are shown at length: the channel must not lose sight of the papers


def messages(
    content: DigestContent, destination: str, *, page: str = "", buttons: bool = True
) -> list[Message]:
    """The bodies for `chat.postMessage`, part 1 first. `thread_ts` is not in them: it is not
    known before part 1 is posted.

    `page` is the address of the whole digest, or "". Without `buttons` there are none to press.
    """
    sections = [section(content, part, buttons=buttons) for part in content.sections]
    groups = [_opening(content, page), *_news(content), *_contents(content)]
    groups += [*(group for part in sections for group in part), *_receipts(content)]
    parts = packed(groups)
    return [_message(content, destination, parts, part) for part, _ in enumerate(parts, start=1)]


def _message(
    content: DigestContent, destination: str, parts: Sequence[Sequence[Group]], part: int
) -> Message:
    groups = parts[part - 1]
    blocks = [block for group in groups for block in group.blocks]
    told = [group.told for group in groups if group.told]
    if part > 1:
        topic = groups[0].topic
        head = f"{topic}, continued" if topic else shorten(content.label, 80)
        head = f"{head} · part {part} of {len(parts)}"
        blocks, told = [small(head), *blocks], [escape(head), *told]
    elif len(parts) > 1:
        more = _rest([group for later in parts[1:] for group in later])
        blocks, told = [*blocks, small(more)], [*told, more]
    return {
        "channel": destination,
        "text": "\n".join(told),
        "blocks": [{**block, "block_id": f"part-{part}-{n}"} for n, block in enumerate(blocks, 1)],
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


def _rest(groups: Sequence[Group]) -> str:
    works = sum(group.works for group in groups)
    more = f"{words.counted(works, 'more paper')} and what" if works else "What"
    return f"In the thread: {more} was screened."


# -- the groups beside the topics' ----------------------------------------------------------------


def _opening(content: DigestContent, page: str) -> Group:
    shown = words.counted(content.shown, "paper") if content.shown else "Nothing new"
    if not content.shown and any(news_words.explained(each) for each in content.changes):
        shown = summary.headline(content)
    test = "Test: " if content.test else ""
    receipt = summary.receipt_line(content)
    whole = link(page, "Read it all on one page") if page else ""
    blocks: list[Block] = [heading(f"{test}{shown} · {shorten(content.label, 100)}")]
    told = [f"{test}{escaped(summary.headline(content), 300)}."]
    for notice in summary.notices(content):
        blocks.append(rich(line(emoji("warning"), text(f" {notice}"))))
        told.append(f":warning: {escaped(notice, 400)}")
    lead = summary.lead(content) if content.shown or content.changes else ""
    for said in filter(None, (lead, summary.quiet(content))):
        blocks.append(paragraph(said))
        told.append(escaped(said, 600))
    blocks.append(small(receipt, whole))
    return Group(blocks, "\n".join([*told, escape(receipt), *filter(None, [whole])]))


def _news(content: DigestContent) -> Iterator[Group]:
    many = sum(each.edits is not None for each in content.changes) > _EDITED
    room = passages.LINE // 3 if many else passages.LINE
    for title, changes in layout.news(content):
        rows = ((line(*_change(each, room)), _change_told(each)) for each in changes)
        yield from listed(title, rows)


def _change(change: DigestChange, room: int) -> Iterator[Element]:
    if news_words.grave(change):
        yield emoji("warning")
        yield text(" ")
    yield linked(news_words.link(change), words.title(change.work, 200))
    yield text(f" · {news_words.change_line(change)}", bold=news_words.grave(change))
    said, notice = news_words.according(change), news_words.notice(change)
    if said:
        yield text(f"\n{said}")
    if notice:
        yield text(" " if said else "\n")
        yield linked(notice, "Read the notice")
    for each in passages.edited(change, room):
        yield text(f"\n{each.label}: ")
        yield from _pieces(each)


def _pieces(edited: Edited) -> Iterator[Element]:
    """Words that are gone struck out, those that are new bold."""
    for piece in edited.pieces:
        gone, new = piece.kind is PieceKind.GONE, piece.kind is PieceKind.NEW
        yield text(piece.text.rstrip() if gone else piece.text, bold=new, strike=gone)
        if gone:
            yield text(" ")
    if edited.more:
        yield text(f" {edited.more}")


def _change_told(change: DigestChange) -> str:
    title = link(short(news_words.link(change)), words.title(change.work, 120), limit=240)
    said = (news_words.change_line(change), news_words.according(change))
    return " · ".join([f"• {title}", *(escaped(each, 240) for each in said if each)])


def _contents(content: DigestContent) -> Iterator[Group]:
    """What there is of each topic, where there is anything to find one's way in."""
    parts = [part for part in content.sections if part.items]
    if len(parts) < 2 and all(len(layout.shelves(part)) < 2 for part in parts):
        return
    yield from listed("In this digest", ((line(*_counts(part)), "") for part in parts))


def _counts(part: DigestSection) -> Iterator[Element]:
    yield text(words.topic_name(part.name, part.topic), bold=True)
    named = [shelf for shelf in layout.shelves(part) if shelf.heading]
    each = [f"{shorten(shelf.heading, 60)} ({len(shelf.items)})" for shelf in named]
    yield text(f" · {': '.join(filter(None, (summary.count(part), '; '.join(each))))}")


def _receipts(content: DigestContent) -> Iterator[Group]:
    first: list[Block] = [{"type": "divider"}]
    lines = [summary.source_line(one) for one in content.receipts]
    lines += [summary.search_line(part) for part in content.sections if part.search]
    rows = [shorten(row, 600) for row in filter(None, [*lines, summary.model_line(content)])]
    while rows:
        taken = max(1, sum(total <= _LINES for total in accumulate(len(row) + 1 for row in rows)))
        chunk, rows = rows[:taken], rows[taken:]
        yield Group(
            [*first, small("\n".join(chunk))], "\n".join(escaped(row, len(row)) for row in chunk)
        )
        first = []
