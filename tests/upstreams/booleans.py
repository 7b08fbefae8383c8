"""Boolean queries: AND, OR, NOT and ANDNOT over terms, in brackets, read from left to right.

What a term means is the upstream's own affair: `holds` says whether one fits an item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Brackets and operators part terms, except within quotes and square brackets.
_TOKEN = re.compile(r'"[^"]*"|\[[^\]]*\]|\(|\)|\b(?:ANDNOT|AND|OR|NOT)\b|[^\s()"\[]+|\s+')
_OPERATORS = frozenset({"AND", "OR", "NOT", "ANDNOT"})


@dataclass(frozen=True, slots=True)
class Node:
    """A term (no operator), or an operator over two parts."""

    term: str = ""
    operator: str = ""
    left: Node | None = None
    right: Node | None = None


@lru_cache(maxsize=4096)
def parse(query: str) -> Node:
    """The query as a tree. Raises `ValueError` where it cannot be read."""
    tokens = _tokens(query)
    node, place = _expression(tokens, 0)
    if place != len(tokens):
        raise ValueError(f"cannot be read from {tokens[place]!r} on")
    return node


def matches(node: Node, holds: Callable[[str], bool]) -> bool:
    """Whether the query fits an item; `holds` is asked of each term as long as it matters."""
    if node.left is None or node.right is None:
        return holds(node.term)
    if node.operator == "OR":
        return matches(node.left, holds) or matches(node.right, holds)
    if node.operator == "AND":
        return matches(node.left, holds) and matches(node.right, holds)
    return matches(node.left, holds) and not matches(node.right, holds)


def terms(node: Node) -> list[str]:
    """All terms, in order."""
    if node.left is None or node.right is None:
        return [node.term]
    return terms(node.left) + terms(node.right)


def _tokens(query: str) -> list[str]:
    """Brackets, operators, and between them terms with the spaces that they have inside."""
    found: list[str] = []
    term = ""
    for token in _TOKEN.findall(query):
        if token in _OPERATORS or token in "()":
            found += [term.strip()] if term.strip() else []
            found.append(token)
            term = ""
        else:
            term += token
    return found + ([term.strip()] if term.strip() else [])


def _expression(tokens: list[str], place: int) -> tuple[Node, int]:
    node, place = _operand(tokens, place)
    while place < len(tokens) and tokens[place] in _OPERATORS:
        operator = tokens[place]
        right, place = _operand(tokens, place + 1)
        node = Node(operator=operator, left=node, right=right)
    return node, place


def _operand(tokens: list[str], place: int) -> tuple[Node, int]:
    if place >= len(tokens) or tokens[place] == ")" or tokens[place] in _OPERATORS:
        raise ValueError("a term is missing")
    if tokens[place] != "(":
        return Node(term=tokens[place]), place + 1
    node, place = _expression(tokens, place + 1)
    if place >= len(tokens) or tokens[place] != ")":
        raise ValueError("a bracket is not closed")
    return node, place + 1
