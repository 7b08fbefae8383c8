"""What a PubMed record says of other records: preprints, corrections, retractions, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from service.normalisation import identifiers
from service.normalisation.markup import element_text
from service.records import Flag, Identifiers, Link, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

RELATIONS = {
    "ErratumIn": Relation.ERRATUM_IN,
    "ErratumFor": Relation.ERRATUM_FOR,
    "RetractionIn": Relation.RETRACTION_IN,
    "RetractionOf": Relation.RETRACTION_OF,
    "PartialRetractionIn": Relation.PARTIAL_RETRACTION_IN,
    "PartialRetractionOf": Relation.PARTIAL_RETRACTION_OF,
    "ExpressionOfConcernIn": Relation.CONCERN_IN,
    "ExpressionOfConcernFor": Relation.CONCERN_FOR,
    "RepublishedFrom": Relation.REPUBLISHED_FROM,
    "RepublishedIn": Relation.REPUBLISHED_IN,
    "CorrectedandRepublishedFrom": Relation.REPUBLISHED_FROM,
    "CorrectedandRepublishedIn": Relation.REPUBLISHED_IN,
    "RetractedandRepublishedFrom": Relation.REPUBLISHED_FROM,
    "RetractedandRepublishedIn": Relation.REPUBLISHED_IN,
    "CommentOn": Relation.COMMENT_ON,
    "CommentIn": Relation.COMMENT_IN,
    "UpdateOf": Relation.UPDATE_OF,
    "UpdateIn": Relation.UPDATE_IN,
}
_FLAGS = {
    "ErratumIn": Flag.CORRECTED,
    "CorrectedandRepublishedIn": Flag.CORRECTED,
    "PartialRetractionIn": Flag.CORRECTED,
    "RetractionIn": Flag.RETRACTED,
    "RetractedandRepublishedIn": Flag.RETRACTED,
    "ExpressionOfConcernIn": Flag.CONCERN,
}
_SERVERS = re.compile(
    r"(?:^|\.\s)(?:bioRxiv|medRxiv|ChemRxiv|EarthArXiv|EcoEvoRxiv|engrXiv|SocArXiv|PsyArXiv|SportRxiv"
    r"|MetaArXiv|arXiv|Research Square|Res Sq|SSRN|Preprints?(?:\.org)?(?![a-z ])|Authorea|Qeios"
    r"|OSF Prepr|SciELO Prepr|JMIR Prepr|Preprints with The Lancet|TechRxiv|VeriXiv|openRxiv)",
    re.IGNORECASE,
)
_DOI = re.compile(r"\bdoi:?\s*(10\.\S+)", re.IGNORECASE)
_PMCID = re.compile(r"\bPMC\d+\b")
_ARXIV = re.compile(r"\barXiv:(\S+)", re.IGNORECASE)


def is_preprint_server(venue: str) -> bool:
    """Whether a journal name, or a citation beginning with one, is that of a preprint server."""
    return _SERVERS.search(venue) is not None


def link(reftype: str, source: str, pmid: str | None, preprint: bool) -> Link:
    """Return one link; `preprint` says whether the record that states it is a preprint."""
    doi = _DOI.search(source)
    pmcid = _PMCID.search(source)
    arxiv = _ARXIV.search(source)
    eprint = identifiers.arxiv(arxiv.group(1)) if arxiv else None
    target = Identifiers(
        doi=identifiers.doi(doi.group(1)) if doi else None,
        pmid=identifiers.pmid(pmid),
        pmcid=pmcid.group() if pmcid else None,
        arxiv=eprint[0] if eprint else None,
    )
    return Link(relation(reftype, source, preprint), target, source)


def relation(reftype: str, source: str, preprint: bool) -> Relation:
    """Return what a RefType says of two records, the target being cited as `source`.

    An update joins two records to one work only where one of the two is a preprint; of a Cochrane
    review it is another edition, of a letter the letter that came after it.
    """
    found = RELATIONS.get(reftype, Relation.OTHER)
    if found not in (Relation.UPDATE_OF, Relation.UPDATE_IN):
        return found
    target_is_preprint = is_preprint_server(source)
    if preprint:
        return Relation.VERSION_OF if target_is_preprint else Relation.PREPRINT_OF
    return Relation.HAS_PREPRINT if target_is_preprint else found


class Reference(NamedTuple):
    """One entry of a CommentsCorrectionsList, as PubMed wrote it."""

    reftype: str
    source: str
    pmid: str | None


def references(lists: Iterable[etree._Element]) -> list[Reference]:
    """Return the entries of the CommentsCorrectionsList elements, in their order.

    Old records list every work they cite there ("Cites"); those are no links and are left out.
    """
    return [found for entries in lists for entry in entries if (found := _reference(entry))]


def _reference(entry: etree._Element) -> Reference | None:
    reftype = entry.get("RefType") or ""
    if reftype == "Cites":
        return None
    children = {child.tag: child for child in entry}
    source = children.get("RefSource")
    target = children.get("PMID")
    text = element_text(source) if source is not None else ""
    pmid = target.text if target is not None else None
    return Reference(reftype, text, pmid) if text or pmid else None


def flags(reftypes: Iterable[str]) -> frozenset[Flag]:
    """Return what the links' types say of the paper that has them."""
    return frozenset(_FLAGS[reftype] for reftype in reftypes if reftype in _FLAGS)
