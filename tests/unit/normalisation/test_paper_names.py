"""Which papers a person's text names, and which texts are no names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InputError
from service.normalisation.paper_names import name_of, paper_names, spoken

ONE = {
    "38000001": "pmid:38000001",
    "pmid:7": "pmid:7",
    "PMID 38000001": "pmid:38000001",
    "PMID: 38000001.": "pmid:38000001",
    "PubMed: 38000001": "pmid:38000001",
    "PMC7000001": "pmcid:PMC7000001",
    "pmcid: PMC7000001.2": "pmcid:PMC7000001",
    "PMC 7000001": "pmcid:PMC7000001",
    "10.5555/Heron.1": "doi:10.5555/heron.1",
    "doi: 10.5555/heron.1.": "doi:10.5555/heron.1",
    "(10.5555/heron(1))": "doi:10.5555/heron(1)",
    "\u201c10.5555/heron.1\u201d": "doi:10.5555/heron.1",
    "https://doi.org/10.5555/heron.1": "doi:10.5555/heron.1",
    "dx.doi.org/10.5555/heron.1": "doi:10.5555/heron.1",
    "https://doi.org/10.5555%2Fheron.1": "doi:10.5555/heron.1",
    "10.5555/(SICI)1097-0142(19960101)77:1<1::AID-X1>3.0.CO;2-#": (
        "doi:10.5555/(sici)1097-0142(19960101)77:1<1::aid-x1>3.0.co;2-#"
    ),
    "2601.00001": "arxiv:2601.00001",
    "arXiv:2601.00001v2 [q-bio.TO]": "arxiv:2601.00001",
    "q-bio.TO/0401001": "arxiv:q-bio/0401001",
    "10.48550/arXiv.2601.00001": "arxiv:2601.00001",
    "10.48550/arXiv.2601.00001\x1b": "arxiv:2601.00001",
    "10.48550/arXiv.2601.00001\u200b": "arxiv:2601.00001",
    "10.48550/arXiv.hep-th/9901001\x00": "arxiv:hep-th/9901001",
    "10.1101/2026.01.02.123456v2": "doi:10.1101/2026.01.02.123456",
    "10.5555/2026.01.02.123456v2": "doi:10.5555/2026.01.02.123456v2",
    "PPR900001": "europepmc:PPR/PPR900001",
}
ADDRESSES = {
    "https://pubmed.ncbi.nlm.nih.gov/38000001/": "pmid:38000001",
    "pubmed.ncbi.nlm.nih.gov/38000001": "pmid:38000001",
    "https://pubmed.ncbi.nlm.nih.gov/38000001/?from_term=x#abstract": "pmid:38000001",
    "https://www.ncbi.nlm.nih.gov/pubmed/38000001": "pmid:38000001",
    "https://pmc.ncbi.nlm.nih.gov/articles/PMC7000001/": "pmcid:PMC7000001",
    "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7000001/pdf/main.pdf": "pmcid:PMC7000001",
    "https://europepmc.org/article/MED/38000001": "pmid:38000001",
    "https://europepmc.org/article/PPR/PPR900001": "europepmc:PPR/PPR900001",
    "https://europepmc.org/articles/PMC7000001?pdf=render": "pmcid:PMC7000001",
    "https://arxiv.org/pdf/2601.00001v3.pdf": "arxiv:2601.00001",
    "https://arxiv.org/abs/q-bio/0401001": "arxiv:q-bio/0401001",
    "https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2.full": (
        "doi:10.1101/2026.01.02.123456"
    ),
    "https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2.full.pdf": (
        "doi:10.1101/2026.01.02.123456"
    ),
    "https://www.biorxiv.org/content/10.1101/2026.01.02.123456v1.full.pdf+html": (
        "doi:10.1101/2026.01.02.123456"
    ),
    "https://www.biorxiv.org/content/10.1101/2026.01.02.123456v1.supplementary-material": (
        "doi:10.1101/2026.01.02.123456"
    ),
    "https://pubmed-ncbi-nlm-nih-gov.proxy.example.org/38000001/": "pmid:38000001",
    "https://www-nature-com.proxy.example.org/articles/s00000-026-1": "doi:10.1038/s00000-026-1",
    "https://doi-org.proxy.example.org/10.5555/heron.1": "doi:10.5555/heron.1",
    "https://journals.example.org/article/10.5555/s-1/figures/2": "doi:10.5555/s-1",
    "https://www.medrxiv.org/content/10.64898/2026.01.02.26123456v1": (
        "doi:10.64898/2026.01.02.26123456"
    ),
    "https://www.nature.com/articles/s00000-026-00001-2.pdf": "doi:10.1038/s00000-026-00001-2",
    "https://www.nature.com/articles/s00000-026-00001-2#Sec1": "doi:10.1038/s00000-026-00001-2",
    "https://elifesciences.org/articles/12345": "doi:10.7554/elife.12345",
    "https://journals.example.org/one/article?id=10.5555/journal.1&type=x": (
        "doi:10.5555/journal.1"
    ),
    "https://journals.example.org/doi/full/10.5555/abc.1": "doi:10.5555/abc.1",
    "https://journals.example.org/doi/10.5555%2Fabc.1": "doi:10.5555/abc.1",
    "https://journals.example.org/content/pdf/10.5555/abc.1.pdf": "doi:10.5555/abc.1",
    "https://journals.example.org/a/article/doi/10.5555/abc/djae001/7512345": (
        "doi:10.5555/abc/djae001"
    ),
    "https://journals.example.org/a/article-abstract/doi/10.5555/abc.1/751234/A-title": (
        "doi:10.5555/abc.1"
    ),
    "https://journals.example.org/articles/10.5555/abc.1/full": "doi:10.5555/abc.1",
}
CITATION = (
    "Berg A, Lind O. Herons in reed: a review. Wading Lett. 2026 Nov 4;13(1):6619. "
    "doi: 10.5555/heron.1. Epub 2026 Nov 5. PMID: 38000001; PMCID: PMC7000001."
)
PAGE = """1. Wading Lett. 2026 Nov 4;13(1):6619. doi: 10.5555/heron.1.

