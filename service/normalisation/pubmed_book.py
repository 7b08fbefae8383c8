"""One chapter or book of PubMed (PubmedBookArticle, as XML) to a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.normalisation import pubmed_parts as parts
from service.normalisation.markup import join_sections
from service.normalisation.pubmed_title import title
from service.records import Kind, Paper

if TYPE_CHECKING:
    from lxml import etree

    from service.records import Record


def chapter(record: Record, root: etree._Element) -> Paper:
    """Return the chapter (or the whole book, when no chapter is named) in `root`.

    Its own id is BookDocument/PMID: the ids further down are those of cited works.
    """
    tree = parts.children(root)
    document = parts.children(parts.first(tree, "BookDocument"))
    book = parts.children(parts.first(document, "Book"))
    data = parts.children(parts.first(tree, "PubmedBookData"))
    book_title = parts.text(book, "BookTitle")
    named = title(
        parts.text(document, "ArticleTitle") or book_title, parts.text(document, "VernacularTitle")
    )
    pmid = parts.text(document, "PMID")
    # The chapter's own ids are in either list; those in ReferenceList are of cited works.
    own = {**parts.article_ids(data.get("ArticleIdList", ())),
           **parts.article_ids(document.get("ArticleIdList", ()))}  # fmt: skip
    located = parts.locations([*document.get("ELocationID", ()), *book.get("ELocationID", ())])
    sections = parts.sections(document.get("Abstract", ()))
    people = [e for e in document.get("AuthorList", ()) if e.get("Type") != "editors"]
    return Paper(
        source=record.source,
        source_id=record.source_id,
        version=record.version,
        ids=parts.canonical(own, pmid, located),
        title=named.text,
        kind=Kind.BOOK,
        types=parts.texts(document.get("PublicationType", ())),
        original_title=named.original,
        language=parts.text(document, "Language"),
        abstract=join_sections(sections),
        sections=sections,
        other_abstracts=parts.other_abstracts(document.get("OtherAbstract", ())),
        authors=parts.authors(people or book.get("AuthorList", ())),
        venue=book_title,
        issn=None,
        published=parts.date(parts.first(document, "ContributionDate"))
        or parts.date(parts.first(book, "PubDate")),
        entered=parts.entered(data.get("History", ())),
        revised=parts.date(parts.first(document, "DateRevised")),
        flags=named.flags,
        keywords=parts.texts(k for ks in document.get("KeywordList", ()) for k in ks),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
    )
