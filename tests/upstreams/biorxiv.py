"""api.biorxiv.org as it behaves, for bioRxiv and medRxiv: /details and /pubs.

* The page size is not a constant: `pages` says from which day on how many rows a page has. The
  cursor is an offset into rows that are not in the order of their dates, so that a row which is
  posted while somebody pages shifts the others.
* Totals are strings; `total` counts versions. Beyond the end: "no posts found", and no counts.
* A preprint that appeared in a journal has its DOI in `published`, in every version's row.
* A withdrawal is one more version, of the type "withdrawn".

Moods: "partial" (a short page), "page" (so many rows a page), "overcount" (rows that are stated and
never given), "down" (a database error in plain text, status 200), "blank" (an empty body), "empty"
(no rows though there are some).
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.upstreams.moods import calm, few
from tests.upstreams.refusing import NotUnderstood
from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tests.upstreams.moods import Mood
    from tests.upstreams.world import Article, Seen, World

Row = dict[str, Any]

SPELT = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
SIZES = ((date.min, 100),)
PUBS_SIZE = 100
DOWN = b"Error : (2002) Connection refused"
_INTERVAL = re.compile(
    r"/(details|pubs)/(biorxiv|medrxiv)/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)/(\d+)(/json)?"
)
_DOI = re.compile(r"/details/(biorxiv|medrxiv)/(10\.\d+/[^/]+)/na/json")
_TYPES = ("new results",) * 30 + ("confirmatory results", "contradictory results")
# What HighWire leaves in abstracts; a text has one of these, or none.
_RESIDUES = (
    "{}",
    "{}",
    "{}",
    "Background{}",
    "O_ST_ABSBackgroundC_ST_ABS{}",
    "{} C_LIO_LIOf {{beta}}-catenin 5 x 105 were counted, {{+/-}} 3 [&le;] 9.C_LI",
    "{} O_FIG O_LINKSMALLFIG WIDTH=200 HEIGHT=150 C_FIG",
)


class Biorxiv:
    """One address for both servers. An `Upstream`."""

    def __init__(
        self, world: World, *, pages: Sequence[tuple[date, int]] = SIZES, mood: Mood = calm
    ) -> None:
        self._world = world
        self._pages = sorted(pages)
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
        if self._mood("down", now):
            return Answer(200, {"Content-Type": "text/html; charset=UTF-8"}, DOWN)
        if self._mood("blank", now):
            return Answer(200, {"Content-Type": "application/json"}, b"")
        if method == "GET" and not set(query) - {"category"}:
            if asked := _INTERVAL.fullmatch(path):
                return self._interval(asked, query.get("category", ""), now)
            if asked := _DOI.fullmatch(path):
                return self._versions(asked[1], asked[2].lower(), now)
        raise NotUnderstood(f"bioRxiv: {method} {path} {dict(query)}")

    def _interval(self, asked: re.Match[str], category: str, now: datetime) -> Answer:
        what, server, start, end, cursor, form = asked.groups()
        if (what == "details") != bool(form):
            raise NotUnderstood(f"bioRxiv: {asked[0]}: /details is asked for as json, /pubs is not")
        found = self._rows(what, server, start, end, category, now)
        first = int(cursor)
        rows = found[first : first + self._size(what, now)]
        if not rows or self._mood("empty", now):
            return _reply({"messages": [{"status": "no posts found"}], "collection": []})
        told: Row = {"status": "ok"}
        if what == "details":
            told["category"] = category or "all"
        told["interval"] = f"{start}:{end}"
        if what == "details":
            told["funder"] = "all"
        told |= {"cursor": first, "count": len(rows)}
        if what == "details":
            told["count_new_papers"] = str(sum(1 for row in found if row["version"] == "1"))
        told["total"] = str(len(found) + self._mood("overcount", now))
        return _reply({"messages": [told], "collection": rows})

    def _size(self, what: str, now: datetime) -> int:
        if what == "pubs":
            usual = PUBS_SIZE
        else:
            usual = [size for since, size in self._pages if since <= now.date()][-1]
        return self._mood("page", now) or (few(usual) if self._mood("partial", now) else usual)

    def _rows(
        self, what: str, server: str, start: str, end: str, category: str, now: datetime
    ) -> list[Row]:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
        name = server if what == "details" else f"{server}-links"
        held = [s for s in self._world.records(name, now) if first <= s.entry.filed <= last]
        if what == "pubs":
            return [link_row(seen) for seen in sorted(held, key=_by_id)]
        rows = [detail_row(seen) for seen in sorted(held, key=_by_id)]
        if server == "medrxiv":  # only this server orders by date
            rows.sort(key=lambda row: str(row["date"]))
        wanted = category.replace("_", " ")
        return [row for row in rows if not wanted or row["category"] == wanted]

    def _versions(self, server: str, doi: str, now: datetime) -> Answer:
        held = [s for s in self._world.records(server, now) if s.entry.uid.lower() == doi]
        if not held:
            return _reply({"messages": [{"status": "no articles found"}], "collection": []})
        rows = [detail_row(seen) for seen in sorted(held, key=_by_id)]
        return _reply({"messages": [{"status": "ok", "category": "all"}], "collection": rows})


def detail_row(seen: Seen) -> Row:
    """A version as /details gives it."""
    article, state, doi = seen.entry.article, seen.state, seen.entry.uid
    day = seen.entry.filed
    withdrawn = "withdrawn" in state.marks
    kind = _TYPES[article.number % len(_TYPES)]
    if seen.entry.source == "medrxiv":
        kind = "PUBLISHAHEADOFPRINT"
    slash = "//" if article.number % 50 == 0 else "/"
    return {
        "title": state.title,
        "authors": _authors(article),
        "author_corresponding": f"{article.authors[-1].given} {article.authors[-1].family}",
        "author_corresponding_institution": "Example Institute of Tissue Research",
        "doi": doi,
        "date": str(day),
        "version": state.version,
        "type": "withdrawn" if withdrawn else kind,
        "license": "" if article.number % 20 == 0 else article.licence,
        "category": article.category,
        "jatsxml": f"https://www.{seen.entry.source}.org/content{slash}early/{day:%Y/%m/%d}/"
        f"{doi.partition('/')[2]}.source.xml",
        "abstract": f"Withdrawal Statement{state.abstract}" if withdrawn else _abstract(seen),
        "funder": _funder(article),
        "published": next((link.doi for link in state.links if link.kind == "published"), "NA"),
        "server": SPELT[seen.entry.source],
    }


def link_row(seen: Seen) -> Row:
    """A row of /pubs: a preprint and the article that came of it."""
    article = seen.entry.article
    link = next(link for link in seen.state.links if link.kind == "published")
    return {
        "preprint_doi": seen.entry.uid,
        "published_doi": link.doi,
        "published_journal": "Example Journal of Tumour Biology",
        "preprint_platform": SPELT[seen.entry.source.removesuffix("-links")],
        "preprint_title": seen.state.title,
        "preprint_authors": _authors(article),
        "preprint_category": article.category,
        "preprint_date": str(article.posted),
        "published_date": str(seen.entry.filed),
        "preprint_abstract": seen.state.abstract,
        "preprint_author_corresponding": f"{article.authors[-1].given} {article.authors[-1].family}",
        "preprint_author_corresponding_institution": "Example Institute of Tissue Research",
    }


def _by_id(seen: Seen) -> tuple[str, int]:
    return seen.entry.uid.rpartition(".")[2], int(seen.state.version or 0)


def _authors(article: Article) -> str:
    return "; ".join(f"{person.family}, {person.initials}." for person in article.authors)


def _abstract(seen: Seen) -> str:
    return _RESIDUES[seen.entry.article.number % len(_RESIDUES)].format(seen.state.abstract)


def _funder(article: Article) -> object:
    if article.number % 14:
        return "NA"
    return [
        {
            "name": "Example Research Council",
            "id": "https://ror.org/000000000",
            "id-type": "ROR",
            "award": f"EX-{article.number};",
        }
    ]


def _reply(value: Row) -> Answer:
    """JSON with its slashes escaped, as there."""
    text = json.dumps(value, ensure_ascii=False).replace("/", "\\/")
    return Answer(200, {"Content-Type": "application/json"}, text.encode())
