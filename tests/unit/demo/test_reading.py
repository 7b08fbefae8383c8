"""The examples go through our own readers and normalisers without losing anything."""

from __future__ import annotations

import json
import re
import tomllib
from html import unescape

import pytest

from service.demo.server import example
from service.normalisation import normalise
from service.records import Flag, Kind, Relation
from service.safe_xml import local_name, parse
from service.sources import (
    arxiv_payload,
    biorxiv_payload,
    europepmc_payload,
    feeds,
    pmc_payload,
    pubmed_payload,
)

READERS = {
    "pubmed.xml": pubmed_payload.read,
    "pmc.xml": pmc_payload.read,
    "biorxiv.json": biorxiv_payload.read,
    "medrxiv.json": biorxiv_payload.read,
    "arxiv_oai.xml": arxiv_payload.read,
    "arxiv_api.xml": arxiv_payload.read,
    "europepmc.json": europepmc_payload.read,
    "feed.xml": lambda body: feeds.read(body, "example-journal"),
    "feed.rdf": biorxiv_payload.read,
}
MARKUP = re.compile(r"O_ST_ABS|C_ST_ABS|\[&\w+;\]|\{[^}]+\}|</?[a-zA-Z]|FIGDIR|\$|\\[a-z]|&\w+;")
WORD = re.compile(r"[^\W\d_]{4,}")


def _papers(name):
    page = READERS[name](example(name))
    return {paper.key: paper for paper in map(normalise, page.records)}


@pytest.fixture(scope="module")
def papers():
    """Every paper of every file; the same work comes several times."""
    return {name: _papers(name) for name in READERS}


def _raw_abstracts(name):
    """The words of each abstract as they stand in the file, markup cut out crudely."""
    if name.endswith(".json"):
        value = json.loads(example(name))
        rows = value.get("collection") or value["resultList"]["result"]
        return [row.get("abstract") or row["abstractText"] for row in rows]
    tags = {"AbstractText", "abstract", "summary", "description"}
    root = parse(example(name))
    records = {"PubmedArticle", "PubmedBookArticle", "article", "record", "entry", "item"}
    return [
        " ".join(
            "".join(e.itertext())
            for e in record.iter()
            if local_name(e) in tags and not e.get("abstract-type")
        )
        for record in root.iter()
        if local_name(record) in records
    ]


@pytest.mark.parametrize("name", READERS)
def test_no_word_of_an_abstract_is_lost(papers, name):
    for raw, paper in zip(_raw_abstracts(name), papers[name].values(), strict=True):
        plain = re.sub(r"<[^>]+>|[OC]_ST_ABS|\{beta\}|\$.*?\$", " ", unescape(raw))
        parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)  # "BackgroundThe" is two words
        read = " ".join([paper.abstract, *(s.label for s in paper.sections)])
        assert [word for word in WORD.findall(parted) if word not in read] == [], paper.key


@pytest.mark.parametrize("name", READERS)
def test_every_paper_has_a_title_an_id_a_date_and_a_link(papers, name):
    for paper in papers[name].values():
        assert len(paper.title) > 20
        assert any((paper.ids.doi, paper.ids.pmid, paper.ids.pmcid, paper.ids.arxiv))
        assert paper.published
        assert paper.url.startswith("http")


@pytest.mark.parametrize("name", READERS)
def test_no_markup_or_residue_is_left(papers, name):
    for paper in papers[name].values():
        assert not MARKUP.search(paper.title + paper.abstract), paper.key


def test_every_paper_has_a_label(papers):
    labels = tomllib.loads(example("labels.toml").decode())["labels"]
    for paper in (paper for found in papers.values() for paper in found.values()):
        assert paper.ids.doi in labels or f"{paper.source}:{paper.source_id}" in labels


def test_papers_without_an_abstract_or_authors_are_the_intended_ones(papers):
    everyone = [p for found in papers.values() for p in found.values()]
    bare = {p.ids.pmid for p in everyone if not p.abstract}
    assert bare == {"99000014", "99000015", "99000025"}
    assert {p.ids.pmid for p in everyone if not p.authors} == {"99000014", "99000015"}


