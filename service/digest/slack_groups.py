"""What of a digest stays together in Slack, and how groups of it are packed into messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from service.digest import slack_blocks, slack_limits
from service.digest.slack_rich import bullets, line, rich, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.digest.slack_rich import Block, Element

_ROOM = 1200  # characters of JSON for what every message has beside its groups
_ROOM_FOR_TEXT = 600  # characters of that which are shown, and as many of the fallback text
_ROOM_FOR_BLOCKS = 2  # a line above the groups, and one below
_ROOM_FOR_ID = 30  # characters of JSON in each block
_BATCH = 2500  # characters of JSON in one list, and of what is told of it
LONGEST_ADDRESS = 300  # in a text, which can do without


@dataclass(frozen=True)
class Group:
    """Blocks that stay together. `told` are the lines of the message's text that stand for them,
    and `topic` is what a message that begins with them goes on with."""

    blocks: Sequence[Block]
    told: str = ""
    topic: str = ""
    works: int = 0

    @cached_property
    def size(self) -> int:
        """Characters of JSON."""
        blocks = sum(slack_limits.size(block) + _ROOM_FOR_ID for block in self.blocks)
        return slack_limits.size(self.told) + blocks

    @cached_property
    def shown(self) -> int:
        """Characters of text that the blocks show."""
        return sum(len(each) for block in self.blocks for each in slack_blocks.texts(block))


def packed(groups: Iterable[Group]) -> list[list[Group]]:
    """Groups into messages, greedily and in order. Each group alone must fit a message."""
    messages: list[list[Group]] = []
    for group in groups:
        if not messages or not _fit([*messages[-1], group]):
            messages.append([])
        messages[-1].append(group)
    return messages


def _fit(groups: Sequence[Group]) -> bool:
    told = sum(len(group.told) + 1 for group in groups)
    return (
        sum(len(group.blocks) for group in groups) + _ROOM_FOR_BLOCKS <= slack_limits.BLOCKS
        and sum(group.size for group in groups) + _ROOM <= slack_limits.JSON_IN_ALL
        and sum(group.shown for group in groups) + _ROOM_FOR_TEXT <= slack_limits.TEXT_IN_ALL
        and told + _ROOM_FOR_TEXT <= slack_limits.FALLBACK_TEXT
    )


def listed(title: str, rows: Iterable[tuple[Element, str]]) -> Iterator[Group]:
    """A list under its heading, in as many groups as it needs. Each row is a line, and what is
    told of it ("" for nothing)."""
    head = [line(text(title, bold=True))]
    batch: list[tuple[Element, str]] = []
    for row in rows:
        held = [*batch, row]
        size = sum(slack_limits.size(element) for element, _ in held)
        told = sum(len(each) for _, each in held)
        if batch and max(size, told) > _BATCH:
            yield _list(title, head, batch)
            head, batch = [], []
        batch.append(row)
    if batch:
        yield _list(title, head, batch)


def _list(title: str, head: Sequence[Element], rows: Sequence[tuple[Element, str]]) -> Group:
    told = [row for _, row in rows if row]
    block = rich(*head, bullets(element for element, _ in rows))
    return Group([block], "\n".join([f"*{title}*", *told] if head and told else told))


def short(url: str) -> str:
    """The address where it is short enough to stand in a text; else ""."""
    return url if len(url) <= LONGEST_ADDRESS else ""
