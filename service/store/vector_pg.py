"""The works that are nearest in meaning, by pgvector.

Imported on demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Connection,
    Float,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, OID
from sqlalchemy.exc import DBAPIError

from service.errors import StoreError
from service.store import engine as engines
from service.store import neighbours, vector_rows, vector_tables
from service.store.estimates import see_to_figures
from service.store.neighbours import Standing, answering, bundles
from service.store.search import Search
from service.store.vector_scan import ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy import float32
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement, Engine, Select

    from service.records import EncoderInfo
    from service.records.queries import Term
    from service.store.unit import Store
    from service.store.vector_scan import Found
    from service.store.vector_tables import Space

LEAST_VERSION = (0, 8)  # of pgvector: the first that goes on where a filter leaves too few
_WIDTH = 600  # works that a search of the index keeps in sight: see docs/decisions
_MOST_WIDTH = 1_000  # what pgvector allows
_MANY = 50_000  # new works that are sooner indexed anew than one by one
_ADVISORY_LOCK = 7_152_027  # arbitrary but fixed: only one process at a time refreshes


def usable(engine: Engine) -> bool:
    """Whether the database has a new enough pgvector, or may get it, and may get our tables.
    Raises `StoreError`."""
    asked = text(
        "SELECT installed_version, default_version, to_regnamespace(:schema) IS NOT NULL"
        " OR has_database_privilege(current_database(), 'CREATE')"
        " FROM pg_available_extensions WHERE name = 'vector'"
    )
    with engines.transaction(engine, write=False) as connection:
        row = connection.execute(asked, {"schema": vector_tables.SCHEMA}).one_or_none()
    if row is None:
        return False
    installed, offered, may = row
    if not may or _numbers(installed or offered) < LEAST_VERSION:
        return False
    return installed is not None or _added(engine)


def _added(engine: Engine) -> bool:
    try:
        with engines.transaction(engine, write=True) as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except StoreError:
        return False  # only an administrator may
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


class PgNeighbours:
    """`Neighbours` in tables of a PostgreSQL database with pgvector."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        # Of each encoder the vectors that were found, and which table they are in.
        self._known: dict[EncoderInfo, tuple[Space, int]] = {}

    def standing(self, info: EncoderInfo) -> Standing:
        """How the index stands. Raises `StoreError`."""
        with engines.transaction(self._engine, write=False) as connection:
            space = vector_tables.space(connection, info)
            works = vector_tables.count(connection, space) if space else 0
            place = space.place if space else vector_rows.START
            return Standing(works, vector_rows.behind(connection, place))

    def refresh(
        self,
        info: EncoderInfo,
        progress: Callable[[int], None] = lambda _done: None,
        *,
        wait: bool = True,
    ) -> int:
        """Take in what was embedded, changed or merged since; returns how many works that was.
        `progress` is called with the number of works done since its last call. What was done when
        it is stopped is kept; tables of another archive are made anew.

        Waits while another process refreshes, or without `wait` does nothing then. Raises
        `StoreError`.
        """
        with self._alone(wait=wait) as own:
            if own is None:
                return 0
            with engines.transaction(self._engine, write=True) as connection:
                space = vector_tables.make(connection, info)
                coming = vector_rows.behind(connection, space.place)
                many = coming > _MANY and coming > vector_tables.count(connection, space)
            if many:
                vector_tables.drop_index(own, space)
            with engines.transaction(self._engine, write=False) as reading:
                witness, done = vector_rows.witness(reading), 0
                for page in bundles(vector_rows.pages(reading, info, space.place), progress):
                    with engines.transaction(self._engine, write=True) as connection:
                        vector_tables.take_in(connection, space, page, witness)
                    done += len(page.ids)
            with engines.transaction(self._engine, write=True) as connection:
                done += vector_tables.drop_merged(connection, space)
            vector_tables.build_index(own, space)
            see_to_figures(own)
            return done

    def of(self, info: EncoderInfo, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        """The unit vectors of those of the works that have one. Raises `StoreError`."""
        with engines.transaction(self._engine, write=False) as connection:
            space = self._space(connection, info)
            if space is None:
                return {}
            columns = space.vectors.c
            sent = select(columns.work_id, func.halfvec_send(columns.vector))
            found = connection.execute(sent.where(columns.work_id == _any(work_ids)))
            return {number: vector_tables.received(vector) for number, vector in found}

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
        with engines.transaction(self._engine, write=False) as connection:
            space = self._space(connection, info)
            if space is None:
                return []
            search, asked = Search(connection), _Asked(connection, space, vector)
            return answering(
                search,
                limit,
                where,
                ceiling,
                near=lambda size: asked.near(size, ceiling),
                among=lambda work_ids: asked.among(work_ids, limit),
                few=lambda term, below: asked.few(search.answering(term, below), limit),
            )

    def _space(self, connection: Connection, info: EncoderInfo) -> Space | None:
        """See `vector_tables.space`; what was found before is only looked at again."""
        known = self._known.get(info)
        if known is not None and _stands(connection, *known):
            return known[0]
        found = vector_tables.space(connection, info)
        if found is not None:
            table = connection.execute(select(_table(found))).scalar_one()
            self._known[info] = found, table
        return found

    @contextmanager
    def _alone(self, *, wait: bool) -> Iterator[Connection | None]:
        """A connection without a transaction, while no other process refreshes; None where one
        does and is not waited for."""
        try:
            with self._engine.connect() as own:
                connection = own.execution_options(isolation_level="AUTOCOMMIT")
                if wait:
                    connection.execute(select(func.pg_advisory_lock(_ADVISORY_LOCK)))
                elif not connection.scalar(select(func.pg_try_advisory_lock(_ADVISORY_LOCK))):
                    yield None
                    return
                try:
                    yield connection
                finally:
                    connection.execute(select(func.pg_advisory_unlock(_ADVISORY_LOCK)))
        except DBAPIError as error:
            told = self._engine.url.render_as_string(hide_password=True)
            raise engines.translate(error, told) from error


def _table(space: Space) -> ColumnElement[int]:
    """Which table the vectors are in now, NULL where there is none: one that was dropped and made
    anew is another."""
    return cast(func.to_regclass(str(space.vectors)), OID)


def _stands(connection: Connection, space: Space, table: int) -> bool:
    """Whether vectors that were found before are there still, and are of this archive."""
    told = space.witness  # of nothing says nothing of the table
    return bool(told.works) and vector_rows.knows(connection, told, _table(space) == table)


class _Asked:
    """A question to the vectors of one space."""

    def __init__(self, connection: Connection, space: Space, vector: NDArray[float32]) -> None:
        self.connection = connection
        self.space = space
        column = space.vectors.c.vector
        bound = literal(vector, column.type)  # one value, however often it is named
        # pgvector's negative inner product.
        self._distance = column.op("<#>", return_type=Float())(bound)

    def near(self, size: int, ceiling: int | None) -> Found:
        """At least `size` works, if there are as many; by the index where there is one."""
        self._set("hnsw.iterative_scan", "relaxed_order")
        self._set("hnsw.ef_search", min(max(_WIDTH, size), _MOST_WIDTH))
        self._set("hnsw.max_scan_tuples", 20_000 + 4 * size)
        self._set("enable_seqscan", "off")  # the planner counts it too cheap
        columns = self.space.vectors.c
        below = () if ceiling is None else (columns.work_id <= ceiling,)
        found = self._found(self._distance, size, *below)
        self._set("enable_seqscan", "on")
        if len(found[0]) < size:  # the index gave up, or there are no more
            found = self._found(self._exactly, size, *below)
        return found

    def among(self, work_ids: Sequence[int], limit: int) -> Found:
        """The nearest of these works; each is compared."""
        return self._found(self._exactly, limit, self.space.vectors.c.work_id == _any(work_ids))

    def few(self, every: Select[int] | None, limit: int) -> Found | None:
        """The nearest of the works that a statement asks for, each compared; None where these are
        more than `neighbours.FEW`. In one go: to fetch their numbers and give them back takes as
        long as to compare them."""
        if every is None:
            return _as_found([])
        few = every.limit(neighbours.FEW + 1).cte("few")
        count = select(func.count()).select_from(few).scalar_subquery()
        numbers = func.array(select(few.c.id).scalar_subquery())
        number = self.space.vectors.c.work_id
        enough = count <= neighbours.FEW
        distance = self._exactly.label("distance")  # worked out once for both its uses
        these = select(number, distance).where(enough, number == func.any(numbers))
        near = these.order_by(distance).limit(limit).subquery()
        told = select(enough.label("enough")).subquery()
        rows = self.connection.execute(
            select(told, near.c.work_id, -near.c.distance).select_from(told.outerjoin(near, true()))
        ).all()
        if not rows[0].enough:
            return None
        return _as_found([(work_id, cosine) for _, work_id, cosine in rows if work_id is not None])

    @property
    def _exactly(self) -> ColumnElement[float]:
        """An order that the index does not know: each work is compared."""
        return self._distance + literal_column("0")

    def _found(self, order: ColumnElement[float], size: int, *these: ColumnElement[bool]) -> Found:
        number = self.space.vectors.c.work_id
        statement = select(number, -self._distance).where(*these).order_by(order).limit(size)
        return _as_found(self.connection.execute(statement).all())

    def _set(self, name: str, value: object) -> None:
        """A setting of the server, until the transaction ends."""
        self.connection.execute(select(func.set_config(name, str(value), literal_column("true"))))


def _as_found(rows: Sequence[Any]) -> Found:
    """Pairs of a work and its cosine, the nearest first."""
    ids = np.fromiter((number for number, _ in rows), np.int64, len(rows))
    cosines = np.fromiter((cosine for _, cosine in rows), np.float32, len(rows))
    return ordered([(ids, cosines)])


def _any(work_ids: Sequence[int]) -> Any:  # noqa: ANN401 (what = compares with)
    """As one value: a list of ten thousand parameters costs more than the search."""
    return func.any(literal(list(work_ids), ARRAY(BigInteger)))
