"""Runs migrations on the connection that `service.store.migrations` hands in."""

from __future__ import annotations

from alembic import context

from service.store import schema_people, schema_watch, schema_work  # noqa: F401 (beside those of schema)
from service.store.schema import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
