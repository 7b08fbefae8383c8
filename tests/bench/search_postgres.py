"""PostgreSQL with pgvector: Litwatch on it, and plain pgvector over the same vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from tests.bench import search_recall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy import float32
    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from service.bootstrap.app import App
    from tests.bench.search_queries import Asked

_FILTERS = {
    "every work": "",
    "filter of 1 % (type)": "WHERE work.kind = 'trial'",
    "filter of 1 % (source)": "WHERE work.sources::jsonb ? 'medrxiv'",
}


def recalls(app: App, asked: list[Asked]) -> Iterator[tuple[str, dict[str, search_recall.Found]]]:
    """Of Litwatch, and of pgvector as its manual shows it: by the index, and comparing all."""
    yield "litwatch", search_recall.found(app, asked)
    table = _table(app)
    for name, order in (("plain pgvector, HNSW", "{}"), ("plain pgvector, exact", "({}) + 0")):
        with app.store.engine.connect() as connection:
            plain = _Plain(connection, table, order)
            search_recall.found(app, asked[:3], plain)
            yield name, search_recall.found(app, asked, plain)


class _Plain:
    def __init__(self, connection: Connection, table: str, order: str) -> None:
        self._connection = connection
        self._table = table
        self._order = order.format("near.vector <#> CAST(:vector AS halfvec)")

    def __call__(self, vector: NDArray[float32], only: str) -> list[int]:
        where = _FILTERS[only]
        join = f"JOIN work ON work.id = near.work_id {where}" if where else ""
        told = f"SELECT near.work_id FROM {self._table} near {join} ORDER BY {self._order} LIMIT 20"
        bound = {"vector": str(vector.tolist())}
        return list(self._connection.execute(text(told), bound).scalars())


def _table(app: App) -> str:
    asked = "SELECT to_regclass('litwatch_index.work_vector_' || id) FROM litwatch_index.space"
    with app.store.engine.connect() as connection:
        return str(connection.execute(text(asked)).scalar_one())


def size(app: App) -> dict[str, Any]:
    """MB of the database, of the works' words' index, of the vectors with theirs."""
    told = {
        "database": "pg_database_size(current_database())",
        "words": "pg_relation_size('work_search')",
        "vectors": f"pg_total_relation_size('{_table(app)}')",
    }
    asked = ", ".join(f"{what} / 1e6 AS {name}" for name, what in told.items())
    with app.store.engine.connect() as connection:
        row = connection.execute(text(f"SELECT {asked}")).one()
    return {name: float(value) for name, value in row._mapping.items()}
