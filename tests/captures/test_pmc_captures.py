"""PMC's real replies. The expected values were read from the payloads, not from our output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.errors import (
    BadRequestError,
    NotFoundError,
    ParseError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.normalisation import normalise
from service.records import Kind, Paper, Relation
from service.sources import pmc_payload
from service.sources.oai import read_oai

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures


def papers(shared: Path, name: str) -> dict[str, Paper]:
    page = pmc_payload.read((shared / "captures" / name).read_bytes())
    return {record.source_id: normalise(record) for record in page.records}


EXPECTED: dict[tuple[str, str], dict[str, Any]] = {
    ("pmc/1471-2180-11-174.nxml", "PMC3166277"): {
        "doi": "10.1186/1471-2180-11-174",
        "pmid": "21810267",
        "title": "Factors influencing lysis time stochasticity in bacteriophage λ",
        "abstract": "Background: Despite identical genotypes and seemingly uniform environments,",
        "labels": ["Background", "Results", "Conclusions"],
        "published": "2011-08-02",
        "kind": Kind.ARTICLE,
        "venue": "BMC Microbiology",
        "issn": "1471-2180",
        "authors": 2,
        "first": ("Dennehy", "John J"),
        "licence": "CC BY 2.0",
        "category": "Research Article",
    },
    ("pmc/6605965a.nxml", "PMC2994229"): {
        "doi": "10.1038/sj.bjc.6605965",
        "pmid": "21045829",
        "title": "Oral contraceptives, reproductive history and risk of colorectal cancer in the "
        "European Prospective Investigation into Cancer and Nutrition",
        "abstract": "Background: Oral contraceptive use and reproductive factors may initiate",
        "published": "2010-11-02",
        "kind": Kind.ARTICLE,
        "venue_short": "Br J Cancer",
        "issn": "1532-1827",
        "authors": 46,
        "first": ("Tsilidis", "K K"),
    },
    ("pmc/pntd.0002065.nxml", "PMC3585041"): {
        "doi": "10.1371/journal.pntd.0002065",
        "pmid": "23469300",
        "title": "Serological Evidence of Rift Valley Fever Virus Circulation in Sheep and Goats "
        "in Zambézia Province, Mozambique",
        "abstract": "Rift Valley fever (RVF) is endemic in most parts of Africa",
        "published": "2013-02-28",
        "kind": Kind.ARTICLE,
        "authors": 6,
        "first": ("Fafetine", "José"),
        "others": ["summary"],
    },
    ("pmc/efetch_pmc_3articles_2026.xml", "PMC13014283"): {
        "doi": "10.1183/16000617.0151-2025",
        "pmid": "41881453",
        "version": "1",
        "title": "Biomarker tests of progression from tuberculosis infection to disease: "
        "a systematic review",
        "abstract": "Background: Tuberculosis (TB) remains a global health threat,",
        "labels": ["Background", "Objective", "Methods", "Results", "Conclusions"],
        "published": "2026-03-25",
        "entered": "2026-03-26",
        "revised": "2026-03-26",
        "kind": Kind.REVIEW,
        "language": "en",
        "authors": 9,
        "first": ("Tingley", "Kylie"),
        "licence": "CC BY-NC 4.0",
        "others": ["short"],
        "pdf_url": "https://pmc.ncbi.nlm.nih.gov/articles/PMC13014283/pdf/ERR-0151-2025.pdf",
    },
    ("pmc/efetch_pmc_3articles_2026.xml", "PMC13016435"): {
        "doi": "10.2196/78589",
        "pmid": "41880605",
        "version": "1",
        "title": "Exploring the Impact of Initiating Endocrine Therapy on Metabolic Health in "
        "Early Breast Cancer: Protocol for the Prospective Follow-Up EMETA-Study",
        "abstract": "Background: Adjuvant endocrine therapy is a cornerstone",
        "published": "2026-03-25",
        "entered": "2026-03-26",
        "category": "Protocol",
        "authors": 3,
        "first": ("Nissen", "Lærke"),
        "orcid": "0009-0005-5276-7195",
    },
    ("pmc/efetch_pmc_3articles_2026.xml", "PMC13015887"): {
        "doi": "10.1126/sciadv.aec9175",
        "pmid": "41880514",
        "title": "Machine learning–directed massively parallel programmable nucleic acid "
        "amplification",
        "abstract": "Dynamic regulation of amplification efficiency is pivotal",
        "kind": Kind.ARTICLE,
        "others": ["teaser"],
    },
    ("pmc/efetch_pmc_correction.xml", "PMC8435807"): {
        "doi": "10.1183/23120541.50193-2021",
        "pmid": "34527728",
        "title": "“Lung diffusing capacity for nitric oxide measured by two commercial devices: "
        "a randomised crossover comparison in healthy adults”. Thomas Radtke, Quintin de Groot, "
        "Sarah R. Haile, Marion Maggi, Connie C.W. Hsia and Holger Dressel. ERJ Open Res 2021; "
        "7: 00193-2021.",
        "abstract": "",
        "published": "2021-09-13",
        "entered": "2021-09-13",
        "kind": Kind.ERRATUM,
        "links": [(Relation.ERRATUM_FOR, "10.1183/23120541.00193-2021")],
        "authors": 0,
    },
    ("europepmc/fulltextxml_PMC8118396.xml", "PMC8118396"): {
        "doi": "10.1080/23802359.2021.1911705",
        "title": "Complete mitochondrial genome sequence of the global invasive species "
        "Stictocephala bisonia (Hemiptera: Membracidae: Smiliinae)",
        "abstract": "Stictocephala bisonia Kopp et Yonke, 1977, an invasive alien species",
        "published": "2021-05-05",
        "kind": Kind.ARTICLE,
        "category": "Mitogenome Announcement",
        "authors": 3,
        "first": ("Yu", "Ruitao"),
    },
}


def seen(paper: Paper, name: str, wanted: Any) -> Any:
    """What the paper says, in the form in which the table states it."""
    match name:
        case "doi" | "pmid":
            return getattr(paper.ids, name)
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
        case "others":
            return [other.kind for other in paper.other_abstracts]
        case "links":
            return [(link.relation, link.target.doi) for link in paper.links]
    return getattr(paper, name)


@pytest.mark.parametrize(("key", "expected"), EXPECTED.items(), ids=lambda x: str(x)[:60])
def test_an_article_says_what_its_payload_says(
    shared: Path, key: tuple[str, str], expected: dict[str, Any]
) -> None:
    paper = papers(shared, key[0])[key[1]]
    assert paper.ids.pmcid == key[1]
    assert {name: seen(paper, name, value) for name, value in expected.items()} == expected


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("pmc/1471-2180-11-174.nxml", 1),
        ("pmc/6605965a.nxml", 1),
        ("pmc/pntd.0002065.nxml", 1),
        ("pmc/efetch_pmc_3articles_2026.xml", 3),
        ("pmc/efetch_pmc_correction.xml", 1),
        ("europepmc/fulltextxml_PMC8118396.xml", 1),
        ("pmc/oai_noRecordsMatch.xml", 0),
    ],
)
def test_every_article_of_a_file_is_read(shared: Path, name: str, count: int) -> None:
    assert len(papers(shared, name)) == count


def test_a_search_gives_ids_and_the_count(shared: Path) -> None:
    page = pmc_payload.read((shared / "captures/pmc/esearch_pmc_2026.json").read_bytes())
    assert page.ids == ("PMC13014283", "PMC13016435", "PMC13015887")
    assert page.stated == 1894053
    assert page.translation is not None
    assert page.translation.startswith('("attention"[MeSH Terms]')


def test_an_article_that_is_not_open_is_a_record_with_a_warning(shared: Path) -> None:
    body = (shared / "captures/quoted_errors/pmc_efetch_not_oa_skeleton.xml").read_bytes()
    page = pmc_payload.read(body)
    assert len(page.records) == 1
    assert "full text not available" in page.warnings[0]
    with pytest.raises(ParseError):  # this one's front was emptied: nothing is known of it
        normalise(page.records[0])


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("pmc/oai_ListRecordsBroken.xml", TransientError),
        ("pmc/oai_badArgument.xml", BadRequestError),
        ("pmc/oai_idDoesNotExist.xml", NotFoundError),
        ("quoted_errors/ncbi_429.json", ThrottledError),
        ("quoted_errors/ncbi_esearch_retstart_over_9998.json", BadRequestError),
        ("quoted_errors/biorxiv_www_cloudflare_1015.txt", ThrottledError),
        ("quoted_errors/arxiv_429.txt", ThrottledError),
        ("quoted_errors/biorxiv_mysql_down.txt", TransientError),
    ],
)
def test_every_error_body_has_its_class(shared: Path, name: str, error: type[SourceError]) -> None:
    with pytest.raises(error):
        pmc_payload.read((shared / "captures" / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "count", "token"),
    [
        ("oai_listrecords_new_endpoint_2026.xml", 3, "verb%3DListRecords%26metadataPrefix"),
        ("oai_sample_arxiv_record.xml", 12, None),
        ("oai_arxivraw_1810.09584.xml", 1, None),
        ("oai_dc_1711_04702.xml", 1, None),
    ],
)
def test_the_oai_envelope_is_read_for_any_metadata(
    shared: Path, name: str, count: int, token: str | None
) -> None:
    page = read_oai((shared / "captures/arxiv" / name).read_bytes())
    assert len(page.records) == count
    assert all(record.metadata and record.identifier for record in page.records)
    assert (page.token is None) is (token is None)
    assert (page.token or "").startswith(token or "")
