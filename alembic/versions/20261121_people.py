"""people: names of one person, what they have read; rankings that are kept to be looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Only what a program of the revision before does not see, or need not fill.
    op.add_column(
        "subscription",
        sa.Column("author", sa.Text(), nullable=False, server_default="configuration"),
    )
    op.add_column("topic_version", sa.Column("restores", sa.Integer(), nullable=True))
    op.add_column("topic", sa.Column("brought", sa.Integer(), nullable=True))
    _people()
    _kept_rankings()
    _figures_of_words(300)  # of ten times as many words


def _figures_of_words(target: int) -> None:
    """PostgreSQL's figures know as many of the commonest words: those are not counted."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE work ALTER COLUMN document SET STATISTICS {target}")


def _people() -> None:
    op.create_table(
        "alias",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("alias", name="pk_alias"),
    )
    op.create_index("ix_alias_person", "alias", ["person"])
    op.create_table(
        "reading",
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_reading_work_id_work"),
        sa.PrimaryKeyConstraint("reader", "work_id", name="pk_reading"),
    )
    op.create_index("ix_reading_work_id", "reading", ["work_id"])


def _kept_rankings() -> None:
    op.create_table(
        "week",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("hi", sa.BigInteger(), nullable=False),
        sa.Column("screened", sa.Integer(), nullable=False),
        sa.Column("line", sa.Double(), nullable=False),
        sa.Column("spread", sa.JSON(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["topic"], ["topic.slug"], name="fk_week_topic_topic"),
        sa.PrimaryKeyConstraint("topic", name="pk_week"),
    )
    op.create_table(
        "week_work",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Double(), nullable=False),
        sa.Column("alike", sa.BigInteger(), nullable=True),
        sa.Column("ranked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["topic"], ["week.topic"], name="fk_week_work_topic_week"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_week_work_work_id_work"),
        sa.PrimaryKeyConstraint("topic", "work_id", name="pk_week_work"),
    )
    op.create_index("ix_week_work_work_id", "week_work", ["work_id"])
    op.create_table(
        "upcoming",
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("works", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscription.name"], name="fk_upcoming_subscription_subscription"
        ),
        sa.PrimaryKeyConstraint("subscription", name="pk_upcoming"),
    )


def downgrade() -> None:
    _figures_of_words(-1)  # as it was
    for table in ("upcoming", "week_work", "week", "reading", "alias"):
        op.drop_table(table)
    op.drop_column("topic", "brought")
    op.drop_column("topic_version", "restores")
    op.drop_column("subscription", "author")
