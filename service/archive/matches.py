"""How a work answers to the words of a query that it answers to: with which, and how well. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.archive.snippets import fold, snippets, stem
from service.records.queries import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.archive.snippets import Sought
    from service.records import Work

# What a word is worth by where it stands, as in the archive's own index; the name of a place that
# is not shown with the work.
_WORTH = {
    Part.TITLE: 4.0,
    Part.ABSTRACT: 1.0,
    Part.AUTHOR: 2.0,
    Part.MESH: 2.0,
    Part.KEYWORD: 2.0,
    Part.JOURNAL: 1.0,
}
_PLACES = {
    Part.AUTHOR: "author",
    Part.MESH: "MeSH",
    Part.KEYWORD: "keyword",
    Part.JOURNAL: "journal",
}
_WORD = re.compile(r"\w+")
_JOINS = re.compile(r"[ \-‐‑]")  # between words of one phrase


@dataclass(frozen=True, slots=True)
class Match:
    """What of a work answers: `terms` as the work spells them, those outside of title and abstract
    with their place ("Okafor (author)"); the `passage` of the abstract with most of them, or "";
    `weight` tells two works of one query apart. All empty for a query without words."""

    terms: tuple[str, ...]
    passage: str
    weight: float


def match(work: Work, asked: Sought) -> Match:
    """Which of the words that are wanted a work has. Several side by side are one term; each is
    told once, where it counts most."""
    found = [(part, run) for part, text in _texts(work) for run in _runs(text, part, asked)]
    worth: dict[str, float] = {}
    for part, run in found:
        for each in _stems(run):
            worth[each] = max(worth.get(each, 0.0), _WORTH[part])
    times = sum(len(_stems(run)) for _, run in found)
    shown = snippets(work, asked)
    return Match(
        terms=tuple(_told(found)),
        passage=next((each.text for each in shown if each.part is Part.ABSTRACT), ""),
        weight=sum(worth.values()) + times / (times + 5),  # how often: less than any word's worth
    )


def _texts(work: Work) -> Iterator[tuple[Part, str]]:
    yield Part.TITLE, work.title
    yield Part.ABSTRACT, work.abstract
    for part, names in (
        (Part.AUTHOR, work.authors),
        (Part.MESH, work.mesh),
        (Part.KEYWORD, work.keywords),
    ):
        yield from ((part, name) for name in names)
    yield Part.JOURNAL, work.venue


def _runs(text: str, part: Part, asked: Sought) -> Iterator[str]:
    """The words asked for, those side by side together."""
    start, end = 0, 0
    for begin, stop in asked.marks(part, text):
        if end and _JOINS.fullmatch(text[end:begin]):
            end = stop
            continue
        if end:
            yield text[start:end]
        start, end = begin, stop
    if end:
        yield text[start:end]


def _told(found: Sequence[tuple[Part, str]]) -> Iterator[str]:
    """The longest first, where there is anything in them that was not told."""
    known: set[str] = set()
    order = {part: place for place, part in enumerate(_WORTH)}
    seen = {part in _PLACES for part, _ in found}
    for outside in sorted(seen):  # what a reader sees for themselves goes before
        runs = [(part, run) for part, run in found if (part in _PLACES) is outside]
        for part, run in sorted(runs, key=lambda each: (-len(_stems(each[1])), order[each[0]])):
            if not _stems(run) <= known:
                known |= _stems(run)
                yield f"{run} ({_PLACES[part]})" if outside else run


def _stems(run: str) -> frozenset[str]:
    return frozenset(stem(fold(word)) for word in _WORD.findall(run))
