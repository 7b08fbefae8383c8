"""One PubMed record (PubmedArticle or PubmedBookArticle, as XML) to a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service import safe_xml
from service.errors import ParseError
from service.normalisation import pubmed_book, pubmed_links
from service.normalisation import pubmed_parts as parts
from service.normalisation.markup import element_text, join_sections
from service.normalisation.pubmed_title import kind_and_flags, title
from service.records import Kind, Paper

if TYPE_CHECKING:
    from lxml import etree

    from service.normalisation.pubmed_parts import Parts
    from service.records import Record


def article(record: Record) -> Paper:
    """Return the paper in a "pubmed-xml" payload. Raises `ParseError` when it is not one record."""
    try:
        root = safe_xml.parse(record.payload)
    except safe_xml.MalformedXMLError as error:
        raise ParseError(
            record.key, f"not well-formed XML: {error}", "fetch the record again"
        ) from None
    if root.tag == "PubmedBookArticle":
        return pubmed_book.chapter(record, root)
    if root.tag != "PubmedArticle":
        raise ParseError(record.key, f"<{root.tag}> is not a PubMed record", "report it")
    return _journal_article(record, root)


def _journal_article(record: Record, root: etree._Element) -> Paper:
    tree = parts.children(root)
    citation = parts.children(parts.first(tree, "MedlineCitation"))
    body = parts.children(parts.first(citation, "Article"))
    data = parts.children(parts.first(tree, "PubmedData"))
    journal = parts.children(parts.first(body, "Journal"))
    pmid = parts.text(citation, "PMID")
    if not pmid:
        raise ParseError(record.key, "the record has no PMID", "fetch the record again")
    venue = parts.text(journal, "Title")
    types = parts.texts(t for ts in body.get("PublicationTypeList", ()) for t in ts)
    named = title(parts.text(body, "ArticleTitle"), parts.text(body, "VernacularTitle"))
    kind, flags = kind_and_flags(named, types, venue)
    references = pubmed_links.references(citation.get("CommentsCorrectionsList", ()))
    sections = parts.sections(body.get("Abstract", ()))
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=parts.canonical(
            parts.article_ids(data.get("ArticleIdList", ())),
            pmid,
            parts.locations(body.get("ELocationID", ())),
        ),
        title=named.text,
        kind=kind,
        types=types,
        original_title=named.original,
        language=parts.text(body, "Language"),
        abstract=join_sections(sections),
        sections=sections,
        other_abstracts=parts.other_abstracts(citation.get("OtherAbstract", ())),
        authors=parts.authors(body.get("AuthorList", ())),
        venue=venue,
        venue_short=parts.text(journal, "ISOAbbreviation") or _medline_name(citation),
        issn=parts.text(journal, "ISSN") or None,
        published=_published(body, journal),
        entered=parts.entered(data.get("History", ())),
        revised=parts.date(parts.first(citation, "DateRevised")),
        flags=flags | pubmed_links.flags(reference.reftype for reference in references),
        links=tuple(
            pubmed_links.link(r.reftype, r.source, r.pmid, kind is Kind.PREPRINT)
            for r in references
        ),
        keywords=parts.texts(k for ks in citation.get("KeywordList", ()) for k in ks),
        mesh=_mesh(citation),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
    )


def _medline_name(citation: Parts) -> str:
    return parts.text(parts.children(parts.first(citation, "MedlineJournalInfo")), "MedlineTA")


def _published(body: Parts, journal: Parts) -> str | None:
    """The electronic date, else that of the issue."""
    if electronic := parts.date(parts.first(body, "ArticleDate")):
        return electronic
    issue = parts.children(parts.first(journal, "JournalIssue"))
    return parts.date(parts.first(issue, "PubDate"))


def _mesh(citation: Parts) -> tuple[str, ...]:
    """Descriptor names; qualifiers and supplementary concepts are left out."""
    found = (
        element_text(heading[0])
        for headings in citation.get("MeshHeadingList", ())
        for heading in headings
        if len(heading) and heading[0].tag == "DescriptorName"
    )
    return tuple(dict.fromkeys(name for name in found if name))
