"""How a query was understood, in words. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from service.records.queries import (
    AllOf,
    AnyOf,
    FromSource,
    Is,
    Licensed,
    Named,
    Names,
    Not,
    OfKind,
    OfTopic,
    Part,
    Published,
    Query,
    Scored,
    Seen,
    Sort,
    State,
    Words,
    wanted,
)

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from service.records.queries import Term

_STATES = {
    State.PREPRINT: "is a preprint",
    State.REVIEW: "is a review",
    State.RETRACTED: "was retracted",
    State.CORRECTED: "was corrected",
    State.WITHDRAWN: "was withdrawn",
    State.SAVED: "was saved by a reader",
    State.SENT: "was sent in a digest",
    State.UNSENT: "was never sent in a digest",
    State.PDF: "has a PDF",
    State.ABSTRACT: "has an abstract",
}
_PLACES = {
    Part.ANY: "anywhere",
    Part.TITLE: "in the title",
    Part.ABSTRACT: "in the abstract",
    Part.AUTHOR: "among the authors",
    Part.JOURNAL: "in the journal's name",
    Part.MESH: "among the MeSH headings",
    Part.KEYWORD: "among the authors' keywords",
}
_ORDERS = {
    Sort.RELEVANCE: "the best match first",
    Sort.NEWEST: "the newest first",
    Sort.SEEN: "the last seen first",
}


def explain(query: Query, zone: tzinfo) -> str:
    """Lines that say what is looked for, in which order, and what was read as what."""
    if query.term is None:
        lines = ["Nothing to look for."]
    elif query.term == AllOf(()):
        lines = ["Every work"]
    else:
        lines = ["Works of which this is true:", *_lines(query.term, zone, 1)]
    if query.likes:
        lines.append(f"Near in meaning to: {', '.join(query.likes)}")
    if query.as_of:
        last = (query.as_of - timedelta(microseconds=1)).astimezone(zone).date()
        lines.append(f"As the archive was at the end of {last}")
    if query.term is not None:
        plain = query.sort is Sort.RELEVANCE and not query.likes and not any(wanted(query.term))
        lines.append(f"Order: {_ORDERS[Sort.NEWEST if plain else query.sort]}")
    return "\n".join([*lines, *(f"Note: {note}" for note in query.notes)])


def _lines(term: Term, zone: tzinfo, depth: int) -> list[str]:
    indent = "  " * depth
    match term:
        case AllOf(terms) | AnyOf(terms):
            head = "all of:" if isinstance(term, AllOf) else "any of:"
            inner = [line for each in terms for line in _lines(each, zone, depth + 1)]
            return [indent + head, *inner]
        case Not(AllOf() | AnyOf() as inner_term):
            return [f"{indent}not:", *_lines(inner_term, zone, depth + 1)]
        case Not(inner_term):
            return [f"{indent}not: {_said(inner_term, zone)}"]
        case _:
            return [indent + _said(term, zone)]


def _said(term: Term, zone: tzinfo) -> str:
    match term:
        case Words(text, part, prefix):
            kind = "the phrase" if len(text.split()) > 1 else "the word"
            said = f'{kind} "{text}"{" or longer" if prefix else ""}, {_PLACES[part]}'
        case Is(state):
            said = _STATES[state]
        case OfKind(kind):
            said = f"is of type {kind}"
        case FromSource(name):
            said = f"came from {name}"
        case OfTopic(slug):
            said = f"was shown for, or called relevant to, the topic {slug}"
        case Named(scheme, value, prefix):
            said = f"{scheme} {'begins with' if prefix else 'is'} {value}"
        case Names(entity, value, prefix):
            said = f"names a {entity} {'that begins with' if prefix else 'called'} {value}"
        case Licensed(value, prefix):
            said = f"is under a licence {'that begins with' if prefix else 'called'} {value}"
        case Published(first, last):
            said = f"published {_range(first, last)}"
        case Seen(since, before):
            end = before - timedelta(microseconds=1) if before else None
            days = (each.astimezone(zone).date() if each else None for each in (since, end))
            said = f"first seen {_range(*days)}"
        case Scored():
            said = f"was sent with a relevance {_between(term)}"
        case Not() | AllOf() | AnyOf():
            said = "; ".join(_lines(term, zone, 0))
    return said


def _between(scored: Scored) -> str:
    low = f"of {scored.low:g} or more" if scored.low_too else f"above {scored.low:g}"
    high = f"of {scored.high:g} or less" if scored.high_too else f"below {scored.high:g}"
    if scored.high == 1 and scored.high_too:
        return low
    return high if scored.low == 0 and scored.low_too else f"{low}, and {high}"


def _range(first: date | None, last: date | None) -> str:
    if first and last:
        return f"on {first}" if first == last else f"from {first} to {last}"
    return f"on or after {first}" if first else f"on or before {last}"
