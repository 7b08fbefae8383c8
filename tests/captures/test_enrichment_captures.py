"""Openness and figures of real replies. The expected values were read from the payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.enriching.access import merged
from service.normalisation import jats_figure, normalise
from service.records import Record
from service.records.enriching import Access
from service.sources.enrichment import file_name
from service.sources.enrichment_payload import openness

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.captures


def capture(shared: Path, name: str) -> bytes:
    return (shared / "captures" / name).read_bytes()


def test_open_papers_are_told_from_closed_ones(shared: Path) -> None:
    told = openness(capture(shared, "europepmc/search_cancer_core.json"))
    assert len(told) == 25
    known = {key: each.access for each in told for key in each.keys}
    assert known["pmcid:pmc12174270"] == Access(
        "cc by",
        "https://europepmc.org/articles/PMC12174270?pdf=render",
        "https://europepmc.org/articles/PMC12174270",
        open=True,
        article=known["pmcid:pmc12174270"].article,
    )
    assert known["pmcid:pmc12174270"].article.startswith("MED:")
    assert merged((), known["pmcid:pmc12120539"]).licence == "CC BY-NC-ND"
    closed = known["doi:10.1016/s0140-6736(24)02600-x"]
    assert (closed.open, closed.pdf_url, closed.html_url) == (False, "", "")


@pytest.mark.parametrize(
    ("name", "label", "begins", "file"),
    [
        (
            "europepmc/fulltextxml_PMC8118396.xml",
            "Figure 1",
            "Phylogenetic relationship of S. bisonia inferred by ML",
            "TMDN_A_1911705_F0001_B.jpg",
        ),
        # Its first is "adapted from" another paper.
        ("pmc/1471-2180-11-174.nxml", "Figure 2", "", "1471-2180-11-174-2.jpg"),
        ("pmc/pntd.0002065.nxml", "Figure 1", "", "pntd.0002065.g001.jpg"),
    ],
)
def test_the_first_figure_of_a_full_text_is_read(
    shared: Path, name: str, label: str, begins: str, file: str
) -> None:
    found = jats_figure.first_figure(capture(shared, name))
    assert found is not None
    assert (found.label, file_name(found.href)) == (label, file)
    assert found.caption.startswith(begins)
    assert found.caption


def test_a_full_text_says_its_licence(shared: Path) -> None:
    body = capture(shared, "europepmc/fulltextxml_PMC8118396.xml")
    paper = normalise(Record("pmc", "PMC8118396", "", "jats", body))
    assert paper.licence == "CC BY 4.0"
    assert jats_figure.may_be_shown(paper.licence)


def test_a_paper_without_figures_has_none(shared: Path) -> None:
    assert jats_figure.first_figure(capture(shared, "pmc/6605965a.nxml")) is None
