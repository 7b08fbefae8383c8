"""Archives of any size, as a group has them after a year: works with records, vectors and times.

The texts are real ones, repeated with a tenth of their words changed (see `search_data`); none is
of the update file, whose records the benchmarks take in as new. Their vectors are those of a few
thousand real texts, with noise.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from service import bootstrap, config
from service.clock import standing
from service.store import engine as engines
from service.store.schema import RecordRow, WorkRow
from tests.bench import real_texts, search_data, site_data
from tests.bench.search_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.bootstrap import App
    from service.records import WorkFields
    from service.store.schema import Base

EMBEDDED = 2_000  # real texts whose vectors are made; kept in `real_texts.CACHE`
_SETTINGS: dict[str, Any] = {
    "http": {"contact": "ida@example.org"},
    "email": {"host": "127.0.0.1", "sender": "Litwatch <litwatch@example.org>"},
    "web": {"keys": ["k" * 32]},
}


def opened(file: Path) -> App:
    """Litwatch over the archive; its clock stands where the archive ends."""
    values = _SETTINGS | {"database": {"url": f"sqlite:///{file.resolve()}"}}
    return bootstrap.build(config.Settings.model_validate(values), standing(NOW))


def texts() -> list[WorkFields]:
    """The real works that are repeated."""
    return [work for work in real_texts.works() if work.entered is None]


def make(file: Path, count: int, works: Sequence[WorkFields], embedded: int = EMBEDDED) -> None:
    """An archive of `count` works in an empty file, by the encoder that is in use now."""
    file.parent.mkdir(parents=True, exist_ok=True)
    info, rows = real_texts.vectors(works[:embedded], real_texts.CACHE)
    around = [rows[at % len(rows)] for at in range(len(works))]
    engine = engines.create(f"sqlite:///{file.resolve()}")
    _Loader(engine, search_data.Texts(works, around), info).load(count)
    engine.dispose()


class _Loader(search_data.Loader):
    """Gives works the times of an archive in use, and a record each."""

    def _write(
        self,
        bulk: search_data.Copied | search_data.Unsafe,
        numbers: range,
        count: int,
        encoder: int,
    ) -> None:
        super()._write(_Dating(bulk, count), numbers, count, encoder)  # type: ignore[arg-type]


class _Dating:
    def __init__(self, bulk: search_data.Copied | search_data.Unsafe, count: int) -> None:
        self._bulk, self._count = bulk, count

    def write(self, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        if table is WorkRow:
            rows = [row | self._times(row["id"]) for row in rows]
        self._bulk.write(table, rows)
        if table is WorkRow:
            self._bulk.write(RecordRow, list(map(record, rows)))

    def _times(self, number: int) -> dict[str, Any]:
        seen = site_data.came(number, self._count)
        return {"first_seen_at": seen, "updated_at": seen}


def record(work: dict[str, Any]) -> dict[str, Any]:
    """The row of the record that a work's row was made from."""
    told = {
        "title": work["title"],
        "authors": "; ".join(work["authors"]),
        "doi": work["doi"],
        "date": work["published"],
        "version": "1",
        "type": "new results",
        "license": "cc_by",
        "category": "cancer biology",
        "abstract": work["abstract"],
        "server": "bioRxiv",
    }
    payload = json.dumps(told).encode()
    return {
        "source": "biorxiv",
        "source_id": work["doi"],
        "version": "1",
        "format": "biorxiv-json",
        "payload": zlib.compress(payload, 1),
        "payload_hash": hashlib.blake2b(payload, digest_size=16).digest(),
        "work_id": work["id"],
        "joined_by": "first record of this work",
        "first_seen_at": work["first_seen_at"],
        "last_seen_at": work["first_seen_at"],
    }