def test_what_pubmed_pmc_and_europe_pmc_say_of_one_work_agrees(papers):
    by_doi = {p.ids.doi: p for p in papers["pubmed.xml"].values() if p.ids.doi}
    shared = [p for p in papers["pmc.xml"].values() if p.ids.doi in by_doi]
    assert len(shared) == 6
    for copy in shared:
        paper = by_doi[copy.ids.doi]
        assert copy.title == paper.title.removesuffix(".")
        assert [s.text for s in copy.sections] == [s.text for s in paper.sections]
        assert [a.name for a in copy.authors] == [a.name for a in paper.authors]
        assert (copy.ids.pmid, copy.published) == (paper.ids.pmid, paper.published)


def test_preprint_copies_agree_in_three_sources(papers):
    doi = "10.5555/2026.11.07.900020"
    copies = [
        paper
        for name in ("biorxiv.json", "europepmc.json", "feed.rdf")
        for paper in papers[name].values()
        if paper.ids.doi == doi
    ]
    assert len(copies) == 3
    assert len({paper.title for paper in copies}) == 1
    assert len({paper.abstract for paper in copies}) == 1


def test_the_dates_of_entry_lie_in_the_two_weeks_before_the_demo(papers):
    entered = [p.entered for found in papers.values() for p in found.values() if p.entered]
    assert sum("2026-11-09" <= day <= "2026-11-15" for day in entered) > 60
    assert sum("2026-11-02" <= day <= "2026-11-08" for day in entered) > 8
    assert [day for day in entered if day < "2026-11-02"] == ["2026-08-17"]
    assert max(entered) == "2026-11-15"


def test_links_between_papers_are_read(papers):
    found = {
        (paper.key, link.relation, link.target.doi or link.target.pmid)
        for name in READERS
        for paper in papers[name].values()
        for link in paper.links
    }
    assert found == {
        ("pubmed:99000003v1", Relation.HAS_PREPRINT, "10.5555/2026.06.18.900003"),
        ("pubmed:99000005v1", Relation.ERRATUM_IN, "10.5555/ejci.2026.0191"),
        ("pubmed:99000013v1", Relation.RETRACTION_IN, "10.5555/ejci.2026.0190"),
        ("pubmed:99000014v1", Relation.RETRACTION_OF, "10.5555/ejci.2026.0146"),
        ("pubmed:99000015v1", Relation.ERRATUM_FOR, "10.5555/ejci.2026.0160"),
        ("biorxiv:10.5555/2026.06.18.900003v2", Relation.PREPRINT_OF, "10.5555/ejtb.2026.0158"),
        ("europepmc:PPR/PPR9900009v2", Relation.PREPRINT_OF, "99000003"),
        ("arxiv:2611.90003v1", Relation.PREPRINT_OF, "10.5555/ejmb.2026.0412"),
    }


def test_kinds_and_flags_are_as_intended(papers):
    pubmed = papers["pubmed.xml"]
    kinds = {
        key: pubmed[f"pubmed:990000{key}v1"].kind for key in ("04", "14", "15", "23", "25", "26")
    }
    assert kinds == {
        "04": Kind.REVIEW,
        "14": Kind.RETRACTION,
        "15": Kind.ERRATUM,
        "23": Kind.TRIAL,
        "25": Kind.EDITORIAL,
        "26": Kind.BOOK,
    }
    flags = {p.key: set(p.flags) for found in papers.values() for p in found.values() if p.flags}
    assert flags == {
        "pubmed:99000005v1": {Flag.CORRECTED},
        "pubmed:99000013v1": {Flag.RETRACTED},
        "pubmed:99000024v1": {Flag.TRANSLATED_TITLE},
        "biorxiv:10.5555/2026.10.02.900021v2": {Flag.WITHDRAWN},
    }


def test_formulae_and_greek_letters_survive(papers):
    text = papers["pubmed.xml"]["pubmed:99000011v1"].abstract
    assert "θ=C/(C+Ki)" in text.replace(" ", "")
    assert "integrin α3β1" in text
    assert "(P < 10−6)" in text
    residue = papers["biorxiv.json"]["biorxiv:10.5555/2026.11.09.900019v1"].abstract
    assert "C/EBPβ and STAT3" in residue
    assert "(P ≤ 0.001)" in residue
    assert "1.1 ± 0.4" in residue
