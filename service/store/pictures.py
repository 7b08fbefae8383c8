"""Thumbnails, each once, by what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from service.records.enriching import Picture
from service.store.dialect import chunks, insert_missing
from service.store.schema_watch import PictureRow

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pictures:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, picture: Picture) -> None:
        """Keep a picture; one that is kept already stays as it is."""
        row = {name: getattr(picture, name) for name in Picture.__dataclass_fields__}
        insert_missing(self._connection, PictureRow, [row])

    def find(self, digest: str) -> Picture | None:
        """The picture, None where there is none of this digest."""
        row = PictureRow
        statement = select(row.digest, row.media_type, row.width, row.height, row.content)
        found = self._connection.execute(statement.where(row.digest == digest)).one_or_none()
        return None if found is None else Picture(*found)

    def many(self, digests: Sequence[str]) -> dict[str, bytes]:
        """The bytes of these pictures, by digest; those that are not there are left out."""
        row, found = PictureRow, dict[str, bytes]()
        for part in chunks(list(dict.fromkeys(digests))):
            statement = select(row.digest, row.content).where(row.digest.in_(part))
            found.update(
                {digest: bytes(held) for digest, held in self._connection.execute(statement)}
            )
        return found
