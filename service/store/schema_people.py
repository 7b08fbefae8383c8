"""Tables of what people do with the archive, and of what is kept ready for them to look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.store.columns import RowId
from service.store.schema import Base


class AliasRow(Base):
    """Another name of a person: of their mail address, their Slack account, their token. What was
    voted under it counts as theirs."""

    __tablename__ = "alias"
    alias: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(index=True)
    author: Mapped[str]
    at: Mapped[datetime]


class ReadingRow(Base):
    """A work that a reader has marked as read. `work_id` is the work as they saw it."""

    __tablename__ = "reading"
    reader: Mapped[str] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True, index=True)
    at: Mapped[datetime]


class WeekRow(Base):
    """How the works of the last days stand to a topic: one ranking, kept so that it can be looked
    at without being made. `line` is the relevance from which a work is wanted."""

    __tablename__ = "week"
    topic: Mapped[str] = mapped_column(ForeignKey("topic.slug"), primary_key=True)
    version: Mapped[int]
    state: Mapped[str]  # of all that the ranking hangs on: another state, another ranking
    since: Mapped[datetime]
    hi: Mapped[int] = mapped_column(BigInteger)
    screened: Mapped[int]
    line: Mapped[float]
    spread: Mapped[list[int]]
    encoder: Mapped[str]
    missing: Mapped[str | None]
    at: Mapped[datetime]


class WeekWorkRow(Base):
    """One work of a kept ranking; `ranked` is its `RankedWork` as JSON, `alike` the work that it
    is a near-duplicate of."""

    __tablename__ = "week_work"
    topic: Mapped[str] = mapped_column(ForeignKey("week.topic"), primary_key=True)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True, index=True)
    rank: Mapped[int]
    relevance: Mapped[float]
    alike: Mapped[int | None] = mapped_column(BigInteger)
    ranked: Mapped[dict[str, Any]] = mapped_column(JSON)


class UpcomingRow(Base):
    """What a subscription's next digest would show, were it made at `at`: `Placed` works."""

    __tablename__ = "upcoming"
    subscription: Mapped[str] = mapped_column(ForeignKey("subscription.name"), primary_key=True)
    state: Mapped[str]
    at: Mapped[datetime]
    works: Mapped[list[Any]] = mapped_column(JSON)
