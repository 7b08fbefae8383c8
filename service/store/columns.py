"""What columns hold, the same on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

# PostgreSQL refuses U+0000 in text and SQLite would cut at it; half a surrogate pair, which JSON
# can spell, is not text in any encoding.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without what a database cannot keep."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("", text)


class PlainText(TypeDecorator[str]):
    """Text that is made storable on its way in, as a value and in a comparison."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return value if value is None else storable(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware datetime, stored as UTC; a naive one is refused, never guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows only for a column declared INTEGER; PostgreSQL needs the wide type.
RowId = BigInteger().with_variant(Integer, "sqlite")
