"""What feeds are made of: which works, since when, and when they last changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, union_all

from service.records import Judgement
from service.store.dialect import chunks
from service.store.digests import arriving
from service.store.schema import PRESENT_WORK, DigestItemRow, DigestRow, VoteRow, WorkRow
from service.store.votes import in_force

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_WANTED = (str(Judgement.RELEVANT), str(Judgement.SAVED))


class Feeding:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_topic(self, slug: str, limit: int) -> list[tuple[int, datetime]]:
        """Works of a topic, under their present numbers, with when each became one: when a digest
        first showed it, or the vote was cast that calls it relevant or saves it. The latest first.

        They are the works of `OfTopic`: digests that nobody can have got do not count.
        """
        shown = (
            select(PRESENT_WORK.label("work_id"), DigestRow.frozen_at.label("at"))
            .join(DigestItemRow, DigestItemRow.work_id == WorkRow.id)
            .join(DigestRow, DigestRow.id == DigestItemRow.digest_id)
            .where(DigestItemRow.topic == slug, arriving(DigestRow.id))
        )
        votes = in_force(VoteRow.topic == slug).subquery()
        voted = select(votes.c.work_id, votes.c.at).where(votes.c.judgement.in_(_WANTED))
        joined = union_all(shown, voted).subquery()
        since = func.min(joined.c.at)
        statement = (
            select(joined.c.work_id, since)
            .join(WorkRow, WorkRow.id == joined.c.work_id)
            .where(WorkRow.merged_into.is_(None), WorkRow.gone_at.is_(None))
            .group_by(joined.c.work_id)
            .order_by(since.desc(), joined.c.work_id.desc())
            .limit(limit)
        )
        return [(work_id, at) for work_id, at in self._connection.execute(statement)]

    def digests(self, subscription: str, limit: int) -> list[str]:
        """The digests of a subscription that were not lost, the latest first; of a period's
        revisions the last."""
        row = DigestRow
        statement = (
            select(row.period, row.id)
            .where(row.subscription == subscription, arriving(row.id))
            .order_by(row.frozen_at.desc(), row.revision.desc())
        )
        found: dict[str, str] = {}
        for period, digest_id in self._connection.execute(statement):
            found.setdefault(period, digest_id)
        return list(found.values())[:limit]

    def changed(self, work_ids: Sequence[int]) -> dict[int, datetime]:
        """When what is known of each of these works last changed."""
        found: dict[int, datetime] = {}
        for part in chunks(work_ids):
            statement = select(WorkRow.id, WorkRow.updated_at).where(WorkRow.id.in_(part))
            found.update((work_id, at) for work_id, at in self._connection.execute(statement))
        return found
