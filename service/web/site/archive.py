"""The archive: asked in the language of `litwatch search`, narrowed, kept, and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response

from service import archive, saved_searches
from service.archive.exports import FORMATS
from service.errors import InputError, QueryError
from service.records.findings import SHOWN, SavedSearch, Search
from service.records.queries import Mode, Part, Sort
from service.web.api.exports import found_file
from service.web.site.door import Reading, Tuned  # noqa: TC001 - FastAPI reads the annotations
from service.web.site.shell import done, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.bootstrap import App
    from service.records.findings import Findings, Hit, Snippet

_LONGEST = 2_000  # characters of a query
_FACETS = {"source": "Source", "type": "Type", "year": "Year", "topic": "Topic"}
_VALUES = 8  # of each facet
_MODES = {Mode.HYBRID: "Words and meaning", Mode.LEXICAL: "Words", Mode.SEMANTIC: "Meaning"}
_ORDERS = {"": "Best first", Sort.NEWEST: "Newest first", Sort.SEEN: "Last seen first"}
EXAMPLES = (
    ('neutrophil "extracellular traps"', "words, and a phrase"),
    ("title:(caf OR fibroblast*) is:review", "in titles, a word's beginning, reviews only"),
    ("netosis -mouse published:2026", "without a word, of a year"),
    ("author:okafor seen:last-week sort:newest", "by an author, come in last week"),
    ("topic:stroma score:>0.7 is:unsent", "relevant to a topic, never sent"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What stands in the address: the query as typed and how it is to be searched."""

    q: str
    mode: Mode
    sort: Sort | None
    cursor: str | None

    def address(self, **changes: str) -> str:
        """The page of the same question, but for these; it begins anew."""
        told = {"q": self.q, "mode": self.mode, "sort": self.sort or "", **changes}
        usual = {"mode": Mode.HYBRID, "sort": ""}
        kept = {name: value for name, value in told.items() if usual.get(name) != value}
        return f"/archive?{urlencode(kept)}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit as it is listed: its title, with what was asked for marked, and its best passage."""

    hit: Hit
    title: Snippet | None
    passage: Snippet | None


def routes(app: App) -> APIRouter:
    """/archive, what is kept of it (/archive/save, /archive/forget) and its files."""
    router = APIRouter()

    @router.get("/archive")
    def search(request: Request, visitor: Reading) -> Response:
        question = _question(request.query_params)
        values = _answer(app, question) if question.q else _nothing(app)
        with app.store.reading() as tx:
            saved = tx.searches.list()
        return page(
            request,
            visitor,
            "archive.html",
            status=422 if values.get("fault") else 200,
            question=question,
            saved=saved,
            feeds=_feeds(app, saved),
            examples=EXAMPLES,
            formats=FORMATS,
            modes=_MODES,
            orders=_ORDERS,
            facet_names=_FACETS,
            values=_VALUES,
            **values,
        )

    @router.get("/archive/export")
    def export(visitor: Reading, q: str = Query(max_length=_LONGEST), form: str = "") -> Response:
        if form not in FORMATS:
            raise InputError(f"format {form!r}", "is not known", f"known: {', '.join(FORMATS)}")
        return found_file(app, FORMATS[form], q)

    @router.post("/archive/save")
    def save(request: Request, form: Tuned) -> Response:
        question = _question({"q": form.text("q"), "mode": form.text("mode")})
        name = form.text("name").lower().replace(" ", "-")
        saved = SavedSearch(name, question.q, question.mode, form.visitor.name, app.clock.now())
        with app.store.writing() as tx:
            saved_searches.save(tx, saved, replace=bool(form.text("replace")))
        told = f"Kept as {name}: a feed, and a part of digests where a subscription names it."
        return done(request, question.address(), told)

    @router.post("/archive/forget")
    def forget(request: Request, form: Tuned) -> Response:
        with app.store.writing() as tx:
            saved_searches.remove(tx, form.text("name"))
        return done(request, "/archive", f"{form.text('name')} is forgotten.")

    return router


def _question(told: Mapping[str, str]) -> Question:
    """What the fields of a form or an address ask; what they cannot mean is left out."""
    mode, sort = told.get("mode", ""), told.get("sort", "")
    return Question(
        " ".join(told.get("q", "")[:_LONGEST].split()),
        Mode(mode) if mode in {*Mode} else Mode.HYBRID,
        Sort(sort) if sort in {*Sort} else None,
        told.get("cursor") or None,
    )


def _nothing(app: App) -> dict[str, object]:
    with app.store.reading() as tx:
        return {"found": None, "held": tx.works.held(), "fault": None, "read": ""}


def _feeds(app: App, saved: Sequence[SavedSearch]) -> Mapping[str, str]:
    """Where each saved search is a feed, by its name: for any feed reader where addresses can be
    signed, else for who may ask the API."""
    plain = "/feeds/searches/" if app.settings.web.api else ""
    found = {}
    for name in (each.name for each in saved):
        address = app.capabilities.feed("searches", name) or (plain and plain + quote(name))
        if address:
            found[name] = f"{address}.atom"
    return found


def _answer(app: App, question: Question) -> dict[str, object]:
    """What was found; or what is wrong with the query, and where."""
    try:
        asked = Search(
            question.q, question.mode, SHOWN, question.cursor, question.sort, facets=True
        )
        found = app.find(asked)
    except QueryError as error:
        return {"found": None, "held": None, "fault": error, "read": ""}
    read = saved_searches.read(question.q, app.clock.now())
    return {
        "found": found,
        "held": None,
        "fault": None,
        "shown": [_shown(hit) for hit in found.hits],
        "read": archive.explain(read, UTC),
        "narrowed": _narrowed(question, found),
    }


def _shown(hit: Hit) -> Shown:
    by_part = {snippet.part: snippet for snippet in hit.snippets}
    return Shown(hit, by_part.get(Part.TITLE), by_part.get(Part.ABSTRACT))


def _narrowed(question: Question, found: Findings) -> Mapping[str, Sequence[tuple[str, int, str]]]:
    """Each facet's values with their counts and the address that narrows to them."""
    return {
        facet.name: [
            (each.value, each.count, question.address(q=each.query)) for each in facet.values
        ]
        for facet in found.facets
        if facet.values
    }
