from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import normalise
from service.records import Author, Flag, Identifiers, Kind, Link, Paper, Record, Relation


def paper(version: str = "", **fields: Any) -> Paper:
    entry = {"title": "Niches", "id": "g1"} | fields
    return normalise(Record("journal", "g1", version, "feed-json", json.dumps(entry).encode()))


# -- which paper it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"prism_doi": "10.5555/J.1"},
        {"dc_identifier": "doi:10.5555/j.1"},
        {"dc_identifier": "10.5555/j.1"},
        {"id": "https://doi.org/10.5555/j.1"},
        {"link": "https://dx.doi.org/10.5555/j.1"},
        {"link": "https://www.science.org/doi/abs/10.5555/j.1?af=R"},
        {"link": "https://onlinelibrary.wiley.com/doi/10.5555/j.1?af=R"},
        {"link": "https://aacr.org/x/doi/full/10.5555/j.1"},
        {"link": "https://journal.example.org/article/10.5555/j.1/fulltext"},
        {"links": ["https://x.org/a", "https://doi.org/10.5555/j.1"]},
        {"summary": "Journal, Published online: 20 November 2026; doi:10.5555/j.1 Text"},
        {
            "content": '<p>J, Published online: 20 Nov; <a href="https://doi.org/1">doi:10.5555/j.1</a></p>'
        },
    ],
)
def test_a_doi_is_found_wherever_feeds_put_it(fields: dict[str, Any]) -> None:
    assert paper(**fields).ids.doi == "10.5555/j.1"


def test_a_doi_in_running_text_belongs_to_somebody_else() -> None:
    assert paper(summary="This corrects the article doi:10.5555/other").ids == Identifiers()


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"id": "pubmed:40000001"}, Identifiers(pmid="40000001")),
        ({"link": "https://pubmed.ncbi.nlm.nih.gov/40000001/?utm_source=x"},
         Identifiers(pmid="40000001")),
        ({"id": "40000001"}, Identifiers()),
        ({"link": "https://arxiv.org/abs/2610.00001"},
         Identifiers(doi="10.48550/arxiv.2610.00001", arxiv="2610.00001")),
        ({"id": "oai:arXiv.org:2610.00001v2"},
         Identifiers(doi="10.48550/arxiv.2610.00001", arxiv="2610.00001")),
    ],
)  # fmt: skip
def test_other_identifiers_are_taken_only_where_they_are_marked(
    fields: dict[str, Any], ids: Identifiers
) -> None:
    assert paper(**fields).ids == ids


@pytest.mark.parametrize(
    ("address", "doi", "version", "venue"),
    [
        ("https://www.biorxiv.org/content/10.1101/2026.01.02.123456v2?rss=1",
         "10.1101/2026.01.02.123456", "2", "bioRxiv"),
        ("https://www.biorxiv.org/content/10.64898/2026.01.02.123456v1.full.pdf",
         "10.64898/2026.01.02.123456", "1", "bioRxiv"),
        ("https://www.medrxiv.org/content/10.64898/2026.01.02.26312345v3.abstract",
         "10.64898/2026.01.02.26312345", "3", "medRxiv"),
    ],
)  # fmt: skip
def test_a_preprint_is_known_by_its_address(
    address: str, doi: str, version: str, venue: str
) -> None:
    found = paper(link=address)
    assert (found.ids.doi, found.version, found.venue) == (doi, version, venue)
    assert found.kind is Kind.PREPRINT
    assert found.pdf_url == f"https://www.{venue.lower()}.org/content/{doi}v{version}.full.pdf"


def test_an_old_address_tells_only_the_version() -> None:
    found = paper(
        link="http://biorxiv.org/cgi/content/short/857789v2?rss=1",
        dc_identifier="doi:10.1101/857789",
    )
    assert (found.version, found.venue, found.published) == ("2", "bioRxiv", None)


def test_a_journal_of_the_same_press_is_no_preprint() -> None:
    assert paper(prism_doi="10.1101/gr.123456.126").kind is Kind.ARTICLE


# -- addresses and text are hostile ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x.org", "x"]
)
def test_only_web_addresses_are_kept(address: str) -> None:
    assert paper(link=address, links=[address]).url == ""
    assert paper(link=address, links=[address, "https://j.org/1"]).url == "https://j.org/1"


def test_markup_becomes_text() -> None:
    found = paper(
        title="<b>TGF-&beta;</b> <svg onload=x> P < 0.05",
        summary="<p>One<script>alert(1)</script></p><p>two &amp; three</p>",
    )
    assert found.title.startswith("TGF-β")
    assert found.abstract == "One two & three"


def test_impossible_years_are_no_dates() -> None:
    assert paper(published="9999-01-01", updated="2026-11-02").published == "2026-11-02"
    assert paper(published="0001-01-01").published is None


# -- what it says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "authors"),
    [
        (["Kukla, D., Crampton, A."], [("Kukla", "D."), ("Crampton", "A.")]),
        (["Ada Lind, Bo van der Oka"], [("Lind", "Ada"), ("van der Oka", "Bo")]),
        (["Ada Lind", "Bo Oka"], [("Lind", "Ada"), ("Oka", "Bo")]),
        (["Lind, Ada", "Oka, Bo"], [("Lind", "Ada"), ("Oka", "Bo")]),
        (["Lind A, Oka BC"], [("Lind", "A"), ("Oka", "BC")]),
        (["Lind, A.; Oka, B."], [("Lind", "A."), ("Oka", "B.")]),
        (["editor@j.org (Ada Lind)"], [("Lind", "Ada")]),
        (["editor@j.org"], []),
        (["RamÃ­rez, A."], [("Ramírez", "A.")]),
    ],
)
def test_authors_are_read_in_every_usual_order(
    names: list[str], authors: list[tuple[str, str]]
) -> None:
    assert paper(authors=names).authors == tuple(Author(f, g) for f, g in authors)


