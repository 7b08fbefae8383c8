"""votes: what readers said of works, append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # A table of its own: a program of the revision before runs on beside it.
    op.create_table(
        "vote",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("voter", sa.Text(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["topic"], ["topic.slug"], name="fk_vote_topic_topic"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_vote_work_id_work"),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sa.UniqueConstraint("key", name="uq_vote_key"),
    )
    op.create_index("ix_vote_topic_work_id", "vote", ["topic", "work_id"], unique=False)
    op.create_index("ix_vote_work_id", "vote", ["work_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_vote_work_id", table_name="vote")
    op.drop_index("ix_vote_topic_work_id", table_name="vote")
    op.drop_table("vote")
