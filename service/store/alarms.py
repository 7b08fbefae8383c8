"""Alarms: one row each from when it began until it ended, and what of it the operator was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from service.records import Alarm, Severity
from service.store.columns import storable
from service.store.dialect import chunks, take_turn
from service.store.schema_watch import AlarmRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class KeptAlarm:
    """An alarm as it is kept. `told_at` is when the operator was told that it began, and
    `end_told_at` that it is over."""

    id: int
    alarm: Alarm
    began_at: datetime
    told_at: datetime | None
    ended_at: datetime | None
    end_told_at: datetime | None


class Alarms:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_stock(self, holding: Sequence[Alarm], now: datetime) -> list[Alarm]:
        """Of the conditions that hold now: begin those that are new, end those that are over. What
        has become critical is to be told again. Returns those that began."""
        take_turn(self._connection, "alarm")
        run, row = self._connection.execute, AlarmRow
        kept = {each.alarm.key: each for each in self.open()}
        begun: list[Alarm] = []
        for alarm in holding:
            values: dict[str, Any] = {
                "severity": str(alarm.severity),
                "thing": storable(alarm.thing),
                "cause": storable(alarm.cause),
                "remedy": storable(alarm.remedy),
                "seen_at": now,
            }
            old = kept.pop(alarm.key, None)
            if old is None:
                run(insert(row).values(key=alarm.key, began_at=now, **values))
                begun.append(alarm)
                continue
            if old.alarm.severity is Severity.WARNING and alarm.severity is Severity.CRITICAL:
                values["told_at"] = None
            run(update(row).where(row.id == old.id).values(values))
        for part in chunks([each.id for each in kept.values()]):
            run(update(row).where(row.id.in_(part)).values(ended_at=now))
        return begun

    def open(self) -> list[KeptAlarm]:
        """What holds, the oldest first."""
        return self._list(AlarmRow.ended_at.is_(None))

    def latest(self, limit: int) -> list[KeptAlarm]:
        """What holds and what is over, the newest first."""
        row = AlarmRow
        statement = select(row).order_by(row.began_at.desc(), row.id.desc()).limit(limit)
        return [_kept(found) for found in self._connection.execute(statement)]

    def claim(self, now: datetime, lease: timedelta) -> list[KeptAlarm]:
        """What is to be told now, and by nobody else until the lease is over: alarms that began,
        and those whose beginning was told and which are over. One that came and went untold is
        not among them."""
        take_turn(self._connection, "alarm")
        row = AlarmRow
        begun = and_(row.ended_at.is_(None), row.told_at.is_(None))
        over = and_(row.ended_at.is_not(None), row.told_at.is_not(None), row.end_told_at.is_(None))
        free = or_(row.telling_until.is_(None), row.telling_until < now)
        found = self._list(and_(or_(begun, over), free))
        for part in chunks([each.id for each in found]):
            statement = update(row).where(row.id.in_(part)).values(telling_until=now + lease)
            self._connection.execute(statement)
        return found

    def told(self, claimed: Sequence[KeptAlarm], now: datetime) -> None:
        """They were told as they were when they were claimed."""
        row = AlarmRow
        for each in claimed:
            # One that became critical meanwhile is told again: by the severity it is known.
            same = (row.id == each.id, row.severity == str(each.alarm.severity))
            values = {"told_at": now} if each.ended_at is None else {"end_told_at": now}
            self._connection.execute(update(row).where(*same).values(telling_until=None, **values))

    def untold(self, claimed: Sequence[KeptAlarm], again: datetime) -> None:
        """They could not be told; they may be claimed again then."""
        for part in chunks([each.id for each in claimed]):
            statement = update(AlarmRow).where(AlarmRow.id.in_(part)).values(telling_until=again)
            self._connection.execute(statement)

    def _list(self, condition: ColumnElement[bool]) -> list[KeptAlarm]:
        statement = select(AlarmRow).where(condition).order_by(AlarmRow.began_at, AlarmRow.id)
        return [_kept(found) for found in self._connection.execute(statement)]


def _kept(row: Any) -> KeptAlarm:  # noqa: ANN401 - a result row of `select(AlarmRow)`
    alarm = Alarm(row.key, Severity(row.severity), row.thing, row.cause, row.remedy)
    return KeptAlarm(row.id, alarm, row.began_at, row.told_at, row.ended_at, row.end_told_at)
