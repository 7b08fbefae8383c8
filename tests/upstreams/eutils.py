"""NCBI's E-utilities over the world: esearch.fcgi and efetch.fcgi for pubmed and pmc.

As upstream: a search gives the first 9,999 ids at most and clamps without a word; `retstart` above
9,998 is an error inside HTTP 200, whose JSON has a raw line break; all numbers are strings; an
unknown field drops its term and says so in a list that nobody has to read; an id that is not
there is left out of a fetch.

Moods: "down" (the backend fails inside HTTP 200), "empty" (hits are counted and not one is given),
"partial" (every fifth id, or record, is missing), "zero" (nothing is found).
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from zlib import crc32

from tests.upstreams import booleans, pubmed_pages
from tests.upstreams.moods import calm
from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from tests.upstreams.moods import Mood
    from tests.upstreams.world import Seen, World

    Fits = Callable[[Seen], bool]

CAP = 9_999
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_XML = {"Content-Type": "text/xml; charset=UTF-8"}
_TERM = re.compile(r'"?([^"\[]*)"?\[([\w ]+)\]$')
_DAYS = re.compile(r'"(\d{4}/\d\d/\d\d)"\[(\w+)\] : "(\d{4}/\d\d/\d\d)"\[(\w+)\]$')
_UIDS = re.compile(r"(\d+):(\d+)\[uid\]$")
_DATE_FIELDS = {"pubmed": ("crdt", "edat", "lr"), "pmc": ("pmclivedate",)}
_TEXT_FIELDS = {"pubmed": ("tiab", "ti"), "pmc": ("title", "abstract")}
_HEAD = {
    "pubmed": '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD '
    'PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n',
    "pmc": '<?xml version="1.0"  ?><!DOCTYPE pmc-articleset PUBLIC "-//NLM//DTD ARTICLE SET '
    '2.0//EN" "https://dtd.nlm.nih.gov/ncbi/pmc/articleset/nlm-articleset-2.0.dtd">'
    "<pmc-articleset>",
}
_TAIL = {"pubmed": "\n</PubmedArticleSet>", "pmc": "</pmc-articleset>"}
_BEYOND = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, "
    "ESearch can only retrieve the first 9,999 records matching the query."
)


class Eutils:
    """The E-utilities. `cap` is the most ids that a search gives (9,999 upstream)."""

    def __init__(self, world: World, *, cap: int = CAP, mood: Mood = calm) -> None:
        self._world = world
        self._cap = cap
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
        """See `Upstream`."""
        asked = {**query, **dict(parse_qsl(body.decode()))} if method == "POST" else dict(query)
        if asked.get("db") not in _HEAD:
            return _found({"ERROR": f"Invalid db name specified: {asked.get('db')}"})
        if self._mood("down", now):
            return _found({"ERROR": "Search Backend failed: Exception: cannot connect"})
        held = self._world.records(asked["db"], now)
        if path == "/esearch.fcgi":
            return self._search(asked, held, now)
        if path == "/efetch.fcgi":
            missing = [n for n, mood in enumerate(("empty", "partial"), 1) if self._mood(mood, now)]
            return _fetch(asked, held, missing)
        return Answer(404, {"Content-Type": "text/html"}, b"<html><body>Not Found</body></html>")

    def _search(self, asked: Mapping[str, str], held: Sequence[Seen], now: datetime) -> Answer:
        database, term = asked["db"], asked.get("term", "")
        start, size = int(asked.get("retstart", "0")), int(asked.get("retmax", "20"))
        if not term.strip():
            return _found({"ERROR": "Empty term and query_key - nothing todo"})
        if start >= self._cap:
            return _raw_line_break(_BEYOND)
        fits, unknown = understood(database, booleans.parse(term))
        found = [] if self._mood("zero", now) else [seen for seen in held if fits(seen)]
        # The newest first; all that a search gives lies before the cap.
        found.sort(key=lambda seen: (seen.entry.filed, seen.entry.uid), reverse=True)
        listed = found[start : min(start + size, self._cap)]
        if self._mood("empty", now):
            listed = []
        if self._mood("partial", now):
            listed = [seen for number, seen in enumerate(listed) if number % 5]
        result: dict[str, object] = {
            "count": str(len(found)),
            "retmax": str(len(listed)),
            "retstart": str(start),
        }
        if asked.get("usehistory") == "y":
            result |= {"querykey": "1", "webenv": f"MCID_{crc32(term.encode()):024x}"}
        result["idlist"] = [seen.entry.uid.removeprefix("PMC") for seen in listed]
        result |= {"translationset": [], "querytranslation": term}
        if unknown:
            result["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": unknown}
        if not found:
            result["warninglist"] = {
                "phrasesignored": [],
                "quotedphrasesnotfound": [],
                "outputmessages": ["No items found."],
            }
        return _found(result)


def understood(database: str, tree: booleans.Node) -> tuple[Fits, list[str]]:
    """Whether an item fits, as a function; and the fields that are not known."""
    judged = {term: _judge(database, term) for term in booleans.terms(tree)}
    unknown = [_TERM.match(t)[2] if _TERM.match(t) else t for t, j in judged.items() if j is None]
    days = [judge for term, judge in judged.items() if judge and not _TERM.match(term)]

    def fits(seen: Seen) -> bool:
        if not all(judge(seen) for judge in days):  # cheap, and always ANDed
            return False
        return booleans.matches(tree, lambda term: judged[term] is None or judged[term](seen))

    return fits, unknown


def _judge(database: str, term: str) -> Fits | None:
    """Whether an item fits one term; None where its field is not known."""
    if days := _DAYS.match(term):
        if days[2] != days[4] or days[2] not in _DATE_FIELDS[database]:
            return None
        first, last = (date(*map(int, day.split("/"))) for day in (days[1], days[3]))
        return lambda seen: first <= _date(seen, days[2]) <= last
    if uids := _UIDS.match(term):
        low, high = int(uids[1]), int(uids[2])
        return lambda seen: low <= int(seen.entry.uid.removeprefix("PMC")) <= high
    text = _TERM.match(term)
    if text is None or text[2] not in _TEXT_FIELDS[database]:
        return None
    word = re.compile(rf"\b{re.escape(text[1])}\b", re.IGNORECASE)
    if text[2] in ("title", "ti"):
        return lambda seen: word.search(seen.state.title) is not None
    if text[2] == "abstract":
        return lambda seen: word.search(seen.state.abstract) is not None
    return lambda seen: (
        word.search(seen.state.title) is not None or word.search(seen.state.abstract) is not None
    )


def _date(seen: Seen, field: str) -> date:
    if field == "lr":
        return seen.state.stated
    return (seen.entry.entrez or seen.entry.filed) if field == "edat" else seen.entry.filed


def _fetch(asked: Mapping[str, str], held: Sequence[Seen], missing: Sequence[int]) -> Answer:
    database = asked["db"]
    by_number = {seen.entry.uid.removeprefix("PMC"): seen for seen in held}
    wanted = (uid.strip().removeprefix("PMC") for uid in asked.get("id", "").split(","))
    page = pubmed_pages.pubmed_article if database == "pubmed" else pubmed_pages.pmc_article
    records = [page(by_number[number]) for number in wanted if number in by_number]
    if missing:  # every record, or every fifth
        records = [r for number, r in enumerate(records) if number % 5 and missing[0] > 1]
    text = _HEAD[database] + "\n".join(records) + _TAIL[database]
    return Answer(200, _XML, text.encode())


def _found(result: Mapping[str, object]) -> Answer:
    whole = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
    return Answer(200, _JSON, json.dumps(whole, ensure_ascii=False).encode())


def _raw_line_break(error: str) -> Answer:
    """The error as it was reported from upstream: JSON that no strict reader takes."""
    made = _found({"ERROR": error})
    return Answer(made.status, made.headers, made.body.replace(b"\\n", b"\n"))
