"""Topic documents and their versions. Does not parse them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, and_, insert, select, update

from service.errors import TopicError
from service.records.findings import CONFIGURATION
from service.store.dialect import insert_missing
from service.store.schema import TopicRow, TopicVersionRow

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TopicVersion:
    """One version of a topic's document; `restores` is the earlier version that an undo went back
    to, None for every other change."""

    slug: str
    version: int
    document: str
    author: str
    reason: str
    at: datetime
    restores: int | None = None


_COLUMNS = tuple(field.name for field in fields(TopicVersion))


class Topics:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self) -> list[TopicVersion]:
        """Every topic at the version in force, by slug."""
        statement = _in_force().order_by(TopicVersionRow.slug)
        return [_version(row) for row in self._connection.execute(statement)]

    def find(self, slug: str) -> TopicVersion | None:
        """One topic at the version in force, if there is such a topic."""
        found = self._connection.execute(_in_force().where(TopicRow.slug == slug)).first()
        return None if found is None else _version(found)

    def get(self, slug: str) -> TopicVersion:
        """The same. Raises `TopicError` that names those there are."""
        found = self.find(slug)
        if found is None:
            there = [version.slug for version in self.current()]
            remedy = f"there are: {', '.join(there)}" if there else "run: litwatch init"
            raise TopicError(f"topic {slug!r}", "does not exist", remedy)
        return found

    def history(
        self, slug: str, *, limit: int | None = None, before: int | None = None
    ) -> list[TopicVersion]:
        """All versions, newest first; the first `limit` of those before the version `before`."""
        row = TopicVersionRow
        statement = select(row).where(row.slug == slug).order_by(row.version.desc()).limit(limit)
        if before is not None:
            statement = statement.where(row.version < before)
        return [_version(found) for found in self._connection.execute(statement)]

    def hold(self, slug: str) -> int:
        """The number of the version in force, 0 for a topic that does not exist; until this
        transaction ends nobody else changes it."""
        insert_missing(self._connection, TopicRow, [{"slug": slug, "version": 0}])
        row = select(TopicRow.version).where(TopicRow.slug == slug)
        held: int = self._connection.execute(row.with_for_update()).scalar_one()
        return held

    def save(
        self,
        slug: str,
        document: str,
        author: str,
        reason: str,
        now: datetime,
        *,
        restores: int | None = None,
    ) -> int:
        """Put a document in force as a new version; the same document again changes nothing.

        Returns the version in force.
        """
        held = self.hold(slug)
        row = TopicVersionRow
        before = select(row.document).where(row.slug == slug, row.version == held)
        if self._connection.execute(before).scalar() == document:
            return held
        self._connection.execute(
            update(TopicRow).where(TopicRow.slug == slug).values(version=held + 1)
        )
        made = TopicVersion(slug, held + 1, document, author, reason, now, restores)
        values = {name: getattr(made, name) for name in _COLUMNS}
        self._connection.execute(insert(TopicVersionRow).values(**values))
        return held + 1

    # -- what the folder of documents brought

    def brought(self, slug: str) -> TopicVersion | None:
        """The version that holds what the folder of documents last brought, if it brought any.
        Where that is not noted, the last that came from there."""
        row, topic = TopicVersionRow, TopicRow
        noted = self._connection.execute(select(topic.brought).where(topic.slug == slug)).scalar()
        chosen = row.author == CONFIGURATION if noted is None else row.version == noted
        statement = select(row).where(row.slug == slug, chosen).order_by(row.version.desc())
        found = self._connection.execute(statement.limit(1)).first()
        return None if found is None else _version(found)

    def bring(self, slug: str, version: int) -> None:
        """Note that this version holds what the folder of documents has brought."""
        row = TopicRow
        self._connection.execute(update(row).where(row.slug == slug).values(brought=version))


def _in_force() -> Select[TopicVersionRow]:
    topic, version = TopicRow, TopicVersionRow
    at = and_(topic.slug == version.slug, topic.version == version.version)
    return select(version).join(topic, at)


def _version(row: object) -> TopicVersion:
    return TopicVersion(*(getattr(row, name) for name in _COLUMNS))
