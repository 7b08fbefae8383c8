"""What a Crossref work says of other works: relations, updates it makes, updates it received."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.normalisation import fields, identifiers
from service.records import Flag, Identifiers, Kind, Link, Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

_RELATIONS = {
    "is-preprint-of": Relation.PREPRINT_OF,
    "has-preprint": Relation.HAS_PREPRINT,
    "is-version-of": Relation.VERSION_OF,
    "has-version": Relation.VERSION_OF,
    "is-same-as": Relation.VERSION_OF,
    "is-identical-to": Relation.VERSION_OF,
    "is-comment-on": Relation.COMMENT_ON,
    "has-comment": Relation.COMMENT_IN,
}


class _Update(NamedTuple):
    """One type of update: what the notice says, what its target hears, what is flagged there."""

    notice: Relation
    kind: Kind | None
    received: Relation
    flag: Flag | None


_RETRACTION = _Update(
    Relation.RETRACTION_OF, Kind.RETRACTION, Relation.RETRACTION_IN, Flag.RETRACTED
)
_WITHDRAWAL = _RETRACTION._replace(flag=Flag.WITHDRAWN)
_ERRATUM = _Update(Relation.ERRATUM_FOR, Kind.ERRATUM, Relation.ERRATUM_IN, Flag.CORRECTED)
_VERSION = _Update(Relation.VERSION_OF, None, Relation.VERSION_OF, None)
_UPDATES = {
    "retraction": _RETRACTION,
    "withdrawal": _WITHDRAWAL,
    "removal": _WITHDRAWAL,
    "partial_retraction": _Update(
        Relation.PARTIAL_RETRACTION_OF,
        Kind.RETRACTION,
        Relation.PARTIAL_RETRACTION_IN,
        Flag.CORRECTED,
    ),
    "expression_of_concern": _Update(
        Relation.CONCERN_FOR, Kind.CONCERN, Relation.CONCERN_IN, Flag.CONCERN
    ),
    "correction": _ERRATUM,
    "corrigendum": _ERRATUM,
    "erratum": _ERRATUM,
    "addendum": _ERRATUM,
    "clarification": _ERRATUM,
    "new_version": _VERSION,
    "new_edition": _VERSION,
}
_OTHER = _Update(Relation.OTHER, None, Relation.OTHER, None)


class Updates(NamedTuple):
    """What `update-to` and `updated-by` amount to; `kind` is set when the work is a notice."""

    links: tuple[Link, ...]
    flags: frozenset[Flag]
    kind: Kind | None


def relations(work: dict[str, object]) -> Iterator[Link]:
    """The links of the `relation` object; relations that are no versions or comments are left."""
    for name, relation in _RELATIONS.items():
        for entry in fields.objects(work, "relation", name):
            target = _target(fields.text(entry, "id-type") or "doi", fields.text(entry, "id"))
            if target:
                yield Link(relation, target, fields.text(entry, "id"))


def _target(kind: str, text: str) -> Identifiers | None:
    if kind == "doi" and (doi := identifiers.doi(text)):
        return Identifiers(doi=doi)
    if kind == "pmid" and (pmid := identifiers.pmid(text)):
        return Identifiers(pmid=pmid)
    if kind == "pmcid" and (pmcid := identifiers.pmcid(text)):
        return Identifiers(pmcid=pmcid)
    if kind == "arxiv" and (arxiv := identifiers.arxiv(text)):
        return Identifiers(arxiv=arxiv[0])
    return None


def updates(work: dict[str, object], doi: str) -> Updates:
    """Read both directions. A work that updates itself by a retraction is retracted in place."""
    links: list[Link] = []
    flags: set[Flag] = set()
    made: list[Kind] = []
    for entry in fields.objects(work, "update-to"):
        meaning = _meaning(entry)
        target = identifiers.doi(fields.text(entry, "DOI"))
        if target == doi:
            flags |= {meaning.flag} if meaning.flag else set()
        elif target:
            links.append(Link(meaning.notice, Identifiers(doi=target), fields.text(entry, "label")))
            made += [meaning.kind] if meaning.kind else []
    for entry in fields.objects(work, "updated-by"):
        meaning = _meaning(entry)
        flags |= {meaning.flag} if meaning.flag else set()
        if target := identifiers.doi(fields.text(entry, "DOI")):
            label = fields.text(entry, "label")
            links.append(Link(meaning.received, Identifiers(doi=target), label))
    return Updates(tuple(links), frozenset(flags), made[0] if made else None)


def _meaning(entry: dict[str, object]) -> _Update:
    name = fields.text(entry, "type").lower().replace("-", "_").replace(" ", "_")
    return _UPDATES.get(name, _OTHER)
