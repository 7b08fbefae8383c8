"""Vectors of works, per encoder. float16 on disk; never compared across encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVarTuple

from sqlalchemy import Connection, Select, and_, func, select

from service.store.dialect import chunks, insert_missing, insert_or
from service.store.schema import EmbeddingRow, EncoderRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.records import EncoderInfo


Ts = TypeVarTuple("Ts")


class Embeddings:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def encoder_id(self, info: EncoderInfo) -> int:
        """The encoder's number, given one on first sight."""
        row = EncoderRow
        values = {
            "name": info.name,
            "revision": info.revision,
            "text_version": info.text_version,
            "precision": info.precision,
        }
        insert_missing(self._connection, row, [values | {"dimension": info.dimension}])
        same = (getattr(row, name) == value for name, value in values.items())
        return self._connection.execute(select(row.id).where(*same)).scalar_one()

    def find(self, info: EncoderInfo) -> int | None:
        """The encoder's number, or None when it never embedded anything here."""
        row = EncoderRow
        return self._connection.execute(
            select(row.id).where(
                row.name == info.name,
                row.revision == info.revision,
                row.text_version == info.text_version,
                row.precision == info.precision,
            )
        ).scalar_one_or_none()

    def waiting(self, encoder_id: int) -> int:
        """How many works have no current vector."""
        statement = self._missing(encoder_id, select(func.count()).select_from(WorkRow))
        return self._connection.execute(statement).scalar_one()

    def missing(
        self, encoder_id: int, limit: int, after: int = 0, *, above: int = 0
    ) -> list[tuple[int, str, str, bytes]]:
        """Works (id, title, abstract, text hash) after id `after` without a current vector. With
        `above` only those of greater sequence numbers are looked at, however many others there
        are."""
        work = WorkRow
        columns = select(work.id, work.title, work.abstract, work.text_hash)
        statement = self._missing(encoder_id, columns)
        if above:  # the id as an expression: by its own index SQLite would walk through all works
            number = work.id + 0
            statement = statement.where(work.seq > above, number > after).order_by(number)
        else:
            statement = statement.where(work.id > after).order_by(work.id)
        found = self._connection.execute(statement.limit(limit))
        return [(i, title, abstract, digest) for i, title, abstract, digest in found]

    def missing_of(self, encoder_id: int, numbers: range) -> list[tuple[int, str, str, bytes]]:
        """As `missing`, of the works with these numbers."""
        work = WorkRow
        columns = select(work.id, work.title, work.abstract, work.text_hash)
        within = (work.id >= numbers.start, work.id < numbers.stop)
        statement = self._missing(encoder_id, columns).where(*within).order_by(work.id)
        found = self._connection.execute(statement)
        return [(i, title, abstract, digest) for i, title, abstract, digest in found]

    def reached(self, encoder_id: int, seq: int) -> bool:
        """Whether the last work up to that sequence number has its vector. As they are embedded in
        order, so have those before it, but for works whose text changed, or that came back, under
        an old number since."""
        work, held = WorkRow, EmbeddingRow
        last = (
            select(work.id, work.text_hash)
            .where(work.id <= seq, work.seq <= seq, work.gone_at.is_(None))
            .where(func.coalesce(work.merged_into, 0) == 0)
            .order_by(work.id.desc())
            .limit(1)
        )
        found = self._connection.execute(last).first()
        if found is None:
            return True
        current = (held.work_id == found[0], held.text_hash == found[1])
        statement = select(held.work_id).where(*current, held.encoder_id == encoder_id)
        return self._connection.execute(statement).first() is not None

    @staticmethod
    def _missing(encoder_id: int, statement: Select[*Ts]) -> Select[*Ts]:
        work, held = WorkRow, EmbeddingRow
        current = and_(
            held.work_id == work.id,
            held.encoder_id == encoder_id,
            held.text_hash == work.text_hash,
        )
        # As an expression: SQLite would begin with the index of all that were not merged.
        alive = (func.coalesce(work.merged_into, 0) == 0, work.gone_at.is_(None))
        return statement.outerjoin(held, current).where(held.work_id.is_(None), *alive)

    def save(self, encoder_id: int, vectors: Sequence[tuple[int, bytes, NDArray[float32]]]) -> None:
        """Keep (work id, text hash, unit rows) as float16; replaces what was there."""
        if not vectors:
            return
        rows = [
            {
                "work_id": work_id,
                "encoder_id": encoder_id,
                "text_hash": text_hash,
                "chunks": int(rows.shape[0]),
                "vectors": rows.astype("<f2").tobytes(),
            }
            for work_id, text_hash, rows in vectors
        ]
        statement = insert_or(self._connection, EmbeddingRow)
        new = {name: statement.excluded[name] for name in ("text_hash", "chunks", "vectors")}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["work_id", "encoder_id"], set_=new),
            rows,
        )

    def load(self, encoder_id: int, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        """Unit rows by work id, shape (chunks, dimension); stale ones are left out."""
        work, held = WorkRow, EmbeddingRow
        import numpy as np  # noqa: PLC0415 (search needs the store, not numpy)

        found: dict[int, NDArray[float32]] = {}
        for part in chunks(work_ids):
            statement = (
                select(held.work_id, held.chunks, held.vectors)
                .join(work, and_(work.id == held.work_id, work.text_hash == held.text_hash))
                .where(held.encoder_id == encoder_id, held.work_id.in_(part))
            )
            for work_id, count, blob in self._connection.execute(statement):
                rows = np.frombuffer(blob, dtype="<f2").reshape(count, -1)
                found[work_id] = rows.astype(np.float32)
        return found
