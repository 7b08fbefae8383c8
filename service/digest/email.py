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

from service.digest import words
from service.digest.identity import delivery_id
from service.digest.page import render_html
from service.digest.safe import shorten, web_url
from service.digest.terminal import render_text
from service.errors import DeliveryError

if TYPE_CHECKING:
    from email.policy import Policy

    from service.records import DigestContent


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


def mail(content: DigestContent, destination: str, head: Letterhead) -> bytes:
    """The finished mail, CRLF, 7-bit, no line over 998 characters.

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
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in _list_headers(content, head):
        message[name] = value
    link = head.unsubscribe_url or (
        f"mailto:{head.unsubscribe_mailto}" if head.unsubscribe_mailto else ""
    )
    text = render_text(content) + (f"\nUnsubscribe: {link}\n" if link else "")
    page = render_html(content, for_mail=True, unsubscribe=link)
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(page, subtype="html", cte=_encoding(page))
    message.set_boundary(f"=_{identity}")
    return message.as_bytes()


def subject(content: DigestContent) -> str:
    """ "Litwatch: 12 papers on Tumour-associated stromal cells - week 47"."""
    return f"Litwatch: {shorten(words.headline(content), 160)} - {words.week(content)}"


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


def _list_headers(content: DigestContent, head: Letterhead) -> list[tuple[str, str]]:
    slug = re.sub(r"[^a-z0-9]+", "-", content.subscription.lower())[:40].strip("-") or "digest"
    headers = [("List-Id", f"<{slug}.litwatch.{head.domain}>")]
    ways = [f"<{head.unsubscribe_url}>"] if head.unsubscribe_url else []
    if head.unsubscribe_mailto:
        ways.append(f"<mailto:{head.unsubscribe_mailto}?subject=unsubscribe%20{slug}>")
    if ways:
        headers.append(("List-Unsubscribe", ", ".join(ways)))
    if head.unsubscribe_url:
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _encoding(text: str) -> str:
    foreign = len(text.encode()) - len(text)
    return "base64" if foreign * 6 > len(text) else "quoted-printable"
