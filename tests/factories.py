"""Builders of values with sensible defaults: a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service.records import (
    Delivery,
    DeliveryState,
    DigestContent,
    DigestItem,
    DigestSection,
    Facet,
    Identifiers,
    Kind,
    RankedWork,
    SourceReceipt,
    Work,
)

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)

AUTHORS = ("Lindqvist Maja", "Okafor Chidi", "Sørensen Ida", "Tanaka Rei", "Marchetti Paolo")


def work(number: int = 1, **changes: Any) -> Work:
    """A published article; `number` makes its id, title, DOI and address its own."""
    values: dict[str, Any] = {
        "id": number,
        "seq": number,
        "title": f"Stromal niche {number} shields tumour cells from neutrophil killing",
        "abstract": "Stroma shapes immunity. Niches of fibroblasts hold neutrophils back.",
        "authors": AUTHORS,
        "venue": "Journal of Stromal Biology",
        "published": "2026-11-18",
        "kind": Kind.ARTICLE,
        "flags": frozenset(),
        "ids": Identifiers(doi=f"10.5555/stroma.{number}", pmid=f"{40_000_000 + number}"),
        "url": f"https://journal.example.org/articles/{number}",
        "pdf_url": "",
        "first_seen_at": NOW,
        "sources": ("pubmed",),
    }
    return Work(**(values | changes))


def facet(**changes: Any) -> Facet:
    """A key finding of the seed review on stromal cells."""
    values: dict[str, Any] = {
        "kind": "finding",
        "text": "Myofibroblastic CAFs wall off tumours and exclude neutrophils.",
        "seed": "stromal-review",
    }
    return Facet(**(values | changes))


def ranked(work_id: int = 1, **changes: Any) -> RankedWork:
    """How a work stands to the topic "stroma": above the line that lies at 0.55."""
    values: dict[str, Any] = {
        "work_id": work_id,
        "topic": "stroma",
        "score": 6.1,
        "facet": facet(),
        "relevance": 0.83,
        "concept": 4.9,
        "examples": 3.2,
        "terms": ("CXCL12", "myCAF", "neutrophil"),
        "weights": (0.5, 0.3, 0.1),
        "sentences": ("Niches of fibroblasts hold neutrophils back.",),
    }
    return RankedWork(**(values | changes))


def item(
    number: int = 1, *, late: bool = False, relevance: float = 0.83, **changes: Any
) -> DigestItem:
    """One shown work; `changes` go to the work itself."""
    stands = ranked(number, relevance=relevance)
    return DigestItem(work=work(number, **changes), ranked=stands, late=late)


def section(*items: DigestItem, **changes: Any) -> DigestSection:
    """The topic "stroma" with these items (one by default)."""
    values: dict[str, Any] = {
        "topic": "stroma",
        "name": "Tumour-associated stromal cells",
        "items": items or (item(),),
        "below": (),
    }
    return DigestSection(**(values | changes))


def receipt(source: str = "pubmed", **changes: Any) -> SourceReceipt:
    """A source whose window was proved whole."""
    values: dict[str, Any] = {
        "source": source,
        "window": "2026-11-16..2026-11-22",
        "stated": 1204,
        "fetched": 1204,
        "new": 980,
        "gaps": (),
        "last_success_at": NOW,
    }
    return SourceReceipt(**(values | changes))


def digest_content(*sections: DigestSection, **changes: Any) -> DigestContent:
    """A digest of one week; one section with one item by default (pass `sections=()` for none)."""
    values: dict[str, Any] = {
        "digest_id": "stroma-weekly:Europe/Berlin:2026-W47:r0",
        "subscription": "stroma-weekly",
        "period": "Europe/Berlin:2026-W47",
        "label": "Week 47, 2026 (16-22 Nov)",
        "created_at": NOW,
        "sections": sections or (section(),),
        "screened": 4212,
        "receipts": (receipt(), receipt("biorxiv", stated=None, fetched=310, new=305)),
        "encoder": "all-MiniLM-L6-v2@0.1.0",
        "cutoffs": {"stroma": 0.55},
        "aims": {"stroma": "the default"},
        "banner": "",
    }
    return DigestContent(**(values | changes))


def delivery(**changes: Any) -> Delivery:
    """A delivery that was just claimed for its first attempt."""
    values: dict[str, Any] = {
        "id": "0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d11",
        "digest_id": "stroma-weekly:Europe/Berlin:2026-W47:r0",
        "channel": "slack",
        "destination": "C0123456789",
        "part": 1,
        "parts": 1,
        "payload": b"{}",
        "sha256": "0" * 64,
        "state": DeliveryState.SENDING,
        "attempt": 1,
        "started_at": NOW,
    }
    return Delivery(**(values | changes))
