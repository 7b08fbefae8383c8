"""States, marks and receipts of the sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from service import __version__
from service.records import (
    NOTHING_ASKED,
    RECHECK,
    SourceReceipt,
    SweepKind,
    SweepMark,
    Tally,
    Validators,
    Window,
    WindowReport,
)
from service.records.audits import IMPORT
from service.records.gaps import NO_END_SIGN, Unproved, plain, tell
from service.store.dialect import insert_missing, insert_or
from service.store.receipts import receipt_of
from service.store.schema import ReceiptRow, SourceRow, SweepMarkRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.store.receipts import Receipt


@dataclass(frozen=True, slots=True)
class SourceState:
    """How polling one source stands, as shown by `litwatch sources`."""

    name: str
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    failures: int
    error_code: str | None
    error: str | None
    not_before: datetime | None


class Sources:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, name: str, now: datetime, *, force: bool) -> bool:
        """Note that a poll of the source begins; False, noting none, while it is to be left alone.
        Who polls it has claimed it before: see `books`."""
        row = SourceRow
        fresh = {"name": name, "failures": 0, "first_attempt_at": now}
        insert_missing(self._connection, row, [fresh])
        ready = () if force else (or_(row.not_before.is_(None), row.not_before <= now),)
        begun = update(row).where(row.name == name, *ready).values(last_attempt_at=now)
        return bool(self._connection.execute(begun).rowcount)

    def waits(self, name: str, now: datetime) -> bool:
        """Whether the source is to be left alone for now."""
        statement = select(SourceRow.name).where(SourceRow.name == name, SourceRow.not_before > now)
        return self._connection.execute(statement).first() is not None

    def first_polled(self, name: str) -> datetime | None:
        """When the source was first polled."""
        statement = select(SourceRow.first_attempt_at).where(SourceRow.name == name)
        return self._connection.execute(statement).scalar_one_or_none()

    def succeeded(self, name: str, now: datetime, next_at: datetime | None) -> None:
        """A poll ended well; the next is not before `next_at`."""
        self._connection.execute(
            update(SourceRow)
            .where(SourceRow.name == name)
            .values(
                last_success_at=now, failures=0, error_code=None, error=None, not_before=next_at
            )
        )

    def failed(self, name: str, code: str, error: str, not_before: datetime) -> None:
        """A poll ended badly: its reason is kept and shown until one ends well."""
        self._connection.execute(
            update(SourceRow)
            .where(SourceRow.name == name)
            .values(
                failures=SourceRow.failures + 1, error_code=code, error=error, not_before=not_before
            )
        )

    def states(self) -> list[SourceState]:
        """All sources that were ever polled, by name."""
        row = SourceRow
        statement = select(
            row.name,
            row.last_attempt_at,
            row.last_success_at,
            row.failures,
            row.error_code,
            row.error,
            row.not_before,
        ).order_by(row.name)
        return [SourceState(*values) for values in self._connection.execute(statement)]

    # -- marks

    def marks(self, source: str) -> dict[SweepKind, SweepMark]:
        """How far each kind of sweep has come."""
        row = SweepMarkRow
        statement = select(row.kind, row.complete_to, row.last_run_at).where(row.source == source)
        return {
            SweepKind(kind): SweepMark(end, ran)
            for kind, end, ran in self._connection.execute(statement)
        }

    def validators(self, source: str, kind: SweepKind) -> Validators:
        """A feed's cache validators from its last stored reply."""
        row = SweepMarkRow
        statement = select(row.etag, row.last_modified).where(
            row.source == source, row.kind == str(kind)
        )
        found = self._connection.execute(statement).first()
        return Validators(*found) if found else Validators()

    def set_mark(
        self, source: str, kind: SweepKind, mark: SweepMark, validators: Validators | None
    ) -> None:
        """Move a mark; validators are kept as they are when None is given."""
        values = {"complete_to": mark.last_complete_end, "last_run_at": mark.last_run}
        if validators is not None:
            values |= {"etag": validators.etag, "last_modified": validators.last_modified}  # type: ignore[dict-item]
        statement = insert_or(self._connection, SweepMarkRow).values(
            source=source, kind=str(kind), **values
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["source", "kind"], set_=values)
        )

    # -- receipts

    def add_receipt(
        self,
        source: str,
        report: WindowReport,
        tally: Tally,
        *,
        started_at: datetime,
        finished_at: datetime,
    ) -> None:
        """What one window stated, gave and came to."""
        self._receive(
            _came(source, tally, started_at, finished_at),
            kind=str(report.kind),
            window_start=report.window.start,
            window_end=report.window.end,
            query=report.query,
            translation=report.translation,
            stated=report.stated,
            fetched=report.fetched,
            end_sign=report.end_sign,
            gap=report.gap,
            warnings=list(report.warnings),
            signs=sorted(report.signs),
        )

    def add_import_receipt(
        self, source: str, file: str, tally: Tally, started_at: datetime, finished_at: datetime
    ) -> None:
        """What one imported file held."""
        came = _came(source, tally, started_at, finished_at)
        self._receive(came, kind=IMPORT, query=file, end_sign=True)

    def add_recheck_receipt(
        self,
        source: str,
        query: str,
        tally: Tally,
        gap: str | None,
        *,
        started_at: datetime,
        finished_at: datetime,
    ) -> None:
        """What a source said when it was asked for known papers again; it has no window."""
        came = _came(source, tally, started_at, finished_at)
        self._receive(came, kind=RECHECK, query=query, end_sign=gap is None, gap=gap)

    def _receive(self, came: Mapping[str, Any], **told: object) -> None:
        """Keep a receipt: what came, with what is told of the asking."""
        values = {"stated": None, "warnings": [], **came, **told}
        self._connection.execute(insert(ReceiptRow).values(**values))

    def receipts(self, source: str | None = None, limit: int = 50) -> list[Receipt]:
        """The newest receipts first."""
        row = ReceiptRow
        statement = select(row).order_by(row.finished_at.desc(), row.id.desc()).limit(limit)
        if source:
            statement = statement.where(row.source == source)
        return [receipt_of(found) for found in self._connection.execute(statement)]

    def summary(self, since: datetime | None, until: datetime) -> tuple[SourceReceipt, ...]:
        """One line per source over its polls in (since, until]: what a digest proves itself by.

        A gap is told unless a later receipt of the same source, kind and window closed it, or a
        later walk of that kind moved its mark past the window. What there was nothing to ask of is
        left out.
        """
        row = ReceiptRow
        statement = (
            select(row)
            .where(row.finished_at <= until, row.kind.not_in((IMPORT, RECHECK)))
            .order_by(row.id)
        )
        if since is not None:
            statement = statement.where(row.finished_at > since)
        lines: dict[str, list[Row[Any]]] = {}
        for found in self._connection.execute(statement):
            if found.query != NOTHING_ASKED:
                lines.setdefault(found.source, []).append(found)
        succeeded = select(SourceRow.name, SourceRow.last_success_at)
        success = {name: at for name, at in self._connection.execute(succeeded)}  # noqa: C416
        broken = self._standing_errors()
        return tuple(
            _line(n, lines.get(n, []), self.marks(n), success.get(n), broken.get(n))
            for n in sorted(set(lines) | set(broken))
        )

    def _standing_errors(self) -> dict[str, str]:
        row = SourceRow
        told = (row.error.is_not(None), row.name != RECHECK)  # what is new does not hang on it
        statement = select(row.name, row.error).where(*told)
        return {name: error or "" for name, error in self._connection.execute(statement)}

    def count_receipts(self) -> int:
        """How many receipts there are."""
        return self._connection.execute(select(func.count()).select_from(ReceiptRow)).scalar_one()


