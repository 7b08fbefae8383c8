"""Identifiers: one canonical form, or None."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.normalisation import identifiers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1000/ABC", "10.1000/abc"),
        ("https://doi.org/10.1000/ABC.", "10.1000/abc"),
        ("http://dx.doi.org/10.1002%2Fabc?utm_source=feed#top", "10.1002/abc"),
        ("doi:10.1000/x", "10.1000/x"),
        ("10.1000%2fx", "10.1000/x"),
        ("DOI: https://doi.org/10.1000/x", "10.1000/x"),
        ("info:doi/10.1000/x", "10.1000/x"),
        ("doi: 10.1016/S0140-6736(05)61027-7).", "10.1016/s0140-6736(05)61027-7"),
        ("10.1016/0005-2795(76)90109-4", "10.1016/0005-2795(76)90109-4"),
        ("10.1002/(SICI)1097(199808)17:15<1661::AID-SIM968>3.0.CO;2-2",
         "10.1002/(sici)1097(199808)17:15<1661::aid-sim968>3.0.co;2-2"),
        ("10.1002/a&lt;1&gt;b", "10.1002/a<1>b"),
        ("10.1000/x\u200b", "10.1000/x"),
        (" 10.1000/x/ ", "10.1000/x"),
        ("10.1000/x and more", "10.1000/x"),
        ("10.1000.10/123", "10.1000.10/123"),
    ],
)  # fmt: skip
def test_a_doi_becomes_bare_and_lower_case(text: str, expected: str) -> None:
    assert identifiers.doi(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "10.1000",
        "10.1000/",
        "10.1000/...",
        "10.12/x",
        "see 10.1000/x",
        "https://x.org/10.1000/x",
    ],
)
def test_what_is_no_doi_is_none(text: str | None) -> None:
    assert identifiers.doi(text) is None


@given(st.from_regex(r"(?i)(?:https://doi\.org/|doi: ?)?10\.[0-9]{4}/[!-~]{1,30}", fullmatch=True))
def test_a_canonical_doi_is_its_own_canonical_form(text: str) -> None:
    found = identifiers.doi(text)
    assert found is None or identifiers.doi(found) == found


@pytest.mark.parametrize("text", ["10.1000/" + ")" * 20_000, "10." + "1." * 20_000, "doi:" * 9_000])
def test_a_hostile_doi_takes_no_time(text: str) -> None:
    begun = time.process_time()
    identifiers.doi(text)
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    "text",
    ["123", " 123 ", "PMID: 123", "pmid:0123", "https://pubmed.ncbi.nlm.nih.gov/123/",
     "https://www.ncbi.nlm.nih.gov/pubmed/123", "https://pubmed.ncbi.nlm.nih.gov/123/?utm_source=x"],
)  # fmt: skip
def test_a_pmid_becomes_digits(text: str) -> None:
    assert identifiers.pmid(text) == "123"


@pytest.mark.parametrize("text", [None, "", "0", "PMC123", "12a", "1.5", "1234567890"])
def test_what_is_no_pmid_is_none(text: str | None) -> None:
    assert identifiers.pmid(text) is None


@pytest.mark.parametrize(
    "text",
    ["123", "PMC123", "pmc123", "PMC123.2", "PMC: PMC123", "oai:pubmedcentral.nih.gov:123",
     "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123/", "https://pmc.ncbi.nlm.nih.gov/articles/PMC123/"],
)  # fmt: skip
def test_a_pmcid_becomes_pmc_and_digits(text: str) -> None:
    assert identifiers.pmcid(text) == "PMC123"


@pytest.mark.parametrize("text", [None, "", "PMC", "PMC0", "EMS123", "PMC12x"])
def test_what_is_no_pmcid_is_none(text: str | None) -> None:
    assert identifiers.pmcid(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2101.00001", ("2101.00001", "")),
        ("0704.0001v3", ("0704.0001", "3")),
        ("arXiv:2101.00001v12", ("2101.00001", "12")),
        ("arXiv:2101.00001v2 [q-bio.QM]", ("2101.00001", "2")),
        ("http://arxiv.org/abs/2101.00001v1", ("2101.00001", "1")),
        ("https://arxiv.org/pdf/2101.00001v3.pdf", ("2101.00001", "3")),
        ("https://export.arxiv.org/abs/hep-th/9901001", ("hep-th/9901001", "")),
        ("oai:arXiv.org:hep-th/9901001", ("hep-th/9901001", "")),
        ("math.GT/0309136v1", ("math/0309136", "1")),
        ("10.48550/arXiv.2101.00001", ("2101.00001", "")),
        ("https://doi.org/10.48550/ARXIV.2101.00001", ("2101.00001", "")),
    ],
)
def test_an_arxiv_id_is_parted_from_its_version(text: str, expected: tuple[str, str]) -> None:
    assert identifiers.arxiv(text) == expected


@pytest.mark.parametrize(
    "text", [None, "", "2113.00001", "1234.567", "hep-th/99", "10.1000/2101.00001"]
)
def test_what_is_no_arxiv_id_is_none(text: str | None) -> None:
    assert identifiers.arxiv(text) is None


@pytest.mark.parametrize(
    "text",
    ["0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "0000000218250097",
     "http://orcid.org/0000-0002-1825-0097/", "ORCID: 0000-0002-1825-0097"],
)  # fmt: skip
def test_an_orcid_becomes_four_groups(text: str) -> None:
    assert identifiers.orcid(text) == "0000-0002-1825-0097"


def test_an_orcid_may_end_in_x() -> None:
    assert identifiers.orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"


@pytest.mark.parametrize("text", [None, "", "0000-0002-1825-0098", "0000-0002-1825"])
def test_an_orcid_with_a_wrong_check_digit_is_none(text: str | None) -> None:
    assert identifiers.orcid(text) is None
