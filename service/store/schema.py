"""The tables. Mapped classes carry names and types; behaviour lives in the sibling modules.

Times are UTC. Raw payloads are kept compressed: what a record says (its Paper) is derived from
them and not stored, so that a better normaliser improves history.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.store.columns import PlainText, RowId, UtcDateTime


class Base(DeclarativeBase):
    """Constraint names are fixed so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        str: PlainText,
        list[str]: JSON,
        list[int]: JSON,
        dict[str, Any]: JSON,
        bytes: LargeBinary,
    }


class CounterRow(Base):
    """A number handed out under a row lock held until commit, so commit order is number order."""

    __tablename__ = "counter"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class SourceRow(Base):
    """How polling a source stands."""

    __tablename__ = "source"
    name: Mapped[str] = mapped_column(primary_key=True)
    first_attempt_at: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    not_before: Mapped[datetime | None]


class SweepMarkRow(Base):
    """How far each kind of sweep is proved complete, and a feed's cache validators."""

    __tablename__ = "sweep_mark"
    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    complete_to: Mapped[date | None]
    last_run_at: Mapped[datetime | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]


class ReceiptRow(Base):
    """What one walk of one window did and saw."""

    __tablename__ = "receipt"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    source: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    window_start: Mapped[date | None]
    window_end: Mapped[date | None]
    query: Mapped[str]
    translation: Mapped[str | None]
    stated: Mapped[int | None]
    fetched: Mapped[int]
    new: Mapped[int]
    changed: Mapped[int]
    unparsed: Mapped[int]
    end_sign: Mapped[bool]
    gap: Mapped[str | None]
    warnings: Mapped[list[str]]
    gone: Mapped[int] = mapped_column(server_default="0")
    dropped: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # how many, by reason
    lacking: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # likewise, by what
    signs: Mapped[list[str]] = mapped_column(server_default="[]")
    program: Mapped[str] = mapped_column(server_default="")  # its name and version
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(index=True)


class WorkRow(Base):
    """One piece of research. `merged_into` points at the surviving work, already resolved."""

    __tablename__ = "work"
    # Taken from the ingest counter: a work's id is its first sequence number.
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger, index=True)
    announce: Mapped[bool]
    title: Mapped[str]
    abstract: Mapped[str]
    authors: Mapped[list[str]]
    venue: Mapped[str]
    published: Mapped[str | None]
    entered: Mapped[str | None]
    kind: Mapped[str]
    flags: Mapped[list[str]]
    doi: Mapped[str | None]
    pmid: Mapped[str | None]
    pmcid: Mapped[str | None]
    arxiv: Mapped[str | None]
    url: Mapped[str]
    pdf_url: Mapped[str]
    sources: Mapped[list[str]]
    keywords: Mapped[list[str]] = mapped_column(server_default="[]")
    mesh: Mapped[list[str]] = mapped_column(server_default="[]")
    text_hash: Mapped[bytes]
    first_seen_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    merged_into: Mapped[int | None] = mapped_column(RowId, ForeignKey("work.id"), index=True)


# The number of the work that a work is part of today.
PRESENT_WORK = func.coalesce(WorkRow.merged_into, WorkRow.id)


class RecordRow(Base):
    """One item as one source gave it. `work_id` is None when it could not be understood."""

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("source", "source_id", "version"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    source: Mapped[str]
    source_id: Mapped[str]
    version: Mapped[str]
    format: Mapped[str]
    payload: Mapped[bytes]
    payload_hash: Mapped[bytes]
    work_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("work.id"), index=True)
    joined_by: Mapped[str]
    error: Mapped[str | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class WorkKeyRow(Base):
    """By which keys a work can be found when a new record arrives."""

    __tablename__ = "work_key"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: Mapped[str] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("work.id"), primary_key=True, index=True
    )


class MergeEventRow(Base):
    """Which records moved between works, when and why: enough to undo it."""

    __tablename__ = "merge_event"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime]
    kept: Mapped[int] = mapped_column(BigInteger, index=True)
    other: Mapped[int] = mapped_column(BigInteger, index=True)
    action: Mapped[str]
    record_ids: Mapped[list[int]]
    reason: Mapped[str]


class SeparationRow(Base):
    """A person said that this record is not of that work; merging never overrules it."""

    __tablename__ = "separation"
    record_id: Mapped[int] = mapped_column(RowId, ForeignKey("record.id"), primary_key=True)
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)


class EncoderRow(Base):
    """What produced vectors; vectors of different rows are never compared."""

    __tablename__ = "encoder"
    __table_args__ = (UniqueConstraint("name", "revision", "text_version", "precision"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str]
    revision: Mapped[str]
    text_version: Mapped[str]
    precision: Mapped[str]
    dimension: Mapped[int]


class EmbeddingRow(Base):
    """A work's vectors: float16, little-endian, row-major (chunks, dimension)."""

    __tablename__ = "embedding"
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), primary_key=True)
    encoder_id: Mapped[int] = mapped_column(RowId, ForeignKey("encoder.id"), primary_key=True)
    text_hash: Mapped[bytes]
    chunks: Mapped[int]
    vectors: Mapped[bytes]


class TopicRow(Base):
    """A topic, which of its versions is in force, and which holds what the folder of documents
    has brought last."""

    __tablename__ = "topic"
    slug: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    brought: Mapped[int | None]


