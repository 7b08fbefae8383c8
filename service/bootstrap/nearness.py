"""What finds the nearest works: pgvector where the database has it, else files."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.store import Store
    from service.store.neighbours import FileNeighbours
    from service.store.vector_pg import PgNeighbours


def neighbours(store: Store, folder: str) -> FileNeighbours | PgNeighbours:
    """The index over this archive; files go into `folder`, or where they usually are. Raises
    `StoreError`."""
    if store.engine.dialect.name == "postgresql":
        from service.store import vector_pg

        if vector_pg.usable(store.engine):
            return vector_pg.PgNeighbours(store)
    from service.store.neighbours import FileNeighbours

    return FileNeighbours(store, folder_of(store, folder))


def folder_of(store: Store, chosen: str) -> Path:
    """A folder of this archive's own: several may share the chosen one."""
    if store.file and not chosen:
        return store.file.with_name(f"{store.file.name}.vectors")
    told = str(store.file or store.engine.url.set(password=None).render_as_string())
    name = blake2b(told.encode(), digest_size=8).hexdigest()
    return Path(chosen or "~/.cache/litwatch").expanduser() / f"{name}.vectors"
