"""Full-text questions to SQLite's FTS5.

User text never becomes query syntax: every word and phrase is bound as a quoted token.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, column, func, select, table

from service.records.queries import AllOf, AnyOf, Not, Part, Words
from service.store.query_words import Form, forms
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select

    from service.records.queries import Term

_PARTS = re.compile(r"[^\W_]+")
# Holds the living works alone. Its columns weigh by their order here.
FTS = table("work_fts", column("rowid"), column("work_fts"))
_COLUMNS = {
    Part.TITLE: "title",
    Part.ABSTRACT: "abstract",
    Part.AUTHOR: "authors",
    Part.JOURNAL: "venue",
    Part.MESH: "mesh",
    Part.KEYWORD: "keywords",
}
WEIGHTS = {
    Part.TITLE: 4.0,
    Part.ABSTRACT: 1.0,
    Part.AUTHOR: 2.0,
    Part.JOURNAL: 1.0,
    Part.MESH: 0.5,
    Part.KEYWORD: 0.5,
}


class Fts5:
    """Questions to `work_fts`."""

    def asks(self, term: Term) -> bool:
        """See `Texts`."""
        return fts5(term) is not None

    def condition(self, term: Term) -> ColumnElement[bool] | None:
        """See `Texts`."""
        asked = fts5(term)
        return None if asked is None else WorkRow.id.in_(select(FTS.c.rowid).where(matching(asked)))


def matching(asked: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Rows of `work_fts` that answer to an FTS5 expression."""
    return FTS.c.work_fts.op("MATCH", is_comparison=True)(asked)


def bm25() -> ColumnElement[float]:
    """How well a row of `work_fts` answers to what it is asked for; higher is better."""
    return -func.bm25(FTS.c.work_fts, *(WEIGHTS[part] for part in _COLUMNS))


def counts(asked: Iterable[str], most: int, since: int = 0) -> Select[int]:
    """For each of these FTS5 expressions, in their order: how many rows after `since` answer to it,
    counted as far as `most`."""
    each = func.json_each(json.dumps([*asked])).table_valued("key", "value")
    after = () if since == 0 else (FTS.c.rowid > since,)
    some = select(FTS.c.rowid).where(matching(each.c.value), *after).limit(most).correlate(each)
    number = select(func.count()).select_from(some.subquery()).correlate(each)
    return select(number.scalar_subquery()).select_from(each).order_by(each.c.key)


def having(asked: Iterable[str], *these: ColumnElement[bool]) -> Select[str]:
    """For each of these FTS5 expressions, in their order: which of these rows answer to it, as a
    JSON list."""
    each = func.json_each(json.dumps([*asked])).table_valued("key", "value")
    found = select(func.json_group_array(FTS.c.rowid)).where(matching(each.c.value), *these)
    return select(found.correlate(each).scalar_subquery()).select_from(each).order_by(each.c.key)


def several(term: Words) -> bool:
    """Whether it is several words side by side to FTS5, which parts them at all but letters and
    digits."""
    return len(_PARTS.findall(term.text)) > 1


def words(term: Words) -> str:
    """Words as an FTS5 expression."""
    found = " OR ".join(map(_token, forms(term)))
    of = _COLUMNS.get(term.part)
    return f"{{{of}}} : ({found})" if of else f"({found})"


def fts5(term: Term) -> str | None:
    """The term as one FTS5 expression, which needs something wanted beside what is unwanted;
    None where it cannot be one."""
    match term:
        case Words():
            return words(term)
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
