"""One document summary of PubMed (a DocSum of esummary, version 1) to a paper.

A summary has no abstract; it serves to know what a PMID is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import ParseError
from service.normalisation import authors, dates, identifiers
from service.normalisation.markup import html_text
from service.normalisation.pubmed_title import kind_and_flags, title
from service.normalisation.text import clean
from service.records import Identifiers, Paper

if TYPE_CHECKING:
    from lxml import etree

    from service.records import Author, Record

    Items = dict[str, etree._Element]

# PubMed's own three-letter codes, as its full records use them.
_LANGUAGES = {
    "english": "eng", "german": "ger", "french": "fre", "spanish": "spa", "italian": "ita",
    "portuguese": "por", "chinese": "chi", "japanese": "jpn", "russian": "rus", "dutch": "dut",
    "polish": "pol", "korean": "kor", "turkish": "tur", "hungarian": "hun", "czech": "cze",
    "danish": "dan", "swedish": "swe", "norwegian": "nor", "ukrainian": "ukr",
}  # fmt: skip


def article(record: Record) -> Paper:
    """Return the paper in a "pubmed-esummary" payload. Raises `ParseError` when it is no DocSum."""
    try:
        root = safe_xml.parse(record.payload)
    except safe_xml.MalformedXMLError as error:
        raise ParseError(
            record.key, f"not well-formed XML: {error}", "fetch the record again"
        ) from None
    pmid = identifiers.pmid(root.findtext("Id"))
    if root.tag != "DocSum" or pmid is None:
        raise ParseError(record.key, "not a document summary with an Id", "fetch it again")
    items = {item.get("Name") or "": item for item in root.iterchildren("Item")}
    types = tuple(_list(items, "PubTypeList"))
    named = title(html_text(_text(items, "Title")), html_text(_text(items, "VernacularTitle")))
    venue = _text(items, "FullJournalName")
    kind, flags = kind_and_flags(named, types, venue)
    language = next(iter(_list(items, "LangList")), "")
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=_ids(items, pmid),
        title=named.text,
        kind=kind,
        types=types,
        original_title=named.original,
        language=_LANGUAGES.get(language.lower(), language.lower()),
        authors=_authors(items),
        venue=venue,
        venue_short=_text(items, "Source"),
        issn=_text(items, "ISSN") or _text(items, "ESSN") or None,
        published=dates.medline_date(_text(items, "EPubDate"))
        or dates.medline_date(_text(items, "PubDate")),
        entered=dates.iso(_named(items, "History").get("entrez"))
        or dates.iso(_named(items, "History").get("pubmed")),
        flags=flags,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
    )


def _text(items: Items, name: str) -> str:
    return clean(items[name].text or "") if name in items else ""


def _list(items: Items, name: str) -> list[str]:
    found = items.get(name)
    return [clean(item.text) for item in found if item.text] if found is not None else []


def _named(items: Items, name: str) -> dict[str, str]:
    """The sub-items of a list item by their names, the first of each."""
    found: dict[str, str] = {}
    for item in items.get(name, ()):
        found.setdefault(item.get("Name") or "", clean(item.text or ""))
    return found


def _ids(items: Items, pmid: str) -> Identifiers:
    ids = _named(items, "ArticleIds")
    doi = identifiers.doi(ids.get("doi")) or identifiers.doi(_text(items, "DOI"))
    eprint = identifiers.arxiv(doi) if doi else None
    return Identifiers(
        doi=doi,
        pmid=pmid,
        pmcid=identifiers.pmcid(ids.get("pmc")),
        arxiv=eprint[0] if eprint else None,
    )


def _authors(items: Items) -> tuple[Author, ...]:
    found = []
    for item in items.get("AuthorList", ()):
        name = clean(item.text or "")
        if name:
            collective = item.get("Name") == "CollectiveName"
            found.append(authors.group(name) if collective else authors.from_initials(name))
    return tuple(found)
