"""What a Boolean query comes to over the records of a simulated upstream, and quickly so."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from tests.upstreams import booleans
from tests.upstreams.refusing import NotUnderstood, mixed
from tests.upstreams.world import Seen

if TYPE_CHECKING:
    from tests.upstreams.booleans import Node

Holds = Callable[[Seen], bool]


def compiled(query: str, leaf: Callable[[str], Holds]) -> Holds:
    """What fits `query`, where `leaf` says what fits a term.

    Raises `NotUnderstood` when the query cannot be read, or could be read in two ways.
    """
    if mixed(query):
        raise NotUnderstood(f"AND and OR without brackets: {query!r}")
    try:
        return _made(booleans.parse(query), leaf)
    except ValueError as error:
        raise NotUnderstood(f"{error}: {query!r}") from None


def _made(node: Node, leaf: Callable[[str], Holds]) -> Holds:
    if node.left is None or node.right is None:
        return leaf(node.term)
    # The right side is made first: what narrows most (a range of days) stands last in a query.
    right, left = _made(node.right, leaf), _made(node.left, leaf)
    if node.operator == "OR":
        return lambda seen: left(seen) or right(seen)
    if node.operator == "AND":
        return lambda seen: right(seen) and left(seen)
    return lambda seen: left(seen) and not right(seen)


def any_word(said: str, text: Callable[[Seen], str]) -> Holds:
    """Whether a word, or several on end, stand in what `text` gives."""
    wanted = said.lower()
    if " " in wanted:
        return lambda seen: f" {wanted} " in f" {' '.join(_in_order(text(seen)))} "
    return lambda seen: wanted in _words(text(seen))


@lru_cache(maxsize=100_000)
def _words(text: str) -> frozenset[str]:
    return frozenset(_in_order(text))


def _in_order(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.lower())
