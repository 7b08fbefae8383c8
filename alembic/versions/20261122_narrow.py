"""narrow: on PostgreSQL, what filters ask of works is found without looking at the works."""

from __future__ import annotations

from alembic import op

from service.store.online import NARROW, filled

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LIVING = "WHERE merged_into IS NULL AND gone_at IS NULL"
BEFORE = {
    "work_by_kind": f"work (kind) {_LIVING}",
    "work_by_sources": f"work (CAST(sources AS TEXT)) {_LIVING}",
    "work_by_flags": f"work (CAST(flags AS TEXT)) {_LIVING}",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in BEFORE:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    if not filled(op.get_bind()):
        for name, on in NARROW.items():
            op.execute(f"CREATE INDEX {name} ON {on}")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in NARROW:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    for name, on in BEFORE.items():
        op.execute(f"CREATE INDEX {name} ON {on}")
