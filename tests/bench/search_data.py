"""An archive of a million works as Litwatch would hold it, for measuring how it is searched.

    PYTHONPATH=. python tests/bench/search_data.py FOLDER [--works N] [--base N]

Real titles and abstracts are repeated with other authors, dates, journals and identifiers, and a
tenth of the words of each is swapped for words drawn from all texts by how often they occur, so
that terms keep a natural distribution. Of a repeated work the vectors are those of the real one
with noise (cosine about 0.9 to it): embedding a million texts would take ten hours here.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import insert, text

from service.deduplication.keys import id_keys, title_key
from service.records import Flag, Identifiers, Kind, WorkFields
from service.store import engine as engines
from service.store import migrations
from service.store.embeddings import Embeddings
from service.store.intake import SEQUENCE, work_values
from service.store.schema import CounterRow, EmbeddingRow, WorkKeyRow, WorkRow
from tests.bench import real_texts, search_reading
from tests.bench.search_reading import NOW, START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy import float16, float32
    from numpy.typing import NDArray
    from sqlalchemy import Connection, Engine

    from service.records import EncoderInfo
    from service.store.schema import Base

WORKS, BASES, SEED = 1_000_000, 20_000, 5
_BATCH = 2_000
_SWAPPED = 0.1  # of the words of a text
_NOISE, _POOL = 0.5, 65_536  # how long a vector of noise is, beside the real one's 1; how many
_FIRST_DAY, _DAYS = date(2000, 1, 1), (date(2026, 11, 20) - date(2000, 1, 1)).days
# About as often as in an archive that polls everything: the rare ones are filters of about 1 %.
_SOURCES = (
    *[("pubmed",)] * 70,
    *[("europepmc", "pubmed")] * 12,
    *[("pmc", "pubmed")] * 9,
    *[("biorxiv",)] * 5,
    *[("arxiv",)] * 3,
    ("medrxiv",),
)
_KINDS = (
    *[Kind.ARTICLE] * 164,
    *[Kind.REVIEW] * 18,
    *[Kind.CASE_REPORT] * 6,
    *[Kind.LETTER] * 4,
    *[Kind.EDITORIAL] * 4,
    *[Kind.TRIAL] * 2,
    Kind.GUIDELINE,
    Kind.ERRATUM,
)
_FLAGS = ((0.001, frozenset({Flag.RETRACTED})), (0.005, frozenset({Flag.CORRECTED})))


class Real(NamedTuple):
    """A real work, its words, and its vectors (title row first)."""

    fields: WorkFields
    title: list[str]
    abstract: list[str]
    rows: NDArray[float32]


class Texts:
    """What works are made from; the same seed gives the same works, asked for in order."""

    def __init__(self, works: Sequence[WorkFields], rows: Sequence[NDArray[float32]]) -> None:
        self._real = [
            Real(each, each.title.split(), each.abstract.split(), vectors)
            for each, vectors in zip(works, rows, strict=True)
        ]
        self._chance = random.Random(SEED)
        noise = np.random.default_rng(SEED)
        self._noise = noise.standard_normal((_POOL, rows[0].shape[1]), np.float32)
        self._noise *= _NOISE / np.sqrt(self._noise.shape[1])
        # Walked around and around in a drawn order: each comes up as often as it occurs.
        self._words = self._around(
            word for each in self._real for word in (*each.title, *each.abstract)
        )
        self._names = self._around(name for each in works for name in each.authors)
        self._venues = self._around(each.venue for each in works if each.venue)

    def _around(self, of: Iterable[str]) -> Iterator[str]:
        drawn = list(of)
        self._chance.shuffle(drawn)
        return cycle(drawn)

    def fields(self, number: int) -> WorkFields:
        """The work of this number: the real ones come first as they are, then repeated ones."""
        real, chance = self._real[number % len(self._real)], self._chance.random
        sources = _SOURCES[int(chance() * len(_SOURCES))]
        kind = _KINDS[int(chance() * len(_KINDS))]
        marks: dict[str, Any] = {
            "kind": kind if sources[-1] == "pubmed" else Kind.PREPRINT,
            "flags": next((flags for share, flags in _FLAGS if chance() < share), frozenset()),
            "sources": sources,
            "url": f"https://journal.example.org/{number}",
            "pdf_url": f"https://journal.example.org/{number}.pdf" if chance() < 0.3 else "",
            "ids": _ids(number, sources),
        }
        if number < len(self._real):
            return replace(real.fields, **marks)
        return replace(
            real.fields,
            title=self._reworded(real.title),
            abstract=self._reworded(real.abstract),
            authors=tuple(islice(self._names, 1 + int(chance() * 9))),
            venue=next(self._venues),
            published=_day(chance(), chance()),
            **marks,
        )

    def _reworded(self, words: Sequence[str]) -> str:
        changed, chance = list(words), self._chance.random
        swaps = int(len(words) * _SWAPPED + chance())
        for word in islice(self._words, swaps):
            changed[int(chance() * len(changed))] = word
        return " ".join(changed)

    def vectors(self, numbers: range) -> list[NDArray[float16]]:
        """Of the works of these numbers, as they are stored."""
        rows = [self._real[number % len(self._real)].rows for number in numbers]
        whole = np.concatenate(rows)
        if numbers.start >= len(self._real):
            drawn = [int(self._chance.random() * _POOL) for _ in range(len(whole))]
            whole += self._noise[drawn]
            whole /= np.linalg.norm(whole, axis=1, keepdims=True)
        return np.split(whole.astype("<f2"), np.cumsum([len(each) for each in rows])[:-1])


def _ids(number: int, sources: tuple[str, ...]) -> Identifiers:
    return Identifiers(
        doi=f"10.5555/made.{number}",
        pmid=f"{50_000_000 + number}" if "pubmed" in sources else None,
        pmcid=f"PMC{20_000_000 + number}" if "pmc" in sources else None,
        arxiv=f"{2001 + number // 90_000}.{number % 90_000:05}" if "arxiv" in sources else None,
    )


def _day(place: float, known: float) -> str:
    """A day of 2000 to 2026, later ones more often; some are known only as a month or a year."""
    day = (_FIRST_DAY + timedelta(int(_DAYS * place**0.6))).isoformat()
    return day if known < 0.9 else day[:7] if known < 0.97 else day[:4]


class Loader:
    """Writes works in bulk: SQLite's index of words is filled once, when all of them are there."""

    def __init__(self, engine: Engine, texts: Texts, info: EncoderInfo) -> None:
        self._engine = engine
        self._texts = texts
        self._info = info

    def load(self, count: int) -> None:
        """Fill the empty database with `count` works, and with what a group did with them."""
        migrations.upgrade(self._engine)
        with engines.transaction(self._engine, write=True) as connection:
            connection.execute(insert(CounterRow).values(name=SEQUENCE, value=count))
            encoder = Embeddings(connection).encoder_id(self._info)
            index = _without_index(connection)
        bulk = Copied(self._engine) if _is_postgresql(self._engine) else Unsafe(self._engine)
        for first in range(0, count, _BATCH):
            self._write(bulk, range(first, min(first + _BATCH, count)), count, encoder)
            if first % 50_000 < _BATCH:
                _say(f"{first:,} works")
        bulk.close()
        with engines.transaction(self._engine, write=True) as connection:
            search_reading.write(connection, count)
            _say("indexing words")
            for statement in index:
                connection.exec_driver_sql(statement)

    def _write(self, bulk: Copied | Unsafe, numbers: range, count: int, encoder: int) -> None:
        rows = [_row(number + 1, count, self._texts.fields(number)) for number in numbers]
        bulk.write(WorkRow, rows)
        bulk.write(WorkKeyRow, [{"key": k, "work_id": r["id"]} for r in rows for k in _keys(r)])
        shared = {"encoder_id": encoder}
        vectors = zip(rows, self._texts.vectors(numbers), strict=True)
        bulk.write(
            EmbeddingRow,
            [
                {"work_id": row["id"], "text_hash": row["text_hash"], "chunks": len(each)}
                | {"vectors": each.tobytes()}
                | shared
                for row, each in vectors
            ],
        )


