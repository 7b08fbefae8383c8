"""first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Kept in step with `work` by triggers, so that no writer can forget it.
SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE work_fts USING fts5(title, abstract, authors, venue,"
    " content='work', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE TRIGGER work_fts_insert AFTER INSERT ON work BEGIN"
    " INSERT INTO work_fts(rowid, title, abstract, authors, venue)"
    " VALUES (new.id, new.title, new.abstract, new.authors, new.venue); END",
    "CREATE TRIGGER work_fts_delete AFTER DELETE ON work BEGIN"
    " INSERT INTO work_fts(work_fts, rowid, title, abstract, authors, venue)"
    " VALUES ('delete', old.id, old.title, old.abstract, old.authors, old.venue); END",
    "CREATE TRIGGER work_fts_update AFTER UPDATE OF title, abstract, authors, venue ON work"
    " WHEN old.title IS NOT new.title OR old.abstract IS NOT new.abstract"
    " OR old.authors IS NOT new.authors OR old.venue IS NOT new.venue BEGIN"
    " INSERT INTO work_fts(work_fts, rowid, title, abstract, authors, venue)"
    " VALUES ('delete', old.id, old.title, old.abstract, old.authors, old.venue);"
    " INSERT INTO work_fts(rowid, title, abstract, authors, venue)"
    " VALUES (new.id, new.title, new.abstract, new.authors, new.venue); END",
)
POSTGRESQL_SEARCH = (
    "CREATE INDEX work_search ON work USING gin"
    " ((setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', authors),"
    " 'B') || to_tsvector('english', abstract || ' ' || venue)))",
)


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "encoder",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_encoder"),
        sa.UniqueConstraint(
            "name",
            "revision",
            "text_version",
            "precision",
            name="uq_encoder_name_revision_text_version_precision",
        ),
    )
    op.create_table(
        "merge_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("record_ids", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_merge_event"),
    )
    op.create_index("ix_merge_event_kept", "merge_event", ["kept"], unique=False)
    op.create_index("ix_merge_event_other", "merge_event", ["other"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("window_start", sa.Date(), nullable=True),
        sa.Column("window_end", sa.Date(), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("translation", sa.Text(), nullable=True),
        sa.Column("stated", sa.Integer(), nullable=True),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unparsed", sa.Integer(), nullable=False),
        sa.Column("end_sign", sa.Boolean(), nullable=False),
        sa.Column("gap", sa.Text(), nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("started_at", UTC, nullable=False),
        sa.Column("finished_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_receipt"),
    )
    op.create_index("ix_receipt_finished_at", "receipt", ["finished_at"], unique=False)
    op.create_index("ix_receipt_source", "receipt", ["source"], unique=False)
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_attempt_at", UTC, nullable=True),
        sa.Column("last_attempt_at", UTC, nullable=True),
        sa.Column("last_success_at", UTC, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("not_before", UTC, nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", UTC, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "subscription",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_subscription"),
    )
    op.create_table(
        "sweep_mark",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("complete_to", sa.Date(), nullable=True),
        sa.Column("last_run_at", UTC, nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "kind", name="pk_sweep_mark"),
    )
    op.create_table(
        "topic",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_topic"),
    )
    op.create_table(
        "work",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("announce", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("venue", sa.Text(), nullable=False),
        sa.Column("published", sa.Text(), nullable=True),
        sa.Column("entered", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("pmid", sa.Text(), nullable=True),
        sa.Column("pmcid", sa.Text(), nullable=True),
        sa.Column("arxiv", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("pdf_url", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", UTC, nullable=False),
        sa.Column("updated_at", UTC, nullable=False),
        sa.Column("gone_at", UTC, nullable=True),
        sa.Column("merged_into", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["work.id"], name="fk_work_merged_into_work"),
        sa.PrimaryKeyConstraint("id", name="pk_work"),
    )
    op.create_index("ix_work_merged_into", "work", ["merged_into"], unique=False)
    op.create_index("ix_work_seq", "work", ["seq"], unique=False)
    op.create_table(
        "digest",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("window_lo", sa.BigInteger(), nullable=False),
        sa.Column("window_hi", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", UTC, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscription.name"], name="fk_digest_subscription_subscription"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_digest"),
        sa.UniqueConstraint(
            "subscription", "period", "revision", name="uq_digest_subscription_period_revision"
        ),
    )
    op.create_table(
        "embedding",
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.Column("encoder_id", ROW_ID, nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["encoder_id"], ["encoder.id"], name="fk_embedding_encoder_id_encoder"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_embedding_work_id_work"),
        sa.PrimaryKeyConstraint("work_id", "encoder_id", name="pk_embedding"),
    )
    op.create_table(
        "record",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=False),
        sa.Column("work_id", ROW_ID, nullable=True),
        sa.Column("joined_by", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("first_seen_at", UTC, nullable=False),
        sa.Column("last_seen_at", UTC, nullable=False),
        sa.Column("gone_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_record_work_id_work"),
        sa.PrimaryKeyConstraint("id", name="pk_record"),
        sa.UniqueConstraint(
            "source", "source_id", "version", name="uq_record_source_source_id_version"
        ),
    )
    op.create_index("ix_record_work_id", "record", ["work_id"], unique=False)
    op.create_table(
        "topic_version",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["slug"], ["topic.slug"], name="fk_topic_version_slug_topic"),
        sa.PrimaryKeyConstraint("slug", "version", name="pk_topic_version"),
    )
    op.create_table(
        "work_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_work_key_work_id_work"),
        sa.PrimaryKeyConstraint("key", "work_id", name="pk_work_key"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_key_work_id", "work_key", ["work_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("not_before", UTC, nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", UTC, nullable=True),
        sa.Column("started_at", UTC, nullable=True),
        sa.Column("first_unknown_at", UTC, nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("created_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name="fk_delivery_digest_id_digest"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint(
            "digest_id",
            "channel",
            "destination",
            "part",
            name="uq_delivery_digest_id_channel_destination_part",
        ),
    )
    op.create_index("ix_delivery_due", "delivery", ["state", "not_before"], unique=False)
    op.create_table(
        "digest_item",
        sa.Column("digest_id", sa.Text(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name="fk_digest_item_digest_id_digest"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_digest_item_work_id_work"),
        sa.PrimaryKeyConstraint("digest_id", "work_id", name="pk_digest_item"),
    )
    op.create_index("ix_digest_item_work_id", "digest_item", ["work_id"], unique=False)
    op.create_table(
        "separation",
        sa.Column("record_id", ROW_ID, nullable=False),
        sa.Column("work_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.id"], name="fk_separation_record_id_record"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="fk_separation_work_id_work"),
        sa.PrimaryKeyConstraint("record_id", "work_id", name="pk_separation"),
    )
    op.create_table(
        "delivery_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name="fk_delivery_event_delivery_id_delivery"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_event"),
    )
    op.create_index(
        "ix_delivery_event_delivery_id", "delivery_event", ["delivery_id"], unique=False
    )

    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_SEARCH if sqlite else POSTGRESQL_SEARCH:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE work_fts")
    else:
        op.execute("DROP INDEX work_search")
    op.drop_index("ix_delivery_event_delivery_id", table_name="delivery_event")
    op.drop_table("delivery_event")
    op.drop_table("separation")
    op.drop_index("ix_digest_item_work_id", table_name="digest_item")
    op.drop_table("digest_item")
    op.drop_index("ix_delivery_due", table_name="delivery")
    op.drop_table("delivery")
    op.drop_index("ix_work_key_work_id", table_name="work_key")
    op.drop_table("work_key")
    op.drop_table("topic_version")
    op.drop_index("ix_record_work_id", table_name="record")
    op.drop_table("record")
    op.drop_table("embedding")
    op.drop_table("digest")
    op.drop_index("ix_work_seq", table_name="work")
    op.drop_index("ix_work_merged_into", table_name="work")
    op.drop_table("work")
    op.drop_table("topic")
    op.drop_table("sweep_mark")
    op.drop_table("subscription")
    op.drop_table("source")
    op.drop_index("ix_receipt_source", table_name="receipt")
    op.drop_index("ix_receipt_finished_at", table_name="receipt")
    op.drop_table("receipt")
    op.drop_index("ix_merge_event_other", table_name="merge_event")
    op.drop_index("ix_merge_event_kept", table_name="merge_event")
    op.drop_table("merge_event")
    op.drop_table("encoder")
    op.drop_table("counter")
