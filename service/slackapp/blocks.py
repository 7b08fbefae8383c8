"""Blocks and messages that keep within Slack's limits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.digest import slack_limits
from service.digest.mrkdwn import escaped, link
from service.digest.slack_rich import small
from service.digest.words import authors_line, best_link, title, venue_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.digest.slack_rich import Block
    from service.records import Work

Message = dict[str, Any]

_ROOM = slack_limits.TEXT_IN_ALL  # characters of JSON, which are always more than those of text
_MOST = 40  # blocks
CUT = "The rest does not fit into one Slack message."


def section(mrkdwn: str) -> Block:
    """A paragraph of mrkdwn that is sound already; in it Slack looks for no addresses or names."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def message(text: str, blocks: Iterable[Block] = ()) -> Message:
    """A body whose `text` (mrkdwn) is its blocks, if there are none, and their stand-in else.
    Blocks that do not fit are left out, and that is said."""
    return {"text": text, "blocks": fitted(list(blocks) or [section(text)])}


def fitted(blocks: Sequence[Block], most: int = _MOST, room: int = _ROOM) -> list[Block]:
    """As many of the blocks, from the first, as `most` blocks and `room` characters of JSON take;
    a line says that there is more."""
    kept: list[Block] = []
    used = slack_limits.size(small("", CUT))
    for block in blocks:
        used += slack_limits.size(block) + 1
        if len(kept) + 1 >= most or used > room:
            return [*kept, small("", CUT)]
        kept.append(block)
    return kept


def work_line(work: Work, limit: int = 240) -> str:
    """The title, leading to the work, and who wrote it where: two lines of mrkdwn."""
    told = link(best_link(work), title(work, limit), limit=2 * limit)
    by = " · ".join(filter(None, (authors_line(work.authors), venue_line(work))))
    return f"*{told}*" + (f"\n{escaped(by, 400)}" if by else "")
