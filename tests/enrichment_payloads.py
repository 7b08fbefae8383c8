"""What the annotation services, Europe PMC and PMC say, written by us in their wire formats, and
services that say it from memory."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.errors import NotFoundError
from service.sources.enrichment import Addresses
from service.sources.enrichment_payload import europe_annotations, openness, pubtator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.errors import SourceError
    from service.records.enriching import Mention
    from service.sources.enrichment_payload import Open

ABSTRACT = "Abstract (http://purl.org/dc/terms/abstract)"
TITLE = "Title (http://purl.org/dc/elements/1.1/title)"
AT = Addresses("e/", "a", "p", ("https://pictures.example.org/{pmcid}/{name}",))


def marked(exact: str, kind: str = "Gene_Proteins", uri: str = "", **changes: Any) -> dict:
    """One annotation of Europe PMC."""
    tags = [{"name": changes.pop("name", exact), "uri": uri}] if uri else []
    told = {"prefix": "of ", "exact": exact, "postfix": " in", "tags": tags, "type": kind}
    return told | {"section": ABSTRACT, "provider": "Europe PMC", "id": "http://x"} | changes


def europe(*articles: tuple[str, Sequence[dict]]) -> bytes:
    """The annotations of articles ("MED:1")."""
    rows = []
    for name, marks in articles:
        source, _, number = name.partition(":")
        rows.append({"source": source, "extId": number, "annotations": [*marks]})
    return json.dumps(rows).encode()


def bioc(text: str, kind: str = "Gene", **infons: Any) -> dict:
    """One annotation of PubTator."""
    told = {"type": kind, "valid": True} | infons
    return {"id": "1", "infons": told, "text": text, "locations": [{"offset": 0, "length": 3}]}


def bioc_json(*documents: tuple[str, Sequence[dict]], where: str = "abstract") -> bytes:
    """PubTator's documents by PMID."""
    made = [
        {
            "_id": f"{pmid}|None",
            "id": pmid,
            "pmid": int(pmid),
            "infons": {},
            "passages": [{"infons": {"type": where}, "offset": 0, "annotations": [*annotations]}],
        }
        for pmid, annotations in documents
    ]
    return json.dumps({"PubTator3": made}).encode()


def core(**changes: Any) -> dict:
    """One core result of Europe PMC, of an open article in PMC."""
    pmcid = changes.get("pmcid", "PMC901")
    links = [
        ("S", "doi", "https://doi.org/10.5555/stroma.1"),
        ("OA", "html", f"https://europepmc.org/articles/{pmcid}"),
        ("OA", "pdf", f"https://europepmc.org/articles/{pmcid}?pdf=render"),
    ]
    return {
        "id": "40000001",
        "source": "MED",
        "pmid": "40000001",
        "pmcid": pmcid,
        "doi": "10.5555/stroma.1",
        "isOpenAccess": "Y",
        "license": "cc by",
        "fullTextUrlList": {
            "fullTextUrl": [
                {"availabilityCode": code, "documentStyle": style, "url": url}
                for code, style, url in links
            ]
        },
    } | changes


def found(*results: dict) -> bytes:
    """A search that found these."""
    return json.dumps({"hitCount": len(results), "resultList": {"result": [*results]}}).encode()


LICENCE = '<license xlink:href="https://creativecommons.org/licenses/by/4.0/"/>'
FIGURE = (
    "<fig><label>Figure 1.</label><caption><title>Niches.</title><p>Held by <italic>TNF</italic>"
    '-α.</p></caption><graphic xlink:href="stroma-f1"/></fig>'
)


def jats(body: str = FIGURE, licence: str = LICENCE, pmcid: str = "PMC901") -> bytes:
    """A full text."""
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article">'
        "<front><article-meta>"
        f'<article-id pub-id-type="pmcid">{pmcid}</article-id>'
        "<title-group><article-title>Niches</article-title></title-group>"
        f"<permissions>{licence}</permissions></article-meta></front>"
        f"<body><sec><title>Results</title>{body}</sec></body></article>"
    ).encode()


def png(width: int = 640, height: int = 400, *, rows: int | None = None) -> bytes:
    """A picture of coloured stripes; fewer `rows` than its height are cut off."""
    line = b"\0" + b"".join(bytes((x % 256, 90, 200 - x % 200)) for x in range(width))
    told = zlib.compress(line * (height if rows is None else rows))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", told), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@dataclass
class Services:
    """The services from memory; what is an error is raised. `asked` is what was asked, in order."""

    at: Addresses = AT
    marks: dict[str, list[dict]] = field(default_factory=dict)
    bioc: dict[str, list[dict]] = field(default_factory=dict)
    results: list[dict] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, SourceError] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def _note(self, what: str, *names: str) -> None:
        self.asked.append((what, names))
        if what in self.faults:
            raise self.faults[what]

    def annotations(self, articles: Sequence[str]) -> dict[str, tuple[Mention, ...]]:
        self._note("annotations", *articles)
        known = [(name, self.marks[name]) for name in articles if name in self.marks]
        return europe_annotations(europe(*known))

    def pubtator(self, pmids: Sequence[str]) -> dict[str, tuple[Mention, ...]]:
        self._note("pubtator", *pmids)
        return pubtator(bioc_json(*((pmid, self.bioc.get(pmid, [])) for pmid in pmids)))

    def openness(self, terms: Sequence[str]) -> tuple[Open, ...]:
        self._note("openness", *terms)
        return openness(found(*self.results))

    def full_text(self, pmcid: str) -> bytes:
        self._note("full text", pmcid)
        if pmcid not in self.texts:
            raise NotFoundError("full text", "is not there")
        return self.texts[pmcid]

    def picture(self, pmcid: str, href: str) -> bytes:
        self._note("picture", pmcid, href)
        if href not in self.pictures:
            raise NotFoundError("picture", "is not there")
        return self.pictures[href]

    def told(self, what: str) -> list[tuple[str, ...]]:
        """What was asked of this kind."""
        return [names for kind, names in self.asked if kind == what]
