"""Tables of vectors for pgvector, in a schema of their own.

They are made from the rows of `embedding`: no migration knows them, and dropping the schema loses
nothing. One table for each encoder, so that its index holds vectors of one kind. Imported on
demand only: NumPy is no part of `--help`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.schema import CreateSchema, CreateTable
from sqlalchemy.types import UserDefinedType

from service.store import vector_rows
from service.store.schema import WorkRow
from service.store.vector_rows import Place, Witness

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy import float32
    from numpy.typing import NDArray
    from sqlalchemy import BindParameter, ColumnElement, Dialect

    from service.records import EncoderInfo
    from service.store.vector_rows import Page

SCHEMA = "litwatch_index"
INDEXED = 20_000  # works from which on an index is quicker than comparing all
_KIB_A_WORK = 2  # of memory while the index is built, at 384 dimensions
_LEAST_KIB, _MOST_KIB = 64 << 10, 4 << 20


class Halfvec(UserDefinedType["NDArray[float32]"]):
    """pgvector's type: float16 numbers, a fixed number of them. Values go in as arrays."""

    cache_ok = True

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def get_col_spec(self, **_: object) -> str:
        return f"halfvec({self.dimension})"

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], str]:
        return lambda vector: f"[{','.join(map(repr, vector.tolist()))}]"

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        return cast(bindvalue, self)


_SPACES = Table(
    "space",
    MetaData(schema=SCHEMA),
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("event", BigInteger, nullable=False),
    Column("waiting", ARRAY(BigInteger), nullable=False),
    Column("witness", JSON, nullable=False),
    UniqueConstraint("name", "revision", "text_version", "dimension"),
)


@dataclass(frozen=True, slots=True)
class Space:
    """The vectors of one encoder: their table, and how far the works were followed."""

    vectors: Table
    id: int
    place: Place
    witness: Witness

    @property
    def index(self) -> str:
        """The name of the index over the vectors."""
        return f"ix_{self.vectors.name}"


def _vectors(number: int, dimension: int) -> Table:
    return Table(
        f"work_vector_{number}",
        MetaData(schema=SCHEMA),
        Column("work_id", BigInteger, primary_key=True, autoincrement=False),
        Column("vector", Halfvec(dimension), nullable=False),
    )


def _is(info: EncoderInfo) -> ColumnElement[bool]:
    names = ("name", "revision", "text_version", "dimension")
    return and_(*(_SPACES.c[name] == getattr(info, name) for name in names))


def space(connection: Connection, info: EncoderInfo) -> Space | None:
    """What there is for this encoder; None where that is nothing, or is of another archive."""
    table = f"{SCHEMA}.{_SPACES.name}"
    if connection.execute(select(func.to_regclass(table))).scalar_one() is None:
        return None
    row = connection.execute(select(_SPACES).where(_is(info))).one_or_none()
    if row is None:
        return None
    works = tuple((number, at) for number, at in row.witness)
    place = Place(row.seq, row.event, tuple(row.waiting))
    found = Space(_vectors(row.id, row.dimension), row.id, place, Witness(works))
    return found if vector_rows.knows(connection, found.witness) else None


def make(connection: Connection, info: EncoderInfo) -> Space:
    """The same, empty where there was none; what was of another archive is dropped."""
    found = space(connection, info)
    if found is not None:
        return found
    # PostgreSQL wants the right to make schemas also where there is nothing to make.
    if connection.execute(select(func.to_regnamespace(SCHEMA))).scalar_one() is None:
        connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
    connection.execute(CreateTable(_SPACES, if_not_exists=True))
    foreign = delete(_SPACES).where(_is(info)).returning(_SPACES.c.id)
    for number in connection.execute(foreign).scalars().all():
        _vectors(number, info.dimension).drop(connection, checkfirst=True)
    values = {
        "name": info.name,
        "revision": info.revision,
        "text_version": info.text_version,
        "dimension": info.dimension,
        **_told(vector_rows.START, vector_rows.NOBODY),
    }
    added = insert(_SPACES).values(values).returning(_SPACES.c.id)
    number = connection.execute(added).scalar_one()
    vectors = _vectors(number, info.dimension)
    vectors.create(connection)
    return Space(vectors, number, vector_rows.START, vector_rows.NOBODY)


