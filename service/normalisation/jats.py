"""One JATS article (NLM 2.x to JATS 1.4, with a namespace or without) to a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import ParseError
from service.normalisation import (
    dublin_core,
    identifiers,
    jats_abstract,
    jats_authors,
    jats_dates,
    jats_links,
    kinds,
    licences,
    pubmed_links,
)
from service.normalisation import xml_tree as tree
from service.normalisation.choice import distinct, unique
from service.normalisation.markup import element_text, join_sections
from service.normalisation.text import clean, title_flags
from service.records import NOTICES, Flag, Identifiers, Kind, Paper
from service.safe_xml import local_name

if TYPE_CHECKING:
    from lxml import etree

    from service.records import Record

_FOOTNOTES = ("xref", "fn", "fn-group", "target", "index-term")


def article(record: Record) -> Paper:
    """Return the paper in a "jats" payload.

    Raises `ParseError` when it is not well-formed, no article, or has neither a title nor an id.
    """
    root = tree.load(record)
    if local_name(root) == "dc":
        return dublin_core.article(record, root)
    if local_name(root) == "pmc-articleset":
        root = next(tree.children(root, "article"), root)
    if local_name(root) != "article":
        raise ParseError(record.key, f"<{local_name(root)}> is not an article", "report it")
    return _paper(record, root)


def _paper(record: Record, root: etree._Element) -> Paper:
    meta = tree.child(root, "front", "article-meta")
    journal = tree.child(root, "front", "journal-meta")
    ids, titles = _ids(record, meta), _titles(root, meta)
    if not titles[0] and not any((ids.doi, ids.pmid, ids.pmcid)):
        raise ParseError(record.key, "the article has neither a title nor an id", "fetch it again")
    words, flags, notice = title_flags(titles[0])
    language = tree.attribute(root, "lang").lower()
    kind = _kind(root, meta, journal, notice)
    links, told = jats_links.read(meta, kind)
    abstract = jats_abstract.read(meta, language)
    translated = frozenset({Flag.TRANSLATED_TITLE}) if titles[1] else frozenset()
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=ids,
        title=words,
        kind=kind,
        types=unique((root.get("article-type", ""),)),
        original_title=titles[1],
        language=language,
        abstract=join_sections(abstract.sections),
        sections=abstract.sections,
        other_abstracts=abstract.others,
        authors=jats_authors.read(meta),
        venue=_venue(journal),
        venue_short=_short_venue(journal),
        issn=_issn(journal),
        published=jats_dates.published(meta),
        entered=jats_dates.entered(meta),
        revised=jats_dates.event(meta, "pmc-last-change"),
        flags=flags | told | translated,
        links=distinct(links, (ids.doi, ids.pmid, ids.pmcid)),
        keywords=_keywords(meta, mesh=False),
        mesh=_keywords(meta, mesh=True),
        category=_category(meta),
        licence=licences.short(_licence(meta)),
        url=_url(ids),
        pdf_url=_pdf(meta, ids),
    )


def _ids(record: Record, meta: etree._Element | None) -> Identifiers:
    known = {
        element.get("pub-id-type", ""): element_text(element)
        for element in tree.children(meta, "article-id")
    }
    pmcid = known.get("pmcid") or known.get("pmc") or known.get("pmcaid")
    if not pmcid and record.source_id.startswith("PMC"):
        pmcid = record.source_id
    doi = identifiers.doi(known.get("doi"))
    found = identifiers.arxiv(known.get("arxiv") or (doi if doi and "arxiv" in doi else None))
    return Identifiers(
        doi=doi,
        pmid=identifiers.pmid(known.get("pmid")),
        pmcid=identifiers.pmcid(pmcid),
        arxiv=found[0] if found else None,
    )


def _titles(root: etree._Element, meta: etree._Element | None) -> tuple[str, str]:
    """The title to show and, where that is an English translation, the original."""
    group = tree.child(meta, "title-group")
    own = _title(group, "article-title", "subtitle")
    if tree.attribute(root, "lang").lower()[:2] in ("", "en"):
        return own, ""
    for other in tree.children(group, "trans-title-group"):
        title = tree.child(other, "trans-title")
        lang = tree.attribute(other, "lang") or (
            tree.attribute(title, "lang") if title is not None else ""
        )
        if lang.lower().startswith("en") and (english := _title(other, "trans-title", "")):
            return english, own
    return own, ""


def _title(group: etree._Element | None, name: str, subtitle: str) -> str:
    """The title without its footnote marks, and the subtitle after a colon."""
    title = tree.child(group, name)
    words = "" if title is None else _without_footnotes(title)
    rest = tree.text(group, subtitle) if subtitle else ""
    if not rest or rest in words:
        return words
    return f"{words.rstrip(' :')}: {rest}" if words else rest


def _without_footnotes(title: etree._Element) -> str:
    for mark in [e for e in title.iter() if local_name(e) in _FOOTNOTES]:
        parent, before = mark.getparent(), mark.getprevious()
        if parent is None:
            continue
        if before is not None:
            before.tail = (before.tail or "") + (mark.tail or "")
        else:
            parent.text = (parent.text or "") + (mark.tail or "")
        parent.remove(mark)
    return element_text(title)


def _kind(
    root: etree._Element,
    meta: etree._Element | None,
    journal: etree._Element | None,
    notice: Kind | None,
) -> Kind:
    """The article-type's kind; a notice in the title and a preprint server go before it."""
    name = root.get("article-type", "")
    kind = kinds.named(name, kinds.JATS, Kind.ARTICLE)
    if kind in NOTICES:
        return kind
    if notice:
        return notice
    if _property(meta, "pmc-prop-preprint") == "yes":
        return Kind.PREPRINT
    if pubmed_links.is_preprint_server(_venue(journal)):
        return Kind.PREPRINT
    if not name or kind is Kind.OTHER:
        return kinds.named(_category(meta), kinds.JATS, kind)
    return kind


