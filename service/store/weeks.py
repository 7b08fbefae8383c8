"""Rankings that are kept to be looked at: of the last days by each topic, of the next digests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, func, insert, select, tuple_

from service.records import Kind, RankedWork
from service.records.weeks import Listed, Placed, Upcoming, Week
from service.store.dialect import chunks, insert_or, take_turn
from service.store.schema import SeedListRow, VoteRow, WorkRow
from service.store.schema_people import AliasRow, UpcomingRow, WeekRow, WeekWorkRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


@cache
def _ranked() -> TypeAdapter[RankedWork]:
    return TypeAdapter(RankedWork)


@cache
def _placed() -> TypeAdapter[tuple[Placed, ...]]:
    return TypeAdapter(tuple[Placed, ...])


class Weeks:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- the last days

    def kept(self) -> dict[str, Week]:
        """The rankings that are kept, by topic."""
        row = WeekRow
        names = (name for name in Week.__dataclass_fields__ if name != "spread")
        statement = select(*(getattr(row, name) for name in names), row.spread)
        return {
            found.topic: Week(**found._asdict() | {"spread": tuple(found.spread)})
            for found in self._connection.execute(statement)
        }

    def keep(self, week: Week, works: Sequence[Placed]) -> bool:
        """Put a ranking in the place of the one that was kept; `works` come best first.

        False, writing nothing, where the one kept is of a later version of the topic or knows
        later works: another worker was quicker.
        """
        take_turn(self._connection, "week")
        row, run = WeekRow, self._connection.execute
        later = select(row.topic).where(
            row.topic == week.topic,
            tuple_(row.version, row.hi) > tuple_(week.version, week.hi),
        )
        if run(later).first() is not None:
            return False
        values: dict[str, Any] = {
            name: getattr(week, name) for name in Week.__dataclass_fields__
        } | {"spread": [*week.spread]}
        statement = insert_or(self._connection, row).values(values)
        run(statement.on_conflict_do_update(index_elements=["topic"], set_=values))
        run(delete(WeekWorkRow).where(WeekWorkRow.topic == week.topic))
        rows = [
            {
                "topic": week.topic,
                "work_id": placed.ranked.work_id,
                "rank": rank,
                "relevance": placed.ranked.relevance,
                "alike": placed.alike,
                "ranked": _ranked().dump_python(placed.ranked, mode="json"),
            }
            for rank, placed in enumerate(works, start=1)
        ]
        if rows:
            run(insert(WeekWorkRow), rows)
        return True

    def listed(self, topic: str) -> list[Listed]:
        """The works of a kept ranking, best first, without those merged away or gone since."""
        row, work = WeekWorkRow, WorkRow
        statement = (
            select(row.work_id, row.relevance, row.alike, work.kind, work.sources)
            .join(work, work.id == row.work_id)
            .where(row.topic == topic, work.merged_into.is_(None), work.gone_at.is_(None))
            .order_by(row.rank)
        )
        return [
            Listed(work_id, relevance, alike, Kind(kind), tuple(sources))
            for work_id, relevance, alike, kind, sources in self._connection.execute(statement)
        ]

    def ranked(self, topic: str, work_ids: Sequence[int]) -> dict[int, RankedWork]:
        """How these works stand in the kept ranking; those that are not in it are left out."""
        row, found = WeekWorkRow, dict[int, RankedWork]()
        for part in chunks(work_ids):
            statement = select(row.work_id, row.ranked).where(
                row.topic == topic, row.work_id.in_(part)
            )
            for work_id, ranked in self._connection.execute(statement):
                found[work_id] = _ranked().validate_python(ranked)
        return found

    # -- the next digests

    def upcoming(self, of: str = "") -> dict[str, Upcoming]:
        """What the next digests would show, by subscription; of one alone where it is named."""
        row = UpcomingRow
        statement = select(row.subscription, row.state, row.at, row.works)
        if of:
            statement = statement.where(row.subscription == of)
        return {
            name: Upcoming(name, state, at, _placed().validate_python(works))
            for name, state, at, works in self._connection.execute(statement)
        }

    def keep_upcoming(self, upcoming: Upcoming) -> None:
        """Put it in the place of what was kept for its subscription."""
        values = {
            "state": upcoming.state,
            "at": upcoming.at,
            "works": _placed().dump_python(upcoming.works, mode="json"),
        }
        statement = insert_or(self._connection, UpcomingRow).values(
            subscription=upcoming.subscription, **values
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["subscription"], set_=values)
        )

    def keep_only(self, subscriptions: Collection[str]) -> None:
        """Forget what is kept for any other subscription."""
        row = UpcomingRow
        others = row.subscription.not_in(sorted(subscriptions))
        self._connection.execute(delete(row).where(others))

    # -- what rankings hang on

    def last_votes(self) -> dict[str, int]:
        """The number of the vote that was cast last, by topic; those without any are left out."""
        row = VoteRow
        statement = select(row.topic, func.max(row.id)).group_by(row.topic)
        return {topic: number for topic, number in self._connection.execute(statement)}  # noqa: C416 - rows are no pairs to the type checker

    def beside(self) -> str:
        """What else evidence hangs on, as a text that changes with it: who people are, and when
        a seed's list of references was got last."""
        people = select(func.count(), func.max(AliasRow.at)).select_from(AliasRow)
        count, at = self._connection.execute(people).one()
        fetched = self._connection.scalar(select(func.max(SeedListRow.fetched_at)))
        return f"people {count} {at}, references {fetched}"