def _told(place: Place, witness: Witness) -> dict[str, Any]:
    return {
        "seq": place.seq,
        "event": place.event,
        "waiting": list(place.waiting),
        "witness": [list(each) for each in witness.works],
    }


def take_in(connection: Connection, into: Space, page: Page, witness: Witness) -> None:
    """A page's vectors, and how far the works are followed with them."""
    if len(page.ids):
        vectors = into.vectors
        columns = Column("work_id", BigInteger), Column("vector", vectors.c.vector.type)
        fresh = Table("fresh", MetaData(), *columns, prefixes=["TEMPORARY"])
        fresh.create(connection, checkfirst=False)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy("COPY fresh FROM STDIN (FORMAT binary)") as to:
            to.write(_copied(page))
        statement = upsert(vectors).from_select(["work_id", "vector"], select(fresh))
        new = {"vector": statement.excluded.vector}
        connection.execute(statement.on_conflict_do_update(index_elements=["work_id"], set_=new))
        fresh.drop(connection, checkfirst=False)
    followed = update(_SPACES).where(_SPACES.c.id == into.id)
    connection.execute(followed.values(_told(page.place, witness)))


def _copied(page: Page) -> bytes:
    """The page in the binary form of COPY: (work_id bigint, vector halfvec)."""
    size = page.vectors.shape[1]
    kinds = [
        *(("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("size", ">i4")),
        *(("dimension", ">i2"), ("unused", ">i2"), ("vector", ">f2", (size,))),
    ]
    rows = np.zeros(len(page.ids), np.dtype(kinds))
    rows["fields"], rows["id_size"], rows["size"] = 2, 8, 4 + 2 * size
    rows["id"], rows["dimension"], rows["vector"] = page.ids, size, page.vectors
    return b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"


def received(sent: bytes) -> NDArray[float32]:
    """A vector, at length one, as `halfvec_send` gives it."""
    vector = np.frombuffer(sent, ">f2", offset=4).astype(np.float32)
    found: NDArray[float32] = vector / np.linalg.norm(vector)
    return found


def drop_merged(connection: Connection, within: Space) -> int:
    """Take out works that became part of another; returns how many."""
    merged = select(WorkRow.id).where(WorkRow.merged_into.is_not(None))
    vectors = within.vectors
    return connection.execute(delete(vectors).where(vectors.c.work_id.in_(merged))).rowcount


def count(connection: Connection, within: Space) -> int:
    """How many works have a vector."""
    return connection.execute(select(func.count()).select_from(within.vectors)).scalar_one()


# -- the index; `own` is a connection without a transaction


def build_index(own: Connection, over: Space) -> None:
    """An index where there are enough works for one; readers and writers go on meanwhile."""
    name = f"{SCHEMA}.{over.index}"
    valid = own.execute(
        text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"),
        {"name": name},
    ).scalar_one_or_none()
    if valid or (works := count(own, over)) < INDEXED:
        return
    if valid is False:  # what is left of one that was stopped
        own.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
    memory = min(max(works * _KIB_A_WORK, _LEAST_KIB), _MOST_KIB)
    own.execute(text(f"SET maintenance_work_mem = '{memory}kB'"))
    own.execute(
        text(
            f"CREATE INDEX CONCURRENTLY {over.index} ON {SCHEMA}.{over.vectors.name}"
            " USING hnsw (vector halfvec_ip_ops)"
        )
    )
    own.execute(text("RESET maintenance_work_mem"))


def drop_index(own: Connection, over: Space) -> None:
    """For so many new works that building it anew is quicker than adding each."""
    own.execute(text(f"DROP INDEX IF EXISTS {SCHEMA}.{over.index}"))
