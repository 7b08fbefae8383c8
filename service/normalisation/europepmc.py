"""One Europe PMC result (JSON lite or core, XML, Dublin Core) to a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import (
    dates,
    dublin_core,
    europepmc_links,
    europepmc_parts,
    fields,
    identifiers,
    kinds,
    licences,
    pubmed_types,
    xml_tree,
)
from service.normalisation.choice import distinct, unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.pubmed_title import title
from service.normalisation.text import clean
from service.records import NOTICES, Flag, Identifiers, Kind, Paper

if TYPE_CHECKING:
    from service.records import Record


def article(record: Record) -> Paper:
    """Return the paper in a "europepmc-json", "-xml" or "-dc" payload.

    Raises `ParseError` when it is no result with an id. Dates in the future are kept.
    """
    if record.format == "europepmc-dc":
        return dublin_core.article(record, xml_tree.load(record))
    if record.format == "europepmc-xml":
        found = europepmc_parts.as_json(xml_tree.load(record))
        return _paper(record, found if isinstance(found, dict) else {})
    return _paper(record, fields.load(record))


def _paper(record: Record, result: dict[str, object]) -> Paper:
    source, number = fields.text(result, "source"), fields.text(result, "id")
    if not source or not number:
        raise ParseError(record.key, "the result has no source or no id", "fetch it again")
    types = _types(result)
    named = title(html_text(fields.text(result, "title")))
    links, flags = europepmc_links.read(result)
    ids = _ids(result, source, number)
    sections = html_sections(fields.text(result, "abstractText"))
    venue, short = europepmc_parts.venue(result)
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=ids,
        title=named.text,
        kind=named.notice or _kind(types, source),
        types=types,
        language=fields.text(result, "language"),
        abstract=join_sections(sections),
        sections=sections,
        authors=tuple(europepmc_parts.authors(result)),
        venue=venue,
        venue_short=short,
        issn=europepmc_parts.issn(result),
        published=_published(result),
        entered=dates.iso(fields.text(result, "firstIndexDate"))
        or dates.iso(fields.text(result, "dateOfCreation")),
        revised=dates.iso(fields.text(result, "dateOfRevision")),
        flags=named.flags | flags | pubmed_types.flags(types) | _withdrawn(types),
        links=distinct(links, (ids.doi, ids.pmid, ids.pmcid)),
        keywords=unique(map(html_text, fields.texts(result, "keywordList", "keyword"))),
        mesh=unique(
            clean(fields.text(heading, "descriptorName"))
            for heading in fields.objects(result, "meshHeadingList", "meshHeading")
        ),
        licence=licences.short(fields.text(result, "license")),
        url=f"https://europepmc.org/article/{source}/{number}",
        pdf_url=europepmc_parts.pdf(result),
    )


def _ids(result: dict[str, object], source: str, number: str) -> Identifiers:
    doi = identifiers.doi(fields.text(result, "doi"))
    arxiv = identifiers.arxiv(doi) if doi and "arxiv" in doi else None
    return Identifiers(
        doi=doi,
        pmid=identifiers.pmid(fields.text(result, "pmid") or (number if source == "MED" else "")),
        pmcid=identifiers.pmcid(
            fields.text(result, "pmcid") or (number if source == "PMC" else "")
        ),
        arxiv=arxiv[0] if arxiv else None,
    )


def _types(result: dict[str, object]) -> tuple[str, ...]:
    """The publication types: a list in core replies, one line in lite ones."""
    listed = fields.texts(result, "pubTypeList", "pubType")
    return listed or unique(t.strip() for t in fields.text(result, "pubType").split(";"))


def _kind(types: tuple[str, ...], source: str) -> Kind:
    kind = kinds.mixed(types)
    if source == "PPR" and kind not in NOTICES:
        return Kind.PREPRINT
    return kind


def _withdrawn(types: tuple[str, ...]) -> frozenset[Flag]:
    told = any("withdraw" in name.lower() or "preprint-removal" in name.lower() for name in types)
    return frozenset({Flag.WITHDRAWN}) if told else frozenset()


def _published(result: dict[str, object]) -> str | None:
    """The first publication, in the future or not; else the issue's date as it is printed."""
    return (
        dates.iso(fields.text(result, "firstPublicationDate"))
        or dates.iso(fields.text(result, "electronicPublicationDate"))
        or dates.medline_date(fields.text(result, "journalInfo", "dateOfPublication"))
        or dates.partial(fields.text(result, "pubYear"))
    )
