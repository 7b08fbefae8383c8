from __future__ import annotations

import pytest

from service.deduplication.keys import id_keys, keys, sought, title_key, work_doi
from service.deduplication.words import fold
from service.records import Certainty, Identifiers, Relation
from tests.papers import paper, states


def test_a_paper_is_found_by_all_its_ids_and_its_title() -> None:
    ids = Identifiers("10.5555/x", "7", "PMC8", "2611.00001")
    found = keys(paper(1, ids=ids))
    assert {"doi:10.5555/x", "pmid:7", "pmcid:PMC8", "arxiv:2611.00001"} < found
    assert {key.partition(":")[0] for key in found} == {
        "doi", "pmid", "pmcid", "arxiv", "title", "art",
    }  # fmt: skip
    assert title_key(paper(1).title) in found


def test_a_paper_is_found_by_what_it_states_to_be_the_same_work() -> None:
    found = keys(paper(1, links=(states(Relation.PREPRINT_OF, doi="10.5555/y", pmid="9"),)))
    assert {"doi:10.5555/y", "pmid:9"} < found


@pytest.mark.parametrize(
    "link",
    [
        states(Relation.ERRATUM_FOR, doi="10.5555/y"),
        states(Relation.COMMENT_ON, doi="10.5555/y"),
        states(Relation.PREPRINT_OF, Certainty.PROBABLE, doi="10.5555/y"),
    ],
    ids=["erratum", "comment", "probable"],
)
def test_other_links_are_no_keys(link: object) -> None:
    assert "doi:10.5555/y" not in keys(paper(1, links=(link,)))


def test_a_paper_without_ids_and_title_has_no_keys() -> None:
    assert keys(paper(1, ids=Identifiers(), title="")) == frozenset()


@pytest.mark.parametrize(
    ("doi", "shared"),
    [
        ("10.21203/rs.3.rs-123456/v2", "10.21203/rs.3.rs-123456"),
        ("10.21203/rs.2.13873/v1", "10.21203/rs.2.13873"),
        ("10.20944/preprints202303.0344.v1", "10.20944/preprints202303.0344"),
        ("10.12688/f1000research.12345.2", "10.12688/f1000research.12345"),
        ("10.12688/verixiv.54.1", "10.12688/verixiv.54"),
        ("10.3310/nihropenres.13265.2", "10.3310/nihropenres.13265"),
        ("10.26434/chemrxiv-2023-abcde-v3", "10.26434/chemrxiv-2023-abcde"),
        ("10.26434/chemrxiv.11825958.v1", "10.26434/chemrxiv.11825958"),
        ("10.1002/essoar.10503377.3", "10.1002/essoar.10503377"),
        ("10.22541/au.160275979.91541585/v1", "10.22541/au.160275979.91541585"),
        ("10.36227/techrxiv.20713333.v1", "10.36227/techrxiv.20713333"),
        ("10.31234/osf.io/abc12_v2", "10.31234/osf.io/abc12"),
        ("10.32388/abc123.2", "10.32388/abc123"),
        ("10.7554/elife.96394.3", "10.7554/elife.96394"),
        # What looks like a version and is none.
        ("10.12688/verixiv.54", "10.12688/verixiv.54"),
        ("10.7554/elife.00013.001", "10.7554/elife.00013.001"),
        ("10.26434/chemrxiv-2022-12", "10.26434/chemrxiv-2022-12"),
        ("10.1101/2026.01.02.123456", "10.1101/2026.01.02.123456"),
        ("10.1038/s41586-020-2012-7", "10.1038/s41586-020-2012-7"),
        ("10.21203/rs.3.rs-123456", "10.21203/rs.3.rs-123456"),
    ],
)
def test_versions_of_a_preprint_share_a_doi(doi: str, shared: str) -> None:
    assert work_doi(doi) == shared
    assert id_keys(Identifiers(doi=doi)) == {f"doi:{shared}"}


def test_arxivs_doi_is_its_arxiv_id() -> None:
    assert "arxiv:2611.00001" in id_keys(Identifiers(doi="10.48550/arxiv.2611.00001"))


def test_the_two_ends_of_a_probable_link_meet_in_either_order() -> None:
    """By a key of their own: it must not make one findable by the other's id."""
    link = states(Relation.PREPRINT_OF, Certainty.PROBABLE, pmid="7")
    hinting = paper(1, title="", authors=(), links=(link,), ids=Identifiers(doi="10.5555/p"))
    other = paper(2, title="", authors=(), ids=Identifiers(pmid="7"))
    assert "pmid:7" not in keys(hinting)
    assert sought(hinting) & keys(other) == {"pmid:7"}
    assert sought(other) & keys(hinting) == {"perhaps:pmid:7"}


def test_whoever_carries_a_firm_key_seeks_it() -> None:
    one = paper(1, links=(states(Relation.PREPRINT_OF, doi="10.5555/y"),))
    assert {key for key in keys(one) if not key.startswith("art:")} <= sought(one)


def test_titles_are_folded_to_words() -> None:
    assert fold("Café–au-Lait:  the <TGF-β> story.") == "cafe au lait the tgf β story"
    assert fold("Ｆｕｌｌ width") == "full width"


@pytest.mark.parametrize("title", ["", "Editorial", "Reply to the authors", "!!! ??? ... --- ***"])
def test_short_titles_are_no_keys(title: str) -> None:
    assert title_key(title) is None


def test_punctuation_and_case_do_not_tell_titles_apart() -> None:
    one = title_key("Neutrophils hold back T cells: a study")
    assert one == title_key("neutrophils hold-back T-Cells — A Study.")
    assert one != title_key("Neutrophils hold back B cells: a study")