def _came(
    source: str, tally: Tally, started_at: datetime, finished_at: datetime
) -> dict[str, object]:
    """What any receipt says of the records that came."""
    return {
        "source": source,
        "fetched": tally.fetched,
        "new": tally.new,
        "changed": tally.changed,
        "unparsed": tally.unparsed,
        "gone": tally.gone,
        "dropped": dict(tally.dropped),
        "lacking": dict(tally.lacking),
        "program": f"litwatch {__version__}",
        "started_at": started_at,
        "finished_at": finished_at,
    }


def _line(
    name: str,
    rows: list[Row[Any]],
    marks: Mapping[SweepKind, SweepMark],
    success: datetime | None,
    error: str | None,
) -> SourceReceipt:
    latest: Mapping[tuple[object, ...], Row[Any]] = {
        (row.kind, row.query, row.window_start, row.window_end): row for row in rows
    }
    gaps = [
        Unproved(row.kind, Window(row.window_start, row.window_end), row.gap or NO_END_SIGN)
        for row in latest.values()
        if not _whole(row) and not _made_good(row, rows, marks)
    ]
    broken = [plain(error)] if error and not any(error in gap.cause for gap in gaps) else []
    starts = [row.window_start for row in rows if row.window_start]
    ends = [row.window_end for row in rows if row.window_end]
    told = [row.stated for row in latest.values() if _whole(row)]
    stated = [total for total in told if total is not None]
    return SourceReceipt(
        source=name,
        window=str(Window(min(starts), max(ends))) if starts and ends else "",
        stated=sum(stated) if stated and len(stated) == len(told) else None,
        fetched=sum(row.fetched for row in latest.values()),
        new=sum(row.new for row in rows),
        gaps=(*tell(gaps), *broken),
        last_success_at=success,
    )


def _whole(row: Row[Any]) -> bool:
    return bool(row.end_sign and not row.gap)


def _made_good(
    gap: Row[Any], rows: Sequence[Row[Any]], marks: Mapping[SweepKind, SweepMark]
) -> bool:
    """Whether a walk that began after the gap was written reached back to it and was proved past
    it. What was whole beside the gap, in the same walk, says nothing of it."""
    mark = marks.get(SweepKind(gap.kind), SweepMark())
    if mark.last_complete_end is None or mark.last_run is None:
        return False
    return (
        mark.last_complete_end >= gap.window_end
        and mark.last_run >= gap.finished_at
        and any(
            row.id > gap.id
            and row.kind == gap.kind
            and row.window_start <= gap.window_start
            and _whole(row)
            for row in rows
        )
    )
