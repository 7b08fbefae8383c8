"""The works that are nearest in meaning, from a file of vectors beside the database.

The file is made from the rows of `embedding` and can be deleted at any time. What is found is
looked up in the database before it is given: a work that is gone or merged is never found, however
old the file is. Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

import fcntl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from typing import IO, TYPE_CHECKING

import numpy as np

from service.errors import StoreError
from service.records.queries import AllOf
from service.store import engine as engines
from service.store import vector_file, vector_rows, vector_scan
from service.store.search import Search
from service.store.vector_file import Vectors
from service.store.vector_rows import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from service.records import EncoderInfo
    from service.records.queries import Term
    from service.store.unit import Store
    from service.store.vector_scan import Found

EVERY = AllOf(())
FEW = 20_000  # works that answer to a condition and are compared one by one
# Works looked through for those that answer, at first without and with a condition. Then all are.
FIRST, FIRST_OF_MANY = 600, 4_000
SOME = 50  # works that are enough, where few near ones answer
_ALL = 2**62
BUNDLE = 65_536  # vectors that are kept in memory before they are written


@dataclass(frozen=True, slots=True)
class Standing:
    """How an index stands: works in it, and works that came, changed or waited since."""

    works: int
    behind: int


class FileNeighbours:
    """`Neighbours` in files of `folder`; several processes may read while one refreshes."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._turn = threading.Lock()
        self._read: dict[Path, tuple[tuple[int, ...] | None, Vectors | None]] = {}

    def standing(self, info: EncoderInfo) -> Standing:
        """How the index stands. Raises `StoreError`."""
        with engines.transaction(self._store.engine, write=False) as connection:
            vectors = self._vectors(info, connection) or Vectors(info.dimension)
            return Standing(len(vectors), vector_rows.behind(connection, vectors.place))

    def refresh(
        self,
        info: EncoderInfo,
        progress: Callable[[int], None] = lambda _done: None,
        *,
        wait: bool = True,
    ) -> int:
        """Take in what was embedded or changed since; returns how many works that was. `progress`
        is called with the number of works done since its last call. What was done when it is
        stopped is kept. A file that is damaged, or of another archive, is made anew.

        Waits while another process refreshes, or without `wait` does nothing then. Raises
        `StoreError`.
        """
        folder = self._place(info)
        with (
            _alone(folder, wait=wait) as own,
            engines.transaction(self._store.engine, write=False) as connection,
        ):
            if not own:
                return 0
            vectors = self._vectors(info, connection) or Vectors(info.dimension)
            witness, done = vector_rows.witness(connection), 0
            pages = vector_rows.pages(connection, info, vectors.place)
            for page in bundles(pages, progress):
                parts = vectors.parts
                if len(page.ids):
                    rows = page.vectors.__getitem__
                    parts += (vector_file.write_part(folder, page.ids, rows, info.dimension),)
                if len(page.ids) or page.place != vectors.place:
                    vectors = Vectors(info.dimension, page.place, witness, parts)
                    vector_file.replace(folder, vectors)
                done += len(page.ids)
            parts = vector_file.compacted(folder, vectors, vector_rows.merged(connection))
            if parts != vectors.parts:
                vector_file.replace(folder, replace(vectors, parts=parts))
            return done

    def of(self, info: EncoderInfo, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        """The unit vectors of those of the works that have one. Raises `StoreError`."""
        with engines.transaction(self._store.engine, write=False) as connection:
            vectors = self._vectors(info, connection)
        return vector_scan.held(vectors, work_ids) if vectors else {}

    def nearest(
        self,
        info: EncoderInfo,
        vector: NDArray[float32],
        limit: int,
        where: Term | None = None,
        ceiling: int | None = None,
    ) -> list[tuple[int, float]]:
        """Works with their cosines to a unit vector, the nearest first, ties by number; only those
        that answer to `where` and have no higher number than `ceiling`. [] where none has a vector.

        Raises `StoreError`.
        """
        with engines.transaction(self._store.engine, write=False) as connection:
            vectors = self._vectors(info, connection)
            if vectors is None:
                return []
            search = Search(connection)
            return answering(
                search,
                limit,
                where,
                ceiling,
                near=lambda size: vector_scan.nearest(vectors, vector, size, ceiling),
                among=lambda work_ids: vector_scan.among(vectors, vector, work_ids),
                few=partial(_few, search, vectors, vector),
            )

    def _place(self, info: EncoderInfo) -> Path:
        space = "\n".join((info.name, info.revision, info.text_version, str(info.dimension)))
        return self._folder / blake2b(space.encode(), digest_size=8).hexdigest()

    def _vectors(self, info: EncoderInfo, connection: Connection) -> Vectors | None:
        """What the files hold now; None where that is nothing, or is of another archive."""
        folder = self._place(info)
        version = vector_file.version(folder)
        with self._turn:
            known, vectors = self._read.get(folder, (None, None))
            if version != known:
                vectors = vector_file.read(folder, info.dimension) if version else None
                if vectors and not vector_rows.knows(connection, vectors.witness):
                    vectors = None
                self._read[folder] = version, vectors
        return vectors


def _few(
    search: Search,
    vectors: Vectors,
    vector: NDArray[float32],
    where: Term,
    ceiling: int | None,
) -> Found | None:
    """The works that answer to the condition, the nearest first; None where more than `FEW` do."""
    few = search.ids(where, FEW + 1, ceiling)
    return vector_scan.among(vectors, vector, few) if len(few) <= FEW else None


def answering(
    search: Search,
    limit: int,
    where: Term | None,
    ceiling: int | None,
    *,
    near: Callable[[int], Found],
    among: Callable[[Sequence[int]], Found],
    few: Callable[[Term, int | None], Found | None],
) -> list[tuple[int, float]]:
    """The first `limit` works that are there and answer to the condition, with their cosines;
    fewer, `SOME` at least, where very many answer and few of them are near.

    `near(n)` gives at least the n nearest of all works, `among` those of the given works that have
    a vector, `few` those that answer to the condition, None where these are more than `FEW`; all
    with the nearest first.
    """
    exact = None if where is None else few(where, ceiling)
    if exact is not None:
        return _first(exact, limit)
    size = max(FIRST_OF_MANY if where else FIRST, 2 * limit)
    ids, cosines = near(size)
    first = ids[:size].tolist()
    kept = search.among(first, where or EVERY)
    if len(kept) >= min(limit, SOME) or len(ids) < size:
        chosen = np.isin(ids[:size], list(kept))
        return _first((ids[:size][chosen], cosines[:size][chosen]), limit)
    return _first(among(search.ids(where or EVERY, _ALL, ceiling)), limit)


def _first(found: Found, limit: int) -> list[tuple[int, float]]:
    return list(zip(found[0][:limit].tolist(), found[1][:limit].tolist(), strict=True))


@contextmanager
def _alone(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Only one process at a time refreshes a folder: whether it is this one, which it is after a
    `wait`. Raises `StoreError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            yield _locked(lock, wait=wait)  # let go when the file is closed
    except OSError as error:
        told = f"the index of vectors cannot be written: {error.strerror or error}"
        remedy = "check the folder, or set search.index_folder"
        raise StoreError(str(folder), told, remedy) from None


def _locked(lock: IO[str], *, wait: bool) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def bundles(pages: Iterable[Page], progress: Callable[[int], None]) -> Iterator[Page]:
    """The pages, put together until they are worth a file."""
    held: list[Page] = []
    for page in pages:
        held.append(page)
        progress(len(page.ids))
        if sum(len(each.ids) for each in held) >= BUNDLE:
            yield _together(held)
            held = []
    if held:
        yield _together(held)


def _together(pages: Sequence[Page]) -> Page:
    """The pages as one, works ascending; of a work that is in several, the last."""
    ids = np.concatenate([page.ids for page in pages])
    vectors = np.concatenate([page.vectors for page in pages])
    # The first of the same numbers from the end is the last of them.
    unique, places = np.unique(ids[::-1], return_index=True)
    return Page(unique, vectors[len(ids) - 1 - places], pages[-1].place)
