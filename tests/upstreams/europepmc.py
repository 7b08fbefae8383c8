"""Europe PMC's search as it behaves: /search and /searchPOST.

* A walk follows `nextCursorMark` until a page is empty, whose mark repeats the one that was sent;
  there is no other end. A search without hits has no mark at all. A mark is a place in the order,
  not an offset: what is indexed meanwhile shifts nothing.
* A page size outside 1..1000 and a mark that is none are errors in status 200.
* "Y" and "N" are text, `versionNumber` is a number and often missing, `hitCount` may be more than
  what is given. A link to the article is a guess of theirs: "Preprint of" with a PMID.

Only the queries that our clients send are understood: SRC, EXT_ID, DOI, TITLE, ABSTRACT,
FIRST_IDATE and UPDATE_DATE.

Moods: "overcount" (hits that are counted and never given), "partial" (a short page), "page" (so many rows), "empty" (no results though there are more), "down" (an
HTML page with 503), "error500" (their own error in status 200), "cut" (the reply breaks off),
"zero" (no hits at all: an index that is being rebuilt), "encoded" (the query echoed encoded).
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus, urlencode

from tests.upstreams import booleans
from tests.upstreams.europepmc_results import result
from tests.upstreams.moods import calm, few
from tests.upstreams.refusing import NotUnderstood, refuse_unknown
from tests.upstreams.searching import any_word, compiled
from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tests.upstreams.moods import Mood
    from tests.upstreams.searching import Holds
    from tests.upstreams.world import Seen, World

BASE = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
MOST_ROWS = 1_000
_KINDS = frozenset({"idlist", "lite", "core"})
_FIELDS = frozenset({"query", "resultType", "format", "pageSize", "cursorMark", "email"})
_FIRST = "*"
_SORTED = b"\x02\x82\x08?\x86"  # what their marks begin with


class EuropePmc:
    """The search over the entries of the source "europepmc". An `Upstream`."""

    def __init__(self, world: World, *, mood: Mood = calm) -> None:
        self._world = world
        self._mood = mood

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
    ) -> Answer:
        """See `Upstream.answer`."""
        if (method, path) == ("POST", "/searchPOST"):
            asked = dict(parse_qsl(body.decode(), keep_blank_values=True))
        elif (method, path) == ("GET", "/search"):
            asked = dict(query)
        else:
            raise NotUnderstood(f"Europe PMC: {method} {path}")
        if self._mood("down", now):
            return Answer(503, {"Content-Type": "text/html"}, b"<html><body>503</body></html>")
        if self._mood("error500", now):
            return _reply({"errCode": 500, "errMsg": "Internal error"})
        answer = self._search(asked, now)
        if self._mood("cut", now):
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) * 2 // 3])
        return answer

    def _search(self, asked: Mapping[str, str], now: datetime) -> Answer:
        refuse_unknown("Europe PMC", asked, _FIELDS)
        kind, size = asked.get("resultType", "lite"), asked.get("pageSize", "25")
        if kind not in _KINDS or asked.get("format") != "json":
            raise NotUnderstood(f"Europe PMC: {kind} as {asked.get('format')}")
        if not size.isdigit() or not 1 <= int(size) <= MOST_ROWS:
            said = f"Invalid page size provided. Valid size is between 1 and {MOST_ROWS}"
            return _reply({"errCode": 404, "errMsg": said})
        mark = asked.get("cursorMark", _FIRST)
        after = _place(mark)
        if after is None:
            return _reply({"errCode": 404, "errMsg": "Invalid cursor mark provided"})
        query = asked.get("query", "")
        found = [] if self._mood("zero", now) else self._found(query, now)
        usual = few(int(size)) if self._mood("partial", now) else int(size)
        rows = self._mood("page", now) or usual
        page = [seen for seen in found if _order(seen) > after][:rows]
        page = [] if self._mood("empty", now) else page
        return self._page(asked, found, page, now)

    def _page(
        self, asked: Mapping[str, str], found: Sequence[Seen], page: Sequence[Seen], now: datetime
    ) -> Answer:
        kind, mark = asked.get("resultType", "lite"), asked.get("cursorMark", _FIRST)
        query = asked.get("query", "")
        hits = len(found) + (self._mood("overcount", now) if found else 0)
        value: dict[str, Any] = {"version": "6.9", "hitCount": hits}
        if found:
            following = _mark(page[-1]) if page else mark
            told = {"query": query, "cursorMark": following, "resultType": kind}
            value["nextCursorMark"] = following
            value["nextPageUrl"] = f"{BASE}?{urlencode(told, safe='*=')}&format=json"
        value["request"] = {
            "queryString": quote_plus(query) if self._mood("encoded", now) else query,
            "resultType": kind,
            "cursorMark": "%2A" if mark == _FIRST else mark,
            "pageSize": int(asked.get("pageSize", "25")),
            "sort": "",
            "synonym": False,
        }
        value["resultList"] = {"result": [result(seen, kind) for seen in page]}
        return _reply(value)

    def _found(self, query: str, now: datetime) -> list[Seen]:
        """The hits, in the order of the marks."""
        held, holds = self._world.records("europepmc", now), judge(query)
        filed = {t for t in booleans.terms(booleans.parse(query)) if t.startswith("FIRST_IDATE:")}
        if len(filed) == 1:  # they lie by this day: all others need not be looked at
            first, last = _days(filed.pop())
            begin = bisect_left(held, first, key=lambda seen: seen.entry.filed)
            held = held[begin : bisect_right(held, last, key=lambda seen: seen.entry.filed)]
        return sorted((seen for seen in held if holds(seen)), key=_order)


@lru_cache(maxsize=64)
def judge(query: str) -> Holds:
    """What fits `query`. Raises `NotUnderstood`."""
    return compiled(query, _leaf)


def _leaf(term: str) -> Holds:
    name, _, value = term.partition(":")
    bare = value.strip('"')
    if name in ("FIRST_IDATE", "UPDATE_DATE"):
        first, last = _days(term)
        if name == "FIRST_IDATE":
            return lambda seen: first <= seen.entry.filed <= last
        return lambda seen: first <= seen.state.stated <= last
    if name == "SRC":
        return lambda seen: seen.entry.uid.startswith(f"{bare}/")
    if name == "EXT_ID":
        return lambda seen: seen.entry.uid.partition("/")[2] == bare
    if name == "DOI":
        return lambda seen: (
            bare.lower() in (seen.entry.article.doi, seen.entry.article.preprint_doi)
        )
    if name == "TITLE":
        return any_word(bare, lambda seen: seen.state.title)
    if name == "ABSTRACT":
        return any_word(bare, lambda seen: seen.state.abstract)
    raise NotUnderstood(f"Europe PMC: a query with {term}")


def _days(term: str) -> tuple[date, date]:
    name, _, span = term.partition(":")
    first, between, last = span.strip("[]").partition(" TO ")
    if not (between and span[0] == "[" and span[-1] == "]"):
        raise NotUnderstood(f"Europe PMC: {name} is asked for in another way: {span}")
    return date.fromisoformat(first), date.fromisoformat(last)


def _order(seen: Seen) -> str:
    """The place in the order, which has nothing to do with days."""
    source, _, number = seen.entry.uid.partition("/")
    return f"{number[::-1]}{source}"


def _mark(seen: Seen) -> str:
    return base64.b64encode(_SORTED + _order(seen).encode()).decode()


def _place(mark: str) -> str | None:
    """What comes after it, comes next; None for no mark of ours."""
    if mark == _FIRST:
        return ""
    try:
        raw = base64.b64decode(mark, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.removeprefix(_SORTED).decode("latin-1") if raw.startswith(_SORTED) else None


def _reply(value: object) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(200, {"Content-Type": "application/json;charset=UTF-8"}, body)
