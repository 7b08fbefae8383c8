"""delivery: stops, bounces, news of what was sent, and the fallback of a subscription."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Only what a program of the revision before does not see, or need not fill.
    op.add_column(
        "subscription", sa.Column("fallback", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("digest_item", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("digest_item", sa.Column("flags", sa.JSON(), nullable=True))
    op.add_column(
        "delivery", sa.Column("plain", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "stop",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("ended_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscription.name"], name="fk_stop_subscription_subscription"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stop"),
    )
    op.create_index("ix_stop_subscription", "stop", ["subscription"], unique=False)
    op.create_table(
        "bounce",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_bounce_delivery_id_delivery"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bounce"),
        sa.UniqueConstraint("delivery_id", "hard", name="uq_bounce_delivery_id_hard"),
    )
    op.create_index("ix_bounce_address", "bounce", ["address"], unique=False)
    op.create_table(
        "digest_change",
        sa.Column("digest_id", sa.Text(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name="fk_digest_change_digest_id_digest"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_digest_change_work_id_work"),
        sa.PrimaryKeyConstraint("digest_id", "work_id", "change", name="pk_digest_change"),
    )
    op.create_index("ix_digest_change_work_id", "digest_change", ["work_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_digest_change_work_id", table_name="digest_change")
    op.drop_table("digest_change")
    op.drop_index("ix_bounce_address", table_name="bounce")
    op.drop_table("bounce")
    op.drop_index("ix_stop_subscription", table_name="stop")
    op.drop_table("stop")
    for table, column in (
        ("delivery", "plain"),
        ("digest_item", "flags"),
        ("digest_item", "kind"),
        ("subscription", "fallback"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
