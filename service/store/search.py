"""Finding works: a query's conditions as SQL, with everything a person typed bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, true
from sqlalchemy import false as never

from service.records.queries import AllOf, AnyOf, Not, Query, Sort, Words
from service.store.dialect import chunks
from service.store.query_facts import fact
from service.store.query_texts import DOCUMENT, FTS, Fts5, Texts, TsVector, fts5, matching, rank
from service.store.query_words import searchable
from service.store.schema import WorkRow
from service.store.works import Works

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import Work
    from service.records.queries import Term

__all__ = ["DOCUMENT", "Search"]

_ALIVE = (WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))


class Search:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._postgresql = connection.dialect.name == "postgresql"
        self._texts: Texts = TsVector() if self._postgresql else Fts5()

    def find(self, query: Query, limit: int) -> list[Work]:
        """The first `limit` works that answer to the query, in its order; ties by number."""
        term = None if query.term is None else _sought(query.term)
        if term is None:
            return []
        statement = self._ranked(term) if query.sort is Sort.RELEVANCE else None
        if statement is None:
            statement = select(WorkRow.id).where(self._condition(term))
            statement = statement.order_by(*self._order(query.sort))
        found = self._connection.execute(statement.where(*_ALIVE).limit(limit)).scalars()
        return Works(self._connection).many(list(found))

    # -- what `finding` asks; a term that asks for nothing finds nothing

    def ranked(self, term: Term, limit: int, ceiling: int | None = None) -> list[tuple[int, float]]:
        """Works that answer to the term, the best first by their words, each with a score that
        means something only beside the others; ties by number. [] where no words are wanted.

        `ceiling` leaves out works with a higher number.
        """
        statement = self._ranked(term)
        if statement is None:
            return []
        found = self._connection.execute(statement.where(*_below(ceiling)).limit(limit)).scalars()
        return [(work_id, -float(place)) for place, work_id in enumerate(found)]

    def listed(
        self,
        term: Term,
        sort: Sort,
        limit: int,
        *,
        after: int | None = None,
        ceiling: int | None = None,
    ) -> list[int]:
        """Works that answer to the term, the newest first by `sort` (NEWEST or SEEN), those that
        come after the work `after` in that order."""
        statement = select(WorkRow.id).where(self._condition(term), *_below(ceiling))
        found = list(self._connection.execute(statement.order_by(*self._order(sort))).scalars())
        start = found.index(after) + 1 if after in found else 0
        return found[start : start + limit]

    def count(self, term: Term, most: int, ceiling: int | None = None) -> int:
        """How many works answer to the term; `most` is as far as is counted."""
        statement = select(WorkRow.id).where(self._condition(term), *_below(ceiling)).limit(most)
        return self._connection.execute(
            select(func.count()).select_from(statement.subquery())
        ).scalar_one()

    def ids(self, term: Term, most: int, ceiling: int | None = None) -> list[int]:
        """Works that answer to the term, in no order; at most `most`."""
        statement = select(WorkRow.id).where(self._condition(term), *_below(ceiling)).limit(most)
        return list(self._connection.execute(statement).scalars())

    def among(self, work_ids: Sequence[int], term: Term) -> set[int]:
        """Those of the works that answer to the term."""
        found: set[int] = set()
        for part in chunks(work_ids):
            statement = select(WorkRow.id).where(
                WorkRow.id.in_(part), self._condition(term), *_ALIVE
            )
            found.update(self._connection.execute(statement).scalars())
        return found

    def frequencies(self, words: Sequence[str], most: int) -> dict[str, int]:
        """How many works hold each word, counted as far as `most`."""
        return {word: self.count(Words(word), most) if searchable(word) else 0 for word in words}

    def words(self, wanted: Sequence[str], unwanted: Sequence[str], limit: int) -> list[Work]:
        """Works with all of the wanted words or phrases and none of the unwanted, best first."""
        terms = [Words(each) for each in wanted if searchable(each)]
        against = [Not(Words(each)) for each in unwanted]
        return self.find(Query(AllOf((*terms, *against)) if terms else None), limit)

    def _ranked(self, term: Term) -> Select[int] | None:
        """The works by how well they answer; None where no words are wanted."""
        wanted = _wanted(term)
        if wanted is None:
            return None
        if self._postgresql:
            statement = select(WorkRow.id).where(self._condition(term))
            return statement.order_by(rank(wanted).desc(), WorkRow.id)
        best = func.bm25(FTS.c.work_fts, 4.0, 1.0, 2.0, 1.0)
        text, rest = _parted(term, self._texts)
        if text is not None:  # the index leads, and only what it finds is looked at
            asked = fts5(text)
            return (
                select(WorkRow.id)
                .join(FTS, FTS.c.rowid == WorkRow.id)
                .where(matching(asked or ""), *map(self._condition, rest))
                .order_by(best, WorkRow.id)
            )
        scores = select(FTS.c.rowid, best.label("score")).where(matching(fts5(wanted) or ""))
        scored = scores.subquery()
        return (
            select(WorkRow.id)
            .outerjoin(scored, scored.c.rowid == WorkRow.id)
            .where(self._condition(term))
            .order_by(scored.c.score.is_(None), scored.c.score, WorkRow.id)
        )

    def _condition(self, term: Term) -> ColumnElement[bool]:
        asked = self._texts.condition(term)
        if asked is not None:
            return asked
        match term:
            case Not(inner):
                return not_(self._condition(inner))
            case AnyOf(terms):
                return or_(never(), *map(self._condition, terms))
            case AllOf(terms):
                text, rest = _parted(term, self._texts)
                parts = terms if text is None else (text, *rest)
                return and_(true(), *map(self._condition, parts))
            case Words():
                return never()
            case _:
                return fact(term, self._connection)

    def _order(self, sort: Sort) -> tuple[ColumnElement[Any], ...]:
        if sort is Sort.SEEN:
            return (WorkRow.first_seen_at.desc(), WorkRow.id.desc())
        published = func.coalesce(WorkRow.published, "")
        day = published.collate("C" if self._postgresql else "BINARY")
        return (day.desc(), WorkRow.id.desc())


def _below(ceiling: int | None) -> tuple[ColumnElement[bool], ...]:
    return _ALIVE if ceiling is None else (*_ALIVE, WorkRow.id <= ceiling)


def _sought(term: Term) -> Term | None:
    """The term without words that hold nothing to look for."""
    match term:
        case Words(text):
            return term if searchable(text) else None
        case Not(inner):
            found = _sought(inner)
            return None if found is None else Not(found)
        case AllOf(terms) | AnyOf(terms):
            left = tuple(each for each in map(_sought, terms) if each is not None)
            return type(term)(left) if left or not terms else None
        case _:
            return term


def _parted(term: Term, texts: Texts) -> tuple[Term | None, tuple[Term, ...]]:
    """What of a conjunction the index of words can be asked in one go, and the rest."""
    terms = term.terms if isinstance(term, AllOf) else (term,)
    bare = [each.term if isinstance(each, Not) else each for each in terms]
    text = tuple(each for each, inner in zip(terms, bare, strict=True) if texts.asks(inner))
    if all(isinstance(each, Not) for each in text):
        return None, terms
    rest = tuple(each for each in terms if each not in text)
    return (text[0] if len(text) == 1 else AllOf(text)), rest


def _wanted(term: Term) -> Term | None:
    """Its words that are wanted: those that a ranking goes by."""
    match term:
        case Words():
            return term
        case AllOf(terms) | AnyOf(terms):
            left = tuple(each for each in map(_wanted, terms) if each is not None)
            return (left[0] if len(left) == 1 else type(term)(left)) if left else None
        case _:
            return None
