"""The renderers, one per channel: digest content to the bytes that will be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest.email import Letterhead, mail
from service.digest.identity import delivery_id
from service.digest.page import render_html
from service.digest.slack import messages
from service.digest.terminal import render_text
from service.records import RenderedPart

if TYPE_CHECKING:
    from service.records import DigestContent


@dataclass(frozen=True, slots=True)
class SlackRenderer:
    """One JSON body for `chat.postMessage` per part; `destination` is the channel's id."""

    channel: str = "slack"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Part 1 is for the channel, later parts for its thread."""
        bodies = messages(content, destination)
        return [
            RenderedPart(
                id=delivery_id(content.digest_id, self.channel, destination, part),
                part=part,
                parts=len(bodies),
                payload=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            )
            for part, body in enumerate(bodies, start=1)
        ]


@dataclass(frozen=True, slots=True)
class EmailRenderer:
    """One mail with a text and an HTML part; `destination` is one address."""

    head: Letterhead
    channel: str = "email"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part. Raises `DeliveryError` when the destination is no address."""
        return [_only(content, self.channel, destination, mail(content, destination, self.head))]


@dataclass(frozen=True, slots=True)
class FileRenderer:
    """One file; a `destination` that ends in ".txt" is plain text, any other an HTML page."""

    channel: str = "file"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part."""
        as_text = destination.endswith(".txt")
        page = render_text(content) if as_text else render_html(content, for_mail=False)
        return [_only(content, self.channel, destination, page.encode())]


def _only(content: DigestContent, channel: str, destination: str, payload: bytes) -> RenderedPart:
    identity = delivery_id(content.digest_id, channel, destination, 1)
    return RenderedPart(id=identity, part=1, parts=1, payload=payload)
