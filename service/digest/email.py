"""A digest as one mail, as bytes: the same digest gives the same bytes, so that a second sending
of them can be recognised by its Message-ID and Date as the copy that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import TYPE_CHECKING
from urllib.parse import quote

from service.digest import summary
from service.digest.identity import delivery_id
from service.digest.mail_parts import content_id, fill
from service.digest.page import render_html
from service.digest.pictures import figures, pictures
from service.digest.safe import shorten, web_url
from service.digest.terminal import render_text
from service.digest.thumbnails import thumbnails
from service.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.policy import Policy

    from service.protocols import Draw, Links, Pictures
    from service.records import DigestContent

SUBJECT = 110  # characters of a subject at most; a phone's mailbox shows about 40, a wide one 100
_HEADER_URL = 900  # a line of a mail ends at 998


class _Addresses(UnstructuredHeader, BaseHeader):
    """A header of addresses in angle brackets, one on each line, never re-encoded: the standard
    folding turns a long address into encoded words, which no mail program can follow."""

    def fold(self, *, policy: Policy) -> str:
        """The header as lines; breaks only after commas."""
        return f"{self.name}: {self.replace(', ', ',' + policy.linesep + ' ')}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("List-Unsubscribe", _Addresses)
_HEADERS.map_to_type("List-Id", _Addresses)
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=78, header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is the same in every mail of this installation.

    `sender` is the From header ("Litwatch <litwatch@example.org>"), `domain` ends the Message-ID
    and the List-Id. `unsubscribe_url` must take a one-click POST (RFC 8058).
    """

    sender: str
    domain: str
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""

    def __post_init__(self) -> None:
        address(self.sender)
        if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", self.domain):
            raise DeliveryError(self.domain, "is not a domain name", "set the mail domain")
        if self.unsubscribe_url and not web_url(self.unsubscribe_url).startswith("https://"):
            raise DeliveryError(self.unsubscribe_url, "is not an https address", "unset or mend it")
        if self.unsubscribe_mailto:
            address(self.unsubscribe_mailto)


def mail(  # noqa: PLR0917 (what is the same for every mail, then what may be left out)
    content: DigestContent,
    destination: str,
    head: Letterhead,
    links: Links | None = None,
    draw: Draw | None = None,
    pictures_of: Pictures | None = None,
) -> bytes:
    """The finished mail, CRLF, 7-bit, no line over 998 characters; its charts and the figures of
    its works are inside.

    Raises `DeliveryError` when an address cannot be one; other text is made fit for a header.
    """
    identity = delivery_id(content.digest_id, "email", destination, 1)
    message = EmailMessage(policy=_POLICY)
    message["From"] = address(head.sender)
    message["To"] = address(destination)
    message["Subject"] = subject(content)
    message["Date"] = format_datetime(content.created_at)
    message["Message-ID"] = f"<{identity}.r0@{head.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    # Not "All": Exchange would then keep back the report of a mail that could not be delivered.
    message["X-Auto-Response-Suppress"] = "DR, RN, NRN, OOF, AutoReply"
    ways = _ways_out(content, destination, head, links)
    for name, value in _list_headers(content, head, ways):
        message[name] = value
    way = ways[0] if ways else ""
    shown, copies = pictures(content, draw, "png"), thumbnails(content, pictures_of)
    text = render_text(content, links=links, reader=destination, unsubscribe=way)
    page = render_html(
        content,
        for_mail=True,
        links=links,
        reader=destination,
        unsubscribe=way,
        figures=figures(shown, lambda name, _: f"cid:{content_id(name, identity, head.domain)}"),
        thumbnails={
            digest: f"cid:{content_id(digest, identity, head.domain)}" for digest in copies
        },
    )
    fill(message, text, page, shown, copies, identity=identity, domain=head.domain)
    return message.as_bytes()


def subject(content: DigestContent) -> str:
    """What matters most, in at most `SUBJECT` characters; a test says that it is one."""
    mark = "[Test] " if content.test else ""
    lead = summary.lead(content)
    told = shorten(lead, SUBJECT - len(mark))
    if told != lead and told.count("(") > told.count(")"):  # cut inside a remark: better none
        told = (told.rpartition(" (")[0] or told).rstrip("…") + "…"
    return mark + told


def address(text: str) -> Address:
    """A single address, with its display name. Raises `DeliveryError` for anything else,
    header injection included."""
    found = getaddresses([text]) if text.isprintable() else []
    name, spec = found[0] if len(found) == 1 else ("", "")
    remedy = "write it as name@example.org or Name <name@example.org>"
    if not re.fullmatch(r"[^@\s<>,;:\"()\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", spec):
        raise DeliveryError(f"address {text[:80]!r}", "is not one mail address", remedy)
    try:
        return Address(display_name=shorten(name, 60), addr_spec=spec)
    except (ValueError, MessageError, IndexError) as error:
        raise DeliveryError(f"address {text[:80]!r}", "is not a mail address", remedy) from error


def _ways_out(
    content: DigestContent, destination: str, head: Letterhead, links: Links | None
) -> list[str]:
    """Addresses that end the subscription, a page before a mail. A test has none: who gets it
    would end what others subscribed to."""
    if content.test:
        return []
    page = web_url(links.unsubscribe(content, destination)) if links else ""
    ways = [page or head.unsubscribe_url]
    if head.unsubscribe_mailto:
        spec = quote(address(head.unsubscribe_mailto).addr_spec, safe="@+")
        ways.append(f"mailto:{spec}?subject=unsubscribe%20{_slug(content)}")
    return [way for way in ways if way]


def _list_headers(
    content: DigestContent, head: Letterhead, ways: Sequence[str]
) -> list[tuple[str, str]]:
    headers = [("List-Id", f"<{_slug(content)}.litwatch.{head.domain}>")]
    fit = [way for way in ways if not way.startswith("http:") and len(way) <= _HEADER_URL]
    if fit:
        headers.append(("List-Unsubscribe", ", ".join(f"<{way}>" for way in fit)))
    if fit and fit[0].startswith("https:"):
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _slug(content: DigestContent) -> str:
    return re.sub(r"[^a-z0-9]+", "-", content.subscription.lower())[:40].strip("-") or "digest"
