"""Dublin Core, as Europe PMC's `format=dc` and PMC's `oai_dc` write it, to a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from service.errors import ParseError
from service.normalisation import dates, identifiers, kinds, licences, pubmed_types
from service.normalisation.authors import from_semicolons
from service.normalisation.choice import earliest, unique
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.pubmed_title import title
from service.normalisation.xml_tree import attribute, children
from service.records import Identifiers, Kind, Paper
from service.safe_xml import local_name

if TYPE_CHECKING:
    from lxml import etree

    from service.records import Author, Record

_ADDRESS = re.compile(r"europepmc\.org/(?:abstract|article)/([A-Z]{3})/([^/?#\s]+)")
_PMCID = re.compile(r"\bPMC\d+\b")


def article(record: Record, root: etree._Element) -> Paper:
    """Return the paper in an `rdf:Description` or `oai_dc:dc` element.

    The two differ in one thing: to PMC the description is the abstract, to Europe PMC the
    publication types. Raises `ParseError` when there is neither a title nor an id.
    """
    known = _Terms(root)
    ids = _ids(record, known)
    named = title(html_text(known.first("title")))
    if not named.text and not any((ids.doi, ids.pmid, ids.pmcid)):
        raise ParseError(record.key, "neither a title nor an id", "fetch the record again")
    europe = record.source == "europepmc"
    types = unique(t.strip() for t in known.first("description").split(";")) if europe else ()
    sections = html_sections(known.first("abstract" if europe else "description"))
    journal = _journal(known)
    kind = kinds.mixed(types)
    preprint = record.source_id.startswith("PPR/")
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=ids,
        title=named.text,
        kind=named.notice or (Kind.PREPRINT if preprint else kind),
        types=types,
        language=known.first("language"),
        abstract=join_sections(sections),
        sections=sections,
        authors=_authors(known.all("creator")),
        venue=journal.get("jtitle") or html_text(known.first("source") or known.first("publisher")),
        venue_short=journal.get("stitle", ""),
        issn=next((i.upper() for i in _after(known.all("isPartOf"), "urn:ISSN:")), None),
        published=earliest(dates.iso(date) for date in known.all("date")),
        flags=named.flags | pubmed_types.flags(types),
        keywords=unique(html_text(subject) for subject in known.all("subject")),
        licence=licences.short(known.first("rights") or known.first("license")),
        url=_url(record, known),
    )


class _Terms:
    """The element's terms by local name, each a list of raw texts."""

    def __init__(self, root: etree._Element) -> None:
        self._terms: dict[str, list[str]] = {}
        about = attribute(root, "about")
        if about:
            self._terms["identifier"] = [about]
        for element in children(root):
            said = "".join(str(part) for part in element.itertext()).strip()
            if said:
                self._terms.setdefault(local_name(element), []).append(said)

    def all(self, name: str) -> list[str]:
        return self._terms.get(name, [])

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


def _ids(record: Record, known: _Terms) -> Identifiers:
    doi = pmid = pmcid = None
    kind, _, number = record.source_id.partition("/")
    if kind == "MED":
        pmid = identifiers.pmid(number)
    elif kind == "PMC":
        pmcid = identifiers.pmcid(number)
    elif record.source == "pmc":
        pmcid = identifiers.pmcid(record.source_id)
    for said in (*known.all("identifier"), *known.all("isVersionOf"), *known.all("relation")):
        doi = doi or identifiers.doi(said)
        about = _ADDRESS.search(said)
        if about:
            pmid = pmid or (identifiers.pmid(about[2]) if about[1] == "MED" else None)
        elif "pubmed" in said.lower() and "PMC" not in said:
            pmid = pmid or identifiers.pmid(said)
        elif found := _PMCID.search(said):
            pmcid = pmcid or found.group()
    arxiv = identifiers.arxiv(doi) if doi and "arxiv" in doi else None
    return Identifiers(doi=doi, pmid=pmid, pmcid=pmcid, arxiv=arxiv[0] if arxiv else None)


def _authors(creators: list[str]) -> tuple[Author, ...]:
    return tuple(author for name in creators for author in from_semicolons(name))


def _journal(known: _Terms) -> dict[str, str]:
    """The journal's names out of the OpenURL that Europe PMC gives as a second citation."""
    for citation in known.all("bibliographicCitation"):
        if "rft." in citation:
            return {
                key.removeprefix("rft."): html_text(values[0])
                for key, values in parse_qs(citation.lstrip("&")).items()
            }
    return {}


def _after(values: list[str], prefix: str) -> list[str]:
    return [v[len(prefix) :] for v in values if v.lower().startswith(prefix.lower())]


def _url(record: Record, known: _Terms) -> str:
    if record.source == "europepmc":
        return f"https://europepmc.org/article/{record.source_id}"
    return next((i for i in known.all("identifier") if i.startswith("http")), "")
