"""An archive as a group has it after a year of use, for measuring the pages of the web app.

    PYTHONPATH=. python tests/bench/site_data.py FROM FOLDER [--works N]

FROM is a SQLite archive of Litwatch with works and their vectors. They are repeated, reworded (see
`search_data`), until there are as many as asked for; each has a record, some have a dozen. The
newest 4,000 came in the last seven days, 26,000 in the seven weeks before. `site_group` adds what
people did with them.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import zlib
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import delete

from service import bootstrap, config
from service.clock import standing
from service.records import EncoderInfo, Flag, Identifiers, Kind, WorkFields
from service.store import engine as engines
from service.store.schema import (
    DeliveryRow,
    DigestItemRow,
    DigestRow,
    SubscriptionRow,
    TopicRow,
    TopicVersionRow,
    VoteRow,
)
from tests.bench import search_data, site_group
from tests.bench.anew import asked_anew
from tests.bench.search_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy import float32
    from numpy.typing import NDArray

    from service.bootstrap import App

WORKS = 100_000
LAST_WEEK, LAST_WEEKS = 4_000, 30_000  # works of the last 7 and of the last 56 days
MANY, OFTEN = 12, 500  # records of a work; every so many works have them
_EARLIER = timedelta(days=400)  # over which all others came

SETTINGS = """\
[database]
url = "sqlite:///{folder}/litwatch.db"
[http]
contact = "ida@example.org"
[email]
host = "127.0.0.1"
sender = "Litwatch <litwatch@example.org>"
[file]
folder = "{folder}/sent"
[web]
keys = ["{key}"]
"""


def make(source: Path, folder: Path, count: int = WORKS) -> None:
    """Make the archive, its settings and its indexes in an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "litwatch.toml"
    settings.write_text(SETTINGS.format(folder=folder.resolve(), key="k" * 32), encoding="utf-8")
    _fill(source, folder / "litwatch.db", count)
    with closing(opened(folder)) as app:
        site_group.furnish(app)


def _fill(source: Path, file: Path, count: int) -> None:
    """Works with their vectors, records and times."""
    works, rows, info = _read(source)
    print(f"{len(works):,} works read", flush=True)
    engine = engines.create(f"sqlite:///{file.resolve()}")
    search_data.Loader(engine, search_data.Texts(works, rows), info).load(count)
    with engines.transaction(engine, write=True) as connection:  # who read there makes way
        for table in (DigestItemRow, DeliveryRow, DigestRow, VoteRow, SubscriptionRow, TopicVersionRow, TopicRow):  # fmt: skip
            connection.execute(delete(table))
    engine.dispose()
    _dated(file, count)


def opened(folder: Path) -> App:
    """The app over such an archive; its clock stands where the archive ends."""
    return asked_anew(bootstrap.build(config.load(folder / "litwatch.toml"), standing(NOW)))


def _read(file: Path) -> tuple[list[WorkFields], list[NDArray[float32]], EncoderInfo]:
    """The works of an archive with their vectors, in the order of their numbers."""
    works, rows = [], []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        held = connection.execute(
            "SELECT name, revision, text_version, dimension, precision FROM encoder"
            " ORDER BY id DESC LIMIT 1"
        ).fetchone()
        info = EncoderInfo(*held)
        found = connection.execute(
            "SELECT work.*, vectors FROM work JOIN embedding ON work_id = work.id"
            " WHERE merged_into IS NULL AND gone_at IS NULL AND abstract > '' ORDER BY work.id"
        )
        for row in found:
            works.append(_fields(row))
            vectors = np.frombuffer(row["vectors"], "<f2").reshape(-1, info.dimension)
            rows.append(vectors.astype(np.float32))
    return works, rows, info


def _fields(row: sqlite3.Row) -> WorkFields:
    listed: dict[str, Any] = {name: tuple(json.loads(row[name])) for name in ("authors", "sources", "keywords", "mesh")}  # fmt: skip
    plain: dict[str, Any] = {name: row[name] for name in ("title", "abstract", "venue", "published", "entered", "url", "pdf_url")}  # fmt: skip
    return WorkFields(
        kind=Kind(row["kind"]),
        flags=frozenset(map(Flag, json.loads(row["flags"]))),
        ids=Identifiers(row["doi"], row["pmid"], row["pmcid"], row["arxiv"]),
        **listed,
        **plain,
    )


def came(number: int, count: int) -> datetime:
    """When the work of this number, of so many, was first seen: later ones later."""
    back, days = count - number, timedelta(days=1)
    if back < LAST_WEEK:
        return NOW - 7 * days * (back / LAST_WEEK)
    if back < LAST_WEEKS:
        return NOW - 7 * days - 49 * days * ((back - LAST_WEEK) / (LAST_WEEKS - LAST_WEEK))
    return NOW - 56 * days - _EARLIER * ((back - LAST_WEEKS) / max(1, count - LAST_WEEKS))


def _dated(file: Path, count: int) -> None:
    """Give each work its time, and its records."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        seen = [(str(came(n, count).replace(tzinfo=None)), n) for n in range(1, count + 1)]
        connection.executemany("UPDATE work SET first_seen_at = ?1, updated_at = ?1 WHERE id = ?2", seen)  # fmt: skip
        told = (
            "INSERT INTO record (source, source_id, version, format, payload, payload_hash, work_id,"
            " joined_by, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        works = connection.cursor()
        works.execute(
            "SELECT id, title, abstract, authors, doi, published, first_seen_at FROM work"
        )
        for number, *fields in works.fetchall():
            connection.executemany(told, _records(number, *fields))
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()


def _records(
    number: int, title: str, abstract: str, authors: str, doi: str, published: str, seen: str
) -> Iterator[tuple[Any, ...]]:
    """The work's record; of every so many works a preprint's dozen versions."""
    versions = MANY if number % OFTEN == 0 else 1
    for version in range(1, versions + 1):
        row = {
            "title": title,
            "authors": "; ".join(json.loads(authors)),
            "doi": doi,
            "date": published,
            "version": f"{version}",
            "type": "new results",
            "license": "cc_by",
            "category": "cancer biology",
            "abstract": f"{abstract} As of version {version}.",
            "server": "bioRxiv",
        }
        payload = json.dumps(row).encode()
        held = zlib.compress(payload, 1), sha256(payload).digest()
        joined = "first record of this work" if version == 1 else "same identifier"
        yield "biorxiv", doi, f"{version}", "biorxiv-json", *held, number, joined, seen, seen


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("source", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--works", type=int, default=WORKS)
    chosen = asked.parse_args()
    make(chosen.source, chosen.folder, chosen.works)


if __name__ == "__main__":
    main()