class TopicVersionRow(Base):
    """A topic's document at one version, append-only. `restores` is the earlier version that an
    undo went back to."""

    __tablename__ = "topic_version"
    slug: Mapped[str] = mapped_column(ForeignKey("topic.slug"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    restores: Mapped[int | None]
    at: Mapped[datetime]


class SubscriptionRow(Base):
    """Topics + schedule + channel + size rules."""

    __tablename__ = "subscription"
    name: Mapped[str] = mapped_column(primary_key=True)
    topics: Mapped[list[str]]
    channel: Mapped[str]
    destination: Mapped[str]
    weekday: Mapped[int]
    at: Mapped[str]
    zone: Mapped[str]
    cap: Mapped[int]
    floor: Mapped[int]
    active: Mapped[bool]
    fallback: Mapped[str] = mapped_column(server_default="")
    searches: Mapped[list[str]] = mapped_column(server_default="[]")
    author: Mapped[str] = mapped_column(server_default="configuration")
    created_at: Mapped[datetime]


class StopRow(Base):
    """A subscription to which nothing is sent, until `ended_at`."""

    __tablename__ = "stop"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subscription: Mapped[str] = mapped_column(ForeignKey("subscription.name"), index=True)
    reason: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DigestRow(Base):
    """A frozen, replayable selection for one subscription and one period."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("subscription", "period", "revision"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    subscription: Mapped[str] = mapped_column(ForeignKey("subscription.name"))
    period: Mapped[str]
    revision: Mapped[int]
    window_lo: Mapped[int] = mapped_column(BigInteger)
    window_hi: Mapped[int] = mapped_column(BigInteger)
    frozen_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]


class DigestItemRow(Base):
    """A work in a digest. Never the same work twice for one subscription."""

    __tablename__ = "digest_item"
    digest_id: Mapped[str] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    work_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("work.id"), primary_key=True, index=True
    )
    rank: Mapped[int]
    topic: Mapped[str]
    score: Mapped[float]
    # What the work was when it was sent; NULL in digests from before this was kept.
    relevance: Mapped[float | None]
    kind: Mapped[str | None]
    flags: Mapped[list[str] | None]


class DigestChangeRow(Base):
    """News of an earlier digest's work that a digest told. Never the same news twice."""

    __tablename__ = "digest_change"
    digest_id: Mapped[str] = mapped_column(ForeignKey("digest.id"), primary_key=True)
    work_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("work.id"), primary_key=True, index=True
    )
    change: Mapped[str] = mapped_column(primary_key=True)


class DeliveryRow(Base):
    """The outbox: one part of one digest to one destination, with its exact bytes."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("digest_id", "channel", "destination", "part"),
        Index("ix_delivery_due", "state", "not_before"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    digest_id: Mapped[str] = mapped_column(ForeignKey("digest.id"))
    channel: Mapped[str]
    destination: Mapped[str]
    part: Mapped[int]
    parts: Mapped[int]
    payload: Mapped[bytes]
    sha256: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)
    plain: Mapped[bool] = mapped_column(default=False, server_default=false())
    not_before: Mapped[datetime | None]
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    first_unknown_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    last_error: Mapped[str | None]
    remedy: Mapped[str | None]
    created_at: Mapped[datetime]


class DeliveryEventRow(Base):
    """Every change of a delivery's state, append-only."""

    __tablename__ = "delivery_event"
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime]
    attempt: Mapped[int]
    from_state: Mapped[str]
    to_state: Mapped[str]
    detail: Mapped[str]


class BounceRow(Base):
    """A mail that came back; one delivery can bounce once softly and once for good."""

    __tablename__ = "bounce"
    __table_args__ = (UniqueConstraint("delivery_id", "hard"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("delivery.id"))
    address: Mapped[str] = mapped_column(index=True)
    hard: Mapped[bool]
    status: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]


class VoteRow(Base):
    """What a reader said, append-only. `work_id` is the work as the reader saw it, never rewritten;
    the same `key` is the same press of a button."""

    __tablename__ = "vote"
    __table_args__ = (Index("ix_vote_topic_work_id", "topic", "work_id"),)
    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    topic: Mapped[str] = mapped_column(ForeignKey("topic.slug"))
    work_id: Mapped[int] = mapped_column(RowId, ForeignKey("work.id"), index=True)
    voter: Mapped[str]
    judgement: Mapped[str]
    via: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)


class SavedSearchRow(Base):
    """A query that a person has given a name; `query` is as they typed it."""

    __tablename__ = "saved_search"
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[str]
    mode: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]


class TokenRow(Base):
    """What a program shows to be let in: its hash alone is kept."""

    __tablename__ = "token"
    name: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    scope: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]


class SeedListRow(Base):
    """A seed's reference list as one source gave it; `seed` is its id, in every topic."""

    __tablename__ = "seed_list"
    seed: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    stated: Mapped[int]
    notes: Mapped[list[str]]
    fetched_at: Mapped[datetime]


class SeedReferenceRow(Base):
    """One paper of a seed's reference list, in the list's order."""

    __tablename__ = "seed_reference"
    seed: Mapped[str] = mapped_column(ForeignKey("seed_list.seed"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    abstract: Mapped[str]
    year: Mapped[int | None]
    doi: Mapped[str | None]
    pmid: Mapped[str | None]
    pmcid: Mapped[str | None]
    arxiv: Mapped[str | None]


class TextVectorRow(Base):
    """The vectors of a text that is no work, found by its hash; laid out as in `embedding`."""

    __tablename__ = "text_vector"
    text_hash: Mapped[bytes] = mapped_column(primary_key=True)
    encoder_id: Mapped[int] = mapped_column(RowId, ForeignKey("encoder.id"), primary_key=True)
    chunks: Mapped[int]
    vectors: Mapped[bytes]


class FidelityRow(Base):
    """How well one version of a topic finds held-out references, by what ranked them."""

    __tablename__ = "fidelity"
    __table_args__ = (
        ForeignKeyConstraint(["slug", "version"], ["topic_version.slug", "topic_version.version"]),
    )
    slug: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    figure: Mapped[dict[str, Any]]
    at: Mapped[datetime]
