"""The kinds of publication that JATS, Crossref, OpenAlex, DataCite and citation files name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.normalisation import pubmed_types
from service.records import NOTICES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JATS = {
    "abstract": Kind.OTHER,
    "addendum": Kind.ERRATUM,
    "announcement": Kind.OTHER,
    "article-commentary": Kind.COMMENT,
    "book": Kind.BOOK,
    "book-chapter": Kind.BOOK,
    "book-review": Kind.OTHER,
    "books-received": Kind.OTHER,
    "calendar": Kind.OTHER,
    "case-report": Kind.CASE_REPORT,
    "case-study": Kind.CASE_REPORT,
    "clinical-trial": Kind.TRIAL,
    "clinical-trial-protocol": Kind.PROTOCOL,
    "collection": Kind.OTHER,
    "commentary": Kind.COMMENT,
    "correction": Kind.ERRATUM,
    "corrected-article": Kind.ARTICLE,
    "corrigendum": Kind.ERRATUM,
    "data-paper": Kind.DATASET,
    "discussion": Kind.COMMENT,
    "dissertation": Kind.OTHER,
    "editorial": Kind.EDITORIAL,
    "erratum": Kind.ERRATUM,
    "expression-of-concern": Kind.CONCERN,
    "guideline": Kind.GUIDELINE,
    "practice-guideline": Kind.GUIDELINE,
    "in-brief": Kind.NEWS,
    "introduction": Kind.EDITORIAL,
    "letter": Kind.LETTER,
    "meeting-report": Kind.OTHER,
    "news": Kind.NEWS,
    "obituary": Kind.OTHER,
    "oration": Kind.OTHER,
    "other": Kind.OTHER,
    "partial-retraction": Kind.RETRACTION,
    "preprint": Kind.PREPRINT,
    "product-review": Kind.OTHER,
    "protocol": Kind.PROTOCOL,
    "study-protocol": Kind.PROTOCOL,
    "reply": Kind.LETTER,
    "retraction": Kind.RETRACTION,
    "review": Kind.REVIEW,
    "review-article": Kind.REVIEW,
    "scoping-review": Kind.REVIEW,
    "systematic-review": Kind.REVIEW,
}
CROSSREF = {
    "book": Kind.BOOK,
    "book-chapter": Kind.BOOK,
    "book-part": Kind.BOOK,
    "book-section": Kind.BOOK,
    "book-series": Kind.BOOK,
    "book-set": Kind.BOOK,
    "book-track": Kind.BOOK,
    "component": Kind.OTHER,
    "database": Kind.DATASET,
    "dataset": Kind.DATASET,
    "dissertation": Kind.OTHER,
    "edited-book": Kind.BOOK,
    "grant": Kind.OTHER,
    "journal": Kind.OTHER,
    "journal-article": Kind.ARTICLE,
    "journal-issue": Kind.OTHER,
    "journal-volume": Kind.OTHER,
    "monograph": Kind.BOOK,
    "other": Kind.OTHER,
    "peer-review": Kind.OTHER,
    "posted-content": Kind.PREPRINT,
    "proceedings": Kind.OTHER,
    "proceedings-article": Kind.ARTICLE,
    "reference-book": Kind.BOOK,
    "reference-entry": Kind.BOOK,
    "report": Kind.OTHER,
    "standard": Kind.OTHER,
}
OPENALEX = {
    "article": Kind.ARTICLE,
    "book": Kind.BOOK,
    "book-chapter": Kind.BOOK,
    "dataset": Kind.DATASET,
    "editorial": Kind.EDITORIAL,
    "erratum": Kind.ERRATUM,
    "letter": Kind.LETTER,
    "preprint": Kind.PREPRINT,
    "reference-entry": Kind.BOOK,
    "retraction": Kind.RETRACTION,
    "review": Kind.REVIEW,
}
DATACITE = {
    "audiovisual": Kind.OTHER,
    "book": Kind.BOOK,
    "bookchapter": Kind.BOOK,
    "conferencepaper": Kind.ARTICLE,
    "datapaper": Kind.ARTICLE,
    "dataset": Kind.DATASET,
    "journalarticle": Kind.ARTICLE,
    "preprint": Kind.PREPRINT,
    "text": Kind.ARTICLE,
}
RIS = {
    "abst": Kind.ARTICLE,
    "book": Kind.BOOK,
    "chap": Kind.BOOK,
    "conf": Kind.ARTICLE,
    "cpaper": Kind.ARTICLE,
    "data": Kind.DATASET,
    "dbase": Kind.DATASET,
    "ebook": Kind.BOOK,
    "echap": Kind.BOOK,
    "edbook": Kind.BOOK,
    "ejour": Kind.ARTICLE,
    "inpr": Kind.ARTICLE,
    "jour": Kind.ARTICLE,
    "mgzn": Kind.ARTICLE,
    "news": Kind.NEWS,
    "unpb": Kind.PREPRINT,
}
BIBTEX = {
    "article": Kind.ARTICLE,
    "book": Kind.BOOK,
    "conference": Kind.ARTICLE,
    "dataset": Kind.DATASET,
    "inbook": Kind.BOOK,
    "incollection": Kind.BOOK,
    "inproceedings": Kind.ARTICLE,
    "online": Kind.OTHER,
    "unpublished": Kind.PREPRINT,
}


def named(name: str, table: Mapping[str, Kind], default: Kind = Kind.OTHER) -> Kind:
    """The kind that `table` gives for one type name, letter case and spaces aside."""
    return table.get(name.strip().lower().replace(" ", "-"), default)


def mixed(types: Iterable[str]) -> Kind:
    """The one kind of a list that mixes PubMed's types with JATS's, as Europe PMC's does.

    A notice, preprint or book of either vocabulary decides; else PubMed's types before JATS's.
    """
    names = tuple(types)
    first = pubmed_types.kind(names)
    others = [JATS[name.lower()] for name in names if name.lower() in JATS]
    if first in NOTICES or first is Kind.PREPRINT:
        return first
    for kind in others:
        if kind in NOTICES or kind in (Kind.PREPRINT, Kind.BOOK):
            return kind
    if first is not Kind.ARTICLE:
        return first
    telling = [kind for kind in others if kind is not Kind.OTHER]
    if telling:
        return telling[0]
    plain = {"journal article", "research-article", "brief-report"}
    return Kind.OTHER if others and not plain & {n.lower() for n in names} else first