def _property(meta: etree._Element | None, name: str) -> str:
    for entry in tree.children(tree.child(meta, "custom-meta-group"), "custom-meta"):
        if tree.text(entry, "meta-name") == name:
            return tree.text(entry, "meta-value")
    return ""


def _venue(journal: etree._Element | None) -> str:
    return tree.text(journal, "journal-title-group", "journal-title") or tree.text(
        journal, "journal-title"
    )


def _short_venue(journal: etree._Element | None) -> str:
    ids = {e.get("journal-id-type", ""): element_text(e) for e in tree.children(journal)}
    return (
        ids.get("iso-abbrev")
        or ids.get("nlm-ta")
        or tree.text(journal, "journal-title-group", "abbrev-journal-title")
        or tree.text(journal, "abbrev-journal-title")
    )


def _issn(journal: etree._Element | None) -> str | None:
    """The electronic ISSN, else the first."""
    found = [
        ((e.get("pub-type") or e.get("publication-format") or ""), element_text(e).upper())
        for e in tree.children(journal, "issn")
    ]
    electronic = (number for kind, number in found if kind.startswith(("epub", "electronic")))
    return next(electronic, found[0][1] if found else None) or None


def _keywords(meta: etree._Element | None, *, mesh: bool) -> tuple[str, ...]:
    """Authors' keywords, or MeSH terms; abbreviation lists are neither."""
    found: list[str] = []
    for group in tree.children(meta, "kwd-group"):
        kind = (group.get("kwd-group-type") or "").lower()
        if "abbr" in kind or (kind == "mesh") is not mesh:
            continue
        found += [element_text(e) for e in group.iter() if local_name(e) in ("kwd", "compound-kwd")]
    return unique(found)


def _category(meta: etree._Element | None) -> str:
    """The heading under which the journal printed it, else its first subject."""
    groups = list(tree.children(tree.child(meta, "article-categories"), "subj-group"))
    groups.sort(key=lambda group: group.get("subj-group-type") != "heading")
    return next((subject for group in groups if (subject := tree.text(group, "subject"))), "")


def _licence(meta: etree._Element | None) -> str:
    """The licence's address, else PMC's own name for it, else its type."""
    licence = tree.child(meta, "permissions", "license")
    named = _property(meta, "pmc-license-ref")
    if licence is None:
        return named or tree.text(meta, "permissions", "license_ref")
    addresses = [
        tree.text(licence, "license_ref"),
        tree.attribute(licence, "href"),
        *(tree.attribute(e, "href") for e in licence.iter() if local_name(e) == "ext-link"),
    ]
    for address in addresses:
        if "creativecommons.org" in address or (address and address in addresses[:2]):
            return address
    return named or clean(licence.get("license-type") or "")


def _url(ids: Identifiers) -> str:
    if ids.pmcid:
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{ids.pmcid}/"
    return f"https://doi.org/{ids.doi}" if ids.doi else ""


def _pdf(meta: etree._Element | None, ids: Identifiers) -> str:
    """The address of PMC's PDF, which the article names by its file alone."""
    for element in tree.children(meta, "self-uri"):
        name = tree.attribute(element, "href")
        if element.get("content-type") == "pmc-pdf" and name and ids.pmcid:
            return name if "/" in name else f"{_url(ids)}pdf/{name}"
    return ""
