"""A small Entrez in memory, behind the `Http` protocol: it answers in bytes, as the real one does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from service.errors import BadRequestError, Retry, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from service.protocols import Response

T = TypeVar("T")
TRIES = 3
_DATES = re.compile(r'\("([\d/]+)"\[(\w+)\] : "([\d/]+)"\[\w+\]\)')
_RANGE = re.compile(r"(\d+):(\d+)\[uid\]")


@dataclass(frozen=True)
class FakeResponse:
    body: bytes
    url: str = "https://fake.example/"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One record: when it was created and last revised, and whether the topic matches it."""

    created: date
    revised: date | None = None
    matches: bool = True


@dataclass(frozen=True)
class Asked:
    """One request as the client made it."""

    tool: str
    values: dict[str, str]
    as_form: bool


@dataclass
class FakeEntrez:
    """Searches by the dates and the id range of a term; every other word matches by `Entry.matches`.

    `cap` is the most ids of a search; `hidden` ids are listed but never fetched, `shy` ids come
    only when they are asked for alone. `first` are bodies to be answered before anything else.
    """

    entries: dict[int, Entry]
    cap: int = 9_999
    hidden: set[int] = field(default_factory=set)
    shy: set[int] = field(default_factory=set)
    clamp: int = 0
    notes: dict[str, object] = field(default_factory=dict)
    first: list[bytes] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def fetch(
        self,
        url: str,
        *,
        read: Callable[[Response], T],
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> T:
        values = dict(params or form or {})
        tool = url.rpartition("/")[2]
        for attempt in range(1, TRIES + 1):
            self.asked.append(Asked(tool, values, form is not None))
            body = self.first.pop(0) if self.first else self._answer(tool, values)
            try:
                return read(FakeResponse(body))
            except SourceError as error:
                if error.retry not in {Retry.WAIT, Retry.SAME} or attempt == TRIES:
                    raise
        raise AssertionError

    def searches(self) -> list[str]:
        return [asked.values["term"] for asked in self.asked if asked.tool == "esearch.fcgi"]

    def fetched(self) -> list[list[int]]:
        """The ids of each fetch, in order."""
        asked = (a.values["id"] for a in self.asked if a.tool == "efetch.fcgi")
        return [[int(number) for number in ids.split(",")] for ids in asked]

    def _answer(self, tool: str, values: dict[str, str]) -> bytes:
        if tool == "esearch.fcgi":
            return self._search(values)
        numbers = [int(number) for number in values["id"].split(",")]
        gone = self.hidden | (self.shy if len(numbers) > 1 else set())
        known = [number for number in numbers if number in self.entries and number not in gone]
        if values["db"] == "pmc" and len(numbers) == 1 and not known:
            raise BadRequestError("efetch", "HTTP 400")
        return articles(values["db"], known)

    def _search(self, values: dict[str, str]) -> bytes:
        term = values["term"]
        found = _DATES.search(term)
        assert found, term
        first, tag, last = found.groups()
        part = _RANGE.search(term)
        low, high = map(int, part.groups()) if part else (0, 10**12)
        whole = term.startswith('("')
        hits = [
            number
            for number, entry in self.entries.items()
            if first <= f"{self._day(entry, tag):%Y/%m/%d}" <= last
            and low <= number <= high
            and (entry.matches or whole)
        ]
        hits.sort(reverse=True)
        shown = hits[: min(int(values["retmax"]), self.cap)]
        if self.clamp and shown:
            shown = shown[: -self.clamp]
        result = {
            "count": str(len(hits)),
            "retmax": str(len(shown)),
            "retstart": "0",
            "idlist": [str(number) for number in shown],
            "querytranslation": term.lower(),
            **self.notes,
        }
        return json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()

    @staticmethod
    def _day(entry: Entry, tag: str) -> date:
        return (entry.revised or entry.created) if tag == "lr" else entry.created


def articles(db: str, numbers: list[int]) -> bytes:
    """An efetch reply that holds these records."""
    if db == "pmc":
        inside = "".join(
            "<article><front><article-meta>"
            f'<article-id pub-id-type="pmcid">PMC{number}</article-id>'
            "</article-meta></front></article>"
            for number in numbers
        )
        return f'<?xml version="1.0" ?><pmc-articleset>{inside}</pmc-articleset>'.encode()
    inside = "\n".join(
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{number}</PMID>'
        f"<Article><ArticleTitle>Paper {number}</ArticleTitle></Article>"
        "</MedlineCitation></PubmedArticle>"
        for number in numbers
    )
    return (f'<?xml version="1.0" ?>\n<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>').encode()
