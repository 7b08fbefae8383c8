"""Full-text questions to PostgreSQL's tsvector.

User text never becomes query syntax: every word and phrase is bound as a quoted token.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, String, case, cast, func, literal, literal_column, or_
from sqlalchemy.dialects.postgresql import JSON, REGCONFIG, TSQUERY, TSVECTOR

from service.records.queries import AllOf, AnyOf, FromSource, Not, OfKind, Part, Words
from service.store.query_words import Form, forms
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.records.queries import Term

_ENGLISH = literal("english", REGCONFIG)
# The generated column, which is no business of those who write works.
DOCUMENT: ColumnElement[str] = literal_column("work.document", TSVECTOR)
# A work's kind and sources as words that no text holds: "=trial", "\"pubmed\"" with its quotes. In
# one index with the text they are a narrow way into a long list: of the half of all works that have
# a common word only those are read that are of the kind, too.
_MARKS = (
    "array_to_tsvector(string_to_array(lower(translate(CAST({}sources AS TEXT), '[] ', '')), ',')"
    " || ('=' || {}kind))"
)
MARKED_INDEX = "ix_work_marked"
MARKED = f"(document || {_MARKS.format('', '')})"
_MARKED: ColumnElement[str] = literal_column(
    f"(work.document || {_MARKS.format('work.', 'work.')})", TSVECTOR
)
_MARKABLE = re.compile(r"[a-z0-9_.:-]+")
_WEIGHTS: ColumnElement[str] = literal_column("'{0.25, 0.125, 0.5, 1}'")  # of D, C, B, A
# Which weight the words of a part have in it.
_LABELS = {
    Part.ANY: "",
    Part.TITLE: "A",
    Part.AUTHOR: "B",
    Part.MESH: "C",
    Part.KEYWORD: "C",
    Part.ABSTRACT: "D",
    Part.JOURNAL: "D",
}
# Parts that share their weight with another: the index proposes, the text itself decides.
_SHARING = {
    Part.MESH: WorkRow.mesh,
    Part.KEYWORD: WorkRow.keywords,
    Part.ABSTRACT: WorkRow.abstract,
    Part.JOURNAL: WorkRow.venue,
}
_MARKS = "[\u0300-\u036f]"  # accents, once they are apart from their letters


class TsVector:
    """Questions to the index on `work.document`. A term of nothing but stop words is true of
    every work."""

    def asks(self, term: Term) -> bool:
        """See `Texts`."""
        return tsquery(term) is not None

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """See `Texts`."""
        asked = tsquery(term)
        if asked is not None:
            return or_(func.numnode(asked) == 0, _answers(DOCUMENT, asked))
        if isinstance(term, Words):
            asked = _words(term, _LABELS[term.part])
            said = _answers(_text(term.part), _words(term))
            return or_(func.numnode(asked) == 0, _answers(DOCUMENT, asked) & said)
        return None


def rank(term: Term, document: ColumnElement[str]) -> ColumnElement[float]:
    """How well a work with this document answers; what is unwanted does not count. To nothing but
    stop words all answer alike, and no document is unpacked."""
    asked = tsquery(term, anywhere=True)
    close = func.ts_rank_cd(_WEIGHTS, document, asked)
    return case((func.numnode(asked) == 0, 0.0), else_=close)


def tsquery(term: Term, *, anywhere: bool = False) -> ColumnElement[str] | None:
    """The term as one question to the whole document, None where it cannot be one; `anywhere`
    takes words that are wanted in one part of a work as wanted in any."""
    match term:
        case Words(part=part):
            if anywhere:
                return _words(term)
            return None if part in _SHARING else _words(term, _LABELS[part])
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


def mark(term: Term) -> str | None:
    """The mark of the works that meet a condition, None where there is none."""
    match term:
        case OfKind(kind):
            return f"={kind}"
        case FromSource(name) if _MARKABLE.fullmatch(name.lower()):
            return f'"{name.lower()}"'
        case _:
            return None


def marked(words: Term, marks: Sequence[str]) -> ColumnElement[bool]:
    """Whether a work bears all marks (at least one) and answers to words that the index can be
    asked for."""
    told = cast(literal(" & ".join(f"'{each}'" for each in marks)), TSQUERY)
    return _answers(_MARKED, func.tsquery_and(tsquery(words), told, type_=TSQUERY))


def _answers(document: ColumnElement[str], asked: ColumnElement[str]) -> ColumnElement[bool]:
    return document.op("@@", is_comparison=True)(asked)


def _text(part: Part) -> ColumnElement[str]:
    """What one part of a work says, as it went into the document."""
    column = _SHARING[part]
    plain = func.regexp_replace(
        func.normalize(cast(column, String), literal_column("NFD")), _MARKS, "", "g"
    )
    listed = part in {Part.MESH, Part.KEYWORD}
    return func.to_tsvector(_ENGLISH, cast(plain, JSON) if listed else plain)


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


def _words(term: Words, label: str = "") -> ColumnElement[str]:
    found = _folded(func.tsquery_or, [_form(form, label) for form in forms(term)])
    assert found is not None  # noqa: S101 - words have at least one form
    return found


def _form(form: Form, label: str) -> ColumnElement[str]:
    text = _plain(form.text)
    if not form.prefix:
        return _quoted(text, label)
    *head, last = re.findall(r"\w+", text) or [text]
    begun = _quoted(last, f"*{label}")
    if not head:
        return begun
    return func.tsquery_phrase(_quoted(" ".join(head), label), begun, type_=TSQUERY)


def _plain(text: str) -> str:
    """The text without accents, as the document has it."""
    return re.sub(_MARKS, "", unicodedata.normalize("NFD", text))


def _quoted(text: str, label: str) -> ColumnElement[str]:
    """Words side by side."""
    inner = text.replace("\\", "\\\\").replace("'", "''")
    return func.to_tsquery(_ENGLISH, f"'{inner}'{label and ':'}{label}", type_=TSQUERY)
