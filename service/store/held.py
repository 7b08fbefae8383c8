"""What the archive holds of records: read before anything is placed."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, tuple_

from service.records import Record
from service.store.columns import storable
from service.store.dialect import chunks
from service.store.schema import RecordRow, SeparationRow, WorkKeyRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Stored:
    """What the archive holds of a record: its row, its work, the hash of its payload."""

    record_id: int
    work_id: int | None
    payload_hash: bytes
    gone: bool


@dataclass(frozen=True, slots=True)
class StoredWork:
    """A work's records as they came, for the merge decision."""

    id: int
    records: Mapping[int, Record]
    separated: frozenset[int]


def payload_hash(payload: bytes) -> bytes:
    """Sixteen bytes that tell a revised payload from the same one."""
    return hashlib.blake2b(payload, digest_size=16).digest()


class Held:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @staticmethod
    def digest(payload: bytes) -> bytes:
        """What tells a revised payload from the same one."""
        return payload_hash(payload)

    def known_ids(self, source: str, source_ids: Sequence[str]) -> set[str]:
        """Those of a source's ids that the archive holds in any version."""
        names = {storable(source_id): source_id for source_id in source_ids}
        found: set[str] = set()
        for part in chunks(list(names)):
            statement = select(RecordRow.source_id).where(
                RecordRow.source == source, RecordRow.source_id.in_(part)
            )
            found.update(names[name] for name in self._connection.execute(statement).scalars())
        return found

    def stored(self, records: Sequence[Record]) -> dict[str, Stored]:
        """What is held of these records, by record key."""
        by_source: dict[str, dict[tuple[str, str], str]] = {}
        for record in records:
            name = (storable(record.source_id), storable(record.version))
            by_source.setdefault(record.source, {})[name] = record.key
        found: dict[str, Stored] = {}
        for source, names in by_source.items():
            for part in chunks(list(names)):
                found |= {names[name]: stored for name, stored in self._stored(source, part)}
        return found

    def _stored(
        self, source: str, wanted: Sequence[tuple[str, str]]
    ) -> Iterable[tuple[tuple[str, str], Stored]]:
        row = RecordRow
        statement = select(
            row.id, row.source_id, row.version, row.work_id, row.payload_hash, row.gone_at
        ).where(row.source == source, tuple_(row.source_id, row.version).in_(wanted))
        for rid, sid, version, work, digest, gone in self._connection.execute(statement):
            yield (sid, version), Stored(rid, work, digest, gone is not None)

    def works_near(self, keys: Iterable[str], work_ids: Iterable[int]) -> list[StoredWork]:
        """All works that have one of these keys or ids, with their records' raw payloads."""
        ids = set(work_ids)
        for part in chunks(sorted(keys)):
            keyed = select(WorkKeyRow.work_id).where(WorkKeyRow.key.in_(part)).distinct()
            ids.update(self._connection.execute(keyed).scalars())
        records: dict[int, dict[int, Record]] = {}
        separated: dict[int, set[int]] = {}
        for some in chunks(sorted(ids)):
            for rid, work_id, record in self._records_of(some):
                records.setdefault(work_id, {})[rid] = record
            statement = select(SeparationRow.work_id, SeparationRow.record_id).where(
                SeparationRow.work_id.in_(some)
            )
            for work_id, rid in self._connection.execute(statement):
                separated.setdefault(work_id, set()).add(rid)
        return [
            StoredWork(work_id, held, frozenset(separated.get(work_id, ())))
            for work_id, held in sorted(records.items())
        ]

    def _records_of(self, work_ids: Sequence[int]) -> Iterable[tuple[int, int, Record]]:
        row = RecordRow
        statement = (
            select(
                row.id, row.work_id, row.source, row.source_id, row.version, row.format, row.payload
            )
            .where(row.work_id.in_(work_ids))
            .order_by(row.id)
        )
        for rid, work_id, source, sid, version, form, payload in self._connection.execute(
            statement
        ):
            if work_id is not None:
                yield rid, work_id, Record(source, sid, version, form, zlib.decompress(payload))
