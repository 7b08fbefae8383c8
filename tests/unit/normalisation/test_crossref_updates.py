"""Crossref's links, in both directions, for every type of update that publishers deposit."""

from __future__ import annotations

import pytest

from service.normalisation.crossref_links import relations, updates
from service.records import Flag, Identifiers, Kind, Link, Relation

OWN, OTHER = "10.1000/own", "10.1000/other"
TYPES: tuple[tuple[str, Relation, Kind | None, Relation, Flag | None], ...] = (
    ("retraction", Relation.RETRACTION_OF, Kind.RETRACTION, Relation.RETRACTION_IN, Flag.RETRACTED),
    ("withdrawal", Relation.RETRACTION_OF, Kind.RETRACTION, Relation.RETRACTION_IN, Flag.WITHDRAWN),
    ("removal", Relation.RETRACTION_OF, Kind.RETRACTION, Relation.RETRACTION_IN, Flag.WITHDRAWN),
    ("partial_retraction", Relation.PARTIAL_RETRACTION_OF, Kind.RETRACTION,
     Relation.PARTIAL_RETRACTION_IN, Flag.CORRECTED),
    ("expression_of_concern", Relation.CONCERN_FOR, Kind.CONCERN, Relation.CONCERN_IN, Flag.CONCERN),
    ("correction", Relation.ERRATUM_FOR, Kind.ERRATUM, Relation.ERRATUM_IN, Flag.CORRECTED),
    ("corrigendum", Relation.ERRATUM_FOR, Kind.ERRATUM, Relation.ERRATUM_IN, Flag.CORRECTED),
    ("erratum", Relation.ERRATUM_FOR, Kind.ERRATUM, Relation.ERRATUM_IN, Flag.CORRECTED),
    ("addendum", Relation.ERRATUM_FOR, Kind.ERRATUM, Relation.ERRATUM_IN, Flag.CORRECTED),
    ("new_version", Relation.VERSION_OF, None, Relation.VERSION_OF, None),
    ("new_edition", Relation.VERSION_OF, None, Relation.VERSION_OF, None),
    ("something new", Relation.OTHER, None, Relation.OTHER, None),
    ("", Relation.OTHER, None, Relation.OTHER, None),
)  # fmt: skip
CASES = pytest.mark.parametrize(
    ("name", "notice", "kind", "received", "flag"), TYPES, ids=[row[0] or "none" for row in TYPES]
)


@CASES
def test_a_notice_names_its_kind_and_flags_its_target_and_not_itself(
    name: str, notice: Relation, kind: Kind | None, received: Relation, flag: Flag | None
) -> None:
    said = updates({"update-to": [{"DOI": OTHER.upper(), "type": name, "label": "L"}]}, OWN)
    assert said.links == (Link(notice, Identifiers(doi=OTHER), "L"),)
    assert (said.kind, said.flags) == (kind, frozenset())


@CASES
def test_an_updated_work_is_flagged_and_stays_what_it_is(
    name: str, notice: Relation, kind: Kind | None, received: Relation, flag: Flag | None
) -> None:
    said = updates({"updated-by": [{"DOI": OTHER, "type": name, "label": "L"}]}, OWN)
    assert said.links == (Link(received, Identifiers(doi=OTHER), "L"),)
    assert (said.kind, said.flags) == (None, frozenset({flag} if flag else ()))


@CASES
def test_an_update_of_itself_is_a_flag_and_no_link(
    name: str, notice: Relation, kind: Kind | None, received: Relation, flag: Flag | None
) -> None:
    said = updates({"update-to": [{"DOI": OWN, "type": name}]}, OWN)
    assert (said.links, said.kind) == ((), None)
    assert said.flags == frozenset({flag} if flag else ())


@pytest.mark.parametrize("name", ["Expression-of-Concern", "expression of concern"])
def test_the_name_of_a_type_may_be_written_in_any_way(name: str) -> None:
    assert updates({"update-to": [{"DOI": OTHER, "type": name}]}, OWN).kind is Kind.CONCERN


@pytest.mark.parametrize("target", [None, "", "no doi", "10.1000", 5, []])
def test_an_update_by_nobody_flags_all_the_same(target: object) -> None:
    """A retraction whose notice has no DOI is a retraction."""
    said = updates({"updated-by": [{"DOI": target, "type": "retraction"}]}, OWN)
    assert (said.links, said.flags) == ((), frozenset({Flag.RETRACTED}))
    made = updates({"update-to": [{"DOI": target, "type": "retraction"}]}, OWN)
    assert (made.links, made.flags, made.kind) == ((), frozenset(), None)


def test_the_first_of_several_kinds_of_notice_counts_and_all_links_stay() -> None:
    entries = [{"DOI": OTHER, "type": "correction"}, {"DOI": "10.1000/b", "type": "retraction"}]
    said = updates({"update-to": entries}, OWN)
    assert said.kind is Kind.ERRATUM
    assert [link.relation for link in said.links] == [Relation.ERRATUM_FOR, Relation.RETRACTION_OF]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("doi", "https://doi.org/10.1000/A", Identifiers(doi="10.1000/a")),
        ("pmid", "PMID: 41", Identifiers(pmid="41")),
        ("pmcid", "PMC41", Identifiers(pmcid="PMC41")),
        ("arxiv", "arXiv:2611.00001v2", Identifiers(arxiv="2611.00001")),
        ("", "10.1000/a", Identifiers(doi="10.1000/a")),
        ("doi", "none", None),
        ("pmid", "PMC41", None),
        ("pmcid", "x", None),
        ("arxiv", "10.1000/a", None),
        ("uri", "https://x.org/a", None),
        ("issn", "1234-567X", None),
    ],
)
def test_a_relation_points_to_an_identifier_or_is_left_out(
    kind: str, text: str, expected: Identifiers | None
) -> None:
    work = {"relation": {"is-preprint-of": [{"id-type": kind, "id": text, "asserted-by": "s"}]}}
    found = [link.target for link in relations(work)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("name", "relation"),
    [
        ("is-preprint-of", Relation.PREPRINT_OF),
        ("has-preprint", Relation.HAS_PREPRINT),
        ("is-version-of", Relation.VERSION_OF),
        ("has-version", Relation.VERSION_OF),
        ("is-same-as", Relation.VERSION_OF),
        ("is-comment-on", Relation.COMMENT_ON),
        ("has-comment", Relation.COMMENT_IN),
        ("references", None),
        ("has-review", None),
        ("is-supplemented-by", None),
        ("cites", None),
    ],
)
def test_only_versions_and_comments_are_relations(name: str, relation: Relation | None) -> None:
    work = {"relation": {name: [{"id-type": "doi", "id": OTHER}, {}, None, "x"]}}
    assert [link.relation for link in relations(work)] == ([relation] if relation else [])
