"""How a simulator refuses what no client of ours should ask, so that a changed request is noticed."""

from __future__ import annotations

import re

_MARKS = re.compile(r'"[^"]*"|\[[^\]]*\]|\(|\)|\b(?:ANDNOT|AND|OR|NOT)\b')


class NotUnderstood(AssertionError):  # noqa: N818 - it says what happened at the upstream
    """A request that is not answered, because it is none that the product is known to send."""


def mixed(query: str) -> bool:
    """Whether AND and OR stand side by side without brackets, so that it is unsure what is meant."""
    levels: list[set[str]] = [set()]
    for mark in _MARKS.findall(query):
        if mark == "(":
            levels.append(set())
        elif mark == ")":
            levels = levels[:-1] or [set()]
        elif mark[0] not in '"[':
            levels[-1].add("OR" if mark == "OR" else "AND")
            if len(levels[-1]) > 1:
                return True
    return False


def refuse_unknown(what: str, given: object, known: frozenset[str]) -> None:
    """Raise `NotUnderstood` for names beyond the known ones."""
    strange = set(given) - known if isinstance(given, (dict, set, frozenset)) else set()
    if strange:
        raise NotUnderstood(f"{what}: {', '.join(sorted(strange))}")
