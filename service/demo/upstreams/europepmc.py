"""Europe PMC's search, by GET or POST, in core and idlist form; and who cites a paper: nobody.

Of a query, FIRST_IDATE, FIRST_PDATE and UPDATE_DATE windows, SRC: and EXT_ID: terms are
evaluated; key words, NOT and nesting are NOT. The cursor walk ends as upstream: an empty page whose
next mark repeats the one that was sent; no hit at all gives no mark.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from service.demo.upstreams.exchange import (
    Answer,
    Reply,
    Request,
    json_reply,
    not_found,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = dict[str, Any]  # one result, in the API's own words

_DATES = re.compile(
    r'(FIRST_IDATE|FIRST_PDATE|UPDATE_DATE):\s*(?:\["?([\d-]+)"? TO "?([\d-]+)"?\]|"?([\d-]+)"?)'
)
_SOURCES = re.compile(r"\bSRC:\"?(\w+)")
_IDS = re.compile(r"\bEXT_ID:\"?(\w+)")
_CITATIONS = re.compile(r"/[A-Z]{3}/\w+/citations")
_FIRST_MARK = "*"
_MARK = "ex"  # then the offset of the next result


def answers(file: bytes) -> Answer:
    """The search over the results of a stored search reply."""
    results: list[Row] = json.loads(file)["resultList"]["result"]

    def answer(request: Request) -> Reply:
        if _CITATIONS.fullmatch(request.path):
            return json_reply({"version": "6.9", "hitCount": 0, "request": {"offSet": 0}})
        if request.path not in {"/search", "/searchPOST"}:
            return not_found(request)
        return _search(results, request.fields())

    return answer


def _search(results: Sequence[Row], fields: Mapping[str, str]) -> Reply:
    query, mark = fields.get("query", ""), fields.get("cursorMark", _FIRST_MARK)
    size = whole_number(fields.get("pageSize"), 25)
    if not 1 <= size <= 1000:
        return _problem("Invalid page size provided. Valid size is between 1 and 1000")
    start = _offset(mark)
    if start is None:
        return _problem("Invalid cursor mark provided.")
    found = list(select(results, query))
    page = found[start : start + size]
    kind = fields.get("resultType", "lite")
    request = {"queryString": query, "resultType": kind, "pageSize": size, "sort": ""}
    request |= {"cursorMark": "%2A" if mark == _FIRST_MARK else mark, "synonym": False}
    answer: Row = {"version": "6.9", "hitCount": len(found)}
    if found:
        answer["nextCursorMark"] = _mark(start + len(page)) if page else mark
    shown = [_brief(row) for row in page] if kind == "idlist" else page
    return json_reply({**answer, "request": request, "resultList": {"result": shown}})


def select(results: Sequence[Row], query: str) -> Iterator[Row]:
    """The results inside every date window of `query` and of the sources and ids it names."""
    windows = [(m[1], m[2] or m[4], m[3] or m[4]) for m in _DATES.finditer(query)]
    sources, ids = set(_SOURCES.findall(query)), set(_IDS.findall(query))
    for row in results:
        if sources and row["source"] not in sources:
            continue
        if ids and row["id"] not in ids:
            continue
        if all(first <= _day(row, name) <= last for name, first, last in windows):
            yield row


def _day(row: Mapping[str, Any], name: str) -> str:
    """ISO days compare as text."""
    if name == "FIRST_PDATE":
        return str(row["firstPublicationDate"])
    indexed = str(row["firstIndexDate"])
    return str(row.get("dateOfRevision", indexed)) if name == "UPDATE_DATE" else indexed


def _brief(row: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in ("id", "source", "pmid", "pmcid") if name in row}


def _mark(offset: int) -> str:
    return base64.urlsafe_b64encode(f"{_MARK}{offset}".encode()).decode()


def _offset(mark: str) -> int | None:
    if mark == _FIRST_MARK:
        return 0
    try:
        text = base64.urlsafe_b64decode(mark).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    number = text.removeprefix(_MARK)
    return int(number) if text.startswith(_MARK) and number.isdigit() else None


def _problem(cause: str) -> Reply:
    """An error as Europe PMC reports it: inside HTTP 200."""
    return json_reply({"errCode": 404, "errMsg": cause})
