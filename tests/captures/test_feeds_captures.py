"""Real feeds of publishers and others. Expected values were read in the raw payload by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.errors import NotDataError, SourceError, ThrottledError, TransientError
from service.normalisation import normalise
from service.records import Identifiers, Kind, Paper
from service.sources import feeds

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures

ELSEVIER = "rss_publishers/elsevier_health_jpeds_rdf_2018.rdf"
LATIN = "rss_publishers/feedrs_rss_0.91_encoding_1.xml"
INVALID = "rss_publishers/feedrs_rss_2.0_invalid_1.xml"
ALL = (
    ELSEVIER,
    LATIN,
    "biorxiv/rss_plant_biology_2019.rdf",
    "biorxiv/rss_bioengineering_2019_ws.rdf",
    "arxiv/rss_atom_cs.AI_2025-08-20.xml",
)


def body(shared: Path, name: str) -> bytes:
    return (shared / "captures" / name).read_bytes()


def paper(shared: Path, name: str) -> Paper:
    return normalise(feeds.read(body(shared, name), "feed").records[0])


def test_the_elsevier_entry_says_what_a_person_reads_in_it(shared: Path) -> None:
    found = paper(shared, ELSEVIER)
    assert found.title == (
        "HIV Exposure and Formula Feeding Predict Under-2 Mortality in HIV-Uninfected Children, "
        "Botswana"
    )
    assert found.abstract.startswith("To prospectively assess rates and detailed predictors")
    assert found.ids == Identifiers(doi="10.1016/j.jpeds.2018.08.009")
    assert (found.venue, found.issn) == ("The Journal of Pediatrics", "0022-3476")
    assert (found.published, found.entered) == ("2018-10-11", None)
    assert (found.kind, found.types) == (Kind.ARTICLE, ("Original Articles",))
    assert found.url == "https://www.jpeds.com/article/S0022-3476(18)31119-3/fulltext?rss=yes"
    assert found.licence == ""


def test_one_creator_line_is_thirteen_people(shared: Path) -> None:
    names = [author.name for author in paper(shared, ELSEVIER).authors]
    assert len(names) == 13
    assert names[:4] == [
        "Ajibola Gbolahan",
        "Leidner Jean",
        "Mayondi Gloria K.",
        "van Widenfelt Erik",
    ]
    assert names[-1] == "Lockman Shahin"


def test_the_declared_encoding_is_believed(shared: Path) -> None:
    found = paper(shared, LATIN)
    assert found.title == "bash - Expansão de Parâmetros"
    assert found.venue == "Dicas-L: Dicas técnicas de Linux e Software Livre"
    assert (found.kind, found.ids) == (Kind.OTHER, Identifiers())


@pytest.mark.parametrize(
    ("name", "entries"), list(zip(ALL, (1, 1, 30, 1, 7), strict=True)), ids=list(ALL)
)
def test_a_whole_feed_gives_every_entry_once_and_no_warning(
    shared: Path, name: str, entries: int
) -> None:
    found = feeds.read(body(shared, name), "feed")
    assert (len(found.records), found.warnings) == (entries, ())


@pytest.mark.parametrize("name", ALL)
def test_any_feed_reads_alike_whoever_asks(shared: Path, name: str) -> None:
    """Read as a plain feed, preprints are still known by their identifiers."""
    for record in feeds.read(body(shared, name), "feed").records:
        found = normalise(record)
        assert found.title
        if name.startswith("biorxiv"):
            assert (found.venue, found.kind, found.version) == ("bioRxiv", Kind.PREPRINT, "1")
            assert found.ids.doi is not None
        if name.startswith("arxiv"):
            assert found.ids.arxiv is not None
            assert not found.abstract.startswith("arXiv:")


@pytest.mark.parametrize("name", ALL)
def test_a_cut_feed_is_transient_at_each_of_two_hundred_places(shared: Path, name: str) -> None:
    whole = body(shared, name).rstrip()
    for cut in range(0, len(whole), max(1, len(whole) // 200)):
        with pytest.raises(TransientError):
            feeds.read(whole[:cut], "feed")


def test_the_feed_that_breaks_off_is_refused(shared: Path) -> None:
    with pytest.raises(TransientError, match="breaks off"):
        feeds.read(body(shared, INVALID), "feed")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("quoted_errors/arxiv_429.txt", ThrottledError),
        ("quoted_errors/biorxiv_www_cloudflare_1015.txt", ThrottledError),
        ("quoted_errors/biorxiv_mysql_down.txt", NotDataError),
        ("quoted_errors/ncbi_429.json", NotDataError),
        ("quoted_errors/pmc_efetch_not_oa_skeleton.xml", NotDataError),
        ("biorxiv/details_2026-07_trimmed.json", NotDataError),
    ],
)
def test_what_is_no_feed_raises_its_own_error(
    shared: Path, name: str, error: type[SourceError]
) -> None:
    with pytest.raises(error):
        feeds.read(body(shared, name), "feed")
