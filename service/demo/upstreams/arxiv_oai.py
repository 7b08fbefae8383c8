"""arXiv's OAI-PMH: records or identifiers in arXivRaw, by datestamp and set, three to a page.

The token is percent-encoded and holds the whole request; the last page has no token element, as
there. Other verbs and formats are refused in OAI's own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode

from service.demo.upstreams.exchange import Answer, Reply, Request, not_found, reply, whole_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RECORD = re.compile(rb"<record>.*?</record>", re.DOTALL)
_HEADER = re.compile(rb"<header>.*?</header>", re.DOTALL)
_STAMP = re.compile(rb"<datestamp>(.*?)</datestamp>")
_SET = re.compile(rb"<setSpec>(.*?)</setSpec>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMAT = "arXivRaw"
_VERBS = ("ListRecords", "ListIdentifiers")
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\
 xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/\
 http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
<!-- Example data: fictional records. -->
"""


@dataclass(frozen=True, slots=True)
class _Item:
    stamp: str
    sets: tuple[str, ...]
    xml: bytes


def answers(file: bytes, now: str, page_size: int = 3) -> Answer:
    """The repository that holds the records of `file`; `now` is its clock, as OAI writes it."""
    items = [_item(match[0]) for match in _RECORD.finditer(file)]

    def answer(request: Request) -> Reply:
        if request.path not in {"", "/"}:
            return not_found(request)
        body = _respond(items, request.fields(), page_size)
        head = f"{_HEAD}<responseDate>{now}</responseDate>\n<request>http://oaipmh.arxiv.org/oai"
        whole = b"".join([head.encode(), b"</request>\n", body, b"\n</OAI-PMH>\n"])
        return reply(whole, "text/xml; charset=utf-8")

    return answer


def _item(xml: bytes) -> _Item:
    stamp = _STAMP.search(xml)
    sets = tuple(found.decode() for found in _SET.findall(xml))
    return _Item(stamp[1].decode() if stamp else "", sets, xml)


def _respond(items: Sequence[_Item], fields: Mapping[str, str], size: int) -> bytes:
    if fields.get("verb") not in _VERBS:
        return _error("badVerb", f"this replay answers {' and '.join(_VERBS)} only")
    asked = fields
    if token := fields.get("resumptionToken"):
        asked = dict(parse_qsl(unquote(token)))
        if asked.get("verb") != fields["verb"] or "skip" not in asked:
            return _error("badResumptionToken", "the token is not one of ours")
    if asked.get("metadataPrefix") != _FORMAT:
        return _error("cannotDisseminateFormat", f"this replay holds {_FORMAT} only")
    bounds = [asked[name] for name in ("from", "until") if name in asked]
    if not all(_DAY.fullmatch(bound) for bound in bounds):
        return _error("badArgument", "from and until are days, YYYY-MM-DD")
    found = list(select(items, asked))
    if not found:
        return _error("noRecordsMatch", "")
    return _page(found, asked, whole_number(asked.get("skip"), 0), size)


def select(items: Sequence[_Item], asked: Mapping[str, str]) -> Iterator[_Item]:
    """The items between `from` and `until` that are in `set` or a part of it."""
    first, last = asked.get("from", ""), asked.get("until", "9999-12-31")
    wanted = asked.get("set", "")
    for item in items:
        member = any(spec == wanted or spec.startswith(f"{wanted}:") for spec in item.sets)
        if first <= item.stamp <= last and (member or not wanted):
            yield item


def _page(found: Sequence[_Item], asked: Mapping[str, str], skip: int, size: int) -> bytes:
    verb = asked["verb"].encode()
    part = [item.xml for item in found[skip : skip + size]]
    if verb == b"ListIdentifiers":
        part = [header[0] for xml in part for header in _HEADER.finditer(xml)]
    lines = [b"<%s>" % verb, *part]
    if skip + size < len(found):
        token = quote(urlencode({**asked, "skip": str(skip + size)}), safe="")
        expires = "2026-11-17T00:00:00Z"
        element = f'<resumptionToken expirationDate="{expires}">{token}</resumptionToken>'
        lines.append(element.encode())
    return b"\n".join([*lines, b"</%s>" % verb])


def _error(code: str, said: str) -> bytes:
    return f'<error code="{code}">{escape(said)}</error>'.encode()
