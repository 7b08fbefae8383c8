"""Vectors in memory-mapped files, for searching without a database server.

A folder holds parts and a list of them. A part is never changed once it is on the list, and the
list is replaced whole: readers see the vectors before a refresh or after it, whatever stops it. A
part's vectors lie there twice: as float16 rows, and as their signs, one bit a dimension, in columns
of 64 bits, so that one pass over 48 MB compares a million works of 384 dimensions.

Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from service.store.vector_rows import NOBODY, START, Place, Witness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy import float16, int64, uint64
    from numpy.typing import NDArray

FORMAT = 1
LIST = "vectors.json"
_MAGIC = b"litwatch vectors"
_HEADER = struct.Struct("<16sIIQI")  # magic, format, dimension, works, CRC-32 of those
_ALIGNED = 4_096
_BLOCK = 16_384  # vectors that are worked on at a time


@dataclass(frozen=True, eq=False)
class Part:
    """A file of vectors: works ascending, float16 rows (works, dimension), and the rows' signs as
    bits (words, works)."""

    name: str
    ids: NDArray[int64]
    rows: NDArray[float16]
    codes: NDArray[uint64]

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: NDArray[int64]) -> NDArray[int64]:
        """The rows of those of the works (ascending) that are in this part, ascending."""
        first, last = np.searchsorted(ids, (self.ids[0], self.ids[-1] + 1))
        wanted = ids[first:last]
        rows = np.searchsorted(self.ids, wanted).astype(np.int64)
        found: NDArray[int64] = rows[self.ids[rows] == wanted]
        return found


@dataclass(frozen=True)
class Vectors:
    """All that a folder holds at one moment. Of works that are in several parts, the last counts.

    Stays readable when the folder is refreshed.
    """

    dimension: int
    place: Place = START
    witness: Witness = NOBODY
    parts: tuple[Part, ...] = ()

    @cached_property
    def outdated(self) -> tuple[NDArray[int64], ...]:
        """Of each part the rows, ascending, whose work is in a later part as well."""
        found = []
        for at, part in enumerate(self.parts):
            rows = [part.rows_of(later.ids) for later in self.parts[at + 1 :]]
            found.append(np.unique(np.concatenate([np.empty(0, np.int64), *rows])))
        return tuple(found)

    def __len__(self) -> int:
        return sum(map(len, self.parts)) - sum(map(len, self.outdated))


def signs(vectors: NDArray[Any]) -> NDArray[uint64]:
    """Whether each number is above zero, as bits: shape (works, dimension) to (works, words)."""
    bits = np.packbits(vectors > 0, axis=1)
    wide = np.zeros((len(vectors), -(-vectors.shape[1] // 64) * 8), np.uint8)
    wide[:, : bits.shape[1]] = bits
    return wide.view("<u8")


# -- parts ----------------------------------------------------------------------------------------


def write_part(
    folder: Path,
    ids: NDArray[int64],
    rows: Callable[[NDArray[int64]], NDArray[Any]],
    dimension: int,
) -> Part:
    """A new part for these works (ascending); `rows` gives the vectors for some of their places.

    On the disk when this returns, and not yet on the list. Raises `OSError`.
    """
    file = folder / f"{uuid4().hex}.part"
    spans, size = _spans(len(ids), dimension)
    head = _HEADER.pack(_MAGIC, FORMAT, dimension, len(ids), 0)
    try:
        with file.open("wb") as stream:
            stream.write(head[:-4] + zlib.crc32(head[:-4]).to_bytes(4, "little"))
            stream.truncate(size)
            codes = np.empty((-(-dimension // 64), len(ids)), "<u8")
            stream.seek(spans["rows"])
            for start in range(0, len(ids), _BLOCK):
                places = np.arange(start, min(start + _BLOCK, len(ids)))
                some = rows(places).astype("<f2")
                stream.write(some.data)
                codes[:, places] = signs(some).T
            for name, array in (("ids", ids.astype("<i8")), ("codes", codes)):
                stream.seek(spans[name])
                stream.write(array.data)
            stream.flush()
            os.fsync(stream.fileno())
        return read_part(file, dimension)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def read_part(file: Path, dimension: int) -> Part:
    """The part in this file, mapped. Raises `ValueError` for one that is damaged or foreign,
    `OSError`."""
    with file.open("rb") as stream:
        head = stream.read(_HEADER.size)
        size = os.fstat(stream.fileno()).st_size
    if len(head) < _HEADER.size:
        raise ValueError(f"{file} is cut short")
    magic, version, width, count, check = _HEADER.unpack(head)
    spans, expected = _spans(count, dimension)
    sound = (magic, version, width, size) == (_MAGIC, FORMAT, dimension, expected)
    if not sound or check != zlib.crc32(head[:-4]):
        raise ValueError(f"{file} is not a file of vectors, or is damaged")
    words = -(-dimension // 64)
    shapes = {"ids": ("<i8", (count,)), "rows": ("<f2", (count, dimension))}
    shapes["codes"] = ("<u8", (words, count))
    # Rows are read here and there, a few of all: read a row at a time with calls of its own, the
    # threads of a search would wait for each other's turn thousands of times.
    found: dict[str, Any] = {
        name: np.memmap(file, kind, "r", spans[name], shape).view(np.ndarray)
        for name, (kind, shape) in shapes.items()
    }
    if count and not (found["ids"][0] > 0 and (np.diff(found["ids"]) > 0).all()):
        raise ValueError(f"{file} is damaged")
    return Part(file.name, **found)


def _spans(count: int, dimension: int) -> tuple[dict[str, int], int]:
    """Where in a part each array begins, and how long the file is."""
    sizes = {"codes": -(-dimension // 64) * 8, "ids": 8, "rows": 2 * dimension}
    spans: dict[str, int] = {}
    end = _ALIGNED
    for name, size in sizes.items():
        spans[name] = end
        end += -(-size * max(count, 1) // _ALIGNED) * _ALIGNED
    return spans, end


# -- the list of them -----------------------------------------------------------------------------


def version(folder: Path) -> tuple[int, ...] | None:
    """What changes when the list does; None where there is none."""
    try:
        found = (folder / LIST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(folder: Path, dimension: int) -> Vectors | None:
    """What the folder holds; None where that is nothing, or damaged, or of another version."""
    for _ in range(5):  # a refresh may take away the parts of a list that was just read
        before = version(folder)
        try:
            told = json.loads((folder / LIST).read_bytes())
            if (told["format"], told["dimension"]) != (FORMAT, dimension):
                return None
            place = told["place"] | {"waiting": tuple(told["place"]["waiting"])}
            works = tuple((number, at) for number, at in told["witness"]["works"])
            parts = tuple(read_part(folder / name, dimension) for name in told["parts"])
            return Vectors(dimension, Place(**place), Witness(works), parts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            if version(folder) == before:
                return None
    return None


def replace(folder: Path, vectors: Vectors) -> None:
    """Make this what the folder holds, and delete parts that are no longer needed."""
    parts = [part.name for part in vectors.parts]
    told = {
        "format": FORMAT,
        "dimension": vectors.dimension,
        "place": asdict(vectors.place),
        "witness": asdict(vectors.witness),
        "parts": parts,
    }
    fresh = folder / f"{LIST}.new"
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(told, stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(folder / LIST)
    _sync(folder)
    for file in folder.glob("*.part"):
        if file.name not in parts:
            file.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Names are on the disk only when their folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- growing --------------------------------------------------------------------------------------


def compacted(folder: Path, vectors: Vectors, gone: NDArray[int64]) -> tuple[Part, ...]:
    """The parts with the smaller ones joined, so that each is at least twice all that follow: few
    parts, and each vector is rewritten few times. What is joined loses what is outdated or `gone`.

    Raises `OSError`.
    """
    sizes = [len(part) for part in vectors.parts]
    small = (at for at in range(len(sizes) - 1) if sizes[at] < 2 * sum(sizes[at + 1 :]))
    first = next(small, None)
    return vectors.parts if first is None else _with_joined(folder, vectors, first, gone)


def _with_joined(
    folder: Path, vectors: Vectors, first: int, gone: NDArray[int64]
) -> tuple[Part, ...]:
    parts, outdated = vectors.parts[first:], vectors.outdated[first:]
    kept = []
    for part, old in zip(parts, outdated, strict=True):
        alive = np.ones(len(part), np.bool_)
        alive[old] = alive[part.rows_of(gone)] = False
        kept.append(np.flatnonzero(alive))
    ids = np.concatenate([part.ids[rows] for part, rows in zip(parts, kept, strict=True)])
    owner = np.repeat(np.arange(len(parts)), [len(rows) for rows in kept])
    source = np.concatenate(kept)
    order = np.argsort(ids, kind="stable")

    def rows(places: NDArray[int64]) -> NDArray[float16]:
        chosen = order[places]
        found = np.empty((len(places), vectors.dimension), "<f2")
        for number, part in enumerate(parts):
            own = owner[chosen] == number
            found[own] = part.rows[source[chosen[own]]]
        return found

    whole = write_part(folder, ids[order], rows, vectors.dimension)
    return (*vectors.parts[:first], whole)
