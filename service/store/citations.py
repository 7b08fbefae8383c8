"""Which papers cite a seed, or are by a followed author, and how far their lists were walked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, case, func, select

from service.store.dialect import chunks, insert_missing
from service.store.schema import ReceiptRow, RecordRow, WorkKeyRow, WorkRow
from service.store.schema_watch import CitationRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from service.records import Citation

_BATCH = 1_000
_IDS = ("pmid", "pmcid", "doi", "arxiv")  # the best for a key first
_RECORD = "europepmc:"


@dataclass(frozen=True, slots=True)
class Walked:
    """When a list was last asked for, and when it last came whole (None: never)."""

    tried_at: datetime
    whole_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """A paper that the archive holds: one of its keys, and when it was published and entered its
    source (partial ISO dates), where known."""

    key: str
    published: str | None
    entered: str | None


class Citations:
    """Reads and writes inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, citations: Iterable[Citation], now: datetime) -> frozenset[str]:
        """Keep these; returns the keys of papers of which one was not known, by any service."""
        told = sorted({(each.of, each.key, each.said_by) for each in citations})
        before = {pair for of in {of for of, *_ in told} for pair in self._pairs(of, told)}
        for part in chunks(told, _BATCH):
            rows = [{"of": of, "key": key, "said_by": by, "at": now} for of, key, by in part]
            insert_missing(self._connection, CitationRow, rows)
        return frozenset(key for of, key, _ in told if (of, key) not in before)

    def _pairs(self, of: str, told: Sequence[tuple[str, str, str]]) -> set[tuple[str, str]]:
        """Those of the pairs with `of` that are kept."""
        row, keys = CitationRow, [key for each, key, _ in told if each == of]
        return {
            (of, key)
            for part in chunks(keys)
            for key in self._connection.execute(
                select(row.key).where(row.of == of, row.key.in_(part))
            ).scalars()
        }

    def of(self, work_ids: Sequence[int]) -> dict[int, frozenset[str]]:
        """The seeds that these works cite and the followed authors that they are by, as `Citation`
        has them; works without any are left out."""
        found: dict[int, set[str]] = {}
        row = CitationRow
        for part in chunks(work_ids):
            statement = (
                select(WorkKeyRow.work_id, row.of)
                .join(row, row.key == WorkKeyRow.key)
                .where(WorkKeyRow.work_id.in_(part))
            )
            for work_id, of in self._connection.execute(statement):
                found.setdefault(work_id, set()).add(of)
        return {work_id: frozenset(keys) for work_id, keys in found.items()}

    def papers(self, of: str) -> list[str]:
        """The keys of the papers that are kept with `of`, in order."""
        row = CitationRow
        statement = select(row.key).where(row.of == of).distinct().order_by(row.key)
        return list(self._connection.execute(statement).scalars())

    def counts(self, of: Sequence[str]) -> dict[str, int]:
        """How many papers are kept with each of these; those without any are left out."""
        row, found = CitationRow, dict[str, int]()
        for part in chunks(list(dict.fromkeys(of))):
            counted = func.count(row.key.distinct())
            statement = select(row.of, counted).where(row.of.in_(part)).group_by(row.of)
            found |= {each: count for each, count in self._connection.execute(statement)}  # noqa: C416
        return found

    def held(self, names: Sequence[str]) -> dict[str, HeldPaper]:
        """Those of the papers that the archive holds. A name is a key ("pmid:1"), or tells a record
        that has none: "europepmc:PPR/PPR1"."""
        records = {name for name in names if name.startswith(_RECORD)}
        found = self._by_record(sorted(records))
        row, work = WorkKeyRow, WorkRow
        statement = select(row.key, work.published, work.entered).join(work, work.id == row.work_id)
        for part in chunks([name for name in names if name not in records]):
            for values in self._connection.execute(
                statement.where(row.key.in_(part), work.gone_at.is_(None))
            ):
                found.setdefault(values.key, HeldPaper(*values))
        return found

    def _by_record(self, names: Sequence[str]) -> dict[str, HeldPaper]:
        """Those that are known by the record that Europe PMC has of them."""
        found: dict[str, HeldPaper] = {}
        record, row, work = RecordRow, WorkKeyRow, WorkRow
        statement = (
            select(record.source_id, row.key, work.published, work.entered)
            .join(work, work.id == record.work_id)
            .join(row, row.work_id == work.id)
            .where(record.source == _RECORD[:-1], work.gone_at.is_(None))
            .order_by(record.source_id, row.key)
        )
        for part in chunks([name.removeprefix(_RECORD) for name in names]):
            for source_id, key, published, entered in self._connection.execute(
                statement.where(record.source_id.in_(part))
            ):
                name, paper = f"{_RECORD}{source_id}", HeldPaper(key, published, entered)
                if name not in found or _rank(paper.key) < _rank(found[name].key):
                    found[name] = paper
        return found

    def walked(self, source: str) -> dict[str, Walked]:
        """The lists that a source has walked, by the query of their receipts."""
        row = ReceiptRow
        whole = case((and_(row.end_sign, row.gap.is_(None)), row.finished_at))
        statement = (
            select(row.query, func.max(row.finished_at), func.max(whole))
            .where(row.source == source)
            .group_by(row.query)
        )
        return {
            query: Walked(tried, proved)
            for query, tried, proved in self._connection.execute(statement)
        }


def _rank(key: str) -> tuple[int, str]:
    kind = key.partition(":")[0]
    return (_IDS.index(kind) if kind in _IDS else len(_IDS), key)
