"""Which works answer to a term, as SQL, with everything a person typed bound."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    true,
)
from sqlalchemy import false as never
from sqlalchemy.dialects.postgresql import OID

from service.records.queries import AllOf, AnyOf, Not, Published, Seen, Words
from service.store import query_fts5
from service.store.dialect import chunks
from service.store.estimates import estimates
from service.store.query_facts import NARROW, Fact, fact, indexed, leads
from service.store.query_fts5 import FTS, Fts5, fts5, matching
from service.store.query_texts import Texts, parted, sought
from service.store.query_tsvector import MARKED_INDEX, TsVector, mark, marked
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.records.queries import Term

ALIVE = (WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))
# The same, without an index of all that are alive, with which SQLite would begin.
STILL_ALIVE = (func.coalesce(WorkRow.merged_into, 0) == 0, WorkRow.gone_at.is_(None))
# A condition that at most so many works meet is turned into the list of them, one that more do is
# asked of each work that has the words.
FEW = 50_000
COMMON = 20_000  # works that have a common word; as far as works that have a word are counted
# Works that have the words: for so many, a span of days is asked of each without looking how many
# works lie in it.
_SPARSE = 2_000
# A word is common, too, if of the last works as large a share has it as so many times `COMMON` is
# of all; in an archive of at least so many.
_LATELY, _TELLING = 2_000, 4
# Works with words that are looked for at least, since they are counted as far as well, and to go
# through a word's list once more takes longer.
_AT_ONCE = 10_000
# On PostgreSQL: works that are all read, if so many are left by what is asked beside the words.
_NARROW = 20_000
_HELD = func.current_setting("work_mem")
_ROOM = case((func.pg_size_bytes(_HELD) < func.pg_size_bytes("16MB"), "16MB"), else_=_HELD)
# Whether the index of words and marks is there and whole.
_WHOLE = (
    select(column("indisvalid"))
    .select_from(table("pg_index"))
    .where(column("indexrelid") == cast(func.to_regclass(MARKED_INDEX), OID))
    .scalar_subquery()
)
# One row for each work that is indexed: FTS5's own table, narrow and quick to count.
SIZES = table("work_fts_docsize", column("id", Integer))
ROWID: ColumnElement[int] = literal_column("+work_fts.rowid")  # the sign keeps it from leading
# FTS5 goes through a word's list anew for each work that is looked up in it. Where works lie nearer
# to each other, reading on is cheaper.
_APART = 8_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Works that meet a condition: how many, the first, the last, and all their numbers as JSON."""

    count: int
    low: int
    high: int
    numbers: str


@dataclass(frozen=True, slots=True)
class Last:
    """The works that answer and came last, the last first; as many as there are up to `asked`."""

    asked: int
    numbers: list[int]

    def short_of(self, most: int) -> bool:
        """Whether there may be more, of so many."""
        return len(self.numbers) == self.asked < most

    def until(self, ceiling: int) -> Last:
        """Of these the works up to a number."""
        found = [number for number in self.numbers if number <= ceiling]
        return Last(len(found) if len(self.numbers) == self.asked else self.asked, found)


def rows(work_ids: Sequence[int], *, read_on: bool = False) -> tuple[ColumnElement[bool], ...]:
    """Rows of `work_fts` that are of these works: with `read_on` found by reading all that answer,
    else in whichever way is the cheaper."""
    low, high = min(work_ids), max(work_ids)
    if not read_on and high - low > _APART * len(work_ids):
        return (FTS.c.rowid.in_(_numbers(json.dumps([*work_ids]))),)
    return _among(work_ids, low, high)


def _among(work_ids: Sequence[int], low: int, high: int) -> tuple[ColumnElement[bool], ...]:
    """Rows of `work_fts` that are of these works, from `low` to `high`, found by reading all that
    answer. A byte for each number says whether it is wanted: to ask that of hundreds of thousands
    of rows takes half as long as to look each up in a list."""
    marks = bytearray(high - low + 1)
    for number in work_ids:
        marks[number - low] = 1
    mark = func.substr(literal(bytes(marks), LargeBinary), ROWID - (low - 1), 1)
    return FTS.c.rowid.between(low, high), mark == literal(b"\x01", LargeBinary)


def _numbers(told: str) -> Select[int]:
    """The numbers in a JSON list: one parameter, however many there are."""
    return select(func.json_each(told).table_valued("value").c.value)


