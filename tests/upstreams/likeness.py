"""How alike two sets of replies are built: names, types, and what texts look like."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS = 20  # a name that so many real items have without exception belongs to every item
LOOKS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "flag": re.compile(r"[YN]"),
    "number": re.compile(r"\d+"),
    "doi": re.compile(r"10\.\d{4,9}/\S+"),
    "moment": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
}


def paths(value: object, here: str = "") -> Iterable[tuple[str, object]]:
    """Every place in a value (list items share one), with what stands there."""
    yield here, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, f"{here}/{name}")
    if isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{here}[]")


def same_build(simulated: list[Any], real: list[Any], *, also: Iterable[str] = ()) -> None:
    """Each simulated item has no name, type or look of a text that no real one has."""
    known, looks = defaultdict(set), defaultdict(list)
    for item in real:
        for place, value in paths(item):
            known[place].add(type(value))
            if isinstance(value, str):
                looks[place].append(value)
    for item in simulated:
        for place, value in paths(item):
            if place.startswith(tuple(also)) and place not in known:
                continue
            assert type(value) in known[place], f"{place}: {value!r:.80}, really {known[place]}"
            for name, look in LOOKS.items():
                if isinstance(value, str) and all(look.fullmatch(text) for text in looks[place]):
                    assert look.fullmatch(value), f"{place} is no {name}: {value!r}"


def all_there(simulated: list[dict[str, Any]], real: list[dict[str, Any]]) -> None:
    """Each simulated item has the names that all real ones have."""
    assert len(real) >= ALWAYS
    always = set.intersection(*(set(item) for item in real))
    for item in simulated:
        assert always <= set(item), always - set(item)
