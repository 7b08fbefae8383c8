"""The buttons under a work in Slack: what they say, and whose work a press means. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from service.records import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Block = dict[str, Any]
    Counts = Mapping[Judgement, int]

# Never rename an action: messages that were posted keep theirs for ever.
ACTIONS: Mapping[str, Judgement] = {
    "vote_relevant": Judgement.RELEVANT,
    "vote_not_relevant": Judgement.NOT_RELEVANT,
    "vote_saved": Judgement.SAVED,
}
_LABELS = {
    Judgement.RELEVANT: "Relevant",
    Judgement.NOT_RELEVANT: "Not relevant",
    Judgement.SAVED: "Save",
}
_VALUE = re.compile(r"([a-z0-9-]{1,64})\|([0-9]{1,18})")


def buttons(topic: str, work_id: int, counts: Counts | None = None) -> Block:
    """An actions block; `counts` are the votes in force, shown in the labels: "Relevant (2)"."""
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": action,
                "text": {"type": "plain_text", "text": _label(judgement, counts), "emoji": False},
                "value": f"{topic}|{work_id}",
            }
            for action, judgement in ACTIONS.items()
        ],
    }


def subject(value: object) -> tuple[str, int] | None:
    """Topic and work of a button's value; None for a value that is not ours."""
    found = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return (found[1], int(found[2])) if found else None


def subjects(blocks: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    """Topic and work of every set of buttons in a message, in order."""
    return tuple(found for block in blocks for found in _of_block(block))


def retallied(
    blocks: Sequence[Mapping[str, Any]], counts: Mapping[tuple[str, int], Counts]
) -> list[Block]:
    """The message's blocks with the labels of its buttons as `counts` say (none: no votes)."""
    told: list[Block] = []
    for block in blocks:
        found = next(_of_block(block), None)
        if found is None:
            told.append(dict(block))
            continue
        kept = {"block_id": block["block_id"]} if "block_id" in block else {}
        told.append({**buttons(*found, counts.get(found)), **kept})
    return told


def _of_block(block: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    if block.get("type") != "actions":
        return
    for element in block.get("elements", ()):
        found = subject(element.get("value")) if element.get("action_id") in ACTIONS else None
        if found:
            yield found
            return


def _label(judgement: Judgement, counts: Counts | None) -> str:
    count = (counts or {}).get(judgement, 0)
    return f"{_LABELS[judgement]} ({count})" if count else _LABELS[judgement]
