"""What a user would pick instead, on the same works: each answers words with the best twenty.

Every peer is given the archive's SQLite file and reads the texts from there.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Protocol

from tests.bench.search_queries import FILTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.bench.search_queries import Asked

TOP = 20
_READ = 20_000  # rows at a time
# What Litwatch gives the parts of a work: title, abstract, authors, journal.
_WEIGHTS = (4.0, 1.0, 2.0, 1.0)


class Peer(Protocol):
    """Something that finds works by words."""

    name: str
    slow: bool  # so much that only a few questions are asked

    def find(self, asked: Asked) -> list[int]:
        """The numbers of the best works."""
        ...


def peers(file: Path, folder: Path) -> Iterator[tuple[Peer, str]]:
    """Each with what making its index took; `folder` keeps what they need, between runs."""
    for every in (True, False):
        yield PlainFts5(file, every=every), "the archive's own index"
    yield Scan(file), "no index"
    tantivy = Tantivy(folder / "tantivy")
    took = tantivy.make(file)
    size = sum(each.stat().st_size for each in (folder / "tantivy").iterdir())
    told = "kept from an earlier run" if took is None else f"made in {took:.0f} s"
    for every in (True, False):
        tantivy.every = every
        tantivy.name = f"tantivy, {'all words' if every else 'any word'}"
        yield tantivy, f"{told}, {size / 1e6:,.0f} MB"


class Scan:
    """Looks at every work, as arxiv-sanity-lite does: how many of the words are in the title, in
    the authors, in the abstract, weighed 20, 10 and 10."""

    name, slow = "LIKE scan", True

    def __init__(self, file: Path) -> None:
        self._connection = _opened(file)

    def find(self, asked: Asked) -> list[int]:
        weights = {"title": 20, "authors": 10, "abstract": 10}
        each = [
            f"{weight} * ({column} LIKE ?)"
            for column, weight in weights.items()
            for _ in asked.words
        ]
        like = [f"%{word}%" for word in asked.words] * len(weights)
        only, bound = _condition(asked)
        told = f"SELECT id, {' + '.join(each)} AS score FROM work WHERE score > 0{only}"
        order = f"{told} ORDER BY score DESC, id LIMIT {TOP}"
        return [number for number, _ in self._connection.execute(order, [*like, *bound])]


class PlainFts5:
    """The archive's own index of words, asked as its manual shows."""

    slow = False

    def __init__(self, file: Path, *, every: bool) -> None:
        self.name = f"plain FTS5, {'all words' if every else 'any word'}"
        self._connection = _opened(file)
        self._joined = " AND " if every else " OR "

    def find(self, asked: Asked) -> list[int]:
        match = self._joined.join(f'"{word}"' for word in asked.words)
        best = f"bm25(work_fts, {', '.join(map(str, _WEIGHTS))})"
        only, bound = _condition(asked)
        join = f" JOIN work ON work.id = work_fts.rowid{only}" if only else ""
        told = f"SELECT work_fts.rowid FROM work_fts{join} WHERE work_fts MATCH ?"
        order = f"{told} ORDER BY {best} LIMIT {TOP}"
        return [number for (number,) in self._connection.execute(order, [*bound, match])]


class Tantivy:
    """The search library, with its English stemmer and its default ranking."""

    slow = False

    def __init__(self, folder: Path) -> None:
        self.name, self.every = "tantivy", True
        self._folder = folder
        self._index: Any = None
        self._searcher: Any = None

    def make(self, file: Path) -> float | None:
        """Seconds; None where the index is there from an earlier run, of the same works."""
        import tantivy

        connection = _opened(file)
        count = connection.execute("SELECT max(id) FROM work").fetchone()[0]
        if tantivy.Index.exists(str(self._folder)) if self._folder.is_dir() else False:
            self._open()
            if self._searcher.num_docs == count:
                return None
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        began = time.perf_counter()
        writer = tantivy.Index(_tantivy_schema(), path=str(self._folder)).writer(256_000_000, 2)
        asked = "SELECT id, title, abstract, authors, venue, kind, sources FROM work"
        rows = connection.execute(asked)
        while some := rows.fetchmany(_READ):
            for number, *texts in some:
                named = dict(zip(_FIELDS, texts, strict=True))
                writer.add_document(tantivy.Document(id=number, **named))
        writer.commit()
        writer.wait_merging_threads()
        took = time.perf_counter() - began
        self._open()
        return took

    def _open(self) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(self._folder))
        self._index.reload()
        self._searcher = self._index.searcher()

    def find(self, asked: Asked) -> list[int]:
        join = " AND " if self.every else " OR "
        text = join.join(f'"{word}"' for word in asked.words)
        if asked.only:
            column, value = FILTERS[asked.only]
            text = f"({text}) AND {column}:{value}"
        boosts = dict(zip(_FIELDS[:4], _WEIGHTS, strict=True))
        query = self._index.parse_query(text, list(boosts), field_boosts=boosts)
        hits = self._searcher.search(query, TOP, count=False).hits
        return [self._searcher.doc(address)["id"][0] for _, address in hits]


_FIELDS = ("title", "abstract", "authors", "venue", "kind", "source")


def _tantivy_schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder().add_integer_field("id", stored=True)
    for name in _FIELDS[:4]:
        builder.add_text_field(name, tokenizer_name="en_stem")
    for name in _FIELDS[4:]:
        builder.add_text_field(name, index_option="basic")
    return builder.build()


def _condition(asked: Asked) -> tuple[str, list[str]]:
    """The question's filter as SQL, to follow other conditions."""
    if not asked.only:
        return "", []
    column, value = FILTERS[asked.only]
    if column == "kind":
        return " AND kind = ?", [value]
    each = "SELECT 1 FROM json_each(work.sources) WHERE json_each.value = ?"
    return f" AND EXISTS ({each})", [value]


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True)
