"""A query as typed, made narrower."""

from __future__ import annotations

from lark import Tree

from service.archive.grammar import tree


def narrowed(text: str, more: str) -> str:
    """What asks for those works of the query `text` of which `more`, a tag with its value, holds
    too. Raises `QueryError` for a text that is no query."""
    root = tree(text)
    apart = isinstance(root, Tree) and root.data == "any_of"
    return f"({text}) {more}" if apart else f"{text} {more}"
