"""What a reply is before it is read: data, or one of the bodies upstreams send in its place.

Upstreams report failures inside HTTP 200, in plain text or as an HTML page, so every reader
passes its bytes through here first. Nothing here knows a particular source.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import NotDataError, NotFoundError, ThrottledError, TransientError

if TYPE_CHECKING:
    from lxml import etree

_THROTTLED = re.compile(
    r"rate limit exceeded|too many requests|\brate exceeded\b|\berror code: 1015\b"
    r"|\b429\b.{0,40}\b(?:error|request|limit)|temporarily (?:blocked|rate.limited)",
    re.IGNORECASE | re.DOTALL,
)
_ABSENT = re.compile(r"(?:resource|record|page) not found\.?|404 page not found|not found\.?", re.I)
_GONE = re.compile(r"<title>\s*404\b", re.IGNORECASE)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I)
_BEYOND = 10**18
_SHORT = 4096  # a note in place of data is short; a paper may speak of "rate exceeded" at length


def text(body: bytes) -> str:
    """The body as text, without a byte order mark; undecodable bytes are replaced, not refused."""
    return body.decode("utf-8", "replace").lstrip("\ufeff")


def refuse_notices(thing: str, body: bytes) -> None:
    """Raise the fitting `SourceError` if `body` is empty, HTML or a notice in plain text."""
    head = text(body[: 2 * _SHORT]).strip()
    if not head:
        raise TransientError(thing, "the reply is empty", "it is asked again")
    html = _HTML.match(head) is not None
    if (html or (len(body) < _SHORT and head[0] not in "<{[")) and _THROTTLED.search(head):
        raise ThrottledError(
            thing, "the source says that we ask too often", "wait, then ask slower"
        )
    if (html and _GONE.search(head)) or (head[0] not in "<{[" and _ABSENT.fullmatch(head)):
        raise NotFoundError(thing, "the source says that it is not there", "check the identifier")
    if html:
        raise TransientError(
            thing, "an HTML page came where data was expected", "it is asked again"
        )


def json_value(thing: str, body: bytes) -> object:
    """The JSON in `body`. Raw newlines inside strings are let through: NCBI sends them.

    Raises `TransientError` for a body that is cut off or no JSON, and what `refuse_notices` does.
    """
    refuse_notices(thing, body)
    try:
        value: object = json.loads(text(body), strict=False)
        if b"\\ud" in body or b"\\uD" in body:  # may be half a pair, which no UTF-8 can hold
            value = json.loads(compact(value))
    except RecursionError:
        raise NotDataError(thing, "the JSON is nested too deeply", "report it") from None
    except ValueError as error:
        raise TransientError(thing, f"the JSON breaks off or is damaged: {error}") from None
    if isinstance(value, dict) and _THROTTLED.search(str(value.get("error") or "")):
        raise ThrottledError(thing, str(value["error"]), "wait, then ask slower")
    return value


def xml_root(thing: str, body: bytes) -> etree._Element:
    """The root element of `body`. Raises `TransientError` for broken XML and for HTML."""
    refuse_notices(thing, body)
    try:
        root = safe_xml.parse(body)
    except safe_xml.MalformedXMLError as error:
        raise TransientError(thing, f"the XML breaks off or is damaged: {error}") from None
    if safe_xml.local_name(root).lower() == "html":
        raise TransientError(thing, "an HTML page came where data was expected")
    return root


def compact(value: object) -> bytes:
    """`value` as the smallest JSON; lone surrogates, which no UTF-8 can hold, become "?"."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def count(value: object) -> int | None:
    """A total as upstreams write it (5, "5", "1,234"); None when it is no count, or beyond any."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return value if 0 <= value < _BEYOND else None
    digits = value.strip().replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
