"""Saved searches: queries that people have given names."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from service.errors import InputError
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.store.dialect import insert_or
from service.store.schema import SavedSearchRow


class Searches:
    """Reads and writes inside the caller's transaction. Does not read the queries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> list[SavedSearch]:
        """Every saved search, by name."""
        found = self._connection.execute(select(SavedSearchRow).order_by(SavedSearchRow.name))
        return sorted(map(_saved, found), key=lambda saved: saved.name)  # a database's order varies

    def get(self, name: str) -> SavedSearch:
        """One of them. Raises `InputError`."""
        found = {saved.name: saved for saved in self.list()}
        if name not in found:
            known = f"there are: {', '.join(found)}" if found else "see: litwatch searches save"
            raise InputError(f"saved search {name!r}", "does not exist", known)
        return found[name]

    def save(self, search: SavedSearch, *, replace: bool = False) -> None:
        """Keep a search under its name. Raises `InputError` when the name is taken, unless it is
        to be replaced."""
        row, run = SavedSearchRow, self._connection.execute
        values = {
            "query": search.query,
            "mode": str(search.mode),
            "author": search.author,
            "at": search.at,
        }
        statement = insert_or(self._connection, row).values(name=search.name, **values)
        if replace:
            run(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        elif run(statement.on_conflict_do_nothing().returning(row.name)).first() is None:
            told = f"is taken: it finds {self.get(search.name).query!r}"
            remedy = "choose another name, or replace it (--replace)"
            raise InputError(f"saved search {search.name!r}", told, remedy)

    def remove(self, name: str) -> None:
        """Forget one. Raises `InputError` when there is none of this name."""
        self.get(name)
        self._connection.execute(delete(SavedSearchRow).where(SavedSearchRow.name == name))


def _saved(row: object) -> SavedSearch:
    get = {name: getattr(row, name) for name in SavedSearch.__dataclass_fields__}
    return SavedSearch(**(get | {"mode": Mode(get["mode"])}))
