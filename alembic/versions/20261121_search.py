"""search: keywords and headings of works, saved searches, tokens, relevance as it was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Only what a program of the revision before does not see, or need not fill.
    for table, column in (("work", "keywords"), ("work", "mesh"), ("subscription", "searches")):
        op.add_column(table, sa.Column(column, sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("digest_item", sa.Column("relevance", sa.Double(), nullable=True))
    op.create_table(
        "saved_search",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_saved_search"),
    )
    op.create_table(
        "token",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=True),
        sa.Column("revoked_at", UTC, nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_token"),
        sa.UniqueConstraint("sha256", name="uq_token_sha256"),
    )


def downgrade() -> None:
    op.drop_table("token")
    op.drop_table("saved_search")
    op.drop_column("digest_item", "relevance")
    for table, column in (("subscription", "searches"), ("work", "mesh"), ("work", "keywords")):
        op.drop_column(table, column)
