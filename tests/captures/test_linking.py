"""Linking on the real payloads, with the links that sources state hidden from the matcher.

The whole measurement, with made preprints too, is tests/bench/linking.py.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import pytest

from service.deduplication import PROBABLY, deduplicate, keys, probably_same_work, sought
from service.deduplication.matching import same_work
from service.deduplication.near import NEVER, carried
from service.normalisation import normalise
from service.records import Arrival, Identifiers, Kind, Paper, Relation
from service.sources import biorxiv_payload, crossref_payload, importing, pubmed_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.captures, pytest.mark.slow]


@pytest.fixture(scope="module")
def articles(shared: Path) -> list[Paper]:
    """The import file."""
    found: dict[str, Paper] = {}
    for batch in importing.batches(shared / "captures/pubmed_update/pubmed21n1298.xml.gz"):
        found |= {record.source_id: normalise(record) for record in batch.records}
    return list(found.values())


@pytest.fixture(scope="module")
def swine(articles: list[Paper]) -> tuple[Paper, Paper]:
    """The one preprint of the import file whose article is in it too: PubMed links the two."""
    [preprint] = [paper for paper in articles if paper.ids.pmid == "34013271"]
    [article] = [paper for paper in articles if paper.ids.pmid == "33576494"]
    return preprint, article


def test_the_stated_pair_is_one_work_without_its_link(swine: tuple[Paper, Paper]) -> None:
    preprint, article = swine
    assert same_work(preprint, article) is not None
    hidden = [replace(paper, links=()) for paper in (preprint, article)]
    assert same_work(*hidden) is None
    [plan] = deduplicate([Arrival(paper) for paper in hidden], [])
    assert plan.joins[1][1].startswith(PROBABLY + "same title")


def test_it_is_one_work_under_another_title(swine: tuple[Paper, Paper]) -> None:
    preprint, article = (replace(paper, links=()) for paper in swine)
    renamed = replace(preprint, title="Polyclonal antibodies of engineered pigs")
    assert sought(renamed) & keys(article)
    assert sought(article) & keys(renamed)
    guess = probably_same_work(renamed, article)
    assert guess is None or guess.reason.startswith(PROBABLY + "alike: ")
    hinted = replace(renamed, title="High potency of swine polyclonal antibodies")
    found = probably_same_work(hinted, article)
    assert found is not None
    assert found.reason.startswith(PROBABLY + "alike: title .")


@pytest.mark.exhaustive
def test_no_two_articles_of_twenty_thousand_would_be_joined_but_one_under_two_ids(
    articles: list[Paper],
) -> None:
    """Each is taken for a preprint. What is joined bears the same title but for its spelling: the
    Spanish and the English edition of a journal, and one article with the text of its cover."""
    by_key: dict[str, list[Paper]] = {}
    for paper in articles:
        for key in carried(paper):
            by_key.setdefault(key, []).append(paper)
    compared, wrong = 0, []
    for paper in (paper for paper in articles if paper.kind not in NEVER):
        taken = replace(paper, kind=Kind.PREPRINT, ids=Identifiers(), links=())
        near = {p.source_id: p for key in sought(taken) for p in by_key.get(key, ())}
        for other in near.values():
            if other is paper or Kind.PREPRINT in (paper.kind, other.kind):
                continue
            compared += 1
            guess = probably_same_work(taken, replace(other, links=()))
            if guess and not guess.same_title:
                wrong.append((paper.title, other.title))
    assert 1_000 < compared < 2_000
    assert len(wrong) <= 8
    assert all(SequenceMatcher(None, *titles).ratio() > 0.97 for titles in wrong)


def test_an_update_of_a_review_or_a_letter_is_no_preprint(shared: Path) -> None:
    folder = shared / "captures/pubmed"
    page = pubmed_payload.read((folder / "mined_update_of_preprint.xml").read_bytes())
    links = [link for record in page.records for link in normalise(record).links]
    told = {link.text.partition(".")[0]: link.relation for link in links}
    assert told["medRxiv"] is told["bioRxiv"] is Relation.HAS_PREPRINT
    assert told["Scand J Clin Lab Invest"] in (Relation.UPDATE_IN, Relation.UPDATE_OF)


def test_a_link_to_a_version_of_an_elife_article_finds_the_article(shared: Path) -> None:
    """bioRxiv names 10.7554/elife.96394.3 where the article's DOI is 10.7554/elife.96394."""
    folder = shared / "captures/biorxiv"
    page = biorxiv_payload.read((folder / "details_interval_2024_page0.json").read_bytes())
    [linked, *_] = [
        paper
        for paper in map(normalise, page.records)
        if any((link.target.doi or "").startswith("10.7554/elife.96394") for link in paper.links)
    ]
    article = Paper("crossref", "a", "", Identifiers(doi="10.7554/elife.96394"), "A", Kind.ARTICLE)
    assert same_work(linked, article) == f"{linked.key} is the preprint of doi 10.7554/elife.96394"


def test_versioned_dois_of_the_captures_are_one_work_each(shared: Path) -> None:
    folder = shared / "captures/crossref"
    found = {}
    for name in ("work_research-square.json", "work_preprintsorg.json", "work_verixiv.json"):
        [record] = crossref_payload.read((folder / name).read_bytes()).records
        paper = normalise(record)
        found[paper.ids.doi] = {key for key in keys(paper) if key == f"doi:{paper.ids.doi}"}
    assert len(found) == 3
    assert not any(found.values())  # none is keyed by its versioned DOI