@pytest.mark.parametrize(
    ("summary", "abstract"),
    [
        ("Niches hold.", "Niches hold."),
        ("J. Stroma, Volume 12, Issue 3, Page 1-10, March 2026. ", ""),
        ("J. Stroma, Ahead of Print.<br/>Niches hold.", "Niches hold."),
        ("<p>Publication date: May 2026</p><p><b>Source:</b> Cell</p><p>Author(s): A Lind</p>", ""),
        ("Nature, Published online: 20 November 2026; doi:10.5555/j.1Niches", ""),
        ("", ""),
    ],
)
def test_a_citation_is_no_abstract(summary: str, abstract: str) -> None:
    assert paper(summary=summary).abstract == abstract


def test_the_longer_text_is_the_abstract() -> None:
    assert paper(summary="Short.", content="<p>A longer text.</p>").abstract == "A longer text."


def test_elseviers_authors_are_taken_from_its_citation() -> None:
    text = "<p>Publication date: May 2026</p><p>Author(s): Ada Lind, Bo Oka</p>"
    assert [a.name for a in paper(summary=text).authors] == ["Lind Ada", "Oka Bo"]


def test_a_preprints_residue_is_removed() -> None:
    found = paper(dc_identifier="10.1101/123456", summary="BackgroundTGF-{beta} holds.")
    assert found.abstract == "Background: TGF-β holds."


@pytest.mark.parametrize(
    ("fields", "venue"),
    [
        ({"prism_publicationname": "J. Stroma", "feed": {"title": "x"}}, "J. Stroma"),
        ({"feed": {"prism_publicationname": "J. Stroma", "title": "x"}}, "J. Stroma"),
        ({"feed": {"title": "ScienceDirect Publication: J. Stroma"}}, "J. Stroma"),
        ({"feed": {"title": "Wiley: J. Stroma: Table of Contents"}}, "J. Stroma"),
        ({}, ""),
    ],
)
def test_the_venue_is_the_journal(fields: dict[str, Any], venue: str) -> None:
    assert paper(**fields).venue == venue


def test_the_issn_comes_from_entry_or_feed() -> None:
    assert paper(feed={"prism_issn": "0022-347x"}).issn == "0022-347X"
    assert paper(prism_issn="1234-5678", feed={"prism_issn": "0022-347x"}).issn == "1234-5678"
    assert paper(prism_issn="none").issn is None


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, Kind.OTHER),
        ({"prism_doi": "10.5555/1"}, Kind.ARTICLE),
        ({"prism_publicationdate": "2026"}, Kind.ARTICLE),
        ({"prism_section": "Original Articles"}, Kind.ARTICLE),
        ({"prism_section": "Review Article"}, Kind.REVIEW),
        ({"prism_section": "Editorial"}, Kind.EDITORIAL),
        ({"prism_section": "Corrections"}, Kind.ERRATUM),
        ({"title": "Erratum: Niches"}, Kind.ERRATUM),
    ],
)
def test_the_kind_follows_the_section_and_the_title(fields: dict[str, Any], kind: Kind) -> None:
    assert paper(**fields).kind is kind


def test_only_a_licence_is_a_licence() -> None:
    assert paper(rights="© 2026 The Publisher").licence == ""
    assert paper(rights="http://creativecommons.org/licenses/by/4.0/").licence == "CC BY 4.0"


# -- arXiv's announcements ------------------------------------------------------------------------

ANNOUNCED = {
    "id": "oai:arXiv.org:2608.00001v1",
    "published": "2026-11-20T00:00:00-05:00",
    "summary": "arXiv:2608.00001v1 Announce Type: new \nAbstract: $\\alpha$-SMA holds.",
    "authors": ["Paulo Andr\\'e Lima, Ida Sand"],
    "tags": ["q-bio.TO", "cs.CV"],
    "arxiv_announce_type": "new",
    "arxiv_doi": "10.5555/j.1",
    "rights": "http://creativecommons.org/licenses/by/4.0/",
}


def test_an_announcement_loses_its_prefix() -> None:
    found = paper("1", **ANNOUNCED)
    assert found.abstract == "α-SMA holds."
    assert [author.name for author in found.authors] == ["Lima Paulo André", "Sand Ida"]
    assert (found.category, found.keywords, found.licence) == ("q-bio.TO", (), "CC BY 4.0")
    assert found.links == (Link(Relation.PREPRINT_OF, Identifiers(doi="10.5555/j.1")),)


@pytest.mark.parametrize(
    ("kind", "version", "days"),
    [
        ("new", "1", ("2026-11-20", "2026-11-20", None)),
        ("cross", "1", ("2026-08", "2026-11-20", None)),
        ("replace", "2", ("2026-08", "2026-11-20", "2026-11-20")),
        ("replace-cross", "2", ("2026-08", "2026-11-20", "2026-11-20")),
    ],
)
def test_only_a_new_paper_was_published_when_announced(
    kind: str, version: str, days: tuple[str | None, ...]
) -> None:
    found = paper(version, **ANNOUNCED | {"arxiv_announce_type": kind})
    assert (found.published, found.entered, found.revised) == days


def test_a_withdrawn_announcement_is_flagged() -> None:
    summary = "arXiv:2608.00001v2 Announce Type: replace \nAbstract: This paper has been withdrawn."
    assert paper("2", **ANNOUNCED | {"summary": summary}).flags == {Flag.WITHDRAWN}


def test_an_entry_without_a_title_cannot_be_read() -> None:
    with pytest.raises(ParseError, match="no title"):
        paper(title="")
