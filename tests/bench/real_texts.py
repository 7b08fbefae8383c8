"""The real titles and abstracts that searching is measured on, and their vectors, kept on disk.

Some sources of them name no authors and no years; those works get both from a seeded draw, the
names by how often the others bear them.
"""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import numpy as np

from service.deduplication.merging import merge
from service.deduplication.words import fold
from service.embedding.encoder import SentenceTransformerEncoder
from service.embedding.works import work_vectors
from service.errors import LitwatchError
from service.normalisation import dates, pubmed
from service.normalisation.markup import html_text
from service.records import Identifiers, Kind, WorkFields
from service.sources.importing import batches
from service.store.intake import text_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.records import EncoderInfo

SHARED = Path(__file__).resolve().parents[3] / "shared"
ONCOLOGY = SHARED / "eval/oncology_2025_2026.jsonl"
SCREENING = SHARED / "eval/screening"
UPDATE = SHARED / "captures/pubmed_update/pubmed21n1298.xml.gz"
FOLDER = Path(gettempdir()) / "litwatch-search"  # what is kept between runs
CACHE = FOLDER / "vectors.db"
_SLAB = 256  # works whose vectors are made and kept at a time


def works(shared: Path = SHARED, seed: int = 5) -> list[WorkFields]:
    """Every work once, by title, in a seeded order that mixes the sources of them."""
    found: dict[str, WorkFields] = {}
    listed = [ONCOLOGY, *sorted(SCREENING.glob("*.jsonl"))]
    for fields in (*_updated(UPDATE), *(each for file in listed for each in _listed(file))):
        if fields.title:
            found.setdefault(fold(fields.title), fields)
    chance = random.Random(seed)
    names = [name for fields in found.values() for name in fields.authors]
    whole = [_whole(fields, names, chance) for fields in found.values()]
    chance.shuffle(whole)
    return whole


def medline(*, abstracts: bool = True) -> list[WorkFields]:
    """The oncology papers and those of the update file that have an abstract (or those that have
    none), each PMID once."""
    found: dict[str, WorkFields] = {}
    for fields in (*_listed(ONCOLOGY), *_updated(UPDATE)):
        if fields.title and fields.ids.pmid and bool(fields.abstract) is abstracts:
            found.setdefault(fields.ids.pmid, fields)
    return list(found.values())


def oncology_titles() -> list[str]:
    """The titles of the papers among which known ones are looked for again, in the file's order."""
    return [fields.title for fields in _listed(ONCOLOGY)]


def _updated(file: Path) -> Iterator[WorkFields]:
    for batch in batches(file):
        for record in batch.records:
            try:
                yield merge([pubmed.article(record)])
            except LitwatchError:
                continue


def _listed(file: Path) -> Iterator[WorkFields]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            said: dict[str, Any] = json.loads(line)
            yield WorkFields(
                title=html_text(said["title"] or ""),
                abstract=html_text(said["abstract"] or ""),
                authors=(),
                venue=said.get("journal") or "",
                published=_day(said),
                entered=None,
                kind=Kind.ARTICLE,
                flags=frozenset(),
                ids=Identifiers(doi=said.get("doi") or None, pmid=said.get("pmid") or None),
                url="",
                pdf_url="",
                sources=("pubmed",),
            )


def _day(said: Mapping[str, Any]) -> str | None:
    if "year" in said:
        return dates.partial(said["year"])
    day = said.get("date") or ""
    return dates.iso(day) or dates.partial(*day.split("-"))


def _whole(fields: WorkFields, names: Sequence[str], chance: random.Random) -> WorkFields:
    return replace(
        fields,
        authors=fields.authors or tuple(chance.choices(names, k=chance.randint(1, 9))),
        published=fields.published or f"{chance.randint(2000, 2026)}",
    )


def vectors(
    of: Sequence[WorkFields], cache: Path, progress: Callable[[int], None] = lambda _done: None
) -> tuple[EncoderInfo, list[NDArray[float32]]]:
    """What made the vectors, and the vectors that Litwatch keeps of each work. Those that the file
    `cache` holds from an earlier run are not made again."""
    encoder = SentenceTransformerEncoder()
    kept = _Kept(cache, encoder.info())
    missing = [work for work in of if work not in kept]
    for start in range(0, len(missing), _SLAB):
        slab = missing[start : start + _SLAB]
        made = work_vectors([(each.title, each.abstract) for each in slab], encoder.encode)
        kept.add(zip(slab, made, strict=True))
        progress(len(slab))
    return encoder.info(), [kept[work] for work in of]


class _Kept:
    """Vectors by the text that they are of, and by what made them."""

    def __init__(self, file: Path, info: EncoderInfo) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._made_by, self._width = repr(info), info.dimension
        self._file = sqlite3.connect(file)
        columns = "hash BLOB, made_by TEXT, rows BLOB, PRIMARY KEY (hash, made_by)"
        self._file.execute(f"CREATE TABLE IF NOT EXISTS vector ({columns})")
        asked = self._file.execute("SELECT hash FROM vector WHERE made_by = ?", (self._made_by,))
        self._held = {name for (name,) in asked}

    def __contains__(self, work: WorkFields) -> bool:
        return text_hash(work.title, work.abstract) in self._held

    def __getitem__(self, work: WorkFields) -> NDArray[float32]:
        key = (text_hash(work.title, work.abstract), self._made_by)
        asked = "SELECT rows FROM vector WHERE hash = ? AND made_by = ?"
        (rows,) = self._file.execute(asked, key).fetchone()
        return np.frombuffer(rows, np.float32).reshape(-1, self._width)

    def add(self, made: Iterable[tuple[WorkFields, NDArray[float32]]]) -> None:
        rows = [(text_hash(w.title, w.abstract), self._made_by, v.tobytes()) for w, v in made]
        with self._file:
            self._file.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", rows)
        self._held |= {name for name, _, _ in rows}
