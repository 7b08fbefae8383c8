"""A digest that tells everything that was learnt about works after they were sent, and beside
them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from service.digest.edits import edits
from service.records import Change, DigestChange, DigestContent, DigestItem, Kind
from service.records.watching import Entity, EntityKind, Figure, Signal, SignalKind
from tests.factories import digest_content, item, section, work

WEEK = "Europe/Berlin:2026-W45"
PNG = b"\x89PNG\r\n\x1a\n" + b"a small picture"
DIGEST = hashlib.sha256(PNG).hexdigest()
FIGURE = Figure(
    "Figure 1:",
    "Myofibroblastic cells surround tumour nests.",
    DIGEST,
    "image/png",
    320,
    240,
    "Okafor et al. 2026, CC BY 4.0",
)
SIGNALS = (
    Signal(SignalKind.CITES, "A framework of fibroblasts."),
    Signal(SignalKind.CITES, "Another seed"),
    Signal(SignalKind.AUTHOR, "Okafor Chidi"),
)
ENTITIES = (
    Entity(EntityKind.GENE, "CXCL12", "NCBI Gene:6387", 9),
    Entity(EntityKind.CELL, "neutrophil", "", 4),
    Entity(EntityKind.GENE, "TGFB1", "", 2),
)
BEFORE = "Niches of fibroblasts hold neutrophils back in 12 mice. Nothing else was seen there."
AFTER = "Niches of fibroblasts hold neutrophils back in 24 mice. Nothing else was seen there."


def kept(_digests: object) -> dict[str, bytes]:
    """Hands out the one picture."""
    return {DIGEST: PNG}


def change(what: Change, number: int = 50, **changes: Any) -> DigestChange:
    """News of a work that was shown in week 45."""
    return DigestChange(work(number), what, "stroma", **({"sent": WEEK} | changes))


RETRACTED = change(
    Change.RETRACTED,
    50,
    notice="https://doi.org/10.5555/gone",
    said_by="pubmed",
    text="Panels of Figure 2 were duplicated.",
)
PUBLISHED = change(
    Change.PUBLISHED, 51, days=214, edits=edits("Old niches", BEFORE, "New niches", AFTER)
)
REVISED = change(Change.NEW_VERSION, 52, version="3", edits=edits("T", BEFORE, "T", AFTER))
SAVED = change(Change.CONCERN, 53, sent="", said_by="europepmc")


def dressed(number: int = 1) -> DigestItem:
    """A work with signals, names and a figure."""
    one = item(number, kind=Kind.REVIEW)
    ranked = replace(one.ranked, signals=SIGNALS)
    return replace(one, ranked=ranked, entities=ENTITIES, figure=FIGURE)


def told(*changes: DigestChange) -> DigestContent:
    """A digest with this news, by default all of it, and the dressed work."""
    changes = changes or (RETRACTED, PUBLISHED, REVISED, SAVED)
    return digest_content(section(dressed(), item(2)), changes=changes)
