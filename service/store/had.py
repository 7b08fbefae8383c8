"""What a subscription's readers have had: works that digests sent, works that they saved, and what
they were told of them since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from service.records import Change, Flag, Judgement, Kind
from service.records.stated import SavedWork, SentWork, known_versions
from service.store.dialect import chunks
from service.store.schema import (
    PRESENT_WORK,
    DigestChangeRow,
    DigestItemRow,
    DigestRow,
    RecordRow,
    VoteRow,
    WorkRow,
)
from service.store.votes import in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

# Sources whose versions are the author's; PubMed's are of its own making.
_SERVERS = ("biorxiv", "medrxiv", "arxiv", "europepmc", "crossref")


class Had:
    """Reads inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sent(self, arrived: ColumnElement[bool], until: datetime | None) -> list[SentWork]:
        """Each work that these digests sent, once for each, in the order of the digests; with
        `until` works are left out that have been touched since."""
        row, item, work, present = DigestRow, DigestItemRow, WorkRow, aliased(WorkRow)
        statement = (
            select(
                present.id,
                present.kind,
                present.flags,
                item.kind.label("sent_kind"),
                item.flags.label("sent_flags"),
                item.topic,
                item.work_id,
                row.period,
                row.id.label("digest_id"),
                row.frozen_at,
            )
            .join(item, item.digest_id == row.id)
            .join(work, work.id == item.work_id)
            .join(present, present.id == PRESENT_WORK)
            .where(arrived)
            .order_by(row.frozen_at, row.revision, row.id, item.rank)
        )
        if until is not None:
            statement = statement.where(present.updated_at < until)
        rows = self._connection.execute(statement).all()
        told, versions = self.told(arrived), self.versions({each.id for each in rows})
        return [
            SentWork(
                work_id=each.id,
                kind=Kind(each.kind),
                flags=_flags(each.flags),
                sent_kind=None if each.sent_kind is None else Kind(each.sent_kind),
                sent_flags=None if each.sent_flags is None else _flags(each.sent_flags),
                topic=each.topic,
                period=each.period,
                told=frozenset(told.get(each.id, ())),
                digest_id=each.digest_id,
                item_id=each.work_id,
                at=each.frozen_at,
                **_known(versions.get(each.id, ()), each.frozen_at, told.get(each.id, {})),
            )
            for each in rows
        ]

    def told(self, arrived: ColumnElement[bool]) -> dict[int, dict[Change, datetime]]:
        """What these digests told of works, by their present numbers, and when that was last."""
        row, change = DigestRow, DigestChangeRow
        statement = (
            select(PRESENT_WORK, change.change, row.frozen_at)
            .join(change, change.work_id == WorkRow.id)
            .join(row, row.id == change.digest_id)
            .where(arrived)
            .order_by(row.frozen_at)
        )
        found: dict[int, dict[Change, datetime]] = {}
        for work_id, what, at in self._connection.execute(statement):
            found.setdefault(work_id, {})[Change(what)] = at
        return found

    def saved(self, topics: Iterable[str], until: datetime | None = None) -> list[SavedWork]:
        """Works that readers have saved for these topics, in that order, as far as they have been
        touched since; with `until` as that stood, without works touched since then."""
        before = () if until is None else (VoteRow.at < until,)
        votes = in_force(*before).subquery()
        row = WorkRow
        statement = (
            select(
                row.id,
                row.kind,
                row.flags,
                votes.c.topic,
                votes.c.voter,
                votes.c.person,
                votes.c.at,
            )
            .join(votes, votes.c.work_id == row.id)
            .where(
                votes.c.judgement == str(Judgement.SAVED),
                votes.c.topic.in_(list(topics)),
                row.updated_at > votes.c.at,
            )
            .order_by(votes.c.at, row.id)
        )
        if until is not None:
            statement = statement.where(row.updated_at < until)
        return [
            SavedWork(
                each.id,
                Kind(each.kind),
                _flags(each.flags),
                each.topic,
                each.voter,
                each.person or each.voter,
                each.at,
            )
            for each in self._connection.execute(statement)
        ]

    def versions(self, work_ids: Iterable[int]) -> dict[int, list[tuple[int, datetime]]]:
        """The versions of works that have more than one, with when each came."""
        row = RecordRow
        found: dict[int, list[tuple[int, datetime]]] = {}
        servers, numbered = row.source.in_(_SERVERS), row.version.not_in(("", "1"))
        later: set[int] = set()
        for part in chunks(sorted(work_ids)):
            statement = select(row.work_id).where(row.work_id.in_(part), servers, numbered)
            later.update(number or 0 for number in self._connection.execute(statement).scalars())
        for part in chunks(sorted(later)):
            every = select(row.work_id, row.version, row.first_seen_at).where(
                row.work_id.in_(part), servers, row.version != ""
            )
            for work_id, version, at in self._connection.execute(every):
                if version.isdecimal():
                    found.setdefault(work_id or 0, []).append((int(version), at))
        return found


def _known(
    versions: Sequence[tuple[int, datetime]], at: datetime, told: dict[Change, datetime]
) -> dict[str, int]:
    newest, seen = known_versions(versions, at, told.get(Change.NEW_VERSION))
    return {"version": newest, "seen_version": seen}


def _flags(told: Sequence[str]) -> frozenset[Flag]:
    return frozenset(Flag(flag) for flag in told)
