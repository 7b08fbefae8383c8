"""Parts of Slack's blocks. What others wrote goes into `plain_text` and `rich_text`, where nothing
is markup: no mention, link, format or emoji can come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.digest.safe import shorten, web_url

if TYPE_CHECKING:
    from collections.abc import Iterable

Block = dict[str, Any]
Element = dict[str, Any]

_MAX_LINK = 1000


def text(told: str, *, bold: bool = False, code: bool = False, strike: bool = False) -> Element:
    """Words inside a `rich_text` block; `told` must not be empty."""
    element: Element = {"type": "text", "text": told}
    if strike:
        return {**element, "style": {"strike": True}}
    return element | (
        {"style": {"bold": True}} if bold else {"style": {"code": True}} if code else {}
    )


def link(url: str, told: str, *, bold: bool = False) -> Element:
    """Words that lead somewhere; only the words when a browser must not open the address."""
    address = web_url(url)
    if not address or len(address) > _MAX_LINK:
        return text(told, bold=bold)
    return {**text(told, bold=bold), "type": "link", "url": address}


def emoji(name: str) -> Element:
    """A picture that Slack knows by this name."""
    return {"type": "emoji", "name": name}


def line(*elements: Element) -> Element:
    """One line of a `rich_text` block."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(told: str) -> Element:
    """What somebody else says, with a bar beside it."""
    return {"type": "rich_text_quote", "elements": [text(told)]}


def bullets(lines: Iterable[Element]) -> Element:
    """Lines as a list."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(lines)}


def rich(*parts: Element) -> Block:
    """A block of lines, quotes and lists."""
    return {"type": "rich_text", "elements": list(parts)}


def heading(told: str, limit: int = 150) -> Block:
    """Large and bold."""
    return {"type": "header", "text": _plain(shorten(told, limit))}


def paragraph(told: str, limit: int = 1000) -> Block:
    """Words of ordinary size, a line of them."""
    return {"type": "section", "text": _plain(shorten(told, limit))}


def small(told: str, markup: str = "") -> Block:
    """Small grey lines, then `markup`: mrkdwn that is ours or escaped. One of them may be ""."""
    elements = [_plain(told)] if told else []
    if markup:
        # verbatim: Slack must not find addresses or names in what is plain text.
        elements.append({"type": "mrkdwn", "text": markup, "verbatim": True})
    return {"type": "context", "elements": elements}


def _plain(told: str) -> Element:
    return {"type": "plain_text", "text": told, "emoji": False}
