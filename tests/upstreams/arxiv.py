"""arXiv as it behaves: OAI-PMH at /oai and the search API at /api/query.

* OAI lists by `datestamp`, the day of the last change of any kind, and knows the newest version
  only. Its token holds the whole request, comes percent-encoded and is worthless after midnight;
  there are no totals, and the last page has no token element. What was removed stays as a header
  that says "deleted".
* The API's index is made anew once a day, after midnight. `updated` is the day of the newest
  version, whatever else was changed. At most 2,000 rows a page and 30,000 a query. An unknown id is
  left out; an error is a feed of one entry, with status 400 or 200. An unknown field is searched
  as "all", and the title of the feed says so.

Moods: "throttled" (429, "Rate exceeded."), "busy" (503 with Retry-After of so many seconds),
"partial" (a short OAI page), "page" (so many records on it), "lost" (the token is not known any more), "empty" (no entries though
there are some), "zero" (nothing found at all), "wobble" (so many more in totalResults), "error200" (the API's error
as 200).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from tests.upstreams import arxiv_pages as pages
from tests.upstreams.moods import calm, few
from tests.upstreams.refusing import NotUnderstood, refuse_unknown
from tests.upstreams.searching import any_word, compiled
from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.upstreams.moods import Mood
    from tests.upstreams.searching import Holds
    from tests.upstreams.world import Entry, Seen, World

PAGE = 1300
MOST_ROWS = 2_000
MOST_OF_A_QUERY = 30_000
NOT_OURS = "the token is not known here, or no more"
_FORMATS = ("arXiv", "arXivRaw")
_VERBS = ("ListRecords", "ListIdentifiers")
_ID = re.compile(r"\d{4}\.\d{4,5}")
_LIST = frozenset({"verb", "set", "metadataPrefix", "from", "until"})
_NEXT = frozenset({"verb", "resumptionToken"})
_QUERY = frozenset({"search_query", "id_list", "start", "max_results", "sortBy", "sortOrder"})


class Arxiv:
    """Both channels over the entries of the source "arxiv". An `Upstream`."""

    def __init__(self, world: World, *, page: int = PAGE, mood: Mood = calm) -> None:
        self._world = world
        self._page = page
        self._mood = mood
        self._tokens: dict[str, datetime] = {}  # what was given out, and until when it holds

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
        if self._mood("throttled", now):
            return Answer(429, {"Content-Type": "text/plain"}, b"Rate exceeded.")
        if seconds := self._mood("busy", now):
            headers = {"Content-Type": "text/html", "Retry-After": str(seconds)}
            return Answer(503, headers, b"<html><body>Retry later.</body></html>")
        if method == "GET" and path == "/oai":
            return self._oai(query, now)
        if method == "GET" and path == "/api/query":
            return self._search(query, now)
        raise NotUnderstood(f"arXiv: {method} {path}")

    # -- OAI-PMH --------------------------------------------------------------------------------

    def _oai(self, query: Mapping[str, str], now: datetime) -> Answer:
        verb = query.get("verb", "")
        if verb not in _VERBS:
            return pages.oai_reply(now, {}, pages.oai_error("badVerb", f"Illegal verb: {verb}"))
        asked, skip = dict(query), 0
        if token := query.get("resumptionToken", ""):
            refuse_unknown("arXiv OAI-PMH, beside a token", query, _NEXT)
            if self._tokens.get(token, now) <= now or self._mood("lost", now):
                return pages.oai_reply(now, query, pages.oai_error("badResumptionToken", NOT_OURS))
            asked = dict(parse_qsl(token))
            skip = int(asked.pop("skip"))
        refuse_unknown("arXiv OAI-PMH", asked, _LIST)
        if asked.get("metadataPrefix") not in _FORMATS:
            error = pages.oai_error("cannotDisseminateFormat", "no such format")
            return pages.oai_reply(now, {}, error)
        try:
            found = self._listed(asked, now)
        except ValueError:
            error = pages.oai_error("badArgument", "a day is not YYYY-MM-DD")
            return pages.oai_reply(now, {}, error)
        if not found or self._mood("zero", now):
            return pages.oai_reply(now, query, pages.oai_error("noRecordsMatch", ""))
        usual = few(self._page) if self._mood("partial", now) else self._page
        size = self._mood("page", now) or usual
        shown = found[skip : skip + size]
        lines = [f"<{verb}>", *(pages.oai_item(item, asked, verb) for item in shown)]
        if skip + size < len(found):
            lines.append(self._token(asked, skip + size, now))
        return pages.oai_reply(now, query, "\n".join([*lines, f"</{verb}>"]))

    def _listed(self, asked: Mapping[str, str], now: datetime) -> list[Seen | Entry]:
        """What the list holds, by id. Raises `ValueError` for a day that is none."""
        first = date.fromisoformat(asked.get("from", "2005-01-01"))
        last = date.fromisoformat(asked.get("until", "9999-12-31"))
        wanted = asked.get("set", "")
        held: list[tuple[str, Seen | Entry]] = [
            (seen.entry.uid, seen)
            for seen in self._world.records("arxiv", now)
            if first <= seen.state.stated <= last and _in_set(seen.entry, wanted)
        ]
        held += [
            (entry.uid, entry)
            for entry in self._world.vanished("arxiv", now)
            if first <= pages.gone_day(entry) <= last and _in_set(entry, wanted)
        ]
        return [item for _, item in sorted(held, key=lambda pair: pair[0])]

    def _token(self, asked: Mapping[str, str], skip: int, now: datetime) -> str:
        expires = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        token = urlencode({**asked, "skip": skip})
        self._tokens[token] = expires
        when = f"{expires:%Y-%m-%dT%H:%M:%SZ}"
        return f"<resumptionToken expirationDate='{when}'>{quote(token, safe='')}</resumptionToken>"

    # -- the search API -------------------------------------------------------------------------

    def _search(self, query: Mapping[str, str], now: datetime) -> Answer:
        refuse_unknown("arXiv API", query, _QUERY)
        ids = [name for name in query.get("id_list", "").split(",") if name]
        if wrong := _wrong(query, ids):
            return pages.problem(200 if self._mood("error200", now) else 400, wrong, now)
        start, size = int(query.get("start", "0")), int(query.get("max_results", "10"))
        understood, holds = _judge(query.get("search_query", ""))
        held = self._world.records("arxiv", _indexed(now))
        if ids:
            known = {seen.entry.uid: seen for seen in held}
            found = [known[name] for name in ids if name in known]
        else:
            _refuse_order(query)
            found = sorted((seen for seen in held if holds(seen)), key=_updated, reverse=True)
        found = [] if self._mood("zero", now) else found
        shown = [] if self._mood("empty", now) else found[start : start + size]
        asked = f"search_query={understood}&id_list={','.join(ids)}"
        title = f"arXiv Query: {asked}&start={start}&max_results={size}"
        total = max(0, len(found) + self._mood("wobble", now))
        head = pages.api_head(title, size, total, start, now)
        return pages.api_reply(200, [head, *map(pages.api_entry, shown)])


def _wrong(query: Mapping[str, str], ids: Sequence[str]) -> str:
    """What the API has against a request; "" for nothing."""
    for name in ("start", "max_results"):
        if not query.get(name, "0").isdigit():
            return f"{name} must be an integer"
    start, size = int(query.get("start", "0")), int(query.get("max_results", "10"))
    if size > MOST_ROWS:
        return f"max_results must not be greater than {MOST_ROWS}"
    if start + size > MOST_OF_A_QUERY:
        return f"start + max_results must not exceed {MOST_OF_A_QUERY}"
    odd = next((name for name in ids if not _ID.fullmatch(name)), "")
    return odd and f"incorrect id format for {odd}"


def _indexed(now: datetime) -> datetime:
    """When the index was last made."""
    return datetime.combine(now.date(), time(), UTC)


def _refuse_order(query: Mapping[str, str]) -> None:
    by, order = query.get("sortBy", "relevance"), query.get("sortOrder", "descending")
    if (by, order) != ("lastUpdatedDate", "descending"):
        raise NotUnderstood(f"arXiv API: sorted by {by}, {order}")


def _updated(seen: Seen) -> tuple[datetime, str]:
    return pages.moment(seen, seen.state.versions[-1][1]), seen.entry.uid


def _in_set(entry: Entry, wanted: str) -> bool:
    return not wanted or any(f"{spec}:".startswith(f"{wanted}:") for spec in pages.sets(entry))


@lru_cache(maxsize=64)
def _judge(query: str) -> tuple[str, Holds]:
    """The query as it is understood, and what fits it."""
    if not query:
        return "", lambda seen: True
    understood: list[tuple[str, str]] = []

    def leaf(term: str) -> Holds:
        name, _, value = term.partition(":")
        if name == "cat":
            prefix = value.removesuffix("*")
            exact = prefix == value
            return lambda seen: any(
                c == value if exact else c.startswith(prefix) for c in pages.categories(seen.entry)
            )
        if name != "all":
            understood.append((term, f"all:{value}"))
        return any_word(value.strip('"'), lambda seen: f"{seen.state.title} {seen.state.abstract}")

    holds = compiled(query, leaf)
    for term, read in understood:
        query = query.replace(term, read)
    return query, holds
