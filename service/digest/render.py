"""The renderers, one per channel: digest content to the bytes that will be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest import summary
from service.digest.atom import entry
from service.digest.email import Letterhead, mail
from service.digest.identity import delivery_id
from service.digest.page import render_html
from service.digest.pictures import figures, inside, picture_inside, pictures
from service.digest.short import short
from service.digest.slack import messages
from service.digest.slack_uploads import uploads
from service.digest.terminal import render_text
from service.digest.thumbnails import thumbnails
from service.records import RenderedPart

if TYPE_CHECKING:
    from service.protocols import Draw, Links, Pictures
    from service.records import DigestContent


@dataclass(frozen=True, slots=True)
class SlackRenderer:
    """One JSON body per part: for `chat.postMessage`, and after those one for each chart, in the
    form of `slack_uploads`. `destination` is the channel's id, and the reader of `links`."""

    links: Links | None = None
    draw: Draw | None = None
    buttons: bool = True
    channel: str = "slack"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Part 1 is for the channel, later parts for its thread."""
        page = summary.whole(content, self.links, destination)
        bodies = messages(content, destination, page=page, buttons=self.buttons)
        bodies += uploads(content, destination, self.draw, after=len(bodies))
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
    """One mail with a text and an HTML part; `destination` is one address, and the reader."""

    head: Letterhead
    links: Links | None = None
    draw: Draw | None = None
    channel: str = "email"
    pictures: Pictures | None = None

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part. Raises `DeliveryError` when the destination is no address."""
        made = mail(content, destination, self.head, self.links, self.draw, self.pictures)
        return [_only(content, self.channel, destination, made)]


@dataclass(frozen=True, slots=True)
class FileRenderer:
    """One file; a `destination` that ends in ".txt" is plain text, any other an HTML page that
    holds its pictures."""

    links: Links | None = None
    draw: Draw | None = None
    channel: str = "file"
    pictures: Pictures | None = None

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part."""
        made = self._text if destination.endswith(".txt") else self.page
        return [_only(content, self.channel, destination, made(content, destination).encode())]

    def page(self, content: DigestContent, reader: str) -> str:
        """The digest as an HTML page, with this reader's links."""
        return render_html(
            content,
            for_mail=False,
            links=self.links,
            reader=reader,
            figures=figures(pictures(content, self.draw, "svg"), inside),
            thumbnails={
                digest: picture_inside(picture)
                for digest, picture in thumbnails(content, self.pictures).items()
            },
        )

    def _text(self, content: DigestContent, reader: str) -> str:
        return render_text(content, links=self.links, reader=reader)


@dataclass(frozen=True, slots=True)
class AtomRenderer:
    """One entry of the feed that is called `destination`."""

    links: Links | None = None
    channel: str = "atom"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part."""
        identity = delivery_id(content.digest_id, self.channel, destination, 1)
        page = summary.whole(content, self.links, destination)
        return [_only(content, self.channel, destination, entry(content, identity, page))]


@dataclass(frozen=True, slots=True)
class AppriseRenderer:
    """A short digest, as JSON with its title, body and format; `destination` names the target."""

    links: Links | None = None
    channel: str = "apprise"

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """Always one part."""
        told = short(content, summary.whole(content, self.links, destination))
        fields = {"title": told.title, "body": told.body, "format": "text"}
        payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return [_only(content, self.channel, destination, payload)]


def _only(content: DigestContent, channel: str, destination: str, payload: bytes) -> RenderedPart:
    identity = delivery_id(content.digest_id, channel, destination, 1)
    return RenderedPart(id=identity, part=1, parts=1, payload=payload)
