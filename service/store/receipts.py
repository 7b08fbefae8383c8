"""Receipts of polls and imports as they are read, by people and by audits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, or_, select
from sqlalchemy.orm import aliased

from service.errors import InputError
from service.records import Sign, Window
from service.records.audits import Sighting, Walk
from service.store.query_columns import begins, by_code_point
from service.store.schema import ReceiptRow, RecordRow, SourceRow, WorkKeyRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row

    from service.records.audits import Pair


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one walk of one window, or the import of one file, did and saw; as shown. `id` is its
    number."""

    source: str
    kind: str
    window: str
    query: str
    stated: int | None
    fetched: int
    new: int
    changed: int
    unparsed: int
    end_sign: bool
    gap: str | None
    warnings: tuple[str, ...]
    finished_at: datetime
    gone: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    signs: tuple[Sign, ...] = ()
    program: str = ""
    translation: str | None = None
    started_at: datetime | None = None
    lacking: Mapping[str, int] = field(default_factory=dict)
    id: int = 0


def receipt_of(row: Row[Any]) -> Receipt:
    """The receipt in a row of `select(ReceiptRow)`."""
    told = {name: getattr(row, name) for name in _SAME}
    window = f"{row.window_start}..{row.window_end}" if row.window_start else ""
    signs = tuple(map(Sign, row.signs))
    return Receipt(window=window, warnings=tuple(row.warnings), signs=signs, **told)


_SAME = [
    name for name in Receipt.__dataclass_fields__ if name not in {"window", "warnings", "signs"}
]


class Receipts:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Receipt:
        """The receipt with this number. Raises `InputError`."""
        statement = select(ReceiptRow).where(ReceiptRow.id == number)
        found = self._connection.execute(statement).first()
        if found is None:
            remedy = "see: litwatch sources --receipts 20"
            raise InputError(f"receipt {number}", "is not in the archive", remedy)
        return receipt_of(found)

    def walks(
        self, since: datetime, until: datetime | None = None, source: str | None = None
    ) -> list[Walk]:
        """What was walked and imported in [since, until], of all sources or of one, in the order of
        the ends.

        Reads by the index on the end; a year of seven sources is some 50,000 rows.
        """
        row = ReceiptRow
        columns = [getattr(row, name) for name in _WALKED]
        statement = (
            select(*columns)
            .where(row.finished_at >= since)
            .where(*(() if until is None else (row.finished_at <= until,)))
            .where(*(() if source is None else (row.source == source,)))
            .order_by(row.finished_at, row.id)
        )
        return [_walk(found) for found in self._connection.execute(statement)]

    def first_polled(self) -> dict[str, datetime]:
        """When each source was first asked for anything."""
        row = SourceRow
        statement = select(row.name, row.first_attempt_at).where(row.first_attempt_at.is_not(None))
        return {name: at for name, at in self._connection.execute(statement) if at is not None}

    # -- two sources

    def sightings(self, pair: Pair, since: datetime, until: datetime) -> list[Sighting]:
        """The papers that came from A in [since, until), each id once, with when B gave it.

        Not those that A deleted, nor those that could not be understood. Reads record numbers from
        the first of that time on, no payloads.
        """
        record, other, work, key = RecordRow, aliased(RecordRow), WorkRow, WorkKeyRow
        identity = func.substr(key.key, len(pair.kind) + 2)  # SQL counts from 1
        known = and_(other.source.in_(pair.b), other.source_id == identity)
        keys = by_code_point(key.key, self._connection)
        statement = (
            select(
                identity.label("identity"),
                work.id,
                func.min(record.first_seen_at).label("seen_at"),
                work.published,
                func.min(other.first_seen_at).label("known_at"),
            )
            .select_from(record)
            .join(work, work.id == record.work_id)
            .join(key, key.work_id == work.id)
            .outerjoin(other, known)
            .where(record.id >= self._first_record(since), record.source == pair.a)
            .where(record.first_seen_at >= since, record.first_seen_at < until)
            .where(record.gone_at.is_(None), work.gone_at.is_(None))
            .where(begins(by_code_point(record.source_id, self._connection), pair.among))
            .where(or_(*(begins(keys, f"{pair.kind}:{each}") for each in pair.prefixes)))
            .group_by("identity", work.id, work.published)
        )
        return [
            Sighting(row.identity, row.id, row.seen_at, _day(row.published), row.known_at)
            for row in self._connection.execute(statement)
        ]

    def _first_record(self, since: datetime) -> int:
        """The number of the first record seen since then; found by halving, because numbers and
        times rise together and there is no index on times."""
        row, run = RecordRow, self._connection.execute
        low, high = 1, (run(select(func.max(row.id))).scalar_one_or_none() or 0) + 1
        while low < high:
            middle = (low + high) // 2
            at_or_after = select(row.id, row.first_seen_at).where(row.id >= middle)
            found = run(at_or_after.order_by(row.id).limit(1)).first()
            if found is None or found[1] >= since:
                high = middle
            else:
                low = found[0] + 1
        return low


_WALKED = (
    *("id", "source", "kind", "window_start", "window_end", "query", "translation", "stated"),
    *("fetched", "new", "changed", "unparsed", "gone", "end_sign", "gap", "warnings"),
    *("started_at", "finished_at", "dropped", "lacking", "signs"),
)


def _walk(row: Row[Any]) -> Walk:
    start, end = row.window_start, row.window_end
    return Walk(
        number=row.id,
        source=row.source,
        kind=row.kind,
        window=Window(start, end) if start and end else None,
        query=row.query,
        translation=row.translation,
        stated=row.stated,
        fetched=row.fetched,
        new=row.new,
        changed=row.changed,
        unparsed=row.unparsed,
        gone=row.gone,
        end_sign=row.end_sign,
        gap=row.gap,
        explained=bool(row.warnings),
        started_at=row.started_at,
        finished_at=row.finished_at,
        dropped=row.dropped,
        lacking=row.lacking,
        signs=frozenset(map(Sign, row.signs)),
    )


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told and len(told) == 10 else None