Herons in reed: a review.

Berg A(1), Lind O.

Author information:
(1)Institute of Wading.

Herons stand in the reed and wait. We review why they do, and for whom (PMID: 1234567).

DOI: 10.5555/heron.1
PMCID: PMC7000001
PMID: 38000001 [Indexed for MEDLINE]
"""


@pytest.mark.parametrize(("text", "name"), [*ONE.items(), *ADDRESSES.items()])
def test_an_identifier_or_an_address_names_its_paper(text: str, name: str) -> None:
    assert paper_names(text) == (name,)
    assert paper_names(f"  {text}\n") == (name,)


@pytest.mark.parametrize(
    "text",
    [
        "38000001, 10.5555/a",
        "38000001,10.5555/a",
        "38000001;10.5555/a",
        "38000001 10.5555/a",
        "38000001 and 10.5555/a",
        "38000001\n10.5555/a\n",
        "- PMID: 38000001\n- doi:10.5555/a\n\n",
        "1. 38000001\n2) https://doi.org/10.5555/a",
        "38000001 | 10.5555/A\r\n38000001",
    ],
)
def test_a_list_in_any_usual_form_names_each_paper_once(text: str) -> None:
    assert paper_names(text) == ("pmid:38000001", "doi:10.5555/a")


def test_a_citation_names_its_paper_by_the_best_of_its_identifiers() -> None:
    assert paper_names(CITATION) == ("pmid:38000001",)
    assert paper_names(CITATION.partition(" Epub")[0]) == ("doi:10.5555/heron.1",)
    linked = "Berg A. Herons in reed. Wading Lett 2026. https://doi.org/10.5555/heron.1"
    assert paper_names(linked) == ("doi:10.5555/heron.1",)


def test_citations_one_a_line_name_one_paper_each() -> None:
    other = "2. Ek B. Chicks in spring. 2025. doi:10.5555/chick.3"
    assert paper_names(f"1. {CITATION}\n\n{other}") == ("pmid:38000001", "doi:10.5555/chick.3")


def test_the_text_of_a_page_names_the_paper_that_its_last_lines_are_about() -> None:
    assert paper_names(PAGE) == ("pmid:38000001",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "and",
        "hello",
        "7",
        "2026",
        "refs.bib",
        "notes/10/heron.md",
        "tumour-associated neutrophils",
        "A text about neutrophils (PMID: 1234567) that says more than this one thing.",
        "A text that ends with another paper, as texts do (PMID: 1234567; doi:10.5555/a).",
        "Herons in reed\nare seen at dawn\nand at dusk.",
        "fig/0401001",
        "zotero:Wading",
        "search:herons",
    ],
)
def test_other_texts_name_nothing(text: str) -> None:
    assert paper_names(text) == ()


def test_a_long_text_that_ends_with_an_identifier_is_no_citation() -> None:
    assert paper_names("Herons stand in the reed. " * 40 + "doi:10.5555/heron.1") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("38000001, heron, PMC77", "heron"),
        ("38000001\nheron\nPMC77", "heron"),
        ("38000001 10.5555", "10.5555"),
        ("https://journals.example.org/pii/S0001", "https://journals.example.org/pii/S0001"),
        ("www.example.org", "www.example.org"),
        ("http://127.0.0.1:8080/admin", "http://127.0.0.1:8080/admin"),
    ],
)
def test_what_names_no_paper_in_a_list_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        paper_names(text)
    assert caught.value.thing == told
    assert "no page is opened" in caught.value.remedy


def test_a_hostile_word_is_told_on_one_line_and_not_in_full() -> None:
    with pytest.raises(InputError) as caught:
        paper_names("https://\x1b[31m" + "x" * 5_000)
    assert len(caught.value.thing) == 80
    assert caught.value.thing.isprintable()


@pytest.mark.parametrize("word", ["10.5555/" + "x" * 400, "https://doi.org/10.5555/" + "x" * 400])
def test_a_name_longer_than_any_is_none(word: str) -> None:
    assert name_of(word) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pmid:7", "PMID 7"),
        ("doi:10.5555/a:b", "DOI 10.5555/a:b"),
        ("pmcid:PMC7", "PMC7"),
        ("arxiv:2601.00001", "arXiv 2601.00001"),
        ("europepmc:PPR/PPR1", "PPR1"),
    ],
)
def test_a_name_is_told_as_people_write_it(name: str, told: str) -> None:
    assert spoken(name) == told
    if not name.startswith("pmid"):
        assert paper_names(told) == (name,)


PIECES = st.sampled_from([*ONE, *ADDRESSES, CITATION, "heron", "https://", "[", "]", "and", "doi:"])
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=8).flatmap(
        lambda parts: st.sampled_from([" ", "\n", ", ", ";", ""]).map(lambda by: by.join(parts))
    ),
)


@given(TEXTS)
def test_any_text_is_read_or_refused_and_names_are_stable(text: str) -> None:
    try:
        names = paper_names(text)
    except InputError:
        return
    assert len(set(names)) == len(names)
    for name in names:
        kind, _, value = name.partition(":")
        assert kind in {"pmid", "pmcid", "doi", "arxiv", "europepmc"}
        assert value
        assert not any(char.isspace() for char in value)
        again = value if kind in {"doi", "arxiv"} else spoken(name)
        assert paper_names(again) == (name,)


@pytest.mark.parametrize("piece", [" ", "[", "10.", "https://", "a.", ",", "doi: ", "1 ", ").,"])
def test_a_long_text_of_one_thing_is_read_in_time(piece: str) -> None:
    """Not timed: a reading that is not linear would not end within the test run."""
    try:
        paper_names(piece * (100_000 // len(piece)) + "x")
    except InputError as error:
        assert error.remedy  # noqa: PT017 - either outcome will do
