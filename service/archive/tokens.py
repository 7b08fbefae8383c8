"""The query language, first half: the text cut into tokens that know where they stand.

Whatever is no quote, parenthesis, tag or operator is a word, so that every text has tokens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from service.errors import QueryError

# Longer than any title; the databases' own limits lie beyond.
MOST_LETTERS, MOST_TOKENS, DEEPEST, LONGEST_WORD = 4000, 200, 20, 200

# Every name that a tag can have, with the one it stands for.
TAGS = {
    name: name
    for name in (
        *("title", "abstract", "author", "journal", "mesh", "keyword"),
        *("source", "type", "topic", "score", "is", "has"),
        *("gene", "cell", "disease", "chemical", "licence"),
        *("doi", "pmid", "pmcid", "arxiv", "published", "seen", "like", "as-of", "sort"),
    )
} | {
    "ti": "title",
    "ab": "abstract",
    "au": "author",
    "mh": "mesh",
    "year": "published",
    "license": "licence",
}

_QUOTES = '"“”„'
_WORD = rf"[^\s(){_QUOTES}]+(?:\([^\s(){_QUOTES}]*\)[^\s(){_QUOTES}]*)*"  # CD4(+) is one word
_VALUE = (
    rf"(?P<space>\s+)|(?P<PHRASE>[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]?)|(?P<_OPEN>\()"
    rf"|(?P<_CLOSE>\))"
)
_AFTER_TAG = re.compile(rf"{_VALUE}|(?P<WORD>{_WORD})")
_names = "|".join(sorted(TAGS, key=len, reverse=True))
_ANYWHERE = re.compile(
    rf"{_VALUE}|(?P<_NOT>-+(?=[^\s-]))|(?P<TAG>(?i:{_names}):)"
    rf"|(?P<operator>(?i:and|or|not)(?=[\s(){_QUOTES}]|$))|(?P<WORD>{_WORD})"
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is its name in the grammar; `at` is where its first character stands."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> list[Token]:
    """The text's tokens. Raises `QueryError` for a query that is too large."""
    if len(text) > MOST_LETTERS:
        told = f"is longer than {MOST_LETTERS} characters"
        raise QueryError("query", told, "leave out the rarer words", query=text, at=MOST_LETTERS)
    found = _operators(_scanned(text))
    depth = 0
    for number, token in enumerate(found):
        depth += (token.kind == "_OPEN") - (token.kind == "_CLOSE")
        if number >= MOST_TOKENS:
            raise QueryError(
                "query",
                f"has more than {MOST_TOKENS} parts",
                "ask for less",
                query=text,
                at=token.at,
            )
        if depth > DEEPEST:
            told = f"has parentheses more than {DEEPEST} deep"
            raise QueryError("query", told, "leave some out", query=text, at=token.at)
    for one, other in pairwise(found):
        if one.kind == other.kind == "_NOT":
            raise QueryError("query", "says not twice", "leave both out", query=text, at=other.at)
    return found


def _scanned(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        pattern = _AFTER_TAG if found and found[-1].kind == "TAG" else _ANYWHERE
        match = pattern.match(text, at)
        if match is None or match.lastgroup is None:  # no text is known that leads here
            raise QueryError(
                "query", "cannot be read here", "put it into quotes", query=text, at=at
            )
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match[0], at))
        at = match.end()
    return found


def _operators(found: list[Token]) -> list[Token]:
    """In capitals an operator is one. "and" is one between two terms, because it says what is
    meant anyway; "or" and "not" are words in many titles, and operators only beside what no
    title has (a phrase, a tag, a parenthesis) or, for "or", inside parentheses."""
    read: list[Token] = []
    depth = 0
    for number, token in enumerate(found):
        depth += (token.kind == "_OPEN") - (token.kind == "_CLOSE")
        if token.kind != "operator":
            read.append(token)
            continue
        after = found[number + 1] if number + 1 < len(found) else None
        kind = _kind(token.text, read[-1] if read else None, after, within=depth > 0)
        read.append(Token(kind, token.text, token.at))
    return read


def _kind(text: str, before: Token | None, after: Token | None, *, within: bool) -> str:
    name = text.upper()
    if text == name:
        return f"_{name}"
    starts = after is not None and after.kind != "_CLOSE"
    ends = before is not None and before.kind in {"WORD", "PHRASE", "_CLOSE"}
    clear = (before is not None and before.kind in {"PHRASE", "_CLOSE"}) or (
        after is not None and after.kind in {"PHRASE", "TAG", "_OPEN"}
    )
    if name == "NOT":
        plain = starts and clear and (before is None or before.kind != "_NOT")
    else:
        plain = starts and ends and (name == "AND" or clear or within)
    return f"_{name}" if plain else "WORD"
