"""Papers as values, and an archive that takes them in without a normaliser between."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from service import pipeline
from service.clock import Clock
from service.errors import ParseError
from service.records import (
    Author,
    Batch,
    Certainty,
    Identifiers,
    Kind,
    Link,
    Paper,
    Record,
    Relation,
    Tally,
)
from service.records.queries import AllOf, Not, Words

if TYPE_CHECKING:
    from service.store import Store

NOW = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
FORMAT = "paper"  # the payload is the Paper itself
_JSON = TypeAdapter(Paper)


def paper(number: int = 1, **changes: Any) -> Paper:
    """A PubMed article; `number` makes its ids, title and first author its own."""
    values: dict[str, Any] = {
        "source": "pubmed",
        "source_id": f"{40_000_000 + number}",
        "version": "",
        "ids": Identifiers(doi=f"10.5555/stroma.{number}", pmid=f"{40_000_000 + number}"),
        "title": f"Stromal niche {number} shields tumour cells from neutrophil killing",
        "kind": Kind.ARTICLE,
        "abstract": f"Niches of fibroblasts hold neutrophils back in model {number}.",
        "authors": (Author(f"Lindqvist{number}", "Maja"), Author("Okafor", "Chidi")),
        "venue": "Journal of Stromal Biology",
        "published": "2026-11-12",
        "entered": "2026-11-13",
        "url": f"https://pubmed.example.org/{40_000_000 + number}",
    }
    return Paper(**(values | changes))


def preprint(number: int = 1, version: str = "1", **changes: Any) -> Paper:
    """The bioRxiv preprint of `paper(number)`, with the same title and authors."""
    values: dict[str, Any] = {
        "source": "biorxiv",
        "source_id": f"10.1101/2026.{number:06}",
        "version": version,
        "ids": Identifiers(doi=f"10.1101/2026.{number:06}"),
        "kind": Kind.PREPRINT,
        "venue": "bioRxiv",
        "published": "2026-06-01",
        "entered": "2026-06-01",
        "url": f"https://biorxiv.example.org/{number}v{version}",
    }
    return paper(number, **(values | changes))


def states(relation: Relation, certainty: Certainty = Certainty.STATED, **ids: str) -> Link:
    """A link to the paper with these ids."""
    return Link(relation, Identifiers(**ids), certainty=certainty)


def record(of: Paper) -> Record:
    """The paper as its source gave it."""
    return Record(of.source, of.source_id, of.version, FORMAT, _JSON.dump_json(of))


def understood(given: Record) -> Paper:
    """The inverse of `record`; an empty payload cannot be understood."""
    if not given.payload:
        raise ParseError(given.key, "is empty")
    return _JSON.validate_json(given.payload)


@dataclass
class Archive:
    """A store with its clock, and the pipeline's intake. Tests set `now`."""

    store: Store
    now: datetime = NOW
    parts: pipeline.Parts = field(init=False)

    def __post_init__(self) -> None:
        unused: Any = None
        self.parts = pipeline.Parts(
            store=self.store,
            clock=Clock(now=lambda: self.now),
            encoder=unused,
            ranker=unused,
            work_vectors=unused,
            topics=lambda _tx: (),
            renderers={},
            default_cutoff=0.5,
        )

    def take_in(self, *papers: Paper, announce: bool = True) -> Tally:
        """All of them in one batch."""
        return self.take_in_records(*map(record, papers), announce=announce)

    def take_in_records(self, *records: Record, announce: bool = True) -> Tally:
        return pipeline.take_in(self.parts, Batch(records), "pubmed", announce=announce)

    def delete(self, source: str, *source_ids: str) -> Tally:
        """The source says that it deleted these."""
        return pipeline.take_in(self.parts, Batch((), source_ids), source)

    def work(self, name: object) -> int:
        """The number of the work that answers to this name."""
        with self.store.reading() as tx:
            return tx.works.get(tx.works.find(str(name))).id

    def record_ids(self, work_id: int) -> dict[str, int]:
        """The records of a work: row numbers by key."""
        with self.store.reading() as tx:
            return {held.record.key: held.id for held in tx.works.records(work_id)}

    def window(self, lo: int = 0, hi: int | None = None) -> list[int]:
        """The announced works of a sequence window."""
        with self.store.reading() as tx:
            end = tx.works.sequence() if hi is None else hi
            numbers = [candidate.work_id for candidate in tx.works.window(lo, end)]
            assert tx.works.came(lo, end) == numbers
            return numbers

    def found(self, *words: str, without: tuple[str, ...] = ()) -> list[int]:
        """Works that have all of the words and phrases and none of the others, best first."""
        terms = (*map(Words, words), *(Not(Words(each)) for each in without))
        with self.store.reading() as tx:
            found = tx.search.ranked(AllOf(terms), 50) if words else []
            return [work_id for work_id, _ in found]

    def split(self, name: object, *keys: str, reason: str = "two papers") -> int:
        """Take the records with these keys out of a work."""
        held = self.record_ids(self.work(name))
        return pipeline.split(self.parts, str(name), [held[key] for key in keys], reason)
