"""What readers see of a press: the new numbers on the buttons, or why it was not counted."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.digest.slack_votes import retallied, subjects
from service.errors import StoreError
from service.records import Judgement
from service.slackapp import counting, replies, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.errors import LitwatchError
    from service.pipeline import Parts
    from service.slackapp.calls import SlackCalls
    from service.slackapp.commands import Press

log = logging.getLogger(__name__)


@dataclass
class Taken:
    """What one emptying of the inbox came to: presses with what each says now (None: nothing
    new), and presses that were not counted, with the reason."""

    counted: list[tuple[Press, Judgement | None]] = field(default_factory=list)
    refused: list[tuple[Press, LitwatchError]] = field(default_factory=list)


def show(parts: Parts, slack: SlackCalls, taken: Taken) -> None:
    """Let each message show the votes on all its works, once however often it was pressed.

    Nothing here is tried again: the next press counts anew.
    """
    for press, error in taken.refused:
        log.info("a press was not counted: %s", error)
        if press.response_url:
            slack.answer(press.response_url, replies.not_counted(error))
    for press, said in taken.counted:
        asked_why = press.judgement is Judgement.NOT_RELEVANT and press.trigger_id
        if said is Judgement.WITHDRAWN and asked_why:
            slack.change(press.key, why_not.taken_back())
    latest = {(press.channel, press.ts): press for press, _ in taken.counted}
    for press in latest.values():
        _update(parts, slack, press)


def _update(parts: Parts, slack: SlackCalls, press: Press) -> None:
    if not (press.channel and press.ts and press.blocks):
        return
    try:
        counts = counting.counts(parts, subjects(press.blocks))
        text, blocks = _original(parts, press)
    except StoreError as error:
        log.warning("a message shows old numbers until the next press: %s", error)
        return
    if retallied(press.blocks, counts) != [dict(block) for block in press.blocks]:
        slack.update(press.channel, press.ts, text, retallied(blocks, counts))


def _original(parts: Parts, press: Press) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """Text and blocks as they were posted: what Slack hands back may be escaped once more. A
    message that the outbox does not know (a test, a shared one), or no longer has, is taken as it
    comes."""
    with parts.store.reading() as tx:
        known = tx.deliveries.posted(counting.VIA, press.channel, press.ts)
    if known is None or not known.payload:
        return press.text, press.blocks
    message = json.loads(known.payload)
    return message["text"], message["blocks"]
