"""texts: the search index knows headings and keywords; what a query filters by is indexed."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = ("title", "abstract", "authors", "venue")
COLUMNS = (*BEFORE, "mesh", "keywords")
ALIVE = ("merged_into", "gone_at")  # NULL, both of them


def _are_null(columns: tuple[str, ...], of: str = "") -> str:
    return " AND ".join(f"{of}{column} IS NULL" for column in columns) or "1"


# -- SQLite


def _kept_in_step(columns: tuple[str, ...], living: tuple[str, ...]) -> tuple[str, ...]:
    """Triggers, so that no writer can forget the index; it holds works whose `living` is NULL."""
    watched = (*columns, *living)
    names = ", ".join(columns)
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
    remove = (
        f"INSERT INTO work_fts(work_fts, rowid, {names})"
        f" SELECT 'delete', old.id, {old} WHERE {_are_null(living, 'old.')};"
    )
    write = (
        f"INSERT INTO work_fts(rowid, {names})"
        f" SELECT new.id, {new} WHERE {_are_null(living, 'new.')};"
    )
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in watched)
    return (
        f"CREATE TRIGGER work_fts_insert AFTER INSERT ON work BEGIN {write} END",
        f"CREATE TRIGGER work_fts_delete AFTER DELETE ON work BEGIN {remove} END",
        f"CREATE TRIGGER work_fts_update AFTER UPDATE OF {', '.join(watched)} ON work"
        f" WHEN {changed} BEGIN {remove} {write} END",
    )


TOKENS = "tokenize='porter unicode61 remove_diacritics 2'"
FILL = "INSERT INTO work_fts(work_fts) VALUES ('rebuild')"
SQLITE_DROP = (
    *(f"DROP TRIGGER work_fts_{event}" for event in ("insert", "delete", "update")),
    "DROP TABLE work_fts",
)
# The index holds the living works alone, which the view has: what it finds needs no second look,
# and what it counts are works that can be found. Prefixes of one or two letters begin so many
# words that they have an index of their own.
SQLITE_TEXTS = (
    "CREATE VIEW work_fts_text AS SELECT id, title, abstract, authors, venue, mesh, keywords"
    " FROM work WHERE merged_into IS NULL AND gone_at IS NULL",
    f"CREATE VIRTUAL TABLE work_fts USING fts5({', '.join(COLUMNS)}, content='work_fts_text',"
    f" content_rowid='id', {TOKENS}, prefix='1 2')",
    *_kept_in_step(COLUMNS, ALIVE),
    FILL,
    "CREATE VIRTUAL TABLE work_words USING fts5vocab('work_fts', 'row')",
)
SQLITE_TEXTS_BEFORE = (
    f"CREATE VIRTUAL TABLE work_fts USING fts5({', '.join(BEFORE)}, content='work',"
    f" content_rowid='id', {TOKENS})",
    *_kept_in_step(BEFORE, ()),
    FILL,
)
# `work_facts` has what is asked of single works, without their texts: by an expression, because by
# the number alone SQLite would look into the work. The others lead: what they begin with is NULL
# for the living, so that these lie in the order of the rest.
SQLITE_INDEXES = {
    "work_facts": "work (CAST(id AS INTEGER), kind, published, first_seen_at,"
    " sources, flags, merged_into, gone_at)",
    "work_by_published": "work (merged_into, gone_at, published)",
    "work_by_seen": "work (merged_into, gone_at, first_seen_at)",
    "work_by_kind": "work (merged_into, gone_at, kind)",
    "work_by_sources": "work (merged_into, gone_at, sources)",
    "work_by_flags": "work (merged_into, gone_at, flags)",
    "work_by_doi": "work (doi)",
}

# -- PostgreSQL


def _said(column: str) -> str:
    """A column's words, without accents; of a list, no phrase goes from one entry to the next."""
    listed = column in {"authors", "mesh", "keywords"}
    text = f"{column}::text" if listed else column
    plain = rf"regexp_replace(normalize({text}, NFD), '[\u0300-\u036f]', '', 'g')"
    return f"to_tsvector('english', {plain}{'::json' if listed else ''})"


_WEIGHTS = {"A": ("title",), "B": ("authors",), "C": COLUMNS[4:], "D": ("abstract", "venue")}
_DOCUMENT = " || ".join(
    f"setweight({_said(column)}, '{weight}')"
    for weight, columns in _WEIGHTS.items()
    for column in columns
)
POSTGRESQL_TEXTS = (
    f"ALTER TABLE work ADD COLUMN document tsvector GENERATED ALWAYS AS ({_DOCUMENT}) STORED",
    "CREATE INDEX work_search ON work USING gin (document)",
)
POSTGRESQL_TEXTS_BEFORE = (
    "CREATE INDEX work_search ON work USING gin"
    " ((setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', authors),"
    " 'B') || to_tsvector('english', abstract || ' ' || venue)))",
)
_LIVING = f"WHERE {_are_null(ALIVE)}"
POSTGRESQL_INDEXES = {
    "work_by_published": f'work (published COLLATE "C", id) {_LIVING}',
    "work_by_seen": f"work (first_seen_at, id) {_LIVING}",
    "work_by_kind": f"work (kind) {_LIVING}",
    "work_by_sources": f"work (CAST(sources AS TEXT)) {_LIVING}",
    "work_by_flags": f"work (CAST(flags AS TEXT)) {_LIVING}",
    "work_by_doi": 'work (doi COLLATE "C")',
    "work_key_by_code_point": 'work_key (key COLLATE "C")',
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run(*SQLITE_DROP, *SQLITE_TEXTS, *_indexes(SQLITE_INDEXES))
    else:
        _run("DROP INDEX work_search", *POSTGRESQL_TEXTS, *_indexes(POSTGRESQL_INDEXES))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run(*_dropped(SQLITE_INDEXES), "DROP TABLE work_words", *SQLITE_DROP)
        _run("DROP VIEW work_fts_text", *SQLITE_TEXTS_BEFORE)
    else:
        _run(*_dropped(POSTGRESQL_INDEXES), "ALTER TABLE work DROP COLUMN document")
        _run(*POSTGRESQL_TEXTS_BEFORE)


def _indexes(indexes: dict[str, str]) -> list[str]:
    return [f"CREATE INDEX {name} ON {on}" for name, on in indexes.items()]


def _dropped(indexes: dict[str, str]) -> list[str]:
    return [f"DROP INDEX {name}" for name in indexes]


def _run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
