"""What papers say happened: to themselves and, as notices, to others."""

from __future__ import annotations

import pytest

from service.deduplication.statements import WORDS, own_keys, statements
from service.records import Certainty, Flag, Identifiers, Kind, Link, Paper, Relation
from service.records.watching import Statement
from tests.papers import paper, preprint, states

RETRACTED = frozenset({Flag.RETRACTED})


def retraction(**changes: object) -> Paper:
    """A notice that names `paper(1)` by its PMID."""
    link = states(Relation.RETRACTION_OF, pmid="40000001")
    return paper(9, **({"kind": Kind.RETRACTION, "links": (link,)} | changes))


def said(of: Paper) -> list[tuple[str, Flag]]:
    return [(each.key, each.flag) for each in statements(of)]


def test_a_plain_paper_says_nothing() -> None:
    assert statements(paper(1, flags=frozenset({Flag.TRANSLATED_TITLE}))) == ()


def test_a_paper_speaks_of_itself_by_each_of_its_identifiers() -> None:
    link = states(Relation.RETRACTION_IN, pmid="40000009")
    notice = Identifiers(pmid="40000009")
    assert statements(paper(1, flags=RETRACTED, links=(link,))) == (
        Statement("doi:10.5555/stroma.1", Flag.RETRACTED, "pubmed:40000001", notice),
        Statement("pmid:40000001", Flag.RETRACTED, "pubmed:40000001", notice),
    )


def test_a_versioned_doi_is_spoken_of_without_its_version() -> None:
    version = preprint(1, ids=Identifiers(doi="10.21203/rs.3.rs-1/v2"), flags=RETRACTED)
    assert said(version) == [("doi:10.21203/rs.3.rs-1", Flag.RETRACTED)]


def test_without_an_identifier_it_speaks_as_a_record() -> None:
    assert said(paper(1, ids=Identifiers(), flags=RETRACTED)) == [
        ("record:pubmed:40000001", Flag.RETRACTED)
    ]


@pytest.mark.parametrize(
    ("relation", "flag"),
    [
        (Relation.RETRACTION_IN, Flag.RETRACTED),
        (Relation.PARTIAL_RETRACTION_IN, Flag.CORRECTED),
        (Relation.ERRATUM_IN, Flag.CORRECTED),
        (Relation.CONCERN_IN, Flag.CONCERN),
    ],
)
def test_a_link_to_a_notice_says_enough(relation: Relation, flag: Flag) -> None:
    linked = paper(1, links=(states(relation, pmid="40000009"),))
    assert {each for _, each in said(linked)} == {flag}


def test_each_notice_of_several_is_told() -> None:
    links = [states(Relation.ERRATUM_IN, pmid=pmid) for pmid in ("40000008", "40000009")]
    corrected = paper(1, ids=Identifiers(pmid="40000001"), links=tuple(links))
    assert [each.notice.pmid for each in statements(corrected)] == ["40000008", "40000009"]


def test_a_withdrawal_is_no_retraction_besides() -> None:
    """Crossref's "withdrawal" is linked as a retraction is."""
    link = states(Relation.RETRACTION_IN, doi="10.5555/notice")
    withdrawn = paper(1, flags=frozenset({Flag.WITHDRAWN}), links=(link,))
    assert {flag for _, flag in said(withdrawn)} == {Flag.WITHDRAWN}
    assert statements(withdrawn)[0].notice == Identifiers(doi="10.5555/notice")


def test_a_withdrawn_preprints_abstract_is_the_statement() -> None:
    words = "The authors have withdrawn this manuscript, for the samples were mixed up."
    withdrawn = preprint(1, version="2", abstract=words, flags=frozenset({Flag.WITHDRAWN}))
    assert [each.text for each in statements(withdrawn)] == [words]
    silent = preprint(1, flags=frozenset({Flag.WITHDRAWN}))
    assert [each.text for each in statements(silent)] == [""]


@pytest.mark.parametrize(
    ("relation", "flag"),
    [
        (Relation.RETRACTION_OF, Flag.RETRACTED),
        (Relation.PARTIAL_RETRACTION_OF, Flag.CORRECTED),
        (Relation.ERRATUM_FOR, Flag.CORRECTED),
        (Relation.CONCERN_FOR, Flag.CONCERN),
    ],
)
def test_a_notice_speaks_of_the_paper_that_it_names(relation: Relation, flag: Flag) -> None:
    link = states(relation, pmid="40000001", doi="10.5555/stroma.1")
    notice = retraction(links=(link,), abstract="We regret.")
    assert statements(notice) == (
        Statement("doi:10.5555/stroma.1", flag, "pubmed:40000009", notice.ids, "We regret."),
        Statement("pmid:40000001", flag, "pubmed:40000009", notice.ids, "We regret."),
    )


@pytest.mark.parametrize("label", ["Withdrawal", "removal "])
def test_crossrefs_label_tells_a_withdrawal_from_a_retraction(label: str) -> None:
    link = Link(Relation.RETRACTION_OF, Identifiers(doi="10.5555/stroma.1"), label)
    assert said(retraction(links=(link,))) == [("doi:10.5555/stroma.1", Flag.WITHDRAWN)]


def test_what_a_notice_shares_with_its_paper_says_nothing_of_either() -> None:
    shared = Identifiers(doi="10.5555/stroma.1", pmid="40000009")
    link = states(Relation.RETRACTION_OF, pmid="40000001", doi="10.5555/stroma.1")
    assert said(retraction(ids=shared, links=(link,))) == [("pmid:40000001", Flag.RETRACTED)]


def test_a_notice_speaks_of_itself_as_a_record_only() -> None:
    corrected = retraction(flags=frozenset({Flag.CORRECTED}), links=())
    assert said(corrected) == [("record:pubmed:40000009", Flag.CORRECTED)]
    assert own_keys(corrected) == {"record:pubmed:40000009"}


def test_a_link_that_is_merely_probable_flags_nobody() -> None:
    link = states(Relation.RETRACTION_OF, Certainty.PROBABLE, pmid="40000001")
    assert statements(retraction(links=(link,))) == ()


def test_a_link_that_names_nobody_flags_nobody() -> None:
    assert statements(retraction(links=(states(Relation.RETRACTION_OF),))) == ()


@pytest.mark.parametrize(
    "filling",
    [
        "[This corrects the article DOI: 10.5555/stroma.1.].",
        "[This retracts the article on p. 50 in vol. 13, PMID: 40000001.].",
    ],
)
def test_filling_is_no_word_of_the_notice(filling: str) -> None:
    assert [each.text for each in statements(retraction(abstract=filling))] == [""]


def test_of_a_long_notice_the_beginning_is_kept() -> None:
    assert len(statements(retraction(abstract="word " * 1_000))[0].text) == WORDS
