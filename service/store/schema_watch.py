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
    when a source changes its mind. `key` is one of the paper's keys, as in `work_key`, or that of
    a record ("record:..."); `notice` the keys of the notice, in one line."""

    __tablename__ = "statement"
    __table_args__ = (UniqueConstraint("key", "flag", "said_by", "notice"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    key: Mapped[str]
    flag: Mapped[str]
    said_by: Mapped[str]
    notice: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


class RulingRow(Base):
    """A person said that a statement does not hold; later ones are heard again."""

    __tablename__ = "ruling"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    statement_id: Mapped[int] = mapped_column(RowId, ForeignKey("statement.id"), unique=True)
    author: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class RecheckRow(Base):
    """When a work that somebody was sent, or saved, was last asked for at its sources, and from
    when on it is asked for again. `since` is when it was last sent or saved."""

    __tablename__ = "recheck"
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    since: Mapped[datetime]
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
    telling_until: Mapped[datetime | None]  # a worker is telling it, or waits to try again
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]


class CitationRow(Base):
    """A paper cites a seed, or is by a followed author (`of` is the seed's or the author's key);
    `key` is one of the paper's keys, as in `work_key`."""

    __tablename__ = "citation"
    of: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True, index=True)
    said_by: Mapped[str] = mapped_column(primary_key=True)  # the service that says so
    at: Mapped[datetime]


class EnrichmentRow(Base):
    """What a service was asked about a work, and when it may be asked again. `found` False is an
    answer, too. `asked` names the identifiers that it was asked by; `term` is what of the content
    is searched: of "access" the licence, folded."""

    __tablename__ = "enrichment"
    __table_args__ = (Index("ix_enrichment_what_term", "what", "term"),)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    found: Mapped[bool]
    asked: Mapped[str]
    tries: Mapped[int]
    term: Mapped[str]
    content: Mapped[dict[str, Any]]
    fetched_at: Mapped[datetime]
    due_at: Mapped[datetime | None]


class EntityRow(Base):
    """Something that a work's title and abstract name."""

    __tablename__ = "entity"
    __table_args__ = (
        Index("ix_entity_kind_folded", "kind", "folded"),
        Index("ix_entity_identifier", "identifier"),
    )
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
