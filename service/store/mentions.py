"""Where texts in the archive mention somebody, and taking that out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select, update

from service.store import schema_people, schema_watch, schema_work  # noqa: F401 (all tables)
from service.store.persons import spelled
from service.store.schema import Base

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

GONE = "[forgotten]"
"""What stands where a name stood."""

# Where a name may be left when everything else is done, and what that is called.
_LEFT = (
    ("subscription", "name", "the name of subscription {}"),
    ("saved_search", "name", "the name of saved search {}"),
    ("saved_search", "query", "the query of saved search {}"),
    ("topic_version", "document", "the document of topic {}, version {}"),
    ("receipt", "query", "the query of receipt {}"),
    ("backfill_part", "file", "the file of back-fill part {}"),
)


def column(table: str, name: str) -> Any:  # noqa: ANN401 - a column of any type
    """A column by its names."""
    return Base.metadata.tables[table].c[name]


def take_out(
    connection: Connection,
    text: Any,  # noqa: ANN401 - a column of any table
    names: Collection[str],
    *among: ColumnElement[bool],
) -> int:
    """Put `GONE` in the place of each of the names in a column; returns how many rows that were."""
    found = _mentioning(connection, text, names, *among)
    sought = spelled(names)
    for key, said in found:
        changed = {text.name: sought.sub(GONE, said)}
        connection.execute(update(text.table).where(_is(text, key)).values(changed))
    return len(found)


def left(connection: Connection, names: Collection[str]) -> list[str]:
    """What still mentions one of the names, in words."""
    return [
        told.format(*key)
        for table, name, told in _LEFT
        for key, _ in _mentioning(connection, column(table, name), names)
    ]


def _mentioning(
    connection: Connection,
    text: Any,  # noqa: ANN401 - likewise
    names: Collection[str],
    *among: ColumnElement[bool],
) -> list[tuple[tuple[Any, ...], str]]:
    """The rows that mention one of the names, by their key, each with the text."""
    if not names:
        return []
    keys, sought = text.table.primary_key.columns, spelled(names)
    near = [func.lower(text).contains(name, autoescape=True) for name in _shortest(names)]
    # SQLite makes only ASCII lower.
    near += [text.contains(name, autoescape=True) for name in names if not name.isascii()]
    rows = connection.execute(select(text, *keys).where(or_(*near), *among)).all()
    return [(tuple(row[1:]), row[0]) for row in rows if sought.search(row[0])]


def _shortest(names: Collection[str]) -> list[str]:
    """Names in lower case, without those that have another in them: to look for that is enough."""
    lower = {name.lower() for name in names}
    return [name for name in lower if not any(each in name for each in lower - {name})]


def _is(text: Any, key: tuple[Any, ...]) -> ColumnElement[bool]:  # noqa: ANN401 - likewise
    keys = text.table.primary_key.columns
    return and_(*(each == value for each, value in zip(keys, key, strict=True)))
