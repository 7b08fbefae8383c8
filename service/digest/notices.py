"""A notice to the operator, as the bytes of one channel: a title and plain lines. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from service.digest.email import SUBJECT, Letterhead, address
from service.digest.safe import clean, shorten
from service.errors import DeliveryError

if TYPE_CHECKING:
    from datetime import datetime

_LINE = 600  # characters
_LINES = 60
_SLACK = 2900  # of a section's text are 3000 allowed (Block Kit reference)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told. `id` is the same for the same notice, and part of its bytes."""

    id: str
    title: str
    lines: tuple[str, ...]
    at: datetime

    @property
    def text(self) -> str:
        """All of it as plain text, harmless as lines."""
        kept = [shorten(line, _LINE) for line in self.lines[:_LINES]]
        more = len(self.lines) - len(kept)
        return "\n".join([*kept, f"and {more} more lines"] if more else kept)


def notice(told: Notice, channel: str, destination: str, head: Letterhead | None) -> bytes:
    """The bytes that `channel` sends: a body for `chat.postMessage`, a mail, a text, a title and
    body as JSON. Raises `DeliveryError` for a channel that takes no notices, and without a `head`
    for mail."""
    match channel:
        case "slack":
            made: dict[str, Any] = _slack(told, destination)
        case "apprise":
            made = {"title": shorten(told.title, SUBJECT), "body": told.text, "format": "text"}
        case "file":
            return f"{clean(told.title)}\n\n{told.text}\n".encode()
        case "email" if head is not None:
            return _mail(told, destination, head)
        case _:
            remedy = "choose slack, email, apprise or file for the operator"
            raise DeliveryError(f"channel {channel!r}", "cannot bring a notice", remedy)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def _slack(told: Notice, destination: str) -> dict[str, Any]:
    title = shorten(told.title, 150)
    body = told.text if len(told.text) <= _SLACK else told.text[:_SLACK] + "…"
    section = {"type": "section", "text": {"type": "plain_text", "text": body, "emoji": False}}
    header = {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    return {
        "channel": destination,
        # What a phone's notification shows; "none" keeps a name in it from becoming a mention.
        "text": title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        "parse": "none",
        "blocks": [header, section],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _mail(told: Notice, destination: str, head: Letterhead) -> bytes:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit", max_line_length=78))
    message["From"] = address(head.sender)
    message["To"] = address(destination)
    message["Subject"] = shorten(told.title, SUBJECT)
    message["Date"] = format_datetime(told.at)
    message["Message-ID"] = f"<{told.id}@{head.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(told.text + "\n", charset="utf-8")
    return message.as_bytes()
