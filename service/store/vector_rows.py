"""One vector per work, from the rows of `embedding`; and which works have a new one.

Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, func, select

from service.store.dialect import chunks
from service.store.schema import EmbeddingRow, EncoderRow, MergeEventRow, WorkRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy import float16, float32, int64
    from numpy.typing import NDArray

    from service.records import EncoderInfo

PAGE = 4_096  # works read at a time
MOST_WAITING = 10_000  # works without a vector that are remembered one by one


@dataclass(frozen=True, slots=True)
class Place:
    """How far the works were followed: up to which number of the ingest sequence and of the merge
    events; `waiting` are works before that, in order, which had no vector yet."""

    seq: int = 0
    event: int = 0
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Works with their vectors, shape (works, dimension), rows of unit length; no work twice.
    `place` is how far the works are followed once these are taken in."""

    ids: NDArray[int64]
    vectors: NDArray[float32]
    place: Place


@dataclass(frozen=True, slots=True)
class Witness:
    """The first and the last work that were there, and when they came: by these an archive is
    known again, also one that was restored from a copy."""

    works: tuple[tuple[int, str], ...]


START, NOBODY = Place(), Witness(())


def encoders(connection: Connection, info: EncoderInfo) -> list[int]:
    """The numbers of the encoder in every precision."""
    row = EncoderRow
    same = (
        row.name == info.name,
        row.revision == info.revision,
        row.text_version == info.text_version,
        row.dimension == info.dimension,
    )
    return list(connection.execute(select(row.id).where(*same).order_by(row.id)).scalars())


def witness(connection: Connection) -> Witness:
    """Those of the archive as it is."""
    # In two questions: SQLite walks all works for both at once.
    ends = [connection.execute(select(end(WorkRow.id))).scalar() for end in (func.min, func.max)]
    return _seen(connection, [end for end in ends if end is not None])


def knows(connection: Connection, told: Witness, *where: ColumnElement[bool]) -> bool:
    """Whether the archive is the one of the witness, and not an earlier state of it; and of a
    witness that saw any work, whether the conditions hold."""
    return _seen(connection, [number for number, _ in told.works], *where) == told


def _seen(connection: Connection, work_ids: Sequence[int], *where: ColumnElement[bool]) -> Witness:
    statement = select(WorkRow.id, WorkRow.first_seen_at).where(WorkRow.id.in_(work_ids), *where)
    found = connection.execute(statement.order_by(WorkRow.id))
    return Witness(tuple((number, at.isoformat()) for number, at in found))


def behind(connection: Connection, place: Place) -> int:
    """How many works came, were changed, or waited for a vector, since that place."""
    newer = select(func.count()).select_from(WorkRow).where(WorkRow.seq > place.seq)
    return connection.execute(newer).scalar_one() + len(place.waiting)


def merged(connection: Connection) -> NDArray[int64]:
    """Works that became part of another, ascending."""
    statement = select(WorkRow.id).where(WorkRow.merged_into.is_not(None)).order_by(WorkRow.id)
    return np.fromiter(connection.execute(statement).scalars(), dtype=np.int64)


def pages(connection: Connection, info: EncoderInfo, start: Place) -> Iterator[Page]:
    """The works after `start` that have a current vector, in pages, of which each can be the last
    that is taken in."""
    known, none = encoders(connection, info), _joined({}, info.dimension)
    last = connection.execute(select(func.max(WorkRow.seq))).scalar_one() or 0
    event = connection.execute(select(func.max(MergeEventRow.id))).scalar_one() or 0
    waiting: list[int] = []
    for part in chunks(_again(connection, start), PAGE):
        rows = _rows(connection, known, WorkRow.id.in_(part))
        waiting += _without(rows)
        yield Page(*_joined(rows, info.dimension), start)  # what waited is let go at the end
    seq = held = start.seq
    while seq < last:
        end = _page_end(connection, seq, last)
        rows = _rows(connection, known, WorkRow.seq > seq, WorkRow.seq <= end)
        without = _without(rows)
        if held == seq and len(waiting) + len(without) <= MOST_WAITING:
            waiting += without
            held = end
        seq = end
        every = tuple(sorted({*start.waiting, *waiting}))
        yield Page(*_joined(rows, info.dimension), Place(held, start.event, every))
    yield Page(*none, Place(held, event, tuple(sorted(set(waiting)))))


def _again(connection: Connection, start: Place) -> list[int]:
    """Works to look at beside the newer ones: those without a vector, and what was left of a work
    that was split (its text may have changed, its number in the sequence did not)."""
    split = select(MergeEventRow.kept).where(
        MergeEventRow.id > start.event, MergeEventRow.action == "split"
    )
    return sorted({*start.waiting, *connection.execute(split).scalars()})


def _page_end(connection: Connection, seq: int, last: int) -> int:
    statement = select(WorkRow.seq).where(WorkRow.seq > seq, WorkRow.seq <= last)
    at = statement.order_by(WorkRow.seq).offset(PAGE - 1).limit(1)
    return connection.execute(at).scalar_one_or_none() or last


def _rows(
    connection: Connection, known: Sequence[int], *these: ColumnElement[bool]
) -> dict[int, tuple[int, bytes] | None]:
    """For each work its chunks with their number, in the first precision that has them. Works that
    are gone count as the others: they may come back, and nothing would tell."""
    work, held = WorkRow, EmbeddingRow
    current = and_(
        held.work_id == work.id,
        held.encoder_id.in_(known),
        held.text_hash == work.text_hash,
    )
    statement = (
        select(work.id, held.encoder_id, held.chunks, held.vectors, work.merged_into)
        .outerjoin(held, current)
        .where(*these)
    )
    # Chosen and sorted here: for an order by number, or for works that are not part of another,
    # SQLite would walk all works to find these.
    rows = sorted(connection.execute(statement), key=lambda row: (row[0], row[1] or 0))
    found: dict[int, tuple[int, bytes] | None] = {}
    for number, _, count, blob, merged_into in rows:
        if merged_into is None:
            found.setdefault(number, None if blob is None else (count, blob))
    return found


def _without(rows: Mapping[int, object | None]) -> list[int]:
    return [number for number, held in rows.items() if held is None]


def _joined(
    rows: Mapping[int, tuple[int, bytes] | None], dimension: int
) -> tuple[NDArray[int64], NDArray[float32]]:
    """Works ascending with a vector each; those without are left out."""
    held = {number: each for number, each in rows.items() if each is not None}
    vectors = np.empty((len(held), dimension), np.float32)
    counts = np.fromiter((count for count, _ in held.values()), np.int64, len(held))
    blobs = [blob for _, blob in held.values()]
    for count in np.unique(counts):
        places = np.flatnonzero(counts == count)
        some = np.frombuffer(b"".join(blobs[at] for at in places), dtype="<f2")
        vectors[places] = one_vector(some.reshape(len(places), count, dimension))
    return np.fromiter(held, np.int64, len(held)), vectors


def one_vector(rows: NDArray[float16]) -> NDArray[float32]:
    """What works are found by: shape (works, chunks, dimension) to (works, dimension).

    The title's vector (the first row) and the mean of the text's count the same; measured against
    the text's alone and its first chunk's in docs/decisions.
    """
    wide = rows.astype(np.float32)
    text = wide[:, 1:].mean(axis=1) if wide.shape[1] > 1 else wide[:, 0]
    return _unit(wide[:, 0] + _unit(text))


def _unit(rows: NDArray[float32]) -> NDArray[float32]:
    found: NDArray[float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return found
