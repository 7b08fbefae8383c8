"""What records say happened to papers, and what people said of that: append-only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, func, select, update

from service.records import NOTICES, Flag, Identifiers, Record
from service.records.stated import Ruling, Stated
from service.records.watching import Statement
from service.store.columns import storable
from service.store.dialect import chunks, insert_missing
from service.store.schema import RecordRow, SeparationRow, WorkKeyRow, WorkRow
from service.store.schema_watch import RulingRow, StatementRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

__all__ = ["Marked", "Ruling", "Stated", "Statements"]

_KINDS = ("doi", "pmid", "pmcid", "arxiv")


@dataclass(frozen=True, slots=True)
class Marked:
    """What a work shows now, since when, and the keys under which others speak of it: all by which
    it is found; of one that a person has parted from another only its own identifiers, for what it
    says to be itself may be the other."""

    flags: frozenset[Flag]
    updated_at: datetime
    notice: bool
    parted: bool
    keys: frozenset[str] = field(default_factory=frozenset)


class Statements:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def on(self, keys: Iterable[str]) -> list[Stated]:
        """The statements about papers with these keys, oldest first."""
        found: list[Stated] = []
        for part in chunks(sorted(keys)):
            statement = _stated().where(StatementRow.key.in_(part))
            found += [_read(row) for row in self._connection.execute(statement)]
        return sorted(found, key=lambda each: each.id)

    def about(self, work_id: int) -> list[Stated]:
        """The statements about a work, oldest first: one for each of its keys that they are about;
        those that were ruled out, too."""
        marked = self.marked([work_id]).get(work_id)
        if marked is None:
            return []
        keys = {f"record:{name}" for name in self._records(work_id)}
        return self.on(keys if marked.notice else keys | marked.keys)

    def of(self, work_id: int, until: datetime | None = None) -> list[Stated]:
        """The same, each once whatever the keys; with `until` those from before it."""
        once: dict[tuple[Flag, str, Identifiers], Stated] = {}
        for each in self.about(work_id):
            if until is None or each.at < until:
                said = each.statement
                once.setdefault((said.flag, said.said_by, said.notice), each)
        return list(once.values())

    def _records(self, work_id: int) -> list[str]:
        row = RecordRow
        statement = select(row.source, row.source_id, row.version).where(row.work_id == work_id)
        return [
            Record(source, source_id, version, "", b"").key
            for source, source_id, version in self._connection.execute(statement)
        ]

    def marked(self, work_ids: Sequence[int]) -> dict[int, Marked]:
        """What these works show; those merged away are left out."""
        found: dict[int, Marked] = {}
        for part in chunks(work_ids):
            keys: dict[int, set[str]] = {}
            keyed = select(WorkKeyRow.work_id, WorkKeyRow.key).where(WorkKeyRow.work_id.in_(part))
            for work_id, key in self._connection.execute(keyed):
                keys.setdefault(work_id, set()).add(key)
            found |= self._marked(part, keys)
        return found

    def holders(self, keys: Iterable[str]) -> dict[int, Marked]:
        """The works that have one of these keys, as in `marked`, with those of their keys that are
        among them."""
        held: dict[int, set[str]] = {}
        for part in chunks(sorted(keys)):
            keyed = select(WorkKeyRow.work_id, WorkKeyRow.key).where(WorkKeyRow.key.in_(part))
            for work_id, key in self._connection.execute(keyed):
                held.setdefault(work_id, set()).add(key)
        found: dict[int, Marked] = {}
        for some in chunks(sorted(held)):
            found |= self._marked(some, held)
        return found

    def _marked(
        self, work_ids: Sequence[int], keys: Mapping[int, AbstractSet[str]]
    ) -> dict[int, Marked]:
        row = WorkRow
        notices, parted = {str(kind) for kind in NOTICES}, self._parted(work_ids)
        own = (row.doi, row.pmid, row.pmcid, row.arxiv)
        columns = select(row.id, row.flags, row.updated_at, row.kind, *own)
        statement = columns.where(row.id.in_(work_ids), row.merged_into.is_(None))
        found = {}
        for each in self._connection.execute(statement):
            held = frozenset(keys.get(each.id, ()))
            if each.id in parted:
                held &= {f"{name}:{getattr(each, name)}" for name in _KINDS}
            flags, notice = frozenset(map(Flag, each.flags)), each.kind in notices
            found[each.id] = Marked(flags, each.updated_at, notice, each.id in parted, held)
        return found

    def _parted(self, work_ids: Sequence[int]) -> set[int]:
        """Those of the works that a person has taken a record out of, or made of such records."""
        out, row = SeparationRow, RecordRow
        left = select(out.work_id).where(out.work_id.in_(work_ids))
        made = select(row.work_id).join(out, out.record_id == row.id)
        of_records = self._connection.execute(made.where(row.work_id.in_(work_ids))).scalars()
        return {*self._connection.execute(left).scalars(), *(w for w in of_records if w)}

    def add(self, said: Iterable[tuple[Statement, datetime]]) -> None:
        """Keep statements with when they were first heard; those that are kept already stay."""
        rows = [
            {
                "key": each.key,
                "flag": str(each.flag),
                "said_by": storable(each.said_by),
                "notice": _line(each.notice),
                "text": storable(each.text),
                "at": at,
            }
            for each, at in said
        ]
        insert_missing(self._connection, StatementRow, rows)

    def mark(self, flags: Mapping[int, AbstractSet[Flag]], now: datetime) -> None:
        """Let works show these flags. They are no newer for that, but touched."""
        for work_id, shown in flags.items():
            values = {"flags": sorted(map(str, shown)), "updated_at": now}
            self._connection.execute(update(WorkRow).where(WorkRow.id == work_id).values(values))

    def rule_out(self, ids: Iterable[int], author: str, reason: str, now: datetime) -> None:
        """A person found that these statements do not hold; who said so first stays."""
        told = {"author": author, "reason": reason, "at": now}
        insert_missing(self._connection, RulingRow, [{"statement_id": i} | told for i in ids])

    def count(self) -> int:
        """How many statements are kept."""
        return self._connection.execute(select(func.count()).select_from(StatementRow)).scalar_one()

    def latest(self, limit: int) -> list[tuple[int, Stated]]:
        """The works that were flagged last, newest first, each with its newest statement that no
        person ruled out."""
        row = StatementRow
        statement = (
            select(func.max(row.id), WorkKeyRow.work_id)
            .join(WorkKeyRow, WorkKeyRow.key == row.key)
            .join(WorkRow, WorkRow.id == WorkKeyRow.work_id)
            .outerjoin(RulingRow, RulingRow.statement_id == row.id)
            .where(RulingRow.id.is_(None), WorkRow.gone_at.is_(None))
            .where(WorkRow.kind.not_in([str(kind) for kind in NOTICES]))
            .group_by(WorkKeyRow.work_id)
            .order_by(func.max(row.id).desc())
            .limit(limit)
        )
        newest = {number: work_id for number, work_id in self._connection.execute(statement)}  # noqa: C416 (rows are no pairs to mypy)
        rows = self._connection.execute(_stated().where(row.id.in_(newest)))
        found = {each.id: each for each in map(_read, rows)}
        return [(work_id, found[number]) for number, work_id in newest.items()]


def _stated() -> Select[*tuple[Any, ...]]:
    row, ruling = StatementRow, RulingRow
    columns: Select[*tuple[Any, ...]] = select(
        row.id,
        row.key,
        row.flag,
        row.said_by,
        row.notice,
        row.text,
        row.at,
        ruling.author,
        ruling.reason,
        ruling.at.label("ruled_at"),
    )
    return columns.outerjoin(ruling, ruling.statement_id == row.id)


def _read(row: Any) -> Stated:  # noqa: ANN401 (a result row of `_stated`)
    said = Statement(row.key, Flag(row.flag), row.said_by, _ids(row.notice), row.text)
    ruled = row.ruled_at is not None
    ruling = Ruling(row.author, row.reason, row.ruled_at) if ruled else None
    return Stated(row.id, said, row.at, ruling)


def _line(ids: Identifiers) -> str:
    """A notice's identifiers as one line; none holds a space."""
    told = ((kind, getattr(ids, kind)) for kind in _KINDS)
    return " ".join(f"{kind}:{''.join(value.split())}" for kind, value in told if value)


def _ids(line: str) -> Identifiers:
    told = (each.partition(":")[::2] for each in line.split())
    return Identifiers(**dict(told))
