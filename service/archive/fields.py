"""What the value after a tag means. Pure."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from service.archive import dates
from service.errors import QueryError
from service.records import EntityKind, Kind
from service.records.queries import (
    FromSource,
    Is,
    Licensed,
    Named,
    Names,
    OfKind,
    OfTopic,
    Published,
    Scheme,
    Scored,
    Seen,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, tzinfo

    from service.records.queries import Term

_DOI_ADDRESS = re.compile(r"(?i)^(?:https?://)?(?:dx\.)?(?:doi\.org/|doi:)")
_ARXIV = re.compile(r"(?i)^(?:https?://)?(?:arxiv\.org/(?:abs|pdf)/|arxiv:)")
_FORMS = {
    Scheme.DOI: (re.compile(r"10\.\S+"), "doi:10.5555/12345"),
    Scheme.PMID: (re.compile(r"\d{1,10}"), "pmid:33301246"),
    Scheme.PMCID: (re.compile(r"PMC\d{1,10}"), "pmcid:PMC7096066"),
    Scheme.ARXIV: (re.compile(r"[\w.-]+(?:/\d+)?"), "arxiv:2101.00001"),
}
_NUMBER = r"(\d*\.?\d+|\d+\.)"
_SCORE = re.compile(rf"([<>]=?)?{_NUMBER}?(?:(\.\.){_NUMBER}?)?")
_SCORES = "write it like score:>0.7 or score:0.5..0.8"


def condition(name: str, value: str, now: datetime, zone: tzinfo) -> Term:
    """What `name:value` asks of a work, for every tag but those of words and of order.

    Raises `QueryError` without a place: the caller knows it.
    """
    found: Term
    match name:
        case "is" | "has":
            found = Is(State(_known(f"{name}:{value.lower()}", [*State])))
        case "type":
            found = OfKind(Kind(_known(value.lower().replace(" ", "-"), [*Kind])))
        case "source":
            found = FromSource(_given(name, value))
        case "topic":
            found = OfTopic(_given(name, value))
        case "gene" | "cell" | "disease" | "chemical":
            given = _given(name, value)
            found = Names(EntityKind(name), given.rstrip("*"), given.endswith("*"))
        case "licence":
            given = _given(name, value)
            found = Licensed(given.rstrip("*"), given.endswith("*"))
        case "published" | "seen":
            found = _dated(name, value, now, zone)
        case "score":
            found = _scored(value)
        case _:
            found = _named(Scheme(name), value)
    return found


def _known(value: str, known: Collection[str]) -> str:
    if value in known:
        return value
    near = difflib.get_close_matches(value, known, n=1, cutoff=0.6)
    remedy = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    raise _wrong(f"has {value!r}, which is not known", remedy)


def _given(name: str, value: str) -> str:
    if not any(letter.isalnum() for letter in value):
        raise _wrong(f"names no {name}", f"write {name}:name")
    return value


def _named(scheme: Scheme, value: str) -> Named:
    prefix, plain = value.endswith("*"), value.rstrip("*")
    plain = {
        Scheme.DOI: lambda: _DOI_ADDRESS.sub("", plain).lower(),
        Scheme.PMCID: lambda: "PMC" + plain.upper().removeprefix("PMC"),
        Scheme.ARXIV: lambda: re.sub(r"v\d+$", "", _ARXIV.sub("", plain)),
        Scheme.PMID: lambda: plain,
    }[scheme]()
    form, example = _FORMS[scheme]
    if not form.fullmatch(plain):
        raise _wrong(f"has {value!r}, which is no {scheme}", f"write it like {example}")
    return Named(scheme, plain, prefix)


def _dated(name: str, value: str, now: datetime, zone: tzinfo) -> Published | Seen:
    try:
        first, last = dates.days(value, now.astimezone(zone).date())
        if name == "published":
            return Published(first, last)
        return Seen(
            _midnight(first, zone) if first else None,
            _midnight(last + timedelta(days=1), zone) if last else None,
        )
    except OverflowError:
        cause = "is no day of the calendar"
    except ValueError as error:
        cause = str(error)
    raise _wrong(f"has {value!r}, which {cause}", dates.EXAMPLE)


def end_of(value: str, now: datetime, zone: tzinfo) -> datetime:
    """The instant at which what `value` names has passed. Raises `QueryError` without a place."""
    told = _dated("seen", value, now, zone)
    assert isinstance(told, Seen)  # noqa: S101 - for the type checker
    if told.before is None:
        raise _wrong(f"has {value!r}, which does not end", "write it like as-of:2026-06-01")
    return told.before


def _scored(value: str) -> Scored:
    """>0.7, <=0.3, 0.5..0.8, or 0.7, which is that or more."""
    match = _SCORE.fullmatch(value)
    if match is None:
        raise _wrong(f"has {value!r}, which is no relevance", _SCORES)
    sign, low, dots, high = match.groups()
    first, last = float(low or 0), float(high or 1)
    if not sign:
        found = Scored(first, last)
    elif sign.startswith(">"):
        found = Scored(low=first, low_too=sign == ">=")
    else:
        found = Scored(high=first, high_too=sign == "<=")
    if not 0 <= first <= last <= 1 or (sign and dots) or (low is None and high is None):
        raise _wrong(f"has {value!r}, which is no relevance from 0 to 1", _SCORES)
    return found


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _wrong(cause: str, remedy: str) -> QueryError:
    return QueryError("query", cause, remedy)
