"""What digests showed of a topic, as far as it tells where the topic's literature goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from service.store.digests import arriving
from service.store.schema import PRESENT_WORK, DigestItemRow, DigestRow, WorkRow

if TYPE_CHECKING:
    from datetime import datetime


class Shown:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def since(self, topic: str, since: datetime) -> dict[int, datetime]:
        """Works that digests frozen since then showed for a topic, by their present numbers, with
        when that was first; digests that nobody can have got do not count."""
        first = func.min(DigestRow.frozen_at)
        statement = (
            select(PRESENT_WORK, first)
            .join(DigestItemRow, DigestItemRow.work_id == WorkRow.id)
            .join(DigestRow, DigestRow.id == DigestItemRow.digest_id)
            .where(
                DigestItemRow.topic == topic, DigestRow.frozen_at >= since, arriving(DigestRow.id)
            )
            .group_by(PRESENT_WORK)
            .order_by(first, PRESENT_WORK)
        )
        return {work_id: at for work_id, at in self._connection.execute(statement)}  # noqa: C416 - rows are no pairs to the type checker
