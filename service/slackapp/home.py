"""The app's home tab: the latest digests, when the next come, how to vote. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from service.digest import summary, words
from service.digest.mrkdwn import escaped, link
from service.digest.slack_rich import heading, small
from service.slackapp.blocks import fitted, section
from service.slackapp.replies import HELP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from service.digest.slack_rich import Block
    from service.records import DigestContent, DigestSection

LISTED = 8  # titles of one topic
_ROOM = 60_000  # characters; Slack takes 250,000, and nobody reads so much
_MOST = 95  # blocks; Slack takes 100
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Issue:
    """A subscription as the home tab shows it: its last digest, if any, and when the next is
    due, in its own zone."""

    subscription: str
    zone: str
    next_at: datetime
    last: DigestContent | None


def view(issues: Sequence[Issue]) -> dict[str, Any]:
    """The view for `views.publish`."""
    blocks = [heading("Litwatch")]
    if not issues:
        blocks.append(section("Nobody is sent a digest yet: see `subscriptions` in the settings."))
    for issue in issues:
        blocks += _issue(issue)
    blocks += [{"type": "divider"}, section(HELP)]
    return {"type": "home", "blocks": fitted(blocks, _MOST, _ROOM)}


def _issue(issue: Issue) -> Iterator[Block]:
    last, name = issue.last, escaped(issue.subscription, 100)
    told = f"*{name}*" + (f"  {escaped(last.label, 100)}" if last else "")
    yield section(told)
    if last is None:
        yield section("There was no digest yet.")
    elif not last.shown:
        yield section(escaped(summary.quiet(last), 1000))
    else:
        yield from (section(_topic(part)) for part in last.sections if part.items)
    yield small(f"Next: {_moment(issue.next_at, issue.zone)}")


def _topic(part: DigestSection) -> str:
    lines = [f"*{escaped(words.topic_name(part.name, part.topic), 200)}*"]
    for item in part.items[:LISTED]:
        title = link(words.best_link(item.work), words.title(item.work, 120), limit=240)
        number = words.number_line(item.ranked)
        line = f"• {title} ({number})" if number else f"• {title}"
        if sum(map(len, lines)) + len(line) > 2_700:  # a section takes 3,000
            break
        lines.append(line)
    left = len(part.items) - (len(lines) - 1)
    return "\n".join([*lines, f"• and {words.number(left)} more"] if left else lines)


def _moment(at: datetime, zone: str) -> str:
    """ "Mon 30 Nov 2026, 08:00 (Europe/Berlin)"."""
    there = at.astimezone(ZoneInfo(zone))
    day = words.day(there.date().isoformat())
    return f"{_DAYS[there.weekday()]} {day}, {there:%H:%M} ({zone})"
