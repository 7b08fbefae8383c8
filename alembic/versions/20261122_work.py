"""work: hosts' turns, claims, workers, back-fills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.online import filled

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _lanes()
    _claims()
    _workers()
    _backfills()
    if not filled(op.get_bind()):
        # A digest's window is sought by when its works came.
        op.create_index("ix_work_first_seen_at", "work", ["first_seen_at"])


def _lanes() -> None:
    op.create_table(
        "lane",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ready_at", UTC, nullable=False),
        sa.Column("slowdown", sa.Double(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("held_until", UTC, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.JSON(), nullable=False),
        sa.Column("changed_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lane"),
    )


def _claims() -> None:
    op.create_table(
        "claim",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("held_until", UTC),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_claim"),
    )
    # Sources are claimed like everything else.
    op.drop_column("source", "claimed_by")
    op.drop_column("source", "claimed_until")


def _workers() -> None:
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("seen_at", UTC, nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.Column("since", UTC),
        sa.PrimaryKeyConstraint("name", name="pk_worker"),
    )
    op.create_index("ix_worker_seen_at", "worker", ["seen_at"])


def _backfills() -> None:
    op.create_table(
        "backfill",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text()),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("finished_at", UTC),
        sa.PrimaryKeyConstraint("id", name="pk_backfill"),
        sa.UniqueConstraint("key", name="uq_backfill_key"),
    )
    op.create_table(
        "backfill_part",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("backfill_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("held_until", UTC),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stored", sa.JSON(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("deleted", sa.JSON(), nullable=False),
        sa.Column("embedded", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("started_at", UTC),
        sa.Column("finished_at", UTC),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_part"),
        sa.ForeignKeyConstraint(
            ["backfill_id"], ["backfill.id"], name="fk_backfill_part_backfill_id_backfill"
        ),
        sa.UniqueConstraint(
            "backfill_id", "position", name="uq_backfill_part_backfill_id_position"
        ),
    )


def downgrade() -> None:
    op.add_column("source", sa.Column("claimed_by", sa.Text()))
    op.add_column("source", sa.Column("claimed_until", UTC))
    op.drop_index("ix_work_first_seen_at", table_name="work", if_exists=True)
    for table in ("backfill_part", "backfill", "worker", "claim", "lane"):
        op.drop_table(table)
