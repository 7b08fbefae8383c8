"""references of seeds, vectors of their texts, and what they say of a topic."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seed_list",
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stated", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("fetched_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("seed", name="pk_seed_list"),
    )
    op.create_table(
        "seed_reference",
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("pmid", sa.Text(), nullable=True),
        sa.Column("pmcid", sa.Text(), nullable=True),
        sa.Column("arxiv", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seed"], ["seed_list.seed"], name="fk_seed_reference_seed_seed_list"
        ),
        sa.PrimaryKeyConstraint("seed", "position", name="pk_seed_reference"),
    )
    op.create_table(
        "text_vector",
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("encoder_id", ROW_ID, nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["encoder_id"], ["encoder.id"], name="fk_text_vector_encoder_id_encoder"
        ),
        sa.PrimaryKeyConstraint("text_hash", "encoder_id", name="pk_text_vector"),
    )
    op.create_table(
        "fidelity",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("figure", sa.JSON(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(
            ["slug", "version"],
            ["topic_version.slug", "topic_version.version"],
            name="fk_fidelity_slug_topic_version",
        ),
        sa.PrimaryKeyConstraint("slug", "version", "encoder", name="pk_fidelity"),
    )


def downgrade() -> None:
    op.drop_table("fidelity")
    op.drop_table("text_vector")
    op.drop_table("seed_reference")
    op.drop_table("seed_list")
