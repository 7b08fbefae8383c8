"""Tables of what is watched: what others say of a work, what cites a seed, what was added to it,
what calls for the operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.columns import RowId
from service.store.schema import Base


class StatementRow(Base):
    """A record says that something happened to a paper; append-only, so that nothing is taken back
    when a source changes its mind. `key` is one of the paper's keys, as in `work_key`."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("key", "flag", "said_by"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str] = mapped_column(index=True)
    flag: Mapped[str]
    said_by: Mapped[str]
    notice: Mapped[dict[str, Any]]  # the notice's identifiers
    text: Mapped[str]
    at: Mapped[datetime]


class RulingRow(Base):
    """A person said that a flag of a work does not hold; later statements are heard again."""

    __tablename__ = "ruling"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), index=True)
    flag: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class RecheckRow(Base):
    """When a work that somebody was sent, or saved, was last asked for at its sources, and from
    when on it is asked for again."""

    __tablename__ = "recheck"
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    checked_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0)


class RankingRunRow(Base):
    """The receipt of one ranking for one topic."""

    __tablename__ = "ranking_run"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    purpose: Mapped[str]
    topic: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    lo: Mapped[int] = mapped_column(BigInteger)
    hi: Mapped[int] = mapped_column(BigInteger)
    screened: Mapped[int]
    wanted: Mapped[int]
    line: Mapped[float]
    encoder: Mapped[str]
    program: Mapped[str]
    missing: Mapped[str]
    digest: Mapped[str | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AlarmRow(Base):
    """Something that the operator must know; one row from when it began until it ended."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index(
            "ix_alarm_open",
            "key",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str]
    severity: Mapped[str]
    thing: Mapped[str]
    cause: Mapped[str]
    remedy: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]


class CitationRow(Base):
    """A paper cites a seed, or is by a followed author (`of` is the seed's or the author's key);
    `key` is one of the paper's keys, as in `work_key`."""

    __tablename__ = "citation"
    of: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True, index=True)
    said_by: Mapped[str]  # the service that says so
    at: Mapped[datetime]


class EnrichmentRow(Base):
    """What a service was asked about a work, and when it may be asked again. `found` False is an
    answer, too."""

    __tablename__ = "enrichment"
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    found: Mapped[bool]
    content: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]
    due_at: Mapped[datetime | None]


class EntityRow(Base):
    """Something that a work's title and abstract name."""

    __tablename__ = "entity"
    __table_args__ = (Index("ix_entity_kind_folded", "kind", "folded"),)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str] = mapped_column(primary_key=True)  # the name, as it is looked for
    name: Mapped[str]
    identifier: Mapped[str]
    count: Mapped[int]


class PictureRow(Base):
    """A thumbnail, by its hexadecimal SHA-256."""

    __tablename__ = "picture"
    digest: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes]
