"""watching: statements about works, rechecks, citations, alarms, ranking receipts, additions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMPTY = sa.text("'{}'")


def upgrade() -> None:
    _receipts()
    _statements()
    _runs_and_alarms()
    _citations()
    _additions()


def _receipts() -> None:
    for column in (
        sa.Column("gone", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("dropped", sa.JSON(), nullable=False, server_default=EMPTY),
        sa.Column("lacking", sa.JSON(), nullable=False, server_default=EMPTY),
        sa.Column("signs", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("program", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("receipt", column)


def _statements() -> None:
    op.create_table(
        "statement",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_statement"),
        sa.UniqueConstraint(
            "key", "flag", "said_by", "notice", name="uq_statement_key_flag_said_by_notice"
        ),
    )
    op.create_index("ix_statement_at", "statement", ["at"])
    op.create_table(
        "ruling",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("statement_id", ROW_ID, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name="fk_ruling_statement_id_statement"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ruling"),
        sa.UniqueConstraint("statement_id", name="uq_ruling_statement_id"),
    )
    op.create_table(
        "recheck",
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("checked_at", UTC, nullable=True),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_recheck_work_id_work"),
        sa.PrimaryKeyConstraint("work_id", name="pk_recheck"),
    )
    op.create_index("ix_recheck_due_at", "recheck", ["due_at"])


def _runs_and_alarms() -> None:
    op.create_table(
        "ranking_run",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lo", sa.BigInteger(), nullable=False),
        sa.Column("hi", sa.BigInteger(), nullable=False),
        sa.Column("screened", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("line", sa.Double(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ranking_run"),
    )
    for column in ("topic", "digest", "at"):
        op.create_index(f"ix_ranking_run_{column}", "ranking_run", [column])
    op.create_table(
        "alarm",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("began_at", UTC, nullable=False),
        sa.Column("seen_at", UTC, nullable=False),
        sa.Column("telling_until", UTC, nullable=True),
        sa.Column("told_at", UTC, nullable=True),
        sa.Column("ended_at", UTC, nullable=True),
        sa.Column("end_told_at", UTC, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
    )
    op.create_index("ix_alarm_began_at", "alarm", ["began_at"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_alarm_open",
        "alarm",
        ["key"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _citations() -> None:
    op.create_table(
        "citation",
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("of", "key", "said_by", name="pk_citation"),
    )
    op.create_index("ix_citation_key", "citation", ["key"])


def _additions() -> None:
    op.create_table(
        "enrichment",
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fetched_at", UTC, nullable=False),
        sa.Column("due_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_enrichment_work_id_work"),
        sa.PrimaryKeyConstraint("work_id", "what", name="pk_enrichment"),
    )
    op.create_index("ix_enrichment_what_term", "enrichment", ["what", "term"])
    op.create_table(
        "entity",
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_entity_work_id_work"),
        sa.PrimaryKeyConstraint("work_id", "kind", "folded", name="pk_entity"),
    )
    op.create_index("ix_entity_kind_folded", "entity", ["kind", "folded"])
    op.create_index("ix_entity_identifier", "entity", ["identifier"])
    op.create_table(
        "picture",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_picture"),
    )


def downgrade() -> None:
    for table in (
        *("picture", "entity", "enrichment", "citation", "alarm", "ranking_run"),
        *("recheck", "ruling", "statement"),
    ):
        op.drop_table(table)
    for column in ("program", "signs", "lacking", "dropped", "gone"):
        op.drop_column("receipt", column)
