"""Reading works, and undoing a merge that a person finds wrong."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from service.errors import InputError
from service.records import NOTICES, Candidate, Flag, Identifiers, Kind, Record, Work, WorkFields
from service.store.dialect import chunks, insert_missing, take_numbers
from service.store.intake import SEQUENCE, work_values
from service.store.schema import (
    CounterRow,
    MergeEventRow,
    RecordRow,
    SeparationRow,
    WorkKeyRow,
    WorkRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A stored record with why it is in its work."""

    id: int
    record: Record
    joined_by: str
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeEvent:
    """One merge or split of works."""

    at: datetime
    action: str
    kept: int
    other: int
    reason: str


_NOTICES = sorted(str(kind) for kind in NOTICES)
_ALIVE = (WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))
# The same as an expression: SQLite would begin with the index of all that were not merged.
_UNMERGED = func.coalesce(WorkRow.merged_into, 0) == 0
_LOOKED = 4  # numbers for each work of a sample: some have no abstract, some went to changes


class Works:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sequence(self) -> int:
        """The last ingest sequence number that is committed; 0 for an empty archive."""
        statement = select(CounterRow.value).where(CounterRow.name == SEQUENCE)
        return self._connection.execute(statement).scalar_one_or_none() or 0

    def sequence_before(self, moment: datetime) -> int:
        """Up to which number the works first seen before `moment` go: those that came since are
        above it. A work's number rises when it changes, so its first one (its id) counts."""
        # As an expression: else both databases would walk the numbers from the first one on.
        since = select(func.min(WorkRow.id + 0)).where(WorkRow.first_seen_at >= moment)
        first = self._connection.execute(since).scalar_one_or_none()
        return self.sequence() if first is None else first - 1

    def get(self, work_id: int) -> Work:
        """The work, or the one it was merged into. Raises `InputError`."""
        found = next(iter(self.many([work_id])), None)
        if found is None:
            merged = self._connection.execute(
                select(WorkRow.merged_into).where(WorkRow.id == work_id)
            ).scalar_one_or_none()
            if merged is None:
                raise InputError(f"work {work_id}", "is not in the archive", "see: litwatch search")
            return self.get(merged)
        return found

    def many(self, work_ids: Sequence[int]) -> list[Work]:
        """These works, in the order asked for; those merged away are left out."""
        found: dict[int, Work] = {}
        for part in chunks(work_ids):
            statement = select(WorkRow).where(WorkRow.id.in_(part), WorkRow.merged_into.is_(None))
            found.update({row.id: work_of(row) for row in self._connection.execute(statement)})
        return [found[work_id] for work_id in work_ids if work_id in found]

    def find(self, name: str) -> int:
        """The work named by its number, or by a PMID, PMCID, DOI or arXiv id of any of its
        papers. Raises `InputError`.

        A bare number is tried as the work's own number, then as a PMID.
        """
        row, name = WorkRow, name.strip()
        if name.isdecimal() and len(name) < 19:
            exact = select(row.id).where(row.id == int(name))
            if self._connection.execute(exact).scalar_one_or_none() is not None:
                return int(name)
        own = or_(
            row.doi == name.lower(),
            row.pmid == name,
            row.pmcid == name.upper(),
            row.arxiv == name,
        )
        keys = (f"doi:{name.lower()}", f"pmid:{name}", f"pmcid:{name.upper()}", f"arxiv:{name}")
        keyed = row.id.in_(select(WorkKeyRow.work_id).where(WorkKeyRow.key.in_(keys)))
        for test in (keyed, own):  # by index first; keys leave out the version of some DOIs
            found = self._connection.execute(
                select(row.id)
                .where(test, row.merged_into.is_(None))
                .order_by(case((own, 0), else_=1), row.id)
                .limit(1)
            ).scalar_one_or_none()
            if found is not None:
                return found
        raise InputError(
            f"work {name!r}", "is not in the archive", "give its number, PMID, PMCID or DOI"
        )

    def keyed(self, keys: Sequence[str]) -> dict[str, int]:
        """The works that have a paper with one of these keys ("pmid:1", as `deduplication.keys`
        makes them), by key; those that are gone are left out."""
        row, found = WorkKeyRow, dict[str, int]()
        alive = (_UNMERGED, WorkRow.gone_at.is_(None))
        for part in chunks(keys):
            statement = select(row.key, row.work_id).join(WorkRow, WorkRow.id == row.work_id)
            for key, work_id in self._connection.execute(
                statement.where(row.key.in_(part), *alive)
            ):
                found[key] = min(work_id, found.get(key, work_id))
        return found

    def records(self, work_id: int) -> list[HeldRecord]:
        """All records of a work, oldest first."""
        row = RecordRow
        statement = select(row).where(row.work_id == work_id).order_by(row.first_seen_at, row.id)
        return [
            HeldRecord(
                found.id,
                Record(
                    found.source,
                    found.source_id,
                    found.version,
                    found.format,
                    zlib.decompress(found.payload),
                ),
                found.joined_by,
                found.first_seen_at,
                found.last_seen_at,
                found.gone_at,
            )
            for found in self._connection.execute(statement)
        ]

    def history(self, work_id: int) -> list[MergeEvent]:
        """Merges and splits that made this work what it is."""
        row = MergeEventRow
        statement = (
            select(row.at, row.action, row.kept, row.other, row.reason)
            .where(or_(row.kept == work_id, row.other == work_id))
            .order_by(row.id)
        )
        return [MergeEvent(*values) for values in self._connection.execute(statement)]

    def window(self, lo: int, hi: int) -> list[Candidate]:
        """Works that entered, or changed their text, in the sequence window (lo, hi].

        Notices (erratum, retraction, concern) are not among them: they are no findings, and mark
        the work they are about.
        """
        row = WorkRow
        statement = select(row.id, row.title, row.abstract).where(*_came(lo, hi))
        found = self._connection.execute(statement)
        return sorted((Candidate(*values) for values in found), key=attrgetter("work_id"))

    def came(self, lo: int, hi: int) -> list[int]:
        """The numbers of the works of `window(lo, hi)`, without reading their texts."""
        statement = select(WorkRow.id).where(*_came(lo, hi))
        return sorted(self._connection.execute(statement).scalars())

    def sample(self, size: int, before: int | None = None) -> list[Candidate]:
        """Up to `size` works with an abstract, spread evenly over the archive; always the same.

        It looks at a few times as many, however many there are: where fewer than one number in
        `_LOOKED` is such a work, they are less than `size`.
        """
        row, found = WorkRow, list[Candidate]()
        alive = (_UNMERGED, row.gone_at.is_(None))
        last = self.sequence() if before is None else before
        step = max(1, -(-last // max(size * _LOOKED, 1)))
        # The number as an expression: its own index would lead through all works.
        for part in chunks(range(step, last + 1, step)):
            statement = select(row.id, row.title, row.abstract).where(
                row.id.in_(part), row.seq + 0 <= last, row.abstract != "", *alive
            )
            found += [Candidate(*values) for values in self._connection.execute(statement)]
        found.sort(key=attrgetter("work_id"))
        kept = min(size, len(found))
        return [found[place * len(found) // kept] for place in range(kept)]

    def entered(self, work_ids: Sequence[int]) -> dict[int, str]:
        """When each work first entered one of its sources (partial ISO date), where known."""
        row = WorkRow
        statement = select(row.id, row.entered).where(
            row.id.in_(work_ids), row.entered.is_not(None)
        )
        return {work_id: entered or "" for work_id, entered in self._connection.execute(statement)}

    def held(self) -> int:
        """How many works there are; read from an index, unlike `counts`."""
        alive = select(func.count()).select_from(WorkRow).where(*_ALIVE)
        return self._connection.execute(alive).scalar_one()

    def counts(self) -> dict[str, int]:
        """Works and records in all, and how many of each are gone or not understood."""
        records = select(func.count()).select_from(RecordRow)
        run = self._connection.execute
        return {
            "works": self.held(),
            "records": run(records).scalar_one(),
            "gone": run(records.where(RecordRow.gone_at.is_not(None))).scalar_one(),
            "unparsed": run(records.where(RecordRow.error.is_not(None))).scalar_one(),
        }

    def kinds(self) -> dict[str, int]:
        """How many works there are of each kind, the commonest first."""
        row = WorkRow
        statement = (
            select(row.kind, func.count()).where(*_ALIVE).group_by(row.kind).order_by(row.kind)
        )
        found = {kind: count for kind, count in self._connection.execute(statement)}  # noqa: C416
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def unparsed(self) -> Iterator[tuple[str, str]]:
        """Records that could not be understood: key and reason."""
        row = RecordRow
        statement = (
            select(row.source, row.source_id, row.version, row.error)
            .where(row.error.is_not(None))
            .order_by(row.id)
        )
        for source, source_id, version, error in self._connection.execute(statement):
            yield Record(source, source_id, version, "", b"").key, error or ""

    # -- undoing

    def split(
        self,
        work_id: int,
        record_ids: Sequence[int],
        *,
        parted: tuple[WorkFields, frozenset[str]],
        left: tuple[WorkFields, frozenset[str]],
        reason: str,
        now: datetime,
    ) -> int:
        """Take records out of a work into a new one, for good; returns the new work's number.

        `parted` and `left` are what the two works show and are found by from now on. The records
        stay apart: no later merge joins them to that work again.
        """
        number = take_numbers(self._connection, SEQUENCE, 1)[0]
        values: dict[str, Any] = work_values(parted[0]) | {
            "id": number,
            "seq": number,
            "announce": False,
            "first_seen_at": now,
            "updated_at": now,
        }
        run = self._connection.execute
        run(insert(WorkRow).values(values))
        run(update(WorkRow).where(WorkRow.id == work_id).values(work_values(left[0])))
        run(
            update(RecordRow)
            .where(RecordRow.id.in_(record_ids))
            .values(work_id=number, joined_by=f"split from work {work_id}: {reason}")
        )
        run(delete(WorkKeyRow).where(WorkKeyRow.work_id == work_id))
        keyed = [(number, parted[1]), (work_id, left[1])]
        rows = [{"key": key, "work_id": wid} for wid, keys in keyed for key in sorted(keys)]
        insert_missing(self._connection, WorkKeyRow, rows)
        separations = [{"record_id": rid, "work_id": work_id} for rid in record_ids]
        insert_missing(self._connection, SeparationRow, separations)
        run(
            insert(MergeEventRow).values(
                at=now,
                kept=work_id,
                other=number,
                action="split",
                record_ids=list(record_ids),
                reason=reason,
            )
        )
        return number


def _came(lo: int, hi: int) -> tuple[ColumnElement[bool], ...]:
    row = WorkRow
    announced = row.announce.expression
    new = (row.seq > lo, row.seq <= hi, announced, row.kind.not_in(_NOTICES))
    return (*new, _UNMERGED, row.gone_at.is_(None))


def work_of(row: Any) -> Work:  # noqa: ANN401 - a result row of `select(WorkRow)`
    """A work from its row."""
    return Work(
        id=row.id,
        seq=row.seq,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        venue=row.venue,
        published=row.published,
        kind=Kind(row.kind),
        flags=frozenset(Flag(flag) for flag in row.flags),
        ids=Identifiers(row.doi, row.pmid, row.pmcid, row.arxiv),
        url=row.url,
        pdf_url=row.pdf_url,
        first_seen_at=row.first_seen_at,
        sources=tuple(row.sources),
        keywords=tuple(row.keywords),
        mesh=tuple(row.mesh),
    )
