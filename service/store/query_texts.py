"""What the search needs of a database's full-text index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from service.records.queries import AllOf, AnyOf, Not, Words
from service.store.query_words import searchable

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from service.records.queries import Term


class Texts(Protocol):
    """How one database searches text."""

    def asks(self, term: Term) -> bool:
        """Whether the index can be asked for the term, as a whole, beside others."""
        ...

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """Whether the index answers to the term; None for what it cannot be asked as a whole."""
        ...


def sought(term: Term) -> Term | None:
    """The term without words that hold nothing to look for; None where nothing is left."""
    match term:
        case Words(text):
            return term if searchable(text) else None
        case Not(inner):
            found = sought(inner)
            return None if found is None else Not(found)
        case AllOf(terms) | AnyOf(terms):
            left = tuple(each for each in map(sought, terms) if each is not None)
            return type(term)(left) if left or not terms else None
        case _:
            return term


def parted(term: Term, texts: Texts) -> tuple[Term | None, tuple[Term, ...]]:
    """What of a conjunction the index of words can be asked in one go, and the rest."""
    terms = term.terms if isinstance(term, AllOf) else (term,)
    bare = [each.term if isinstance(each, Not) else each for each in terms]
    text = tuple(each for each, inner in zip(terms, bare, strict=True) if texts.asks(inner))
    if all(isinstance(each, Not) for each in text):
        return None, terms
    rest = tuple(each for each in terms if each not in text)
    return (text[0] if len(text) == 1 else AllOf(text)), rest


def wanted(term: Term) -> Term | None:
    """Its words that are wanted: those that a ranking goes by."""
    match term:
        case Words():
            return term
        case AllOf(terms) | AnyOf(terms):
            left = tuple(each for each in map(wanted, terms) if each is not None)
            return (left[0] if len(left) == 1 else type(term)(left)) if left else None
        case _:
            return None