class Unsafe:
    """Rows into SQLite without a journal: a crash would leave a broken file."""

    def __init__(self, engine: Engine) -> None:
        engine.dispose()  # SQLite changes its journal only for whoever is alone
        self._connection = sqlite3.connect(engine.url.database or "", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute("BEGIN")

    def write(self, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        names = list(rows[0])
        told = f"({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        values = [[_plain(value) for value in row.values()] for row in rows]
        self._connection.executemany(f"INSERT INTO {table.__tablename__} {told}", values)

    def close(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.close()


class Copied:
    """Rows into PostgreSQL with COPY."""

    def __init__(self, engine: Engine) -> None:
        self._pooled = engine.raw_connection()

    def write(self, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
        connection: Any = self._pooled.driver_connection
        told = f"COPY {table.__tablename__} ({', '.join(rows[0])}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(told) as copy:
            for row in rows:
                copy.write_row([_json(v) if isinstance(v, list) else v for v in row.values()])
        connection.commit()

    def close(self) -> None:
        self._pooled.close()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return _json(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value


def _json(value: list[str]) -> str:
    return json.dumps(value, ensure_ascii=False) if value else "[]"


def _row(number: int, count: int, fields: WorkFields) -> dict[str, Any]:
    seen = START + (NOW - START) * (number / count)
    return work_values(fields) | {
        "id": number,
        "seq": number,
        "announce": True,
        "first_seen_at": seen,
        "updated_at": seen,
        "gone_at": None,
        "merged_into": None,
    }


def _keys(row: dict[str, Any]) -> Iterator[str]:
    yield from id_keys(Identifiers(row["doi"], row["pmid"], row["pmcid"], row["arxiv"]))
    title = title_key(row["title"])
    if title:
        yield title


def _is_postgresql(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


def _without_index(connection: Connection) -> list[str]:
    """Drops what every new row would have to be entered in, at once instead of in bulk; returns
    what makes it again."""
    if connection.dialect.name == "sqlite":
        asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'work' AND sql > ''"
        asked += " AND type IN ('trigger', 'index')"
        again = ["INSERT INTO work_fts(work_fts) VALUES ('rebuild')"]
    else:
        asked = "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'work_%'"
        again = []
    found = connection.execute(text(asked)).all()
    for kind, name, _ in found:
        connection.execute(text(f"DROP {kind} {name}"))
    return [*again, *(told for _, _, told in found)]


_BEGAN = time.perf_counter()


def _say(what: str) -> None:
    print(f"{time.perf_counter() - _BEGAN:6.0f} s  {what}", flush=True)


def make(url: str, count: int, base: int, cache: Path = real_texts.CACHE) -> None:
    """An archive of `count` works made from `base` real ones, in the empty database at `url`."""
    works = real_texts.works()[:base]
    _say(f"{len(works):,} real works read")
    info, rows = real_texts.vectors(works, cache)
    _say("real works embedded")
    engine = engines.create(url)
    Loader(engine, Texts(works, rows), info).load(count)
    engine.dispose()
    _say("done")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--works", type=int, default=WORKS)
    options.add_argument("--base", type=int, default=BASES, help="real works that are repeated")
    options.add_argument(
        "--cache", type=Path, default=real_texts.CACHE, help="where vectors are kept"
    )
    options.add_argument("--name", default="litwatch.db")
    options.add_argument("--url", help="an empty database, in place of a file in the folder")
    chosen = options.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    url = chosen.url or f"sqlite:///{chosen.folder.resolve() / chosen.name}"
    make(url, chosen.works, chosen.base, chosen.cache)


if __name__ == "__main__":
    main()
