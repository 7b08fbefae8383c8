"""Reference lists of seeds, the vectors of their texts, and how well topics find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from service.records import Identifiers, Reference
from service.store.dialect import chunks, insert_or
from service.store.schema import FidelityRow, SeedListRow, SeedReferenceRow, TextVectorRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy import float32
    from numpy.typing import NDArray

_BATCH = 500  # hashes in one query


@dataclass(frozen=True, slots=True)
class HeldReferences:
    """A seed's reference list as it is held. `stated` is how many entries the source says the list
    has; `notes` tell what was tried first and what is missing."""

    seed: str
    source: str
    stated: int
    references: tuple[Reference, ...]
    notes: tuple[str, ...]
    fetched_at: datetime

    @property
    def with_abstract(self) -> int:
        """How many of the references have an abstract."""
        return sum(bool(reference.abstract) for reference in self.references)


@dataclass(frozen=True, slots=True)
class HeldFidelity:
    """A topic version's figure, as JSON; `encoder` is what ranked ("" by words only)."""

    slug: str
    version: int
    encoder: str
    figure: Mapping[str, Any]
    at: datetime


class References:
    """Reads and writes inside the caller's transaction. A seed is named by its id."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(
        self,
        seed: str,
        references: Sequence[Reference],
        *,
        source: str,
        stated: int,
        notes: Sequence[str],
        now: datetime,
    ) -> None:
        """Keep a seed's list in place of the one that was held."""
        run = self._connection.execute
        values = {"source": source, "stated": stated, "notes": list(notes), "fetched_at": now}
        insertion = insert_or(self._connection, SeedListRow).values(seed=seed, **values)
        run(insertion.on_conflict_do_update(index_elements=["seed"], set_=values))
        run(delete(SeedReferenceRow).where(SeedReferenceRow.seed == seed))
        rows = [
            {
                "seed": seed,
                "position": position,
                "title": reference.title,
                "abstract": reference.abstract,
                "year": reference.year,
                "doi": reference.ids.doi,
                "pmid": reference.ids.pmid,
                "pmcid": reference.ids.pmcid,
                "arxiv": reference.ids.arxiv,
            }
            for position, reference in enumerate(references, 1)
        ]
        if rows:
            run(insert(SeedReferenceRow), rows)

    def of(self, seeds: Sequence[str]) -> dict[str, HeldReferences]:
        """The held lists of these seeds, each in its order; seeds without one are left out."""
        wanted = list(dict.fromkeys(seeds))
        row = SeedReferenceRow
        found: dict[str, list[Reference]] = {}
        for part in chunks(wanted):
            statement = select(row).where(row.seed.in_(part)).order_by(row.seed, row.position)
            for each in self._connection.execute(statement):
                ids = Identifiers(each.doi, each.pmid, each.pmcid, each.arxiv)
                reference = Reference(each.title, ids, each.abstract, each.year)
                found.setdefault(each.seed, []).append(reference)
        held: dict[str, HeldReferences] = {}
        for part in chunks(wanted):
            lists = select(SeedListRow).where(SeedListRow.seed.in_(part))
            for one in self._connection.execute(lists):
                held[one.seed] = HeldReferences(
                    one.seed,
                    one.source,
                    one.stated,
                    tuple(found.get(one.seed, ())),
                    tuple(one.notes),
                    one.fetched_at,
                )
        return {seed: held[seed] for seed in wanted if seed in held}

    # -- vectors

    def vectors(self, encoder_id: int, hashes: Sequence[bytes]) -> dict[bytes, NDArray[float32]]:
        """Unit rows by text hash, shape (chunks, dimension); unknown texts are left out."""
        import numpy as np  # noqa: PLC0415 (search needs the store, not numpy)

        row = TextVectorRow
        found: dict[bytes, NDArray[float32]] = {}
        for part in chunks(list(dict.fromkeys(hashes)), _BATCH):
            statement = select(row.text_hash, row.chunks, row.vectors).where(
                row.encoder_id == encoder_id, row.text_hash.in_(part)
            )
            for digest, count, blob in self._connection.execute(statement):
                rows = np.frombuffer(blob, dtype="<f2").reshape(count, -1)
                found[bytes(digest)] = rows.astype(np.float32)
        return found

    def save_vectors(self, encoder_id: int, vectors: Mapping[bytes, NDArray[float32]]) -> None:
        """Keep unit rows by text hash, as float16; replaces what was there."""
        if not vectors:
            return
        rows = [
            {
                "text_hash": digest,
                "encoder_id": encoder_id,
                "chunks": int(found.shape[0]),
                "vectors": found.astype("<f2").tobytes(),
            }
            for digest, found in vectors.items()
        ]
        statement = insert_or(self._connection, TextVectorRow)
        new = {name: statement.excluded[name] for name in ("chunks", "vectors")}
        keys = ["text_hash", "encoder_id"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=new), rows
        )

    # -- figures

    def save_fidelity(
        self, slug: str, version: int, encoder: str, figure: Mapping[str, Any], now: datetime
    ) -> None:
        """Keep a topic version's figure; measuring again replaces it."""
        values = {"figure": dict(figure), "at": now}
        statement = insert_or(self._connection, FidelityRow).values(
            slug=slug, version=version, encoder=encoder, **values
        )
        keys = ["slug", "version", "encoder"]
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))

    def fidelity(self, slug: str, version: int) -> HeldFidelity | None:
        """The figure of a topic's version that was measured last."""
        row = FidelityRow
        statement = (
            select(row)
            .where(row.slug == slug, row.version == version)
            .order_by(row.at.desc(), row.encoder.desc())
            .limit(1)
        )
        found = self._connection.execute(statement).one_or_none()
        if found is None:
            return None
        return HeldFidelity(found.slug, found.version, found.encoder, found.figure, found.at)
