"""What a Europe PMC result says of other results: preprints, corrections, retractions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.normalisation import fields, identifiers, pubmed_links
from service.normalisation.text import clean
from service.records import Certainty, Identifiers, Link, Relation

if TYPE_CHECKING:
    from service.records import Flag

# Europe PMC makes these two itself, from titles and first authors.
_HEURISTIC = {
    "preprintof": Relation.PREPRINT_OF,
    "preprintin": Relation.HAS_PREPRINT,
    "haspreprint": Relation.HAS_PREPRINT,
}
_PUBMED = {name.lower(): name for name in pubmed_links.RELATIONS}
_DOI = re.compile(r"\bdoi:?\s*(10\.\S+)", re.IGNORECASE)


def read(result: dict[str, object]) -> tuple[tuple[Link, ...], frozenset[Flag]]:
    """The links of commentCorrectionList and what they say of the paper itself.

    "Preprint of" and "Preprint in" are PROBABLE, all others STATED, as they are PubMed's.
    """
    preprint = fields.text(result, "source") == "PPR" or "preprint" in (
        name.lower() for name in fields.texts(result, "pubTypeList", "pubType")
    )
    links: list[Link] = []
    names: list[str] = []
    for entry in fields.objects(result, "commentCorrectionList", "commentCorrection"):
        kind = re.sub(r"[^a-z]", "", fields.text(entry, "type").lower())
        text = clean(fields.text(entry, "reference"))
        target = _target(entry, text)
        if kind in _HEURISTIC:
            links.append(Link(_HEURISTIC[kind], target, text, Certainty.PROBABLE))
        else:
            name = _PUBMED.get(kind, "")
            names.append(name)
            links.append(Link(pubmed_links.relation(name, text, preprint), target, text))
    return tuple(links), pubmed_links.flags(names)


def _target(entry: dict[str, object], text: str) -> Identifiers:
    source, number = fields.text(entry, "source"), fields.text(entry, "id")
    told = _DOI.search(text)
    return Identifiers(
        doi=identifiers.doi(told.group(1)) if told else None,
        pmid=identifiers.pmid(number) if source == "MED" else None,
        pmcid=identifiers.pmcid(number) if source == "PMC" else None,
    )