class Matches:
    """Statements over one connection. On SQLite, where a transaction that reads sees one state,
    what was counted or listed once is known until it ends."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgresql = connection.dialect.name == "postgresql"
        self._texts: Texts = TsVector() if self.postgresql else Fts5()
        self._lists: dict[Term, Listed | None] = {}
        self._marked: dict[Term, ColumnElement[bool]] = {}
        self._counted: dict[Words, int] = {}
        self._facts: dict[Term, ColumnElement[bool]] = {}
        self._last: dict[tuple[Term, int | None], Last] = {}
        self._every: dict[tuple[Term, int | None], int] = {}
        self._narrow: dict[tuple[Term, ...], tuple[bool, bool]] = {}
        self._by_marks: dict[Term, ColumnElement[bool]] = {}

    def of(self, term: Term, ceiling: int | None = None) -> tuple[Select[int], ColumnElement[int]]:
        """The numbers of the works that answer to the term, and the column they are in."""
        text, rest = parted(term, self._texts)
        if self.postgresql or text is None:
            number = WorkRow.id.expression
            statement = select(number).where(*self._conditions(term))
        else:
            number = FTS.c.rowid
            besides = (self._besides(each, text) for each in rest)
            statement = select(number).where(matching(fts5(text) or ""), *besides)
        below = () if ceiling is None else (number <= ceiling,)
        return statement.where(*below), number

    def led(self, term: Term) -> bool:
        """Whether all works that answer to the term have words of it."""
        return parted(term, self._texts)[0] is not None

    def newest(self, term: Term, most: int, ceiling: int | None = None) -> list[int]:
        """Works that answer to the term, the last to come first."""
        short = self._short(term, ceiling)
        if short is not None:
            return sorted(short, reverse=True)[:most]
        statement, number = self.of(term, ceiling)
        if self.few(term):  # else SQLite would go through all works in their order, to find them
            number = NARROW
        elif self.postgresql or not self.led(term):
            return self._each_of(statement.order_by(number.desc()).limit(most))
        last = self._known(term, ceiling)
        if last is None or last.short_of(most):
            asked = max(most, _AT_ONCE)
            found = self._at_once(statement.order_by(number.desc()).limit(asked))
            last = self._last[term, ceiling] = Last(asked, found)
        return last.numbers[:most]

    def _known(self, term: Term, ceiling: int | None) -> Last | None:
        """The works that were listed before, for this ceiling or for none."""
        last, whole = self._last.get((term, ceiling)), self._last.get((term, None))
        return whole.until(ceiling) if whole and ceiling is not None and last is None else last

    def worded(self, words: Term, term: Term, most: int, ceiling: int | None) -> list[int]:
        """Works that answer to both, the last to come first."""
        number = WorkRow.id
        below = () if ceiling is None else (number <= ceiling,)
        meets = (self.condition(words), self.condition(term), *ALIVE, *below)
        return self._each_of(select(number).where(*meets).order_by(number.desc()).limit(most))

    def count(self, term: Term, most: int, ceiling: int | None = None) -> int:
        """How many works answer to the term, counted as far as `most`."""
        if (term, ceiling) in self._every:
            return min(self._every[term, ceiling], most)
        short = self._short(term, ceiling)
        if short is not None:
            return min(len(short), most)
        last = self._known(term, ceiling)
        if last and not last.short_of(most):
            return min(len(last.numbers), most)
        if self.postgresql:
            self.narrowed(term)
        statement, _ = self.of(term, ceiling)
        counted = select(func.count()).select_from(statement.limit(most).subquery())
        return self.connection.execute(counted).scalar_one()

    def tell(self, term: Term, ceiling: int | None, every: int) -> None:
        """How many works answer to the term, as was seen on the way to something else."""
        self._every[term, ceiling] = every

    def narrowed(self, term: Term) -> bool:
        """On PostgreSQL: whether what is asked beside the words leaves few works. If so, they are
        found by words and marks at once where these have an index, and lists of works that have a
        common word get the room to be exact: where they name whole pages, each work on these is
        unpacked."""
        words, rest = parted(term, self._texts)
        if words is None or not any(map(indexed, rest)):
            return False
        narrow, whole = self._left(rest)
        marks = {each: told for each in rest if (told := mark(each))}
        if narrow and whole and marks:
            others = [self.condition(each) for each in rest if each not in marks]
            self._by_marks[term] = and_(marked(words, [*marks.values()]), *others)
        return narrow

    def _left(self, rest: tuple[Term, ...]) -> tuple[bool, bool]:
        """Whether few works meet all of this (then lists have room from now on), and whether the
        index of words and marks is there."""
        if rest not in self._narrow:
            these = select(WorkRow.id).where(*map(self.condition, rest), *ALIVE).limit(_NARROW + 1)
            left = select(func.count()).select_from(these.subquery()).scalar_subquery()
            room = case(
                (left <= _NARROW, func.set_config("work_mem", _ROOM, literal_column("true")))
            )
            found, whole = self.connection.execute(select(room, _WHOLE)).one()
            self._narrow[rest] = found is not None, bool(whole)
        return self._narrow[rest]

    def frequencies(self, words: Iterable[Words]) -> dict[Words, int]:
        """How many works hold each, counted as far as `COMMON`; on PostgreSQL, of common ones,
        about as many."""
        asked = [*dict.fromkeys(words)]
        if self.postgresql:
            return self._estimated(asked)
        new = [word for word in asked if word not in self._counted and sought(word)]
        # Which works have several words side by side takes so long to find that they are kept.
        several = [word for word in new if query_fts5.several(word)]
        self._counted.update((word, len(self.newest(word, COMMON))) for word in several)
        frequent = self._frequent([word for word in new if word not in several])
        self._counted.update(dict.fromkeys(frequent, COMMON))
        if rest := [word for word in new if word not in self._counted]:
            self._counted.update(self.counts(rest, COMMON))
        return {word: self._counted.get(word, 0) for word in asked}

    def _frequent(self, words: Sequence[Words]) -> list[Words]:
        """Those that, to judge by the last works, far more than `COMMON` have. To count so far
        takes longer than all else that is done for them."""
        last = self.last() if words else 0
        if last < _TELLING * COMMON:
            return []
        sure = _TELLING * COMMON * _LATELY // last
        found = self.counts(words, sure, last - _LATELY)
        return [word for word, count in found.items() if count == sure]

    def last(self) -> int:
        """On SQLite: the greatest number of a work that is indexed."""
        return self.connection.execute(select(func.max(SIZES.c.id))).scalar_one() or 0

    def counts(self, words: Sequence[Words], most: int, since: int = 0) -> dict[Words, int]:
        """On SQLite: how many works after `since` hold each, counted as far as `most`."""
        statement = query_fts5.counts(map(query_fts5.words, words), most, since)
        return dict(zip(words, self.connection.execute(statement).scalars(), strict=True))

    def _estimated(self, words: Sequence[Words]) -> dict[Words, int]:
        """On PostgreSQL: the same, of common words about."""
        asked = [word for word in words if sought(word)]
        conditions = [and_(self.condition(word), *ALIVE) for word in asked]
        found = dict.fromkeys(words, 0)
        for word, known in zip(asked, estimates(self.connection, conditions), strict=True):
            found[word] = self.count(word, COMMON) if known is None else min(known, COMMON)
        return found

    def unknown(self, words: Sequence[Words]) -> list[Words]:
        """Those that no work holds."""
        asked = [word for word in dict.fromkeys(words) if sought(word)]
        if not asked:
            return []
        if self.postgresql:
            some = (select(WorkRow.id).where(self.condition(word), *ALIVE) for word in asked)
            held = [*self.connection.execute(select(*map(exists, some))).one()]
            return [word for word, known in zip(asked, held, strict=True) if not known]
        return [word for word, count in self.counts(asked, 1).items() if not count]

    def common(self, word: Words) -> bool:
        """Whether as many works hold it as are counted."""
        return self.frequencies((word,))[word] >= COMMON

    def among(self, work_ids: Sequence[int], term: Term) -> set[int]:
        """Those of the works that answer to the term."""
        if not work_ids:
            return set()
        found: set[int] = set()
        if self.postgresql:
            statement, number = self.of(term)
            for part in chunks(work_ids):
                found.update(self._each_of(statement.where(number.in_(part))))
        elif self.led(term):
            found.update(self._each_of(self.of(term)[0].where(*rows(work_ids))))
        else:
            these = NARROW.in_(_numbers(json.dumps([*work_ids])))
            meets = (these, self.condition(term), *STILL_ALIVE)
            found.update(self._each_of(select(WorkRow.id).where(*meets)))
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
                return self._fact(term)

    def _fact(self, term: Fact) -> ColumnElement[bool]:
        """Some are made of lists that are looked up: once, however often a search asks."""
        if term not in self._facts:
            self._facts[term] = fact(term, self.connection)
        return self._facts[term]

    def few(self, term: Term) -> bool:
        """On SQLite: whether only works of a short list can answer to a term without words."""
        return not self.postgresql and not self.led(term) and self._lead(term) is not None

    def _short(self, term: Term, ceiling: int | None) -> list[int] | None:
        """On SQLite: the works of a term that is one condition, where they are few."""
        if self.postgresql or isinstance(term, AllOf) or not _leads(term):
            return None
        listed = self._list(term)
        if listed is None:
            return None
        found = json.loads(listed.numbers)
        return [number for number in found if ceiling is None or number <= ceiling]

    def _conditions(self, term: Term) -> list[ColumnElement[bool]]:
        """Whether a `work` is there and answers to the term; on SQLite, which keeps no figures of
        what is rare, asked of those alone that meet what the fewest do."""
        if term in self._by_marks:
            return [self._by_marks[term], *ALIVE]
        lead = None if self.postgresql else self._lead(term)
        if lead is None:
            return [self.condition(term), *ALIVE]
        first, listed = lead
        parts = term.terms if isinstance(term, AllOf) else (term,)
        rest = [self.condition(each) for each in parts if each is not first]
        return [NARROW.in_(_numbers(listed.numbers)), *rest, *(STILL_ALIVE if rest else ())]

    def _lead(self, term: Term) -> tuple[Term, Listed] | None:
        """Of a conjunction the part that the fewest works meet, and those; None where none is met
        by few. Spans of days, which are long to count, are the last to be looked at."""
        parts = term.terms if isinstance(term, AllOf) else (term,)
        spans = [each for each in parts if isinstance(each, Published | Seen)]
        others = [each for each in parts if each not in spans and _leads(each)]
        for some in (others, spans):
            lists = [(each, found) for each in some if (found := self._list(each)) is not None]
            if lists:
                return min(lists, key=lambda each: each[1].count)
        return None

    def _besides(self, term: Term, text: Term) -> ColumnElement[bool]:
        """Whether the work of a row of `work_fts` that answers to the text does to the term."""
        sparse = isinstance(term, Published | Seen) and self._sparse(text)
        listed = self._list(term) if _leads(term) and not sparse else None
        if listed is None:
            return self._each(term, FTS.c.rowid)
        if term not in self._marked:  # each word of a choice is asked for beside the same filter
            among = _among(json.loads(listed.numbers), listed.low, listed.high)
            self._marked[term] = and_(*among)
        return self._marked[term]

    def _sparse(self, text: Term) -> bool:
        """Whether the words alone leave few works."""
        needed = text.terms if isinstance(text, AllOf) else (text,)
        counts = self.frequencies(each for each in needed if isinstance(each, Words))
        return min(counts.values(), default=COMMON) <= _SPARSE

    def _list(self, term: Term) -> Listed | None:
        """The works that meet a condition that an index leads to; None where they are not few."""
        if term not in self._lists:
            alive = ALIVE if indexed(term) else STILL_ALIVE
            every = select(WorkRow.id).where(self.condition(term), *alive)
            more = select(every.offset(FEW).limit(1).exists()) if indexed(term) else None
            many = more is not None and self.connection.execute(more).scalar_one()
            self._lists[term] = None if many else self._listed(every)
        return self._lists[term]

    def _listed(self, every: Select[int]) -> Listed | None:
        each = every.limit(FEW + 1).subquery().c[0]
        told = (func.count(), func.min(each), func.max(each), func.json_group_array(each))
        count, low, high, numbers = self.connection.execute(select(*told)).one()
        return None if count > FEW else Listed(count, low or 0, high or 0, numbers)

    def _each(self, term: Term, number: ColumnElement[int]) -> ColumnElement[bool]:
        return exists(select(WorkRow.id).where(number == NARROW, self.condition(term)))

    def _each_of(self, statement: Select[int]) -> list[int]:
        return [*self.connection.execute(statement).scalars().all()]

    def _at_once(self, statement: Select[int]) -> list[int]:
        """What is selected, as one text: to hand over a row for each of twenty thousand works takes
        SQLite longer than to find them."""
        told = select(func.json_group_array(statement.subquery().c[0]))
        return [*json.loads(self.connection.execute(told).scalar_one())]


def _leads(term: Term) -> bool:
    """Whether an index finds the works that answer to the term."""
    match term:
        case AllOf(terms) | AnyOf(terms):
            return bool(terms) and all(map(_leads, terms))
        case Not() | Words():
            return False
        case _:
            return leads(term)
