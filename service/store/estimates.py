"""How many works meet a condition, by the figures that PostgreSQL keeps for its planner.

A word that one work in six has takes a tenth of a second to count, and the answer only has to tell
common from rare. The figures know the three thousand commonest words to a few in a hundred; of all
others they say nothing that could be believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

# Of the works the planner takes a word to be in of which it knows nothing: one in two hundred at
# most, and somewhat more here, because it rounds.
_GUESSED = 0.006
_QUICK = 2_000  # works that are as well counted
_KNOWN = text(
    "SELECT 1 FROM pg_stats WHERE schemaname = current_schema()"
    " AND tablename = 'work' AND attname = 'document'"
)


def estimates(
    connection: Connection, conditions: Sequence[ColumnElement[bool]]
) -> list[int | None]:
    """For each condition how many works meet it, None where that is not known, or few do."""
    if not conditions:
        return []
    asked = select(WorkRow.id)
    parts = [asked, *(asked.where(condition) for condition in conditions)]
    # As lists beside each other: each is planned by itself, and told in this order.
    lists = select(*(func.array(part.scalar_subquery()) for part in parts))
    every, *found = _rows(connection, lists)
    least = max(_QUICK, _GUESSED * every)
    return [count if count > least else None for count in found]


def _rows(connection: Connection, lists: Any) -> list[int]:  # noqa: ANN401 (of arrays)
    """How many rows the planner expects of each list."""
    told = lists.compile(dialect=connection.dialect)
    plans = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {told}", told.params).scalar_one()
    return [int(each["Plan Rows"]) for each in plans[0]["Plan"]["Plans"]]


def see_to_figures(own: Connection) -> None:
    """Let PostgreSQL learn how common words are, where it never did: of a column that came with a
    migration it knows nothing until very many works have changed. `own` is a connection without a
    transaction; readers and writers go on meanwhile."""
    if own.execute(_KNOWN).first() is None:
        own.execute(text("ANALYZE work"))
