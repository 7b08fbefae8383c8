"""What a person types in the search box, read as a question to the archive. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.archive.fields import condition, end_of
from service.archive.grammar import tree
from service.archive.tokens import LONGEST_WORD, TAGS
from service.errors import QueryError
from service.records.queries import AllOf, AnyOf, Not, Part, Query, Sort, Term, Words

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from lark import Token

    from service.archive.grammar import Node

_TAG_LIKE = re.compile(r"([A-Za-z]{4,}):(?=.)")
_PUBMED = re.compile(r"(.*)\[(ti|title|tiab|ab|au|author|ta|journal|dp|pt|mh|mesh)\]", re.I | re.S)
_QUOTES = '"“”„'


def parse(text: str, now: datetime, zone: tzinfo) -> Query:
    """Read a query; days and words like last-week are those of `zone`.

    A text without a letter or digit asks for nothing. Raises `QueryError`.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
    reading = _Reading(text, now, zone)
    found = tree(text)
    term = None if found is None else reading.top(found)
    notes = tuple(dict.fromkeys(reading.notes))
    return Query(term, reading.sort or Sort.RELEVANCE, notes, tuple(reading.likes), reading.as_of)


@dataclass
class _Reading:
    """One reading of one text."""

    text: str
    now: datetime
    zone: tzinfo
    sort: Sort | None = None
    notes: list[str] = field(default_factory=list)
    likes: list[str] = field(default_factory=list)
    as_of: datetime | None = None

    def top(self, node: Node) -> Term | None:
        """The whole query; what is no condition on a work may stand here, and here alone."""
        parts = [node] if isinstance(node, str) or node.data != "all_of" else node.children
        rest = [part for part in parts if not self._stands_apart(part)]
        if not rest:
            return AllOf(())
        if len(rest) == 1:
            return self.term(rest[0], Part.ANY)
        return _joined(AllOf, [self.term(part, Part.ANY) for part in rest])

    def term(self, node: Node, part: Part) -> Term | None:
        """A node's condition on works; None when nothing in it can be looked for. Bare words are
        looked for in `part`."""
        if isinstance(node, str):
            return self._words(node, part)
        kind = node.data
        if kind == "tagged":
            return self._tagged(node, part)
        inner = [self.term(child, part) for child in node.children]
        if kind == "without":
            return None if inner[0] is None else Not(inner[0])
        if kind == "group":
            return inner[0]
        if kind == "any_of" and any(_is(child, "all_of") for child in node.children):
            self.notes.append("AND binds before OR: put parentheses where you mean otherwise")
        return _joined(AnyOf if kind == "any_of" else AllOf, inner)

    def _stands_apart(self, node: Node) -> bool:
        """Read `sort:`, `like:` or `as-of:`."""
        if isinstance(node, str) or node.data != "tagged":
            return False
        tag, value = node.children
        name = _name(tag)
        if name not in _APART:
            return False
        if not isinstance(value, str):
            raise self._wrong(tag, f"has parentheses after {name}:", "leave them out")
        plain = str(value).strip(_QUOTES).strip()
        if name == "like":
            if not plain:
                raise self._wrong(value, "names no work", "write it like like:10.5555/12345")
            self.likes.append(plain)
        elif name == "as-of":
            try:
                self.as_of = end_of(plain, self.now, self.zone)
            except QueryError as error:
                raise self._wrong(value, error.cause, error.remedy) from None
        elif plain.lower() in {*Sort}:
            self.sort = Sort(plain.lower())
        else:
            raise self._wrong(value, f"sorts by {plain!r}, which is no order", _ORDERS)
        return True

    def _tagged(self, node: Node, part: Part) -> Term | None:
        assert not isinstance(node, str)  # noqa: S101 - for the type checker: a tag is a tree
        tag, value = node.children
        name = _name(tag)
        if part is not Part.ANY:
            raise self._wrong(tag, f"has {tag} inside of {part}:(...)", "put it outside")
        if name in _APART:
            told = f"has {name}: for a part of itself"
            raise self._wrong(tag, told, f"put {name}: outside, at the end")
        if name in _TEXTS:
            return self.term(value, Part(name))
        return self._valued(name, tag, value)

    def _valued(self, name: str, tag: Node, value: Node) -> Term | None:
        """A tag whose value is no text; parentheses after it may hold several."""
        if not isinstance(value, str):
            if value.data == "tagged":
                raise self._wrong(tag, f"has a tag inside of {name}:(...)", "put it outside")
            inner = [self._valued(name, tag, child) for child in value.children]
            match value.data:
                case "group":
                    return inner[0]
                case "without":
                    return None if inner[0] is None else Not(inner[0])
                case _:
                    return _joined(AnyOf if value.data == "any_of" else AllOf, inner)
        plain = str(value).strip(_QUOTES).strip()
        try:
            return condition(name, plain, self.now, self.zone)
        except QueryError as error:
            raise self._wrong(value, error.cause, error.remedy) from None

    def _words(self, token: Token, part: Part) -> Words | None:
        plain = str(token).strip(_QUOTES).strip()
        if str(token)[:1] not in _QUOTES:
            self._mistaken(token, plain, part)
        prefix, plain = plain.endswith("*"), plain.rstrip("*").strip()
        if not any(letter.isalnum() for letter in plain):
            self.notes.append(f"{token} holds nothing that can be looked for")
            return None
        if max(map(len, plain.split())) > LONGEST_WORD:
            told = f"has a word of more than {LONGEST_WORD} letters"
            raise self._wrong(token, told, "leave it out")
        return Words(plain, part, prefix and plain[-1:].isalnum())

    def _mistaken(self, token: Token, plain: str, part: Part) -> None:
        """Raise for a word that is meant as a tag; note one that is no operator."""
        like = _TAG_LIKE.match(plain)
        if like and part is Part.ANY:
            near = difflib.get_close_matches(like[1].lower(), TAGS, n=1, cutoff=0.75)
            if near:
                raise self._wrong(
                    token,
                    f"has no field {like[1]}:",
                    f"did you mean {near[0]}:? as a word: use quotes",
                )
        pubmed = _PUBMED.fullmatch(plain)
        if pubmed:
            remedy = "write the field before the word, like title:neutrophil"
            raise self._wrong(token, f"has a field in PubMed's way, [{pubmed[2]}]", remedy)
        if plain in {"or", "not"}:
            self.notes.append(f'"{plain}" is looked for as a word: the operator is {plain.upper()}')

    def _wrong(self, token: Node, told: str, remedy: str) -> QueryError:
        return QueryError("query", told, remedy, query=self.text, at=_at(token))


_APART = frozenset({"sort", "like", "as-of"})
_TEXTS = frozenset(map(str, Part)) - {str(Part.ANY)}
_ORDERS = f"known: {', '.join(f'sort:{order}' for order in Sort)}"


def _is(node: Node, kind: str) -> bool:
    return not isinstance(node, str) and node.data == kind


def _name(tag: Node) -> str:
    name = str(tag)[:-1].lower()
    return TAGS.get(name, name)


def _at(node: Node) -> int:
    while not isinstance(node, str):
        node = node.children[0]
    return node.start_pos or 0


def _joined(kind: type[AllOf | AnyOf], parts: list[Term | None]) -> Term | None:
    """The terms that are there, as one; what is joined in the same way is taken in."""
    terms: list[Term] = []
    for part in parts:
        if isinstance(part, kind):
            terms.extend(part.terms)
        elif part is not None:
            terms.append(part)
    terms = list(dict.fromkeys(terms))
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else kind(tuple(terms))
