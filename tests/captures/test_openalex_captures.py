"""OpenAlex's real replies. The expected values were read from the payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.normalisation import normalise
from service.records import Identifiers, Kind, Paper
from service.sources import openalex_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures


def papers(shared: Path, name: str) -> dict[str, Paper]:
    page = openalex_payload.read((shared / "captures/openalex" / name).read_bytes())
    return {record.source_id: normalise(record) for record in page.records}


EXPECTED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "search_2026.json",
        "W3146366485",
        {
            "title": "A review on the attention mechanism of deep learning",
            "ids": Identifiers("10.1016/j.neucom.2021.03.091"),
            "kind": Kind.REVIEW,
            "published": "2021-04-01",
            "abstract": "",
            "venue": "Neurocomputing",
            "authors": 3,
            "first": ("Niu", "Zhaoyang", None),
        },
    ),
    (
        "search_2026.json",
        "W3212386989",
        {
            "title": "Attention mechanisms in computer vision: A survey",
            "kind": Kind.ARTICLE,
            "licence": "CC BY",
            "abstract": "Humans can naturally and effectively find salient regions",
            "first": ("Guo", "Meng-Hao", "0000-0002-4128-4594"),
        },
    ),
    (
        "search_2026.json",
        "W2023053047",
        {"ids": Identifiers("10.1016/0042-6989(95)00294-4", "8759451"), "published": "1996-06-01"},
    ),
    (
        "work_arxiv.json",
        "W4221145823",
        {
            "kind": Kind.PREPRINT,
            "venue": "arXiv",
            "ids": Identifiers("10.48550/arxiv.2201.06719", arxiv="2201.06719"),
            "published": "2022-01-18",
            "entered": "2022-04-03",
            "abstract": "Regarding trapped-ion microwave-frequency standards, we report on the "
            "determination",
            "authors": 9,
        },
    ),
    (
        "work_biorxiv.json",
        "W4407166645",
        {
            "kind": Kind.PREPRINT,
            "venue": "bioRxiv",
            "ids": Identifiers("10.1101/2025.02.05.636615"),
            "abstract": "Shigellosis is a leading cause of diarrhoeal deaths worldwide,",
            "authors": 10,
        },
    ),
    (
        "work_get_openalex.json",
        "W97658052",
        {
            "title": "The Politics of the Past in Early China",
            "kind": Kind.BOOK,
            "published": "2019-07-01",
            "abstract": "Why did the past matter so greatly in ancient",
        },
    ),
    (
        "work_missing_contributor.json",
        "W2787899882",
        {
            "venue": "Publications",
            "published": "2018-04-09",
            "revised": "2026-07-22",
            "abstract": "Gigantic particle accelerators, incredibly complex detectors,",
        },
    ),
    (
        "work_posted_content.json",
        "W2581393460",
        {
            "title": "A Data Citation Roadmap for Scholarly Data Repositories",
            "kind": Kind.PREPRINT,
            "ids": Identifiers("10.1101/097196"),
            "published": "2016-12-28",
            "abstract": "This article presents a practical roadmap for scholarly",
            "authors": 11,
        },
    ),
    (
        "work_vor_with_url.json",
        "W2026325500",
        {
            "title": "Albinism in phylogenetically and geographically distinct populations of "
            "Astyanax cavefish arises through the same loss-of-function Oca2 allele",
            "ids": Identifiers("10.1038/hdy.2013.26", "23572122", "PMC3716263"),
            "issn": "0018-067X",
            "abstract": "",
            "pdf_url": "https://www.nature.com/articles/hdy201326.pdf",
        },
    ),
    (
        "work_zenodo.json",
        "W4377217430",
        {
            "title": "The Counting Functions of Prime Pairs",
            "venue": "Zenodo",
            "kind": Kind.ARTICLE,
            "abstract": "The counting functions of prime pairs are derived. The",
            "first": ("Ding", "Keyang", None),
        },
    ),
    (
        "results_2024.json",
        "W4294311152",
        {
            "title": "A Deep Ensemble Dynamic Learning Network for Corona Virus Disease 2019 "
            "Diagnosis",
            "ids": Identifiers("10.1109/tnnls.2022.3201198", "36054386"),
            "published": "2024-03-01",
            "abstract": "Corona virus disease 2019 is an extremely fatal pandemic",
        },
    ),
    ("results_2024.json", "W4389118741", {"kind": Kind.REVIEW, "authors": 11}),
]


def seen(paper: Paper, name: str, wanted: Any) -> Any:
    """What the paper says, in the form in which the table states it."""
    match name:
        case "abstract":
            return paper.abstract[: len(wanted)] if wanted else paper.abstract
        case "authors":
            return len(paper.authors)
        case "first":
            first = paper.authors[0]
            return first.family, first.given, first.orcid
    return getattr(paper, name)


@pytest.mark.parametrize(("name", "key", "expected"), EXPECTED, ids=lambda x: str(x)[:40])
def test_a_work_says_what_its_payload_says(
    shared: Path, name: str, key: str, expected: dict[str, Any]
) -> None:
    paper = papers(shared, name)[key]
    assert {field: seen(paper, field, value) for field, value in expected.items()} == expected
    assert paper.flags == frozenset()


@pytest.mark.parametrize(
    ("name", "count", "stated"), [("search_2026.json", 3, 4013744), ("results_2024.json", 10, 10)]
)
def test_every_work_of_a_list_is_read(shared: Path, name: str, count: int, stated: int) -> None:
    page = openalex_payload.read((shared / "captures/openalex" / name).read_bytes())
    assert (len(page.records), page.stated, page.warnings) == (count, stated, ())
    assert len(papers(shared, name)) == count
