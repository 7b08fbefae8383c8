"""Identifiers in the forms in which the sources write them, and the laws that each form keeps."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.normalisation import identifiers
from service.normalisation.servers import server_of

MESSY = st.text(alphabet="10.9/abcXYZ:()[]<>;?#&%-_ \u200b\u00a0٣２vV", max_size=40)


# -- laws ----------------------------------------------------------------------------------------


@given(st.one_of(MESSY, MESSY.map("10.1000/{}".format), st.text()))
@example("10.1000/a%252F")
@example("10.1000/&amp;amp;")
@example("10.1０00/a")
@example("10.1000/x%2F%20y")
@example("10.1000/\ud800")
@example("10.1000/a&Amp;")
@example("10.1000%2Fa%00b")
@example("10.1000/a&#8203;b")
@example("10.1000/A&#65;")
@example("https://doi.org/10.1000/a%2526lt%253B%252F")
def test_a_doi_is_bare_lower_case_and_its_own_canonical_form(text: str) -> None:
    found = identifiers.doi(text)
    if found is not None:
        assert re.match(r"10\.[0-9]{4,9}[./]", found)
        assert found == found.lower()
        assert not re.search(r"\s", found)
        assert identifiers.doi(found) == found
        assert found.encode("utf-8")
        assert found.isprintable() or not found.isascii()


@given(st.from_regex(r"10\.[0-9]{4,5}/[a-z0-9][a-z0-9._-]{0,20}[a-z0-9]", fullmatch=True))
def test_every_wrapping_of_a_doi_gives_the_same(bare: str) -> None:
    written = (
        bare, bare.upper(), f"doi:{bare}", f"DOI: {bare}", f"doi {bare}", f"https://doi.org/{bare}",
        f"http://dx.doi.org/{bare}", f"doi.org/{bare}", f"www.doi.org/{bare}", f"info:doi/{bare}",
        f"urn:doi:{bare}", f"https://doi.org/{bare.replace('/', '%2F')}", f"{bare}.", f"{bare})",
        f" {bare}\n", f"{bare}/", f"https://doi.org/{bare}?rss=1", f"https://doi.org/doi:{bare}",
        f"{bare};", f"{bare}”",
    )  # fmt: skip
    assert {text: identifiers.doi(text) for text in written} == dict.fromkeys(written, bare)


@given(st.integers(1, 999_999_999))
def test_every_wrapping_of_a_pmid_gives_the_same(number: int) -> None:
    bare = str(number)
    for text in (bare, f"0{bare}", f"PMID {bare}", f"pubmed:{bare}", f"{bare}.0", f" {bare} ",
                 f"https://pubmed.ncbi.nlm.nih.gov/{bare}/?fc=1", f"ncbi.nlm.nih.gov/pubmed/{bare}"):  # fmt: skip
        assert identifiers.pmid(text) == bare
    assert identifiers.pmid(bare) == bare


@given(st.integers(1, 9_999_999_999))
def test_every_wrapping_of_a_pmcid_gives_the_same(number: int) -> None:
    bare = f"PMC{number}"
    for text in (bare, bare.lower(), str(number), f"{bare}.3", f"pmcid: {bare}", f"pmc:{bare}",
                 f"https://pmc.ncbi.nlm.nih.gov/articles/{bare}"):  # fmt: skip
        assert identifiers.pmcid(text) == bare
    assert identifiers.pmcid(identifiers.pmcid(bare)) == bare


@given(st.from_regex(r"[0-9]{2}(0[1-9]|1[0-2])\.[0-9]{4,5}", fullmatch=True), st.integers(0, 99))
def test_every_wrapping_of_an_arxiv_id_gives_the_same(bare: str, number: int) -> None:
    version = str(number) if number else ""
    name = f"{bare}v{number}" if number else bare
    for text in (name, f"arXiv:{name}", f"ARXIV: {name}", f"https://arxiv.org/abs/{name}",
                 f"http://export.arxiv.org/pdf/{name}", f"https://arxiv.org/pdf/{name}.pdf",
                 f"https://arxiv.org/html/{name}#S1", f"10.48550/arXiv.{name}", f"oai:arXiv.org:{name}",
                 f"arXiv:{name} [q-bio.TO]", f"{name}."):  # fmt: skip
        assert identifiers.arxiv(text) == (bare, version)


@given(st.text(alphabet="0123456789", min_size=15, max_size=15), st.sampled_from("0123456789X"))
def test_exactly_one_check_digit_of_an_orcid_is_right(digits: str, wrong: str) -> None:
    right = [c for c in "0123456789X" if identifiers.orcid(digits + c)]
    assert len(right) == 1
    assert (identifiers.orcid(digits + wrong) is not None) == (wrong == right[0])
    found = identifiers.orcid(digits + right[0])
    assert identifiers.orcid(found) == found
    assert found is not None
    assert found.replace("-", "") == digits + right[0]


@given(st.text(alphabet="0123456789٣２９", min_size=1, max_size=16))
def test_digits_of_other_scripts_make_no_identifier(text: str) -> None:
    """int() would take them, and no database of identifiers has them."""
    for found in (
        identifiers.pmid(text),
        identifiers.pmcid(text),
        identifiers.orcid(text),
        identifiers.doi(f"10.{text}/x"),
        (identifiers.arxiv(f"2611.{text}") or ("",))[0],
    ):
        assert found is None or found.isascii()


@given(st.text())
def test_no_text_makes_an_identifier_reader_raise(text: str) -> None:
    for read in (identifiers.pmid, identifiers.pmcid, identifiers.arxiv, identifiers.orcid):
        read(text)  # type: ignore[operator]
    identifiers.doi(text)


def test_a_doi_that_was_encoded_a_thousand_times_takes_no_time() -> None:
    begun = time.process_time()
    assert identifiers.doi("10.1000/x&" + "amp;" * 1_000 + "y") == "10.1000/x&y"
    assert time.process_time() - begun < 1.0


# -- what sources really write -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.64898/2025.12.01.25341355", "10.64898/2025.12.01.25341355"),
        ("10.1101/2020.01.01.123456v2", "10.1101/2020.01.01.123456v2"),
        ("10.21203/RS.3.rs-1234567/V2", "10.21203/rs.3.rs-1234567/v2"),
        ("10.1016/S0140-6736(05)61027-7", "10.1016/s0140-6736(05)61027-7"),
        ("(10.1000/x)", None),
        ("10.1000/(x)", "10.1000/(x)"),
        ("10.1000/(x))", "10.1000/(x)"),
        ("10.1000/[x]]", "10.1000/[x]"),
        ("10.1000/x<", "10.1000/x<"),
        ("10.1000/x>", "10.1000/x"),
        ("10.1000/x'\"", "10.1000/x"),
        ("10.1000/a&amp;lt;1&amp;gt;b", "10.1000/a<1>b"),
        ("10.1000/x\x00y", "10.1000/x"),
        ("10.1000/é", "10.1000/é"),
        ("https://doi.org/10.1000/x%20y", "10.1000/x"),
        ("https://doi.org//10.1000/x", "10.1000/x"),
        ("https://doi.org/10.1000/a%3Cb%3E", "10.1000/a<b>"),
        ("https://doi.org/", None),
        ("doi:", None),
        ("11.1000/x", None),
        ("10.1000\\/x", None),
        ("10.100/x", None),
        ("10.1234567890/x", None),
        ("http://example.org/doi/10.1000/x", None),
    ],
)
def test_dois_as_they_are_found(text: str, expected: str | None) -> None:
    assert identifiers.doi(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234567890", None),
        ("-1", None),
        ("1e5", None),
        ("123 456", None),
        ("123,456", None),
        ("PMID: 123; PMCID: PMC4", None),
        ("https://example.org/123", None),
        ("https://pubmed.ncbi.nlm.nih.gov/123/456", None),
        ("00000", None),
        ("PMID:00012", "12"),
    ],
)
def test_pmids_are_not_guessed(text: str, expected: str | None) -> None:
    assert identifiers.pmid(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PMC 123", None),
        ("PMC123.x", None),
        ("PMC00123", "PMC123"),
        ("PMC-123", None),
        ("NIHMS123", None),
        ("PMC99999999999", None),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123/pdf/x.pdf", None),
    ],
)
def test_pmcids_are_not_guessed(text: str, expected: str | None) -> None:
    assert identifiers.pmcid(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cond-mat/0601001v2", ("cond-mat/0601001", "2")),
        ("Q-BIO/0601001", ("q-bio/0601001", "")),
        ("q-bio.TO/0601001", ("q-bio/0601001", "")),
        ("math/0613001", None),
        ("2611.00001v0", None),
        ("2611.00001v01", None),
        ("2611.123", None),
        ("2600.12345", None),
        ("2611.123456", None),
        ("https://arxiv.org/list/q-bio/new", None),
        ("https://arxiv.org/abs/2611.00001?context=q-bio", ("2611.00001", "")),
        ("https://doi.org/10.48550/arxiv.2611.00001v3", ("2611.00001", "3")),
    ],
)
def test_arxiv_ids_of_both_ages(text: str, expected: tuple[str, str] | None) -> None:
    assert identifiers.arxiv(text) == expected


@pytest.mark.parametrize(
    ("doi", "server"),
    [
        ("10.21203/rs.3.rs-1/v1", "Research Square"),
        ("10.20944/preprints202611.0344.v1", "Preprints.org"),
        ("10.2139/ssrn.4000000", "SSRN"),
        ("10.26434/chemrxiv-2026-abc", "ChemRxiv"),
        ("10.48550/arxiv.2611.00001", "arXiv"),
        ("10.22541/au.1.2/v1", "Authorea"),
        ("10.32388/abc", "Qeios"),
        ("10.1101/2020.01.01.123456", ""),
        ("10.64898/2025.12.01.25341355", ""),
        ("10.1101/gr.123", ""),
        ("10.2139/other", ""),
        ("", ""),
    ],
)
def test_a_server_is_told_by_its_prefix_and_never_guessed(doi: str, server: str) -> None:
    assert server_of(doi) == server
