"""How conditions are asked of columns, the same on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Text, and_, select, type_coerce

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import InstrumentedAttribute

    Texts = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def by_code_point(column: Texts, connection: Connection) -> ColumnElement[str]:
    """A column of text in the order that the indexes have it in."""
    postgresql = connection.dialect.name == "postgresql"
    return column.collate("C") if postgresql else type_coerce(column, Text)


def begins(text: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """By its place in the order of code points, which an index is in."""
    return and_(text >= prefix, text < prefix + "\U0010ffff")


def apart(statement: Select[int]) -> Select[int]:
    """The statement with its own `work`, not that of the statement around it."""
    found = statement.subquery()
    return select(found.c[0])
