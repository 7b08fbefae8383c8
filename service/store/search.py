"""Finding works by words: FTS5 on SQLite, tsvector on PostgreSQL.

User text never becomes query syntax: every word and phrase is bound as a quoted token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from service.store.schema import storable
from service.store.works import Works

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import Work

# The expression that the PostgreSQL index is built on; a query must repeat it to use the index.
DOCUMENT = (
    "(setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', authors),"
    " 'B') || to_tsvector('english', abstract || ' ' || venue))"
)

_SQLITE = text(
    "SELECT work.id FROM work_fts JOIN work ON work.id = work_fts.rowid"
    " WHERE work_fts MATCH :words AND work.merged_into IS NULL AND work.gone_at IS NULL"
    " ORDER BY bm25(work_fts, 4.0, 1.0, 2.0, 1.0), work.id LIMIT :limit"
)
_POSTGRESQL = text(
    f"SELECT id FROM work, websearch_to_tsquery('english', :words) AS wanted"  # noqa: S608 - constant
    f" WHERE {DOCUMENT} @@ wanted AND merged_into IS NULL AND gone_at IS NULL"
    f" ORDER BY ts_rank_cd('{{0.25, 0.25, 0.5, 1}}', {DOCUMENT}, wanted) DESC, id LIMIT :limit"
)


class Search:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def words(self, wanted: Sequence[str], unwanted: Sequence[str], limit: int) -> list[Work]:
        """Works with all of the wanted words or phrases and none of the unwanted, best first."""
        wanted, unwanted = _plain(wanted), _plain(unwanted)
        if not wanted:
            return []
        postgresql = self._connection.dialect.name == "postgresql"
        words = (_websearch if postgresql else _fts5)(wanted, unwanted)
        statement = _POSTGRESQL if postgresql else _SQLITE
        found = self._connection.execute(statement, {"words": words, "limit": limit}).scalars()
        return Works(self._connection).many(list(found))


def _plain(terms: Sequence[str]) -> list[str]:
    """Terms with a letter or digit in them; quotes and NUL would end the quoting."""
    cleaned = (storable(re.sub('["\x00]', " ", term)).strip() for term in terms)
    return [term for term in cleaned if re.search(r"\w", term)]


def _fts5(wanted: Sequence[str], unwanted: Sequence[str]) -> str:
    query = " AND ".join(f'"{term}"' for term in wanted)
    return f"({query})" + "".join(f' NOT "{term}"' for term in unwanted)


def _websearch(wanted: Sequence[str], unwanted: Sequence[str]) -> str:
    return " ".join([*(f'"{t}"' for t in wanted), *(f'-"{t}"' for t in unwanted)])
