from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import openalex
from service.records import Author, Flag, Identifiers, Kind, Paper, Record


def read(**work: Any) -> Paper:
    work.setdefault("id", "https://openalex.org/W1")
    return openalex.article(
        Record("openalex", "W1", "", "openalex-json", json.dumps(work).encode())
    )


def test_a_work_is_read_whole() -> None:
    paper = read(
        title="A <i>title</i>",
        type="review",
        doi="https://doi.org/10.1000/ABC",
        ids={"pmid": "https://pubmed.ncbi.nlm.nih.gov/23572122"},
        publication_date="2013-04-10",
        created_date="2025-10-10T00:00:00",
        updated_date="2026-07-22T07:51:19.307946",
        language="en",
        locations=[{"id": "pmh:oai:pubmedcentral.nih.gov:3716263"}],
        primary_location={
            "source": {"display_name": "Heredity", "issn_l": "0018-067X", "type": "journal"},
            "license": "cc-by",
        },
        best_oa_location={"pdf_url": "https://x/a.pdf"},
        keywords=[{"display_name": "Biology"}],
        mesh=[{"descriptor_name": "Alleles"}, {"descriptor_name": "Alleles"}],
        primary_topic={"display_name": "Amphibians"},
        authorships=[
            {
                "author": {
                    "display_name": "Joshua B. Gross",
                    "orcid": "https://orcid.org/0000-0002-1825-0097",
                }
            },
            {"author": {"display_name": "Wilkens, Horst"}},
            {"author": {"display_name": "The X Consortium"}},
            {"author": {}, "raw_author_name": "Ann Lee"},
        ],
    )
    assert paper.title == "A title"
    assert paper.ids == Identifiers("10.1000/abc", "23572122", "PMC3716263", None)
    assert (paper.published, paper.entered, paper.revised) == (
        "2013-04-10",
        "2025-10-10",
        "2026-07-22",
    )
    assert paper.authors == (
        Author("Gross", "Joshua B.", "", "0000-0002-1825-0097"),
        Author("Wilkens", "Horst"),
        Author(collective="The X Consortium"),
        Author("Lee", "Ann"),
    )
    assert (paper.venue, paper.issn, paper.kind) == ("Heredity", "0018-067X", Kind.REVIEW)
    assert (paper.keywords, paper.mesh) == (("Biology",), ("Alleles",))
    assert (paper.category, paper.licence) == ("Amphibians", "CC BY")
    assert (paper.url, paper.pdf_url) == ("https://doi.org/10.1000/ABC", "https://x/a.pdf")


def test_the_abstract_is_rebuilt_from_its_positions() -> None:
    index = {"Abstract": [0], "the": [1, 3], "cat": [2], "mat": [4], "bad": ["x", -1, 10**9]}
    assert read(abstract_inverted_index=index).abstract == "Abstract the cat the mat"
    index = {"Abstract": [0], "The": [1], "cat": [2]}
    assert read(abstract_inverted_index=index).abstract == "The cat"


@pytest.mark.parametrize("index", [None, {}, [], "x", {"a": None}])
def test_no_abstract_is_none(index: object) -> None:
    assert read(abstract_inverted_index=index).abstract == ""


def test_a_retracted_work_is_flagged_and_stays_an_article() -> None:
    paper = read(type="article", is_retracted=True, title="RETRACTED: x")
    assert (paper.flags, paper.kind, paper.title) == ({Flag.RETRACTED}, Kind.ARTICLE, "x")


def test_a_retraction_is_a_notice() -> None:
    assert read(type="retraction").kind is Kind.RETRACTION


def test_an_arxiv_work_is_a_preprint_whatever_openalex_calls_it() -> None:
    paper = read(
        type="article",
        doi="https://doi.org/10.48550/arxiv.2201.06719",
        title=r"Land\'e factors of $\alpha$",
        primary_location={
            "source": {"display_name": "arXiv (Cornell University)", "type": "repository"}
        },
    )
    assert (paper.kind, paper.venue, paper.ids.arxiv) == (Kind.PREPRINT, "arXiv", "2201.06719")
    assert paper.title == "Landé factors of α"


def test_an_articles_arxiv_copy_gives_its_arxiv_id() -> None:
    paper = read(type="article", locations=[None, {"id": "pmh:oai:arXiv.org:2111.07624"}])
    assert (paper.kind, paper.ids.arxiv) == (Kind.ARTICLE, "2111.07624")


def test_what_is_no_work_is_a_parse_error() -> None:
    with pytest.raises(ParseError):
        read(id="https://openalex.org/A1")
