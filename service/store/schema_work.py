"""Tables of who works on what: hosts' turns, claims, workers, and back-fills by their parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.columns import RowId
from service.store.schema import Base


class LaneRow(Base):
    """One host's (or domain's) turn and pace over all processes: nobody asks it before `ready_at`,
    nor while `holder` has the turn (until `held_until`, should it die). `turn` rises with each turn
    and fences off those that were lost; `queue` are those that wait, as "time name": who has not
    looked again by that time is dead. `changed_at` tells when the clock has been set back."""

    __tablename__ = "lane"
    name: Mapped[str] = mapped_column(primary_key=True)
    ready_at: Mapped[datetime]
    slowdown: Mapped[float] = mapped_column(default=1.0)
    holder: Mapped[str] = mapped_column(default="")
    held_until: Mapped[datetime]
    turn: Mapped[int] = mapped_column(BigInteger, default=0)
    queue: Mapped[list[str]]
    changed_at: Mapped[datetime]


class ClaimRow(Base):
    """A piece of work that one worker at a time does. `token` rises with each claim and fences off
    late results of earlier ones."""

    __tablename__ = "claim"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str | None]
    held_until: Mapped[datetime | None]
    token: Mapped[int] = mapped_column(BigInteger, default=0)


class WorkerRow(Base):
    """A process that works, or did: when it was last seen, and what it does since when."""

    __tablename__ = "worker"
    name: Mapped[str] = mapped_column(primary_key=True)
    program: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    doing: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime | None]


class BackfillRow(Base):
    """A plan to take in many files: `key` says what it is made of, so that the same plan goes on
    where it stopped."""

    __tablename__ = "backfill"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]
    encoder: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BackfillPartRow(Base):
    """One file of a back-fill. `attempt` is the fencing token; `stored` are the numbers of the
    batches that were taken in, `deleted` the ids that they name as deleted at their source."""

    __tablename__ = "backfill_part"
    __table_args__ = (UniqueConstraint("backfill_id", "position"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    backfill_id: Mapped[int] = mapped_column(RowId, ForeignKey("backfill.id"))
    position: Mapped[int]
    file: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    checksum: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    holder: Mapped[str | None]
    held_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(default=0)
    stored: Mapped[list[int]]
    read: Mapped[int] = mapped_column(BigInteger, default=0)
    tally: Mapped[dict[str, Any]]
    deleted: Mapped[list[str]]
    embedded: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
