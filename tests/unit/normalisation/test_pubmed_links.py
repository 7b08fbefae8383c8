"""What a PubMed record says of other records."""

from __future__ import annotations

import pytest

from service.normalisation import pubmed_links
from service.records import Flag, Identifiers, Link, Relation
from service.safe_xml import parse


@pytest.mark.parametrize("reftype", sorted(pubmed_links.RELATIONS))
def test_every_type_of_reference_keeps_its_meaning(reftype: str) -> None:
    link = pubmed_links.link(reftype, "Gut. 2020;1:2", "9", preprint=False)
    assert link.relation is pubmed_links.RELATIONS[reftype]


def test_an_unknown_type_of_reference_is_kept_as_other() -> None:
    link = pubmed_links.link("SummaryForPatientsIn", "Ann. 2020;1:2", None, preprint=False)
    assert link == Link(Relation.OTHER, Identifiers(), "Ann. 2020;1:2")


@pytest.mark.parametrize(
    ("reftype", "source", "preprint", "relation"),
    [
        ("UpdateOf", "medRxiv. 2020 Nov 03;:", False, Relation.HAS_PREPRINT),
        ("UpdateOf", "Res Sq. 2020 Nov 03;:", False, Relation.HAS_PREPRINT),
        ("UpdateOf", "ArXiv. 2020 Nov 03;:", False, Relation.HAS_PREPRINT),
        ("UpdateOf", "SSRN. 2020 Nov 03;:", False, Relation.HAS_PREPRINT),
        ("UpdateOf", "Roe J, Doe A. bioRxiv. 2020 Nov 03;:", False, Relation.HAS_PREPRINT),
        ("UpdateIn", "Gut. 2021;1:2", True, Relation.PREPRINT_OF),
        ("UpdateIn", "bioRxiv. 2021;:", True, Relation.VERSION_OF),
        ("UpdateOf", "Cochrane Database Syst Rev. 2014;(2):1", False, Relation.UPDATE_OF),
        ("UpdateIn", "Cochrane Database Syst Rev. 2021;(2):1", False, Relation.UPDATE_IN),
        ("CommentOn", "bioRxiv. 2021;:", False, Relation.COMMENT_ON),
    ],
)
def test_only_updates_across_the_preprint_line_join_versions(
    reftype: str, source: str, preprint: bool, relation: Relation
) -> None:
    assert pubmed_links.link(reftype, source, "9", preprint).relation is relation


def test_ids_in_the_wording_of_a_reference_are_used() -> None:
    link = pubmed_links.link(
        "UpdateOf", "ArXiv. 2023 Feb 3:arXiv:2302.01790v2. doi: 10.48550/X.1.", "9", preprint=False
    )
    assert link.target == Identifiers("10.48550/x.1", "9", None, "2302.01790")


@pytest.mark.parametrize(
    "venue", ["bioRxiv : the preprint server for biology", "ArXiv", "Research square"]
)
def test_preprint_servers_are_known_by_name(venue: str) -> None:
    assert pubmed_links.is_preprint_server(venue)


@pytest.mark.parametrize("venue", ["", "Gut", "Preprint culture studies", "The arXivist"])
def test_journals_are_no_preprint_servers(venue: str) -> None:
    assert not pubmed_links.is_preprint_server(venue)


def test_cited_works_are_no_links() -> None:
    xml = b"""<L><C RefType="Cites"><RefSource>J. 1990</RefSource><PMID>1</PMID></C><C RefType="CommentIn"/>
    <C RefType="CommentIn"><RefSource>J. <i>B</i> 1991</RefSource></C></L>"""
    assert pubmed_links.references([parse(xml)]) == [("CommentIn", "J. B 1991", None)]


def test_a_partial_retraction_does_not_flag_the_paper_as_retracted() -> None:
    assert pubmed_links.flags(["PartialRetractionIn", "CommentIn"]) == {Flag.CORRECTED}
