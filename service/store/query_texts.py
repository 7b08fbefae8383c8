"""Full-text questions: FTS5 on SQLite, tsvector on PostgreSQL.

User text never becomes query syntax: every word and phrase is bound as a quoted token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import (
    ColumnElement,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.orm import aliased

from service.records.queries import AllOf, AnyOf, Not, Part, Words
from service.store.query_words import Form, forms
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.records.queries import Term

# The expression that the PostgreSQL index is built on; a query must repeat it to use the index.
DOCUMENT = (
    "(setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', authors),"
    " 'B') || to_tsvector('english', abstract || ' ' || venue))"
)
_WEIGHTS: ColumnElement[str] = literal_column(
    "'{0.25, 0.25, 0.5, 1}'"
)  # D (abstract, venue), C (none), B, A
_COLUMNS = {
    Part.TITLE: "title",
    Part.ABSTRACT: "abstract",
    Part.AUTHOR: "authors",
    Part.JOURNAL: "venue",
}


class Texts(Protocol):
    """How one database searches text."""

    def asks(self, term: Term) -> bool:
        """Whether the index can be asked for the term, as a whole, beside others."""
        ...

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """Whether the index answers to the term; None for what it cannot be asked as a whole."""
        ...


# -- SQLite

FTS = table("work_fts", column("rowid"), column("work_fts"))


class Fts5:
    """Questions to `work_fts`."""

    def asks(self, term: Term) -> bool:
        """See `Texts`."""
        return fts5(term) is not None

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """See `Texts`."""
        asked = fts5(term)
        return None if asked is None else WorkRow.id.in_(select(FTS.c.rowid).where(matching(asked)))


def matching(asked: str) -> ColumnElement[bool]:
    """Rows of `work_fts` that answer to an FTS5 expression."""
    return FTS.c.work_fts.op("MATCH", is_comparison=True)(asked)


def fts5(term: Term) -> str | None:
    """The term as one FTS5 expression, which needs something wanted beside what is unwanted;
    None where it cannot be one."""
    match term:
        case Words():
            found = " OR ".join(map(_token, forms(term)))
            of = _COLUMNS.get(term.part)
            return f"{{{of}}} : ({found})" if of else f"({found})"
        case AnyOf(terms):
            return _spliced(" OR ", [fts5(each) for each in terms])
        case AllOf(terms):
            wanted = _spliced(" AND ", [fts5(each) for each in terms if not isinstance(each, Not)])
            unwanted = [fts5(each.term) for each in terms if isinstance(each, Not)]
            if not unwanted or wanted is None:
                return wanted
            against = _spliced(" OR ", unwanted)
            return against and f"({wanted} NOT {against})"
        case _:
            return None


def _spliced(by: str, parts: Sequence[str | None]) -> str | None:
    if not parts or None in parts:
        return None
    return f"({by.join(filter(None, parts))})" if len(parts) > 1 else parts[0]


def _token(form: Form) -> str:
    return f'"{form.text}"{" *" if form.prefix else ""}'


# -- PostgreSQL

_DOCUMENT: ColumnElement[str] = literal_column(DOCUMENT)
_ENGLISH = literal("english", REGCONFIG)


class TsVector:
    """Questions to the index on `DOCUMENT`."""

    def asks(self, term: Term) -> bool:
        """See `Texts`."""
        return tsquery(term) is not None

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """See `Texts`. A term of nothing but stop words is true of every work."""
        asked = tsquery(term)
        if asked is not None:
            return _found(asked, _answers(_DOCUMENT, asked))
        if isinstance(term, Words):
            asked = _words(term)
            part = func.to_tsvector(_ENGLISH, literal_column(_COLUMNS[term.part]))
            return _found(asked, _answers(_DOCUMENT, asked), _answers(part, asked))
        return None


def _found(asked: ColumnElement[str], *answers: ColumnElement[bool]) -> ColumnElement[bool]:
    """By a selection of its own, which the index answers under an OR or a NOT too; the bare names
    of columns in it are those of its own `work`."""
    inner = aliased(WorkRow)
    return or_(func.numnode(asked) == 0, WorkRow.id.in_(select(inner.id).where(*answers)))


def rank(term: Term) -> ColumnElement[float]:
    """How well a work answers; what is unwanted does not count."""
    return func.ts_rank_cd(_WEIGHTS, _DOCUMENT, tsquery(term, anywhere=True))


def tsquery(term: Term, *, anywhere: bool = False) -> ColumnElement[str] | None:
    """The term as one question to the whole document, None where it cannot be one; `anywhere`
    takes words that are wanted in one part of a work as wanted in any."""
    match term:
        case Words(part=part):
            return _words(term) if anywhere or part is Part.ANY else None
        case AnyOf(terms):
            return _folded(func.tsquery_or, [tsquery(each, anywhere=anywhere) for each in terms])
        case AllOf(terms):
            bare = [each.term if isinstance(each, Not) else each for each in terms]
            asked = [tsquery(each, anywhere=anywhere) for each in bare]
            refused = [isinstance(each, Not) for each in terms]
            if all(refused):  # the index knows no works by what they lack
                return None
            parts = [
                func.tsquery_not(one, type_=TSQUERY) if no and one is not None else one
                for one, no in zip(asked, refused, strict=True)
            ]
            return _folded(func.tsquery_and, parts)
        case _:
            return None


def _folded(
    together: Callable[..., ColumnElement[str]], parts: Sequence[ColumnElement[str] | None]
) -> ColumnElement[str] | None:
    """All parts as one, halved again and again: a hundred of them must not nest a hundred deep."""
    if not parts or any(part is None for part in parts):
        return None
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return together(_folded(together, parts[:middle]), _folded(together, parts[middle:]))


def _words(term: Words) -> ColumnElement[str]:
    found = _folded(func.tsquery_or, [_form(form) for form in forms(term)])
    assert found is not None  # noqa: S101 - words have at least one form
    return found


def _form(form: Form) -> ColumnElement[str]:
    if not form.prefix:
        return func.phraseto_tsquery(_ENGLISH, form.text, type_=TSQUERY)
    *head, last = re.findall(r"\w+", form.text)  # nothing that to_tsquery would read as syntax
    begun: ColumnElement[str] = func.to_tsquery(_ENGLISH, f"'{last}':*", type_=TSQUERY)
    if not head:
        return begun
    before = func.phraseto_tsquery(_ENGLISH, " ".join(head), type_=TSQUERY)
    return func.tsquery_phrase(before, begun, type_=TSQUERY)


def _answers(document: ColumnElement[str], asked: ColumnElement[str]) -> ColumnElement[bool]:
    return document.op("@@", is_comparison=True)(asked)
