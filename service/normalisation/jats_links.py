"""What a JATS article says of other articles, in related-article and related-object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.normalisation import identifiers
from service.normalisation import xml_tree as tree
from service.normalisation.markup import element_text
from service.records import NOTICES, Flag, Identifiers, Kind, Link, Relation

if TYPE_CHECKING:
    from lxml import etree

_RELATIONS = {
    "addended-article": Relation.ERRATUM_FOR,
    "addendum": Relation.ERRATUM_IN,
    "article-reference": Relation.COMMENT_ON,
    "commentary": Relation.COMMENT_IN,
    "commentary-article": Relation.COMMENT_ON,
    "concern-forward": Relation.CONCERN_IN,
    "corrected-article": Relation.ERRATUM_FOR,
    "correction": Relation.ERRATUM_IN,
    "correction-forward": Relation.ERRATUM_IN,
    "erratum": Relation.ERRATUM_IN,
    "expression-of-concern": Relation.CONCERN_IN,
    "letter": Relation.COMMENT_IN,
    "object-of-concern": Relation.CONCERN_FOR,
    "object-of-concern-forward": Relation.CONCERN_IN,
    "partial-retraction": Relation.PARTIAL_RETRACTION_OF,
    "partial-retraction-forward": Relation.PARTIAL_RETRACTION_IN,
    "preprint": Relation.HAS_PREPRINT,
    "published-article": Relation.PREPRINT_OF,
    "republication": Relation.REPUBLISHED_IN,
    "republished-article": Relation.REPUBLISHED_FROM,
    "retracted-article": Relation.RETRACTION_OF,
    "retraction": Relation.RETRACTION_IN,
    "retraction-forward": Relation.RETRACTION_IN,
    "update": Relation.UPDATE_IN,
    "updated-article": Relation.UPDATE_OF,
    "version-of-record": Relation.PREPRINT_OF,
}
_FLAGS = {
    Relation.CONCERN_IN: Flag.CONCERN,
    Relation.ERRATUM_IN: Flag.CORRECTED,
    Relation.PARTIAL_RETRACTION_IN: Flag.CORRECTED,
    Relation.RETRACTION_IN: Flag.RETRACTED,
}
# A notice that names its target by the notice's own type is about the target.
_AS_NOTICE = {
    Relation.CONCERN_IN: Relation.CONCERN_FOR,
    Relation.ERRATUM_IN: Relation.ERRATUM_FOR,
    Relation.PARTIAL_RETRACTION_IN: Relation.PARTIAL_RETRACTION_OF,
    Relation.RETRACTION_IN: Relation.RETRACTION_OF,
}


def read(meta: etree._Element | None, kind: Kind) -> tuple[tuple[Link, ...], frozenset[Flag]]:
    """The links, and what they say of the article itself; `kind` is the article's own."""
    links: list[Link] = []
    for element in tree.children(meta, "related-article", "related-object"):
        name = (element.get("related-article-type") or element.get("link-type") or "").lower()
        relation = _RELATIONS.get(name, Relation.OTHER)
        if kind in NOTICES and not name.endswith("-forward"):
            relation = _AS_NOTICE.get(relation, relation)
        target = _target(element)
        words = element_text(element) or tree.attribute(element, "href")
        if any((target.doi, target.pmid, target.pmcid)) or relation is not Relation.OTHER:
            links.append(Link(relation, target, words))
    links += _history(meta)
    flags = frozenset(_FLAGS[link.relation] for link in links if link.relation in _FLAGS)
    return tuple(links), flags


def _history(meta: etree._Element | None) -> list[Link]:
    """The preprints that the article's own history names, as eLife's do."""
    found = []
    for event in tree.children(tree.child(meta, "pub-history"), "event"):
        for address in tree.children(event, "self-uri"):
            doi = identifiers.doi(tree.attribute(address, "href"))
            if doi and address.get("content-type") == "preprint":
                found.append(Link(Relation.HAS_PREPRINT, Identifiers(doi=doi), f"doi: {doi}"))
    return found


def _target(element: etree._Element) -> Identifiers:
    said = {element.get("ext-link-type") or "": tree.attribute(element, "href")}
    for inner in element.iter():
        kind = inner.get("pub-id-type") or inner.get("object-id-type") or ""
        if kind and inner is not element:
            said.setdefault(kind, element_text(inner))
    loose = said.get("uri") or said.get("")
    pmcid = said.get("pmc") or said.get("pmcid")
    return Identifiers(
        doi=identifiers.doi(said.get("doi") or loose),
        pmid=identifiers.pmid(said.get("pmid") or said.get("pubmed")),
        pmcid=identifiers.pmcid(pmcid),
    )
