"""Europe PMC's real replies. The expected values were read from the payloads."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import BadRequestError
from service.normalisation import normalise
from service.records import Certainty, Flag, Kind, Paper, Relation
from service.sources import europepmc_payload

if TYPE_CHECKING:
    from pathlib import Path

    from service.records import Page

pytestmark = pytest.mark.captures


def a_page(shared: Path, name: str) -> Page:
    return europepmc_payload.read((shared / "captures" / name).read_bytes())


def papers(shared: Path, name: str) -> dict[str, Paper]:
    page = a_page(shared, f"europepmc/{name}")
    return {record.source_id: normalise(record) for record in page.records}


ABSCOPAL = {
    "title": "Abscopal response in a patient with fibrolamellar hepatocellular carcinoma "
    "following radiotherapy.",
    "ids": ("10.1016/s0140-6736(24)02600-x", "39709209", None),
    "published": "2025-12-01",
    "abstract": "",
    "kind": Kind.ARTICLE,
    "authors": 3,
}
EXPECTED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "search_cancer_core.json",
        "MED/39709209",
        {
            **ABSCOPAL,
            "entered": "2024-12-22",
            "revised": "2024-12-21",
            "first": ("Schoenfeld", "Jonathan D"),
            "venue": "Lancet (London, England)",
            "venue_short": "Lancet",
            "issn": "0140-6736",
        },
    ),
    (
        "search_1000results_cancer.json",
        "MED/39709209",
        {**ABSCOPAL, "entered": "2024-12-22", "revised": None, "first": ("Schoenfeld", "JD")},
    ),
    ("search_cancer.xml", "MED/39709209", {**ABSCOPAL, "entered": "2024-12-22"}),
    ("search_cancer_page2.json", "MED/39709209", {**ABSCOPAL, "entered": "2024-12-22"}),
    (
        "search_cancer_dc.xml",
        "MED/39709209",
        {**ABSCOPAL, "first": ("Schoenfeld", "JD"), "venue": "Lancet (London, England)"},
    ),
    (
        "search_cancer_core.json",
        "MED/39709208",
        {
            "title": "Department of Error.",
            "ids": ("10.1016/s0140-6736(24)02716-8", "39709208", "PMC12124214"),
            "kind": Kind.ERRATUM,
            "types": ("Published Erratum", "correction"),
            "links": [(Relation.ERRATUM_FOR, "39293462", Certainty.STATED)],
            "authors": 0,
        },
    ),
    (
        "search_cancer_dc.xml",
        "MED/39709208",
        {
            "ids": ("10.1016/s0140-6736(24)02716-8", "39709208", "PMC12124214"),
            "kind": Kind.ERRATUM,
        },
    ),
    (
        "search_cancer_core.json",
        "MED/40377773",
        {
            "title": "Spatial organization of B lymphocytes and prognosis prediction in patients "
            "with gastric cancer.",
            "kind": Kind.ERRATUM,
            "links": [(Relation.ERRATUM_FOR, "39971854", Certainty.STATED)],
            "licence": "CC BY",
        },
    ),
    (
        "search_cancer_core.json",
        "MED/40468710",
        {
            "abstract": "Objective: This study investigated whether psychological flexibility,",
            "labels": ["Objective", "Design", "Methods", "Results", "Conclusions"],
            "published": "2025-09-01",
            "entered": "2025-06-11",
            "mesh": ("Humans", "Neoplasms"),
        },
    ),
    (
        "search_cancer_dc.xml",
        "MED/40468710",
        {
            "labels": ["Objective", "Design", "Methods", "Results", "Conclusions"],
            "venue": "British journal of health psychology",
        },
    ),
    (
        "search_cancer_core.json",
        "MED/39212676",
        {"kind": Kind.REVIEW, "abstract": "Context: In the face of the growing global burden"},
    ),
    (
        "search_cancer_core.json",
        "MED/40536727",
        {"kind": Kind.NEWS, "venue": "Cancer cytopathology"},
    ),
    ("search_cancer_core.json", "MED/39038316", {"ids": (None, "39038316", None)}),
    (
        "ppr_preprint_of_link.json",
        "PPR/PPR1297577",
        {
            "title": "Photometallobiocatalytic Asymmetric Radical-Mediated Cross-Coupling of "
            "Organotrifluoroborate Salts and Pyridotriazoles",
            "ids": ("10.64898/2026.08.11.744224", None, None),
            "kind": Kind.PREPRINT,
            "venue": "bioRxiv",
            "published": "2026-08-12",
            "entered": "2026-08-13",
            "licence": "CC BY-NC-ND",
            "labels": ["", "Entry for the Table of Contents"],
            "links": [(Relation.PREPRINT_OF, "42631360", Certainty.PROBABLE)],
            "authors": 6,
            "first": ("Wang", "Huanan"),
            "orcid": "0000-0001-9699-3358",
        },
    ),
    (
        "pygetpapers_PMC8071313.json",
        "MED/33920882",
        {
            "title": "Suppression of an Invasive Native Plant Species by Designed Grassland "
            "Communities.",
            "ids": ("10.3390/plants10040775", "33920882", "PMC8071313"),
            "abstract": "Grassland biodiversity is declining due to climatic change,",
            "venue_short": "Plants (Basel)",
            "issn": "2223-7747",
            "authors": 4,
            "first": ("Möhrle", "Kathrin"),
        },
    ),
    (
        "pygetpapers_PMC8118396.json",
        "MED/34027066",
        {"ids": ("10.1080/23802359.2021.1911705", "34027066", "PMC8118396"), "authors": 3},
    ),
    (
        "pygetpapers_PMC8222791.json",
        "MED/34177980",
        {
            "title": "Latitudinal and Longitudinal Trends of Seed Traits Indicate Adaptive "
            "Strategies of an Invasive Plant.",
            "published": "2021-06-10",
            "entered": "2021-06-29",
            "authors": 6,
        },
    ),
    (
        "search_1000results_cancer.json",
        "MED/40517245",
        {
            "title": "Overexpression of LncRNA PIK3CD-AS1 promotes expression of LATS1 by "
            "competitive binding with microRNA-566 to inhibit the growth, invasion and metastasis "
            "of hepatocellular carcinoma cells.",
            "kind": Kind.RETRACTION,
            "flags": frozenset(),
        },
    ),
    (
        "search_1000results_cancer.json",
        "MED/40534229",
        {
            "title": "Expert consensus on whole-course management of prostate cancer "
            "(2025 edition).",
            "flags": frozenset({Flag.TRANSLATED_TITLE}),
            "groups": ["Genitourinary Oncology Committee of Chinese Anti-cancer Association"],
        },
    ),
    (
        "search_1000results_cancer.json",
        "MED/40440438",
        {"kind": Kind.BOOK, "venue": "GeneReviews®", "published": "2025-05-29"},
    ),
    ("search_1000results_cancer.json", "MED/40499961", {"kind": Kind.PROTOCOL}),
    (
        "search_1000results_cancer.json",
        "PMC/PMC12175493",
        {"kind": Kind.REVIEW, "ids": (None, None, "PMC12175493"), "venue": "Oncology Letters"},
    ),
    (
        "search_1000results_cancer.json",
        "PPR/PPR1037166",
        {
            "kind": Kind.PREPRINT,
            "venue": "Research Square",
            "version": "1",
            "ids": ("10.21203/rs.3.rs-6664819/v1", None, None),
            "published": "2025-06-16",
            "entered": "2025-06-18",
            "url": "https://europepmc.org/article/PPR/PPR1037166",
        },
    ),
]


def seen(paper: Paper, name: str, wanted: Any) -> Any:
    """What the paper says, in the form in which the table states it."""
    match name:
        case "ids":
            return paper.ids.doi, paper.ids.pmid, paper.ids.pmcid
        case "abstract":
            return paper.abstract[: len(wanted)] if wanted else paper.abstract
        case "labels":
            return [section.label for section in paper.sections]
        case "authors":
            return len(paper.authors)
        case "first":
            return paper.authors[0].family, paper.authors[0].given
        case "orcid":
            return paper.authors[0].orcid
        case "groups":
            return [author.collective for author in paper.authors]
        case "mesh":
            return paper.mesh[: len(wanted)]
        case "links":
            return [(link.relation, link.target.pmid, link.certainty) for link in paper.links]
    return getattr(paper, name)


@pytest.mark.parametrize(("name", "key", "expected"), EXPECTED, ids=lambda x: str(x)[:40])
def test_a_result_says_what_its_payload_says(
    shared: Path, name: str, key: str, expected: dict[str, Any]
) -> None:
    paper = papers(shared, name)[key]
    assert {field: seen(paper, field, value) for field, value in expected.items()} == expected


@pytest.mark.parametrize(
    ("name", "records", "ids", "stated"),
    [
        ("search_1000results_cancer.json", 1000, 0, 5059039),
        ("search_cancer.xml", 25, 0, 5059039),
        ("search_cancer_core.json", 25, 0, 5059039),
        ("search_cancer_dc.xml", 25, 0, 5059039),
        ("search_cancer_idlist.json", 0, 25, 5059039),
        ("search_cancer_page2.json", 5, 0, 5059039),
        ("search_no_results.json", 0, 0, 0),
    ],
)
def test_every_result_of_a_reply_is_read(
    shared: Path, name: str, records: int, ids: int, stated: int
) -> None:
    page = a_page(shared, f"europepmc/{name}")
    assert (len(page.records), len(page.ids), page.stated) == (records, ids, stated)
    assert page.warnings == ()
    assert (page.next is None) is (stated == 0)
    found = [normalise(record) for record in page.records]
    assert all(paper.title and paper.published and paper.key == record.key
               for paper, record in zip(found, page.records, strict=True))  # fmt: skip


def test_a_thousand_results_come_from_three_sources_some_in_the_future(shared: Path) -> None:
    found = papers(shared, "search_1000results_cancer.json").values()
    assert Counter(paper.source_id.partition("/")[0] for paper in found) == {
        "MED": 923,
        "PMC": 53,
        "PPR": 24,
    }
    assert sum(paper.kind is Kind.PREPRINT for paper in found) == 24
    assert sum((p.published or "") > (p.entered or "") for p in found) == 145


def test_the_same_articles_say_the_same_in_json_and_dublin_core(shared: Path) -> None:
    core, dublin = (papers(shared, f"search_cancer_{n}") for n in ("core.json", "dc.xml"))
    assert core.keys() == dublin.keys()
    for key, paper in core.items():
        other = dublin[key]
        assert (paper.title, paper.ids, paper.abstract, paper.kind, paper.venue) == (
            other.title,
            other.ids,
            other.abstract,
            other.kind,
            other.venue,
        )


def test_an_error_inside_http_200_is_our_request(shared: Path) -> None:
    with pytest.raises(BadRequestError, match="page size"):
        a_page(shared, "quoted_errors/europepmc_pagesize_error_http200.json")
