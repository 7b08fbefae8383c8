"""Vectors of works, per encoder. float16 on disk; never compared across encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection, and_, select

from service.store.dialect import chunks, insert_missing, insert_or
from service.store.schema import EmbeddingRow, EncoderRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.records import EncoderInfo


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

    def missing(
        self, encoder_id: int, limit: int, after: int = 0, since: int | None = None
    ) -> list[tuple[int, str, str, bytes]]:
        """Works (id, title, abstract, text hash) after id `after` without a current vector.

        With `since`, only works that entered the ingest sequence after it and are announced.
        """
        work, held = WorkRow, EmbeddingRow
        current = and_(
            held.work_id == work.id,
            held.encoder_id == encoder_id,
            held.text_hash == work.text_hash,
        )
        statement = (
            select(work.id, work.title, work.abstract, work.text_hash)
            .outerjoin(held, current)
            .where(held.work_id.is_(None), work.merged_into.is_(None), work.gone_at.is_(None))
            .where(work.id > after)
            .order_by(work.id)
            .limit(limit)
        )
        if since is not None:
            statement = statement.where(work.seq > since, work.announce)
        return [(i, title, text, h) for i, title, text, h in self._connection.execute(statement)]

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
