"""Topic documents and their versions. Does not parse them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, insert, select, update

from service.errors import TopicError
from service.store.schema import TopicRow, TopicVersionRow

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TopicVersion:
    """One version of a topic's document."""

    slug: str
    version: int
    document: str
    author: str
    reason: str
    at: datetime


class Topics:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self) -> list[TopicVersion]:
        """Every topic at the version in force, by slug."""
        topic, version = TopicRow, TopicVersionRow
        statement = (
            select(version)
            .join(topic, and_(topic.slug == version.slug, topic.version == version.version))
            .order_by(version.slug)
        )
        return [_version(row) for row in self._connection.execute(statement)]

    def get(self, slug: str) -> TopicVersion:
        """One topic at the version in force. Raises `TopicError`."""
        found = {version.slug: version for version in self.current()}
        if slug not in found:
            remedy = f"there are: {', '.join(found)}" if found else "run: litwatch init"
            raise TopicError(f"topic {slug!r}", "does not exist", remedy)
        return found[slug]

    def history(self, slug: str) -> list[TopicVersion]:
        """All versions, newest first."""
        row = TopicVersionRow
        statement = select(row).where(row.slug == slug).order_by(row.version.desc())
        return [_version(found) for found in self._connection.execute(statement)]

    def save(self, slug: str, document: str, author: str, reason: str, now: datetime) -> int:
        """Put a document in force as a new version; the same document again changes nothing.

        Returns the version in force.
        """
        latest = next(iter(self.history(slug)), None)
        if latest and latest.document == document:
            return latest.version
        number = latest.version + 1 if latest else 1
        run = self._connection.execute
        if latest is None:
            run(insert(TopicRow).values(slug=slug, version=number))
        else:
            run(update(TopicRow).where(TopicRow.slug == slug).values(version=number))
        run(
            insert(TopicVersionRow).values(
                slug=slug, version=number, document=document, author=author, reason=reason, at=now
            )
        )
        return number


def _version(row: object) -> TopicVersion:
    return TopicVersion(
        *(getattr(row, n) for n in ("slug", "version", "document", "author", "reason", "at"))
    )
