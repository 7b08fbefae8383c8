"""Crossref's and DataCite's real replies. The expected values were read from the payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.errors import CursorLostError, NotFoundError, SourceError
from service.normalisation import normalise
from service.records import Flag, Kind, Paper, Relation
from service.sources import crossref_payload, datacite_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures


def papers(shared: Path, name: str) -> dict[str, Paper]:
    page = crossref_payload.read((shared / "captures/crossref" / name).read_bytes())
    return {record.source_id: normalise(record) for record in page.records}


EXPECTED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "items_has-preprint.ndjson",
        "10.1371/journal.pone.0173707",
        {
            "title": "Optokinetic nystagmus reflects perceptual directions in the onset binocular "
            "rivalry in Parkinson’s disease",
            "kind": Kind.ARTICLE,
            "published": "2017-03-13",
            "links": [(Relation.HAS_PREPRINT, "10.1101/074898")],
            "venue": "PLOS ONE",
            "licence": "CC BY 4.0",
            "authors": 6,
        },
    ),
    (
        "items_is-preprint-of.ndjson",
        "10.1002/essoar.10504562.1",
        {
            "kind": Kind.PREPRINT,
            "version": "1",
            "venue": "Earth and Space Science Open Archive",
            "category": "Oceanography",
            "published": "2020-10-27",
            "links": [(Relation.PREPRINT_OF, "10.1029/2020ms002386")],
        },
    ),
    (
        "items_is-preprint-of.ndjson",
        "10.1002/essoar.10503377.3",
        {"version": "3", "links": [(Relation.PREPRINT_OF, "10.1029/2020jg005891")]},
    ),
    (
        "items_update-to.ndjson",
        "10.1371/journal.pone.0129989",
        {
            "title": "Modelling Terrestrial and Marine Foraging Habitats in Breeding Audouin's "
            "Gulls Larus audouinii: Timing Matters",
            "kind": Kind.ERRATUM,
            "links": [(Relation.ERRATUM_FOR, "10.1371/journal.pone.0120799")],
            "flags": frozenset(),
            "first": ("Bécares", "Juan", ""),
        },
    ),
    (
        "items_update-to.ndjson",
        "10.1371/journal.pone.0203153",
        {"first": ("", "", "The PLOS ONE Staff"), "published": "2018-08-23"},
    ),
    (
        "items_update-to.ndjson",
        "10.1371/annotation/53374aad-bc04-4c64-b313-8ff9b881d0da",
        {
            "entered": "2013-09-26",
            "published": "2013-09-20",
            "links": [(Relation.ERRATUM_FOR, "10.1371/journal.pone.0052774")],
        },
    ),
    (
        "work_biorxiv-group-author.json",
        "10.1101/2025.04.10.647997",
        {
            "title": "Sexually distinct multi-omic responses to progressive endurance exercise "
            "training in the rat lung—Findings from MoTrPAC",
            "abstract": "Despite the lungs being essential for ventilation",
            "kind": Kind.PREPRINT,
            "venue": "bioRxiv",
            "category": "Physiology",
            "published": "2025-04-16",
            "entered": "2025-04-23",
            "groups": ["The MoTrPAC Study Group"],
        },
    ),
    (
        "work_biorxiv.json",
        "10.1101/2025.02.05.636615",
        {
            "title": "Enhanced virulence and stress tolerance are signatures of epidemiologically "
            "successful Shigella sonnei",
            "abstract": "Shigellosis is a leading cause of diarrhoeal deaths worldwide, with "
            "Shigella sonnei increasingly implicated as a dominant agent. S. sonnei is divided",
            "published": "2025-02-05",
            "first": ("Miles", "Sydney L", ""),
        },
    ),
    (
        "work_chemrxiv.json",
        "10.26434/chemrxiv-2022-w0jzh-v2",
        {
            "title": "Five Years of ChemRxiv: Where We Are and Where We Go From Here",
            "version": "2",
            "venue": "ChemRxiv",
            "links": [
                (Relation.PREPRINT_OF, "10.1002/anie.202215847"),
                (Relation.VERSION_OF, "10.26434/chemrxiv-2022-w0jzh"),
            ],
        },
    ),
    (
        "work_csh-press-journal.json",
        "10.1101/gr.279093.124",
        {
            "title": "Ancient dog introgression into the Iberian wolf genome may have facilitated "
            "adaptation to human-dominated landscapes",
            "abstract": "Understanding how large carnivores respond",
            "kind": Kind.ARTICLE,
            "published": "2025-02-14",
            "venue": "Genome Research",
            "venue_short": "Genome Res.",
        },
    ),
    (
        "work_f1000.json",
        "10.12688/f1000research.161261.2",
        {
            "title": "Nat-UV DB: A Natural Products Database Underlying of Veracruz-Mexico",
            "abstract": "Background Natural products databases are well-structured data sources",
            "kind": Kind.ARTICLE,
            "version": "2",
            "links": [(Relation.VERSION_OF, "10.12688/f1000research.161261.1")],
        },
    ),
    (
        "work_jmir-journal-correction.json",
        "10.2196/43211",
        {
            "title": "Development of a Therapeutic Video Game With the MDA Framework to Decrease "
            "Anxiety in Preschool-Aged Children With Acute Lymphoblastic Leukemia: Mixed Methods "
            "Approach",
            "kind": Kind.ERRATUM,
            "abstract": "",
            "links": [],
        },
    ),
    (
        "work_jmir-journal.json",
        "10.2196/mhealth.8873",
        {"kind": Kind.ARTICLE, "published": "2018-01-17", "issn": "2291-5222", "abstract": ""},
    ),
    (
        "work_medrxiv.json",
        "10.1101/2024.05.27.24307989",
        {
            "title": "Brain-wide pleiotropy investigation of alcohol drinking and tobacco smoking "
            "behaviors",
            "abstract": "To investigate the pleiotropic mechanisms linking brain structure",
            "venue": "medRxiv",
            "category": "Addiction Medicine",
            "authors": 6,
        },
    ),
    (
        "work_preprintsorg-abstract-encoded-html.json",
        "10.20944/preprints202505.1032.v1",
        {
            "abstract": "Háttér: Ez a koncepcionális szakpolitikai dokumentum a kortárs "
            "egészségügyi rendszerek",
            "version": "1",
            "venue": "Preprints.org",
            "published": "2025-05-14",
        },
    ),
    (
        "work_preprintsorg.json",
        "10.20944/preprints202303.0344.v1",
        {
            "version": "1",
            "category": "Computer Science and Mathematics",
            "links": [
                (Relation.PREPRINT_OF, "10.3390/microorganisms11051308"),
                (Relation.VERSION_OF, "10.20944/preprints202303.0344.v2"),
            ],
        },
    ),
    (
        "work_research-square.json",
        "10.21203/rs.1.1/v2",
        {
            "title": "Trial Forge Guidance 2: How to decide if a further Study Within A Trial "
            "(SWAT) is needed",
            "abstract": "The evidence base available to trialists to support trial process",
            "version": "2",
            "venue": "Research Square",
            "category": "In Review",
            "published": "2019-10-09",
            "links": [(Relation.PREPRINT_OF, "10.1186/s13063-019-3980-5")],
        },
    ),
    (
        "work_scielo-preprints-portuguese.json",
        "10.1590/scielopreprints.11538",
        {
            "title": "Experiências de socialização de jovens atingidos pelo rompimento da "
            "Barragem de Fundão (Mariana, Minas Gerais, Brasil)",
            "abstract": "No dia 5 de novembro de 2015,",
            "venue": "SciELO Preprints",
        },
    ),
    (
        "work_ssrn.json",
        "10.2139/ssrn.5186959",
        {
            "kind": Kind.PREPRINT,
            "venue": "SSRN",
            "published": "2025",
            "entered": "2025-03-27",
            "category": "",
            "authors": 7,
        },
    ),
    (
        "work_updated_by.json",
        "10.1371/journal.ppat.1008184",
        {
            "title": "An RNA thermometer dictates production of a secreted bacterial toxin",
            "links": [],
            "flags": frozenset(),
            "kind": Kind.ARTICLE,
        },
    ),
    (
        "work_verixiv.json",
        "10.12688/verixiv.54.1",
        {
            "kind": Kind.PREPRINT,
            "venue": "VeriXiv",
            "links": [(Relation.PREPRINT_OF, "10.12688/gatesopenres.16314.1")],
        },
    ),
    (
        "works_one_id.json",
        "10.1371/journal.pone.0033693",
        {
            "flags": frozenset({Flag.CORRECTED}),
            "links": [
                (Relation.ERRATUM_IN, "10.1371/annotation/c76da2c1-ccb8-4797-94c1-359d3ceceeda")
            ],
            "published": "2012-03-21",
            "entered": "2012-03-23",
        },
    ),
    (
        "works_search_2025.json",
        "10.1016/j.eswa.2023.122038",
        {"published": "2024-03", "entered": "2023-10-10", "authors": 4},
    ),
    (
        "works_api_2018.json",
        "10.1007/s10107-009-0306-5",
        {"published": "2009-09-23", "venue": "Mathematical Programming"},
    ),
    (
        "works_cursor_page.json",
        "10.59350/7mtwq-q3661",
        {"kind": Kind.OTHER, "published": "2008-06-18", "venue": "Front Matter"},
    ),
    (
        "works_cursor_page.json",
        "10.32614/cran.package.diffviewer",
        {"kind": Kind.DATASET, "authors": 3},
    ),
    ("works_cursor_page.json", "10.1016/b978-155860700-2.50014-8", {"kind": Kind.BOOK}),
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
            return first.family, first.given, first.collective
        case "groups":
            return [author.collective for author in paper.authors if author.collective]
        case "links":
            return [(link.relation, link.target.doi) for link in paper.links]
    return getattr(paper, name)


@pytest.mark.parametrize(("name", "key", "expected"), EXPECTED, ids=lambda x: str(x)[:40])
def test_a_work_says_what_its_payload_says(
    shared: Path, name: str, key: str, expected: dict[str, Any]
) -> None:
    paper = papers(shared, name)[key]
    assert paper.ids.doi == key
    assert {field: seen(paper, field, value) for field, value in expected.items()} == expected


COUNTS = {
    "items_has-preprint.ndjson": 1,
    "items_is-preprint-of.ndjson": 2,
    "items_update-to.ndjson": 8,
    "works_api_2018.json": 3,
    "works_cursor_page.json": 20,
    "works_one_id.json": 1,
    "works_search_2025.json": 3,
}


def test_every_work_of_every_file_is_read_and_clean(shared: Path) -> None:
    for path in sorted((shared / "captures/crossref").glob("*json")):
        if "400" in path.name:
            continue
        found = papers(shared, path.name)
        assert len(found) == COUNTS.get(path.name, 1), path.name
        for paper in found.values():
            assert paper.title
            assert "<" not in paper.title + paper.abstract
            assert "&" not in paper.abstract or " & " in paper.abstract


def test_a_list_states_its_total_and_cursor(shared: Path) -> None:
    body = (shared / "captures/crossref/works_cursor_page.json").read_bytes()
    page = crossref_payload.read(body)
    assert (page.stated, page.translation) == (454, "widget")
    assert page.next is not None
    assert page.next.startswith("DnF1ZXJ5VGhlbkZldGNo")


@pytest.mark.parametrize(
    ("name", "error"),
    [("works_400_bad_cursor.json", CursorLostError), ("works_404_plain.txt", NotFoundError)],
)
def test_every_error_body_has_its_class(shared: Path, name: str, error: type[SourceError]) -> None:
    with pytest.raises(error):
        crossref_payload.read((shared / "captures/crossref" / name).read_bytes())


def test_arxivs_datacite_entry_names_the_journals_version(shared: Path) -> None:
    body = (shared / "captures/arxiv/datacite_arxiv_doi.json").read_bytes()
    (record,) = datacite_payload.read(body).records
    paper = normalise(record)
    assert paper.title.startswith("Determination of hyperfine splittings and Landé g")
    assert paper.abstract.startswith("Regarding trapped-ion microwave-frequency standards, we")
    assert (paper.ids.doi, paper.ids.arxiv) == ("10.48550/arxiv.2201.06719", "2201.06719")
    assert (paper.kind, paper.version, paper.venue) == (Kind.PREPRINT, "1", "arXiv")
    assert (paper.published, paper.licence) == ("2022-01-18", "CC BY 4.0")
    assert [author.name for author in paper.authors][:2] == ["Han J. Z.", "Si R."]
    assert len(paper.authors) == 9
    (link,) = paper.links
    assert (link.relation, link.target.doi) == (
        Relation.PREPRINT_OF,
        "10.1103/physreva.106.012821",
    )
