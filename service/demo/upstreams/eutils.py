"""E-utilities over two small databases, pubmed and pmc: esearch.fcgi and efetch.fcgi; and of
elink.fcgi, who cites a paper: nobody.

Of a search term, date windows and ranges of uids are evaluated, all of them ANDed; everything
else (key words, OR, NOT) is NOT. The history server is a string that holds the term.
"""

from __future__ import annotations

import base64
import binascii
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from service import safe_xml
from service.demo.upstreams.exchange import (
    Answer,
    Reply,
    Request,
    json_reply,
    not_found,
    reply,
    whole_number,
)
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lxml import etree

_CAP = 9_999
_LAST_START = 9_998
_XML = "text/xml; charset=UTF-8"
_WEBENV = "MCID_example_"
_LINKS = frozenset({"pubmed_pubmed_citedin", "pmc_pubmed"})
_CREATED = ("crdt", "edat", "create date", "entrez date", "pmclivedate", "pmcrdat")
_REVISED = ("lr", "mdat", "modification date", "pmclastchangedate")
_FIELD = {**dict.fromkeys(_CREATED, "created"), **dict.fromkeys(_REVISED, "revised")}
_DAY = r'"?(\d{4}(?:/\d{1,2}){0,2})"?\s*\[([^\]]+)\]'
_DATES = re.compile(rf"{_DAY}(?:\s*:\s*{_DAY})?")
_UIDS = re.compile(r'"?(\d+)"?\s*(?::\s*"?(\d+)"?\s*)?\[(?:uid|pmid)\]', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a database: its bytes as they stand in the file, and what is searched by."""

    uid: str
    created: date
    revised: date
    xml: bytes


@dataclass(frozen=True, slots=True)
class _Database:
    items: tuple[Item, ...]  # newest first, as esearch lists them
    head: bytes  # of the set, up to its first record
    tail: bytes


def answers(pubmed: bytes, pmc: bytes) -> Answer:
    """E-utilities that hold the records of a PubmedArticleSet and a pmc-articleset."""
    databases = {
        "pubmed": _database(pubmed, "PubmedArticle|PubmedBookArticle", _pubmed_item),
        "pmc": _database(pmc, "article", _pmc_item),
    }
    tools = {"/esearch.fcgi": _esearch, "/efetch.fcgi": _efetch}

    def answer(request: Request) -> Reply:
        if request.path == "/elink.fcgi" and request.fields().get("linkname") in _LINKS:
            return _elink(request.fields())
        tool = tools.get(request.path)
        return tool(databases, request.fields()) if tool else not_found(request)

    return answer


def _elink(fields: Mapping[str, str]) -> Reply:
    """A linkset without links."""
    told = (fields.get(name, "") for name in ("dbfrom", "id"))
    origin, uid = map(escape, told)
    inside = f"<DbFrom>{origin}</DbFrom><IdList><Id>{uid}</Id></IdList>"
    body = f'<?xml version="1.0" ?>\n<eLinkResult><LinkSet>{inside}</LinkSet></eLinkResult>\n'
    return reply(body.encode(), _XML)


# -- esearch --------------------------------------------------------------------------------------


def _esearch(databases: Mapping[str, _Database], fields: Mapping[str, str]) -> Reply:
    """JSON whatever `retmode` says; every number in it is a string."""
    database = databases.get(fields.get("db", "pubmed"))
    term = fields.get("term", "")
    start = whole_number(fields.get("retstart"), 0)
    if database is None:
        return _search_result({"ERROR": f"Invalid db name specified: {fields.get('db')}"})
    if not term.strip():
        return _search_result({"ERROR": "Empty term and query_key - nothing todo"})
    if start > _LAST_START:
        cause = "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998."
        return _search_result({"ERROR": cause})
    size = min(whole_number(fields.get("retmax"), 20), _CAP)
    found = [item.uid for item in select(database.items, term)]
    listed = found[start : start + size]
    result: dict[str, object] = {
        "count": str(len(found)),
        "retmax": str(len(listed)),
        "retstart": str(start),
    }
    if fields.get("usehistory") == "y":
        result |= {"querykey": "1", "webenv": _webenv(term)}
    result |= {"idlist": listed, "translationset": [], "querytranslation": term}
    return _search_result(result)


def _search_result(result: Mapping[str, object]) -> Reply:
    return json_reply({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})


def select(items: Sequence[Item], term: str) -> Iterator[Item]:
    """The items that lie in every date window and every uid range of `term`."""
    windows = [_window(match) for match in _DATES.finditer(term) if match[2].lower() in _FIELD]
    ranges = [(int(m[1]), int(m[2] or m[1])) for m in _UIDS.finditer(term)]
    for item in items:
        dates = {"created": item.created, "revised": item.revised}
        if all(first <= dates[name] <= last for name, first, last in windows) and all(
            low <= int(item.uid) <= high for low, high in ranges
        ):
            yield item


def _window(match: re.Match[str]) -> tuple[str, date, date]:
    return _FIELD[match[2].lower()], _first_day(match[1]), _last_day(match[3] or match[1])


def _first_day(text: str) -> date:
    year, month, day = (*map(int, text.split("/")), 1, 1)[:3]
    return date(year, month, day)


def _last_day(text: str) -> date:
    parts = [int(part) for part in text.split("/")]
    year, month = parts[0], parts[1] if len(parts) > 1 else 12
    return date(year, month, parts[2] if len(parts) > 2 else monthrange(year, month)[1])


def _webenv(term: str) -> str:
    return _WEBENV + base64.urlsafe_b64encode(term.encode()).decode()


# -- efetch ---------------------------------------------------------------------------------------


def _efetch(databases: Mapping[str, _Database], fields: Mapping[str, str]) -> Reply:
    """The set with the records asked for, in that order; unknown ids are left out."""
    database = databases.get(fields.get("db", "pubmed"))
    if database is None:
        return _refusal(f"Invalid db name specified: {fields.get('db')}")
    if fields.get("id"):
        wanted = [uid.strip().removeprefix("PMC") for uid in fields["id"].split(",")]
        by_uid = {item.uid: item for item in database.items}
        chosen = [by_uid[uid] for uid in wanted if uid in by_uid]
    else:
        term = _remembered(fields.get("WebEnv", fields.get("webenv", "")))
        if term is None:
            return _refusal("Unable to obtain query #1")
        start = whole_number(fields.get("retstart"), 0)
        size = whole_number(fields.get("retmax"), _CAP)
        chosen = list(select(database.items, term))[start : start + size]
    body = b"".join([database.head, *(item.xml + b"\n" for item in chosen), database.tail])
    return reply(body, _XML)


def _remembered(webenv: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(webenv.removeprefix(_WEBENV)).decode() or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _refusal(cause: str) -> Reply:
    body = f'<?xml version="1.0" ?>\n<eFetchResult><ERROR>{escape(cause)}</ERROR></eFetchResult>\n'
    return reply(body.encode(), _XML, 400)


# -- the files ------------------------------------------------------------------------------------


def _database(body: bytes, tags: str, read: Callable[[bytes], Item]) -> _Database:
    """The set cut into records, each with the very bytes that it has in the file."""
    found = list(re.finditer(rf"<({tags})[\s>].*?</\1>".encode(), body, re.DOTALL))
    items = (read(match[0]) for match in found)
    newest = sorted(items, key=lambda item: (item.created, int(item.uid)), reverse=True)
    return _Database(tuple(newest), body[: found[0].start()], body[found[-1].end() :].lstrip())


def _pubmed_item(xml: bytes) -> Item:
    root = safe_xml.parse(xml)
    entered = root.find('.//PubMedPubDate[@PubStatus="entrez"]')
    revised = root.find(".//DateRevised")
    created = _date(entered, "Year", "Month", "Day")
    last = created if revised is None else _date(revised, "Year", "Month", "Day")
    return Item(root.findtext(".//PMID") or "", created, last, xml)


def _pmc_item(xml: bytes) -> Item:
    root = safe_xml.parse(xml)
    ids = {e.get("pub-id-type"): e.text or "" for e in root.iterfind(".//article-meta/article-id")}
    number = (ids.get("pmcid") or ids["pmc"]).removeprefix("PMC")
    live, changed = (
        _date(root.find(f'.//event[@event-type="{name}"]/date'), "year", "month", "day")
        for name in ("pmc-live", "pmc-last-change")
    )
    return Item(number, live, changed, xml)


def _date(element: etree._Element | None, *names: str) -> date:
    if element is None:
        raise InputError("example record", "it has no date by which it could be found")
    year, month, day = (int(element.findtext(name) or 1) for name in names)
    return date(year, month, day)
