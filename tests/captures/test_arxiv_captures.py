"""Real replies of arXiv. Every expected value was read in the raw payload by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.errors import BadRequestError, SourceError, ThrottledError, TransientError
from service.normalisation import normalise
from service.records import Kind, Page, Paper, Relation
from service.sources import arxiv_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures

START0, START10, START20 = "api_page_start0.xml", "api_page_start10.xml", "api_page_start20.xml"
ONE, TWO, V1 = (
    "api_one_entry_doi_journalref.xml",
    "api_two_ids_one_missing.xml",
    "api_versioned_v1.xml",
)
RAW, DC = "oai_arxivraw_1810.09584.xml", "oai_dc_1711_04702.xml"
NEW, OLD = "oai_listrecords_new_endpoint_2026.xml", "oai_sample_arxiv_record.xml"
RSS = "rss_atom_cs.AI_2025-08-20.xml"


def page(shared: Path, name: str) -> Page:
    return arxiv_payload.read((shared / "captures/arxiv" / name).read_bytes())


def papers(shared: Path, name: str) -> dict[str, Paper]:
    return {record.key: normalise(record) for record in page(shared, name).records}


@pytest.mark.parametrize(
    ("name", "records", "stated", "after", "format_"),
    [
        (START0, 10, 214881, "10", "arxiv-atom"),
        (START10, 10, 214881, "20", "arxiv-atom"),
        (START20, 10, 214881, "30", "arxiv-atom"),
        (ONE, 1, 1, None, "arxiv-atom"),
        (TWO, 1, 1, None, "arxiv-atom"),
        (V1, 1, 1, None, "arxiv-atom"),
        ("api_empty_unknown_id.xml", 0, 0, None, ""),
        (RAW, 1, None, None, "arxiv-oai"),
        (DC, 1, None, None, "arxiv-oai"),
        (NEW, 3, None,
         "verb%3DListRecords%26metadataPrefix%3DarXiv%26from%3D2026-08-18%26until%3D2026-08-19"
         "%26set%3Dcs%26skip%3D1300", "arxiv-oai"),
        (OLD, 12, None, None, "arxiv-oai"),
        (RSS, 7, None, None, "feed-json"),
    ],
)  # fmt: skip
def test_each_reply_gives_all_its_records(
    shared: Path, name: str, records: int, stated: int | None, after: str | None, format_: str
) -> None:
    found = page(shared, name)
    assert (len(found.records), found.stated, found.next) == (records, stated, after)
    assert {record.format for record in found.records} == ({format_} if format_ else set())


def test_three_pages_of_one_query_share_no_record_and_say_the_query(shared: Path) -> None:
    pages = [page(shared, name) for name in (START0, START10, START20)]
    assert len({record.key for found in pages for record in found.records}) == 30
    assert {found.translation for found in pages} == {"all:testing"}


# file, key, title start, abstract start, first author, authors, published, entered, revised, category, journal
CHECKED: list[tuple[Any, ...]] = [
    (START0, "arxiv:2202.12139v1", "Testing Deep Learning Models: A First",
     "Deep Learning (DL) has", "Ahuja Mohit Kumar", 3, "2022-02-24", None, None, "cs.SE",
     "10.1109/icstw55395.2022.00035"),
    (START0, "arxiv:2405.13786v1", "Towards Explainable Test Case", "Test case prioritisation",
     "Ramírez Aurora", 4, "2024-05-22", None, None, "cs.SE", "10.1109/icstw58534.2023.00023"),
    (START0, "arxiv:2005.14124v2", "Active Fuzzing for Testing", "Cyber-physical systems (CPSs)",
     "Chen Yuqi", 5, "2020-05-28", None, "2020-07-16", "cs.SE", "10.1145/3395363.3397376"),
    (START0, "arxiv:2204.08348v3", "Automated Test Generation for REST", "Modern web services",
     "Kim Myeongsoo", 4, "2022-04-18", None, "2022-07-06", "cs.SE", "10.1145/3533767.3534401"),
    (START0, "arxiv:2302.03287v3",
     "ChatGPT and Software Testing Education: Promises & Perils", "Over the past decade",
     "Jalil Sajed", 5, "2023-02-07", None, "2023-03-11", "cs.SE", "10.1109/icstw58534.2023.00078"),
    (START10, "arxiv:2403.16981v2", "The Sample Complexity of Simple", "The sample complexity of",
     "Pensia Ankit", 3, "2024-03-25", None, "2025-05-24", "math.ST", None),
    (START20, "arxiv:2008.01944v1", "Optimal Pooling Matrix Design", "In this paper, we consider",
     "Yi Jirong", 5, "2020-08-05", None, None, "q-bio.QM", None),
    (START20, "arxiv:2306.03845v1", "ωTest: WebView-Oriented", "WebView is a UI widget",
     "Hu Jiajun", 4, "2023-06-06", None, None, "cs.SE", "10.1145/3597926.3598112"),
    (START20, "arxiv:1908.03707v1", "Mutation Testing for Ethereum", "Smart contract is a special",
     "Wu Haoran", 6, "2019-08-10", None, None, "cs.SE", None),
    (START20, "arxiv:2109.07960v2", "Efficient and Effective Generation", "With the growing",
     "Ebadi Hamid", 6, "2021-09-16", None, "2021-10-18", "cs.AI", None),
    (START20, "arxiv:2409.05654v9", "Continuous Testing: Unifying", "The e-value is swiftly",
     "Koning Nick W.", 1, "2024-09-09", None, "2025-05-08", "math.ST", None),
    (START20, "arxiv:2106.13414v2", "The Price of Tolerance", "We revisit the problem",
     "Canonne Clément L.", 4, "2021-06-25", None, "2021-11-09", "cs.DS", None),
    (ONE, "arxiv:1707.08567v1", "Proceedings of Workshop AEW10", "The 10th Asia-Europe workshop",
     "Immink Kees A. Schouhamer", 34, "2017-07-27", None, None, "cs.IT", None),
    (TWO, "arxiv:1707.08567v1", "Proceedings of Workshop AEW10", "The 10th Asia-Europe workshop",
     "Immink Kees A. Schouhamer", 34, "2017-07-27", None, None, "cs.IT", None),
    (V1, "arxiv:2104.12255v1", "0", "What is the funniest number", "Nguyen Quan Thoi Minh", 1,
     "2021-04-20", None, None, "cs.CR", None),
    (RAW, "arxiv:1810.09584v2", "Martingale theory for housekeeping heat",
     "The housekeeping heat is", "Chetrite Raphael", 4, "2018-10-22", "2019-01-15", "2019-01-13",
     "cond-mat.stat-mech", "10.1209/0295-5075/124/60006"),
    (DC, "arxiv:1711.04702",
     "wTO: an R package for computing weighted topological overlap and consensus networks",
     "Background: Gene co-expression", "Gysi Deisy Morselli", 5, "2017-11-13", "2017-11-15", None,
     "Quantitative Biology - Molecular Networks", None),
    (NEW, "arxiv:1703.03594", "The xDotGrid Native", "In this paper we introduce",
     "Poshtkohi Alireza", 2, "2017-03-10", "2026-08-18", "2026-08-18", "cs.DC", None),
    (NEW, "arxiv:1905.04428", "Comparing Alternate Modes", "Teleoperation of heavy machinery",
     "Mower Christopher E.", 4, "2019-05-11", "2026-08-18", "2026-08-18", "cs.RO",
     "10.1109/coase.2019.8843265"),
    (NEW, "arxiv:1910.04162", "Note on the capacity", "We develop the mathematical theory",
     "Chen Yizhen", 1, "2019-10", "2026-08-18", "2026-08-18", "cs.DM", None),
    (OLD, "arxiv:1601.03238", "Irreversible degradation of quantum", "We study the dynamics",
     "Planck Collaboration", 5, "2016-01-13", "2016-01-14", None, "quant-ph",
     "10.1103/physrevd.93.016005"),
    (OLD, "arxiv:1512.07978", "Neutrino Physics and Astrophysics", "In this contribution we",
     "Montaruli Teresa Maria", 2, "2015-12-25", "2015-12-29", None, "astro-ph.HE", None),
    (OLD, "arxiv:1606.07538", "Solar Neutrino Measurements", "Upgraded electronics, improved",
     "Super-Kamiokande Collaboration", 7, "2016-06-23", "2016-06-27", None, "hep-ex", None),
    (OLD, "arxiv:1606.07066", "Dark matter concentrations", "We calculate the radial profiles",
     "Saxton Walton Curtis J.", 3, "2016-06-22", "2016-06-24", None, "astro-ph.GA", None),
    (OLD, "arxiv:1606.04259", "Extreme Regimes in Quantum Gravity", "The thesis is divided",
     "Battista Emmanuele", 1, "2016-06-14", "2016-06-15", None, "hep-th", None),
    (OLD, "arxiv:1808.04927", "Measurements of π^±, K^± and proton yields from the surface of",
     "Measurements of the π^±, K^±, and proton", "Abgrall N.", 8, "2018-08-14", "2018-08-16", None,
     "hep-ex", None),
    (RSS, "arxiv:2508.13426v1", "ALIGN: Word Association Learning", "As large language models",
     "Liu Chunhua", 3, "2025-08", "2025-08-20", None, "cs.CL", None),
    (RSS, "arxiv:2508.13429v1", "AlphaX: An AI-Based Value", "Autonomous trading strategies",
     "de Castro Paulo André Lima", 1, "2025-08", "2025-08-20", None, "q-fin.CP", None),
    (RSS, "arxiv:2508.13434v1", "EventTSF: Event-Aware", "Time series forecasting plays",
     "Ge Yunfeng", 7, "2025-08", "2025-08-20", None, "cs.LG", None),
    (RSS, "arxiv:2508.14001v1", "Neural Architecture Search", "We propose a neural",
     "Smith Alice", 2, "2025-08-20", "2025-08-20", None, "cs.AI", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "key", "title", "abstract", "author", "authors", "published", "entered", "revised",
     "category", "journal"),
    CHECKED,
    ids=[f"{row[0]}-{row[1]}" for row in CHECKED],
)  # fmt: skip
def test_a_record_says_what_a_person_reads_in_it(
    shared: Path,
    name: str,
    key: str,
    title: str,
    abstract: str,
    author: str,
    authors: int,
    published: str,
    entered: str | None,
    revised: str | None,
    category: str,
    journal: str | None,
) -> None:
    paper = papers(shared, name)[key]
    assert paper.title.startswith(title)
    assert paper.abstract.startswith(abstract)
    assert (paper.authors[0].name, len(paper.authors)) == (author, authors)
    assert (paper.published, paper.entered, paper.revised) == (published, entered, revised)
    assert (paper.category, paper.venue, paper.kind) == (category, "arXiv", Kind.PREPRINT)
    assert [(link.relation, link.target.doi) for link in paper.links] == (
        [(Relation.PREPRINT_OF, journal)] if journal else []
    )
    bare = key.removeprefix("arxiv:").partition("v")[0]
    assert (paper.ids.arxiv, paper.ids.doi) == (bare, f"10.48550/arxiv.{bare}")
    assert paper.flags == frozenset()


@pytest.mark.parametrize(
    ("name", "key", "reference"),
    [
        (START0, "arxiv:1202.4527v1", "International Journal of Software Engineering &"),
        (OLD, "arxiv:1603.00997", "PoS(CD15) (2015) 045"),
    ],
)
def test_a_journal_reference_without_doi_is_kept_as_text(
    shared: Path, name: str, key: str, reference: str
) -> None:
    (link,) = papers(shared, name)[key].links
    assert link.text.startswith(reference)
    assert link.target.doi is None


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("arxiv:1603.00997", ["Sinya", "JLQCD Collaboration"]),
        ("arxiv:1603.01251", ["Scott Mark", "NuPRISM", "Hyper-K collaborations"]),
        ("arxiv:1606.06775", ["Bufanda E.", "Hollowood D.", "DES Collaboration"]),
        ("arxiv:1607.00786", ["Chudasama Ruchi", "Dutta Dipanwita", "CMS Collaboration"]),
    ],
)
def test_people_who_speak_for_a_group_are_both_named(
    shared: Path, key: str, names: list[str]
) -> None:
    assert [author.name for author in papers(shared, OLD)[key].authors] == names


@pytest.mark.parametrize(
    ("name", "key", "licence"),
    [
        (RAW, "arxiv:1810.09584v2", "arXiv non-exclusive"),
        (OLD, "arxiv:1601.03238", "CC BY 3.0"),
        (OLD, "arxiv:1808.04927", "CC BY 4.0"),
        (RSS, "arxiv:2508.13426v1", "CC BY-NC-SA 4.0"),
    ],
)
def test_licences_are_read(shared: Path, name: str, key: str, licence: str) -> None:
    assert papers(shared, name)[key].licence == licence


def test_names_that_the_payload_broke_are_whole(shared: Path) -> None:
    names = [author.name for author in papers(shared, ONE)["arxiv:1707.08567v1"].authors]
    assert "Wübben Dirk" in names
    assert "de With Peter H. N." in names


def test_prices_are_not_taken_for_formulae(shared: Path) -> None:
    assert "awarded $35,000 in total" in papers(shared, V1)["arxiv:2104.12255v1"].abstract


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("arxiv/api_error_http400.xml", BadRequestError),
        ("quoted_errors/arxiv_error_entry_http200.xml", BadRequestError),
        ("quoted_errors/arxiv_429.txt", ThrottledError),
    ],
)
def test_error_bodies_raise_their_own_error(
    shared: Path, path: str, error: type[SourceError]
) -> None:
    with pytest.raises(error):
        arxiv_payload.read((shared / "captures" / path).read_bytes())


@pytest.mark.parametrize("name", [START0, ONE, RAW, DC, NEW, OLD, RSS])
def test_a_cut_reply_is_transient(shared: Path, name: str) -> None:
    body = (shared / "captures/arxiv" / name).read_bytes().rstrip()
    for cut in range(1, len(body), max(1, len(body) // 60)):
        with pytest.raises(TransientError):
            arxiv_payload.read(body[:cut])
