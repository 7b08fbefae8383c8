"""Which works answer to a term, as SQL, with everything a person typed bound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    cast,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy import false as never

from service.records.queries import AllOf, AnyOf, FromSource, Is, Not, OfKind, Words
from service.store.dialect import chunks
from service.store.query_facts import apart, fact, leads
from service.store.query_fts5 import FTS, Fts5, fts5, matching
from service.store.query_texts import Texts, parted
from service.store.query_tsvector import TsVector
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.queries import Term

ALIVE = (WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))
# A condition that at most so many works meet is turned into the list of them, one that more do is
# asked of each work that has the words.
FEW = 50_000
# By this expression SQLite finds a work in an index that has what is asked of single works without
# their texts; by the number itself it would read the whole work.
NARROW: ColumnElement[int] = cast(WorkRow.id, Integer)
ROWID: ColumnElement[int] = literal_column("+work_fts.rowid")  # the sign keeps it from leading

# FTS5 goes through a word's list anew for each work that is looked up in it: for more works than
# these the list is read once.
LOOKED_UP = 50


def within(work_ids: Sequence[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Rows of `work_fts` that are of these works, as conditions on a list that is read once; one
    parameter, however many there are."""
    each = func.json_each(json.dumps([*work_ids])).table_valued("value")
    between = FTS.c.rowid.between(min(work_ids), max(work_ids))
    return between, ROWID.in_(select(each.c.value))


class Matches:
    """Statements over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgresql = connection.dialect.name == "postgresql"
        self._texts: Texts = TsVector() if self.postgresql else Fts5()
        self._extents: dict[Term, tuple[int, int, int]] = {}

    def of(self, term: Term, ceiling: int | None = None) -> tuple[Select[int], ColumnElement[int]]:
        """The numbers of the works that answer to the term, and the column they are in."""
        text, rest = parted(term, self._texts)
        if self.postgresql or text is None:
            number = WorkRow.id.expression
            statement = select(number).where(*self._conditions(term), *ALIVE)
        else:
            number = FTS.c.rowid
            statement = select(number).where(matching(fts5(text) or ""), *map(self._besides, rest))
        below = () if ceiling is None else (number <= ceiling,)
        return statement.where(*below), number

    def led(self, term: Term) -> bool:
        """Whether all works that answer to the term have words of it."""
        return parted(term, self._texts)[0] is not None

    def newest(self, term: Term, most: int, ceiling: int | None = None) -> list[int]:
        """Works that answer to the term, the last to come first."""
        statement, number = self.of(term, ceiling)
        if self.few(term):  # else SQLite would go through all works in their order, to find them
            number = NARROW
        found = self.connection.execute(statement.order_by(number.desc()).limit(most))
        return [*found.scalars().all()]

    def worded(self, words: Term, term: Term, most: int, ceiling: int | None) -> list[int]:
        """Works that answer to both, the last to come first."""
        number = WorkRow.id
        below = () if ceiling is None else (number <= ceiling,)
        meets = (self.condition(words), self.condition(term), *ALIVE, *below)
        statement = select(number).where(*meets).order_by(number.desc()).limit(most)
        return [*self.connection.execute(statement).scalars().all()]

    def count(self, term: Term, most: int, ceiling: int | None = None) -> int:
        """How many works answer to the term, counted as far as `most`."""
        statement, _ = self.of(term, ceiling)
        counted = select(func.count()).select_from(statement.limit(most).subquery())
        return self.connection.execute(counted).scalar_one()

    def among(self, work_ids: Sequence[int], term: Term) -> set[int]:
        """Those of the works that answer to the term."""
        found: set[int] = set()
        statement, number = self.of(term)
        if not self.postgresql:
            if self.led(term) and len(work_ids) > LOOKED_UP:
                asked = statement.where(*within(work_ids))
                return {*self.connection.execute(asked).scalars().all()}
            number = number if self.led(term) else NARROW
        for part in chunks(work_ids):
            found.update(self.connection.execute(statement.where(number.in_(part))).scalars().all())
        return found

    def answers(self, term: Term, number: ColumnElement[int]) -> list[ColumnElement[bool]]:
        """On SQLite: whether the work with this number answers to the term, asked of each work."""
        text, rest = parted(term, self._texts)
        found = [self._each(each, number) for each in (rest if text else (term,))]
        if text is not None:
            row = select(FTS.c.rowid).where(matching(fts5(text) or ""), FTS.c.rowid == number)
            found.append(exists(row))
        return found

    def condition(self, term: Term) -> ColumnElement[bool]:
        """Whether a `work` answers to the term."""
        asked = self._texts.condition(term)
        if asked is not None:
            return asked
        match term:
            case Not(inner):
                return not_(self.condition(inner))
            case AnyOf(terms):
                return or_(never(), *map(self.condition, terms))
            case AllOf(terms):
                text, rest = parted(term, self._texts)
                parts = terms if text is None else (text, *rest)
                return and_(true(), *map(self.condition, parts))
            case Words():
                return never()
            case _:
                return fact(term, self.connection)

    def _conditions(self, term: Term) -> list[ColumnElement[bool]]:
        """Whether a `work` answers to the term; on SQLite, which keeps no figures of what is rare,
        with what few works meet as a list of them."""
        parts = term.terms if isinstance(term, AllOf) else ()
        if self.postgresql or len(parts) < 2:
            return [self.condition(term)]
        rare = [isinstance(each, Is | OfKind | FromSource) and self.few(each) for each in parts]
        return [
            WorkRow.id.in_(apart(self._listed(each))) if is_rare else self.condition(each)
            for each, is_rare in zip(parts, rare, strict=True)
        ]

    def _besides(self, term: Term) -> ColumnElement[bool]:
        """Whether the work of a row of `work_fts` answers to the term."""
        if _leads(term):
            listed = self._listed(term)
            count, low, high = self._extent(term, listed)
            if count <= FEW:
                return and_(ROWID.in_(listed), FTS.c.rowid.between(low, high))
        return self._each(term, FTS.c.rowid)

    def few(self, term: Term) -> bool:
        """On SQLite: whether an index finds the works that answer, and they are few."""
        if self.postgresql or self.led(term) or not _leads(term):
            return False
        return self._extent(term, self._listed(term))[0] <= FEW

    def _listed(self, term: Term) -> Select[int]:
        return select(WorkRow.id).where(*self._conditions(term), *ALIVE)

    def _extent(self, term: Term, listed: Select[int]) -> tuple[int, int, int]:
        """How many works are listed, counted a little further than `FEW`, the first and the
        last."""
        if term not in self._extents:
            some = listed.limit(FEW + 1).subquery()
            number = some.c[0]
            found = select(func.count(), func.min(number), func.max(number)).select_from(some)
            count, low, high = self.connection.execute(found).one()
            self._extents[term] = (count, low or 0, high or 0)
        return self._extents[term]

    def _each(self, term: Term, number: ColumnElement[int]) -> ColumnElement[bool]:
        return exists(select(WorkRow.id).where(number == NARROW, self.condition(term)))


def _leads(term: Term) -> bool:
    """Whether an index finds the works that answer to the term."""
    match term:
        case AllOf(terms) | AnyOf(terms):
            return bool(terms) and all(map(_leads, terms))
        case Not() | Words():
            return False
        case _:
            return leads(term)
