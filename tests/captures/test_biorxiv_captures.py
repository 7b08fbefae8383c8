"""Real replies of api.biorxiv.org. Every expected value was read in the raw payload by a person."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import SourceError, ThrottledError, TransientError
from service.normalisation import highwire, normalise
from service.records import Flag, Kind, Page, Paper, Relation
from service.sources import biorxiv_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures

INTERVAL = "details_interval_2024_page0.json"
TRIMMED = "details_2026-07_trimmed.json"
VERSIONS = "details_doi_two_versions.json"
PUBS = "pubs_interval_page0.json"
PLANTS = "rss_plant_biology_2019.rdf"
SPACED = "rss_bioengineering_2019_ws.rdf"


def page(shared: Path, name: str) -> Page:
    return biorxiv_payload.read((shared / "captures/biorxiv" / name).read_bytes())


def papers(shared: Path, name: str) -> dict[str, Paper]:
    return {record.key: normalise(record) for record in page(shared, name).records}


@pytest.mark.parametrize(
    ("name", "records", "stated", "after"),
    [
        (INTERVAL, 100, 60568, "100"),
        (TRIMMED, 3, 3, "3"),
        (VERSIONS, 2, None, None),
        (PUBS, 3, 276, "3"),
        (PLANTS, 30, None, None),
        (SPACED, 1, None, None),
    ],
)
def test_each_reply_gives_all_its_rows(
    shared: Path, name: str, records: int, stated: int | None, after: str | None
) -> None:
    found = page(shared, name)
    assert (len(found.records), found.stated, found.next) == (records, stated, after)
    assert found.warnings == ()


# file, key, title start, abstract start, first author, published, entered, category, licence, journal
CHECKED: list[tuple[Any, ...]] = [
    (TRIMMED, "biorxiv:10.64898/2026.07.13.738145v1",
     "Laterality of subcortical structures predicts", "Subcortical structures play a key role",
     "Ghafari T.", "2026-07-15", "2026-07-15", "neuroscience", "CC BY", None),
    (TRIMMED, "biorxiv:10.64898/2026.07.13.738249v1",
     "Decoding and Characterizing the Intracranial", "Brain-computer interfaces (BCIs) have",
     "Smith C.", "2026-07-15", "2026-07-15", "neuroscience", "CC BY-NC", None),
    (TRIMMED, "biorxiv:10.64898/2025.12.19.695336v3",
     "Host infection selects for sRNA variants", "Single-nucleotide mutations in regulatory",
     "Dubois Q.", "2025", "2026-07-15", "microbiology", "CC BY-NC", None),
    (VERSIONS, "biorxiv:10.1101/2022.09.11.507474v1",
     "A new route for integron cassette", "Integrons are genetic elements", "Loot C.",
     "2022-09-13", "2022-09-13", "genetics", "", "10.1038/s41564-023-01548-y"),
    (VERSIONS, "biorxiv:10.1101/2022.09.11.507474v2",
     "A new route for integron cassette", "Integrons are genetic elements", "Loot C.",
     "2022", "2023-02-04", "genetics", "", "10.1038/s41564-023-01548-y"),
    (PUBS, "biorxiv:10.1101/2022.09.11.507474",
     "A new route for integron cassette", "Integrons are genetic elements", "Loot C.",
     "2022-09-13", None, "genetics", "", "10.1038/s41564-023-01548-y"),
    (PUBS, "biorxiv:10.1101/2022.09.23.509258",
     "Benchmark data and software for assessing", "Genome-wide recessive genetic screens",
     "Iannuzzi R.", "2022-09-25", None, "bioinformatics", "", "10.1089/crispr.2023.0040"),
    (INTERVAL, "biorxiv:10.1101/029900v3",
     "Adaptation to heavy-metal contaminated", "Anthropogenic environmental changes create",
     "Wright K. M.", None, "2024-12-16", "evolutionary biology", "CC BY", None),
    (INTERVAL, "biorxiv:10.1101/060400v2",
     "Optimal inventorying and monitoring", "Comparable data is essential", "Cardoso P.",
     None, "2024-03-01", "ecology", "", "10.1371/journal.pone.0307156"),
    (INTERVAL, "biorxiv:10.1101/079806v5",
     "Alzheimer-related pathogenesis is dependent on neuronal receptor PTPσ.",
     "Due to limited understanding", "Gu Y.", None, "2024-04-04", "neuroscience", "", None),
    (INTERVAL, "biorxiv:10.1101/178418v4", "Bayesian Efficient Coding",
     "The efficient coding hypothesis", "Park I. M.", None, "2024-03-29", "neuroscience",
     "CC BY-ND", None),
    (INTERVAL, "biorxiv:10.1101/190363v5", "Convergent mutations and single nucleotide",
     "Genetic contributions of Neanderthals", "Ferreira R. C.", None, "2024-02-07", "genomics",
     "CC BY-NC-ND", "10.3390/ijms25073785"),
    (INTERVAL, "biorxiv:10.1101/213827v3", "Coherent olfactory bulb gamma",
     "Spike timing-based representations", "Peace S. T.", None, "2024-01-13", "neuroscience", "",
     "10.1152/jn.00361.2023"),
    (INTERVAL, "biorxiv:10.1101/277939v3", "Tumor cell-adipocyte gap junctions",
     "A pro-tumorigenic role for adipocytes", "Williams J.", None, "2024-10-03",
     "cancer biology", "CC BY-NC-ND", "10.1038/s41467-025-62486-3"),
    (INTERVAL, "biorxiv:10.1101/347344v5", "Heterozygote advantage can explain",
     "The majority of highly polymorphic genes", "Siljestam M.", None, "2024-10-17",
     "evolutionary biology", "", "10.7554/elife.94587"),
    (INTERVAL, "biorxiv:10.1101/310680v6", "Lymphoid origin of a lineage",
     "We identified a novel mouse plasmacytoid", "Araujo A.", None, "2024-01-21", "immunology",
     "CC BY-NC-ND", "10.7554/elife.96394.3"),
    (INTERVAL, "biorxiv:10.1101/863902v2", "Vesicular and non-vesicular extracellular",
     "Extracellular plant small RNAs (sRNAs)", "RAVET A.", None, "2024-09-18", "plant biology",
     "", "10.1038/s41467-025-57908-1"),
    (INTERVAL, "biorxiv:10.1101/2020.01.27.921262v2", "Breast cancer-secreted factors induce",
     "Background: Metabolic disorders are prevalent", "Ali M. S.", "2020", "2024-10-05",
     "cancer biology", "CC BY-NC-ND", None),
    (INTERVAL, "biorxiv:10.1101/2020.01.30.926790v2", "Alu insertion-mediated dsRNA",
     "We previously identified a homozygous", "Masson E.", "2020", "2024-04-03", "genetics",
     "CC BY-NC-ND", "10.1016/j.ajhg.2024.08.016"),
    (PLANTS, "biorxiv:10.1101/743294v1",
     "Wheat inositol pyrophosphate kinase (TaVIH2-3B) interacts",
     "Inositol pyrophosphates (PPx-InsPs) are", "Kaur M.", "2019-08-27", "2019-08-27",
     "plant biology", "", None),
    (PLANTS, "biorxiv:10.1101/746628v1", "Natural variation in the Arabidopsis AGO2",
     "RNA silencing functions as", "Brosseau C.", "2019-08-24", "2019-08-24", "plant biology", "",
     None),
    (PLANTS, "biorxiv:10.1101/733857v1", "How do three cytosolic glutamine",
     "To understand how the three cytosolic", "Wei Y.", "2019-08-14", "2019-08-14",
     "plant biology", "", None),
    (PLANTS, "biorxiv:10.1101/726125v1", "Cell-surface receptors enable perception",
     "Cytokinins are mobile multifunctional", "Antoniadi I.", "2019-08-14", "2019-08-14",
     "plant biology", "", None),
    (SPACED, "biorxiv:10.1101/857789v1", "Microscale Collagen and Fibroblast Interactions",
     "Human liver models that are 3-dimensional", "Kukla D.", "2019-11-29", "2019-11-29",
     "bioengineering", "", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key", "title", "abstract", "author", "published", "entered", "category", "licence",
     "journal"),
    CHECKED,
    ids=[row[1] for row in CHECKED],
)  # fmt: skip
def test_a_row_says_what_a_person_reads_in_it(
    shared: Path,
    name: str,
    key: str,
    title: str,
    abstract: str,
    author: str,
    published: str | None,
    entered: str | None,
    category: str,
    licence: str,
    journal: str | None,
) -> None:
    paper = papers(shared, name)[key]
    assert paper.title.startswith(title)
    assert paper.abstract.startswith(abstract)
    assert paper.authors[0].name == author
    assert (paper.published, paper.entered) == (published, entered)
    assert (paper.category, paper.licence, paper.venue) == (category, licence, "bioRxiv")
    assert [(link.relation, link.target.doi) for link in paper.links] == (
        [(Relation.PREPRINT_OF, journal)] if journal else []
    )
    assert paper.kind is Kind.PREPRINT
    assert paper.ids.doi == key.removeprefix("biorxiv:").partition("v")[0]


@pytest.mark.parametrize(
    ("key", "labels", "last"),
    [
        ("biorxiv:10.1101/2020.01.27.921262v2",
         ["Background", "Method", "Results", "Conclusion"], "patients with breast cancer."),
        ("biorxiv:10.1101/212571v2", ["", "SIGNIFICANCE STATEMENT"], "Atoh1s influence."),
        ("biorxiv:10.1101/213827v3", ["", "New & Noteworthy"], "hypotheses of sensory coding."),
        ("biorxiv:10.1101/277939v3", ["", "One sentence summary"], "to support growth."),
        ("biorxiv:10.1101/347344v5", [""], "than currently recognized."),
        ("biorxiv:10.1101/2019.12.12.874826v2", ["Withdrawal Statement"],
         "contact the corresponding author."),
    ],
)  # fmt: skip
def test_glued_headings_are_parted(shared: Path, key: str, labels: list[str], last: str) -> None:
    paper = papers(shared, INTERVAL)[key]
    assert [section.label for section in paper.sections] == labels
    assert paper.abstract.endswith(last)


def test_only_the_two_withdrawn_rows_are_flagged(shared: Path) -> None:
    found = {p.key: p for p in papers(shared, INTERVAL).values() if Flag.WITHDRAWN in p.flags}
    assert sorted(found) == [
        "biorxiv:10.1101/2019.12.12.874826v2",
        "biorxiv:10.1101/565721v2",
    ]
    assert found["biorxiv:10.1101/565721v2"].title.startswith("Genomic decoding of neuronal")
    assert found["biorxiv:10.1101/565721v2"].links[0].target.doi == "10.1016/j.cell.2019.09.004"


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).removeprefix("Abstract")


def test_no_residue_is_left_and_no_letter_is_lost(shared: Path) -> None:
    for record in page(shared, INTERVAL).records:
        raw = json.loads(record.payload)["abstract"].partition("Graphical abstract")[0]
        for mark in ("O_LI", "C_LI", "O_SCPLOW", "C_SCPLOW"):
            raw = raw.replace(mark, "")
        shown = normalise(record).abstract
        assert letters(shown) == letters(highwire.restored(raw))
        assert not re.search(r"[OCM]_[A-Z]|highwire|FIGDIR|\{|View larger", shown)


def test_a_cut_word_in_small_capitals_is_whole_again(shared: Path) -> None:
    paper = papers(shared, INTERVAL)["biorxiv:10.1101/2019.12.13.875526v2"]
    assert "a software named PEAFOWL, which" in paper.abstract


def test_inequalities_survive(shared: Path) -> None:
    paper = papers(shared, INTERVAL)["biorxiv:10.1101/060400v2"]
    assert "resulting in >89% of the diversity and <10% bias with roughly" in paper.abstract


def test_a_list_becomes_sentences(shared: Path) -> None:
    found = [p for p in papers(shared, INTERVAL).values() if p.title.startswith("MOSim")]
    label, text = found[0].sections[-1].label, found[0].sections[-1].text
    assert label == "Key Points"
    assert text.startswith("MOSim is capable")
    assert "transcription factors. MOSim enables the robust" in text


def test_the_versions_of_one_doi_are_records_of_their_own(shared: Path) -> None:
    one, two = papers(shared, VERSIONS).values()
    assert one.ids == two.ids
    assert (len(one.authors), len(two.authors)) == (11, 13)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("biorxiv_mysql_down.txt", TransientError),
        ("biorxiv_www_cloudflare_1015.txt", ThrottledError),
    ],
)
def test_error_bodies_raise_their_own_error(
    shared: Path, name: str, error: type[SourceError]
) -> None:
    with pytest.raises(error):
        biorxiv_payload.read((shared / "captures/quoted_errors" / name).read_bytes())


def test_no_articles_found_is_an_empty_page(shared: Path) -> None:
    path = shared / "captures/quoted_errors/biorxiv_no_articles_found.json"
    found = biorxiv_payload.read(path.read_bytes())
    assert (found.records, found.warnings) == ((), ("no articles found",))


@pytest.mark.parametrize("name", [INTERVAL, TRIMMED, VERSIONS, PUBS, PLANTS, SPACED])
def test_a_cut_reply_is_transient(shared: Path, name: str) -> None:
    body = (shared / "captures/biorxiv" / name).read_bytes().rstrip()
    for cut in range(1, len(body), max(1, len(body) // 60)):
        with pytest.raises(TransientError):
            biorxiv_payload.read(body[:cut])
