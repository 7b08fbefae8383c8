from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import normalise
from service.records import (
    Author,
    Flag,
    Identifiers,
    Kind,
    Link,
    Paper,
    Record,
    Relation,
    Section,
)

ROW = {
    "doi": "10.64898/2026.03.01.000001",
    "title": "TGF-{beta} shapes stromal niches",
    "authors": "Lindqvist, M. A.; van der Oka, C.; The Stroma Consortium",
    "date": "2026-03-05",
    "version": "1",
    "type": "new results",
    "license": "cc_by_nc_nd",
    "category": "Cancer Biology",
    "abstract": "BackgroundNiches form.\n\nResultsThey hold.",
    "published": "NA",
    "server": "bioRxiv",
}


def paper(**changes: Any) -> Paper:
    row = ROW | changes
    server = "medrxiv" if row["server"] == "medRxiv" else "biorxiv"
    version = str(row["version"])
    payload = json.dumps(row).encode()
    return normalise(Record(server, str(row["doi"]), version, "biorxiv-json", payload))


def test_a_row_is_read_whole() -> None:
    found = paper()
    assert found == Paper(
        source="biorxiv",
        source_id="10.64898/2026.03.01.000001",
        version="1",
        ids=Identifiers(doi="10.64898/2026.03.01.000001"),
        title="TGF-β shapes stromal niches",
        kind=Kind.PREPRINT,
        types=("new results",),
        abstract="Background: Niches form.\nResults: They hold.",
        sections=(Section("Background", "Niches form."), Section("Results", "They hold.")),
        authors=found.authors,
        venue="bioRxiv",
        published="2026-03-05",
        entered="2026-03-05",
        licence="CC BY-NC-ND",
        category="cancer biology",
        url="https://www.biorxiv.org/content/10.64898/2026.03.01.000001v1",
        pdf_url="https://www.biorxiv.org/content/10.64898/2026.03.01.000001v1.full.pdf",
    )
    assert found.authors[0] == Author("Lindqvist", "M. A.")
    assert found.authors[2] == Author(collective="The Stroma Consortium")


def test_medrxiv_has_its_own_address_and_venue() -> None:
    found = paper(server="medRxiv")
    assert found.venue == "medRxiv"
    assert found.url.startswith("https://www.medrxiv.org/content/10.64898/")


def test_a_later_version_was_not_first_published_on_its_own_day() -> None:
    found = paper(version="3")
    assert (found.published, found.entered, found.revised) == ("2026", "2026-03-05", "2026-03-05")


def test_of_an_old_identifier_nobody_knows_the_first_day() -> None:
    assert paper(version="3", doi="10.1101/123456").published is None


def test_the_journal_article_is_a_stated_link() -> None:
    link = Link(Relation.PREPRINT_OF, Identifiers(doi="10.5555/j.2026.1"))
    assert paper(published="10.5555/J.2026.1").links == (link,)


@pytest.mark.parametrize("nothing", ["NA", "", None, "n/a", "pending", ROW["doi"]])
def test_what_is_no_journal_article_is_no_link(nothing: object) -> None:
    assert paper(published=nothing).links == ()


def test_a_withdrawn_version_is_flagged_and_its_title_freed_of_the_word() -> None:
    found = paper(
        type="withdrawn",
        title="WITHDRAWN: Niches",
        abstract="Withdrawal StatementThe authors have withdrawn it.",
        published="10.5555/j.1",
    )
    assert found.flags == {Flag.WITHDRAWN}
    assert found.title == "Niches"
    assert found.sections == (Section("Withdrawal Statement", "The authors have withdrawn it."),)
    assert found.links, "the link to the journal stays"


def test_either_sign_of_withdrawal_is_enough() -> None:
    assert paper(type="withdrawn").flags == {Flag.WITHDRAWN}
    assert paper(title="WITHDRAWN: Niches").flags == {Flag.WITHDRAWN}


@pytest.mark.parametrize(
    ("code", "licence"),
    [
        ("cc_by", "CC BY"), ("cc_by_nc", "CC BY-NC"), ("cc_by_nd", "CC BY-ND"), ("cc0", "CC0"),
        ("cc0_ng", "CC0"), ("cc_no", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_licence_codes_become_words(code: object, licence: str) -> None:
    assert paper(license=code).licence == licence


def test_an_abstract_that_is_not_there_is_empty() -> None:
    assert paper(abstract="NA").abstract == ""
    assert paper(abstract=None).sections == ()


@pytest.mark.parametrize("changes", [{"doi": "NA"}, {"title": ""}, {"title": None}])
def test_a_row_without_doi_or_title_cannot_be_read(changes: dict[str, object]) -> None:
    with pytest.raises(ParseError):
        paper(**changes)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"null", b'"x"'])
def test_what_is_no_row_cannot_be_read(payload: bytes) -> None:
    with pytest.raises(ParseError):
        normalise(Record("biorxiv", "x", "1", "biorxiv-json", payload))


def test_a_publication_row_links_the_preprint_to_its_journal() -> None:
    row = {
        "preprint_doi": "10.1101/2025.01.02.000002",
        "published_doi": "10.5555/j.2",
        "published_journal": "Journal of Stroma",
        "preprint_title": "Niches",
        "preprint_authors": "Lindqvist, M.",
        "preprint_category": "cancer biology",
        "preprint_date": "2025-01-04",
        "published_date": "2026-02-01",
        "preprint_abstract": "They hold.",
    }
    payload = json.dumps(row).encode()
    found = normalise(Record("biorxiv", row["preprint_doi"], "", "biorxiv-pub-json", payload))
    assert found.links == (
        Link(Relation.PREPRINT_OF, Identifiers(doi="10.5555/j.2"), "Journal of Stroma"),
    )
    assert (found.published, found.entered, found.version) == ("2025-01-04", None, "")
    assert (found.title, found.abstract) == ("Niches", "They hold.")
    assert found.url == "https://www.biorxiv.org/content/10.1101/2025.01.02.000002"
