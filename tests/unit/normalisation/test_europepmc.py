from __future__ import annotations

import json
from typing import Any

import pytest

from service.errors import ParseError
from service.normalisation import europepmc
from service.records import (
    Author,
    Certainty,
    Flag,
    Identifiers,
    Kind,
    Paper,
    Record,
    Relation,
    Section,
)


def read(**result: Any) -> Paper:
    result.setdefault("source", "MED")
    result.setdefault("id", "123")
    key = f"{result['source']}/{result['id']}"
    payload = json.dumps(result).encode()
    return europepmc.article(Record("europepmc", key, "", "europepmc-json", payload))


def a_link(kind: str, **more: str) -> dict[str, Any]:
    entry = {"type": kind, "source": "MED", "id": "9", "reference": "J. 2020;1", **more}
    return {"commentCorrectionList": {"commentCorrection": [entry]}}


CORE: dict[str, Any] = {
    "pmid": "123",
    "pmcid": "PMC7",
    "doi": "10.1000/ABC",
    "title": "Role of <i>TP53</i> &amp; TGF-&beta;.",
    "authorList": {
        "author": [
            {
                "lastName": "Lee",
                "firstName": "Ann B",
                "authorId": {"type": "ORCID", "value": "0000-0002-1825-0097"},
            },
            {"fullName": "Haas-Kogan DA"},
            {"collectiveName": "The Group"},
        ]
    },
    "journalInfo": {
        "journal": {
            "title": "Lancet (London, England)",
            "isoabbreviation": "Lancet",
            "issn": "0140-6736",
            "essn": "1474-547X",
        }
    },
    "abstractText": "<h4>Background</h4>One.<h4>Results</h4>Two <sup>2</sup>, p < 0.05.",
    "pubTypeList": {"pubType": ["review-article", "Review", "Journal Article"]},
    "keywordList": {"keyword": ["Survival", "Survival"]},
    "meshHeadingList": {"meshHeading": [{"descriptorName": "Neoplasms"}]},
    "license": "cc by-nc",
    "language": "eng",
    "firstPublicationDate": "2031-12-01",
    "firstIndexDate": "2024-12-22",
    "dateOfRevision": "2025-06-01",
    "fullTextUrlList": {
        "fullTextUrl": [
            {"availabilityCode": "S", "documentStyle": "pdf", "url": "https://x/paid"},
            {"availabilityCode": "OA", "documentStyle": "pdf", "url": "https://x/free"},
        ]
    },
}


def test_a_core_result_is_read_whole() -> None:
    paper = read(**CORE)
    assert paper.ids == Identifiers("10.1000/abc", "123", "PMC7", None)
    assert paper.title == "Role of TP53 & TGF-β."
    assert paper.authors == (
        Author("Lee", "Ann B", "", "0000-0002-1825-0097"),
        Author("Haas-Kogan", "DA"),
        Author(collective="The Group"),
    )
    assert (paper.venue, paper.venue_short, paper.issn) == (
        "Lancet (London, England)",
        "Lancet",
        "0140-6736",
    )
    assert paper.sections == (Section("Background", "One."), Section("Results", "Two 2, p < 0.05."))
    assert paper.abstract == "Background: One.\nResults: Two 2, p < 0.05."
    assert (paper.kind, paper.types) == (
        Kind.REVIEW,
        ("review-article", "Review", "Journal Article"),
    )
    assert (paper.keywords, paper.mesh) == (("Survival",), ("Neoplasms",))
    assert (paper.licence, paper.language) == ("CC BY-NC", "eng")
    assert (paper.entered, paper.revised) == ("2024-12-22", "2025-06-01")
    assert paper.url == "https://europepmc.org/article/MED/123"
    assert paper.pdf_url == "https://x/free"


def test_a_publication_date_in_the_future_is_kept() -> None:
    assert read(**CORE).published == "2031-12-01"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"electronicPublicationDate": "2024-02-03"}, "2024-02-03"),
        ({"journalInfo": {"dateOfPublication": "2021 Apr"}}, "2021-04"),
        ({"pubYear": "2020"}, "2020"),
        ({}, None),
    ],
)
def test_without_a_first_date_the_issue_is_used(
    dates: dict[str, Any], expected: str | None
) -> None:
    assert read(**dates).published == expected


def test_a_lite_result_has_one_line_for_authors_and_types() -> None:
    paper = read(
        authorString="Schoenfeld JD, wang r, Tseng H-, Smit VTHBM, Le Marchand L, "
        "Doe J 3rd, Vandana, NASDC Consortium.",
        pubType="published erratum; correction; journal article",
        journalTitle="Lancet",
        journalIssn="0140-6736; 1474-547x; ",
    )
    assert [author.name for author in paper.authors] == [
        "Schoenfeld JD",
        "wang r",
        "Tseng H-",
        "Smit VTHBM",
        "Le Marchand L",
        "Doe J 3rd",
        "Vandana",
        "NASDC Consortium",
    ]
    assert paper.authors[4] == Author("Le Marchand", "L")
    assert paper.authors[-1].collective == "NASDC Consortium"
    assert (paper.kind, paper.venue, paper.venue_short) == (Kind.ERRATUM, "Lancet", "Lancet")
    assert paper.issn == "0140-6736"


def test_a_preprint_is_at_home_on_its_server() -> None:
    paper = read(
        source="PPR",
        id="PPR1",
        pubType="review",
        bookOrReportDetails={"publisher": "medRxiv", "yearOfPublication": 2025},
    )
    assert (paper.kind, paper.venue, paper.issn) == (Kind.PREPRINT, "medRxiv", None)
    assert paper.ids == Identifiers()
    assert paper.url == "https://europepmc.org/article/PPR/PPR1"


@pytest.mark.parametrize(
    ("source", "number", "ids"),
    [
        ("MED", "9", Identifiers(pmid="9")),
        ("PMC", "PMC9", Identifiers(pmcid="PMC9")),
        ("AGR", "IND9", Identifiers()),
    ],
)
def test_the_id_says_what_it_is_by_its_source(source: str, number: str, ids: Identifiers) -> None:
    assert read(source=source, id=number).ids == ids


@pytest.mark.parametrize(
    ("kind", "relation", "certainty"),
    [
        ("Preprint of", Relation.PREPRINT_OF, Certainty.PROBABLE),
        ("Preprint in", Relation.HAS_PREPRINT, Certainty.PROBABLE),
        ("Erratum for", Relation.ERRATUM_FOR, Certainty.STATED),
        ("Retraction in", Relation.RETRACTION_IN, Certainty.STATED),
        ("Expression of concern for", Relation.CONCERN_FOR, Certainty.STATED),
        ("Corrected and republished from", Relation.REPUBLISHED_FROM, Certainty.STATED),
        ("Comment on", Relation.COMMENT_ON, Certainty.STATED),
        ("Summary for patients in", Relation.OTHER, Certainty.STATED),
    ],
)
def test_links_made_by_title_are_only_probable(
    kind: str, relation: Relation, certainty: Certainty
) -> None:
    (link,) = read(**a_link(kind)).links
    assert (link.relation, link.certainty, link.target.pmid) == (relation, certainty, "9")
    assert link.text == "J. 2020;1"


@pytest.mark.parametrize(
    ("kind", "reference", "own", "relation"),
    [
        ("Update of", "bioRxiv. 2026 Jan 2;:", "MED", Relation.HAS_PREPRINT),
        ("Update in", "J Strom. 2026;1:2", "PPR", Relation.PREPRINT_OF),
        ("Update in", "medRxiv. 2026 Jan 2;:", "PPR", Relation.VERSION_OF),
        ("Update of", "Cochrane Database Syst Rev. 2014;(2):CD1", "MED", Relation.UPDATE_OF),
    ],
)
def test_an_update_is_one_work_only_where_one_side_is_a_preprint(
    kind: str, reference: str, own: str, relation: Relation
) -> None:
    (link,) = read(source=own, **a_link(kind, reference=reference)).links
    assert (link.relation, link.certainty) == (relation, Certainty.STATED)


def test_a_links_doi_is_taken_from_its_citation() -> None:
    (link,) = read(
        **a_link("Erratum for", reference="J. doi: 10.1016/S0140-6736(24)01653-2.")
    ).links
    assert link.target.doi == "10.1016/s0140-6736(24)01653-2"


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("Retraction in", Flag.RETRACTED),
        ("Erratum in", Flag.CORRECTED),
        ("Expression of concern in", Flag.CONCERN),
    ],
)
def test_links_from_notices_flag_the_paper(kind: str, flag: Flag) -> None:
    assert read(**a_link(kind)).flags == {flag}


@pytest.mark.parametrize(
    ("result", "flag"),
    [
        ({"pubType": "retracted publication; journal article"}, Flag.RETRACTED),
        ({"title": "RETRACTED: A study."}, Flag.RETRACTED),
        ({"title": "WITHDRAWN: A study."}, Flag.WITHDRAWN),
        ({"pubType": "preprint; preprint-withdrawal"}, Flag.WITHDRAWN),
        ({"title": "[Une étude]."}, Flag.TRANSLATED_TITLE),
    ],
)
def test_types_and_titles_flag_the_paper(result: dict[str, Any], flag: Flag) -> None:
    assert read(**result).flags == {flag}


def test_the_form_that_pygetpapers_stores_is_read() -> None:
    """One author and one keyword are no lists there, and ids carry @type and #text."""
    paper = read(
        authorList={
            "author": {
                "lastName": "Kollmann",
                "firstName": "Johannes",
                "authorId": {"@type": "ORCID", "#text": "0000-0002-1825-0097"},
            }
        },
        keywordList={"keyword": "Climate"},
        pubTypeList={"pubType": "Journal Article"},
        journalInfo={
            "journal": {"title": "Plants", "ISOAbbreviation": "Plants", "ESSN": "2223-7747"}
        },
    )
    assert paper.authors == (Author("Kollmann", "Johannes", "", "0000-0002-1825-0097"),)
    assert (paper.keywords, paper.types) == (("Climate",), ("Journal Article",))
    assert (paper.venue_short, paper.issn) == ("Plants", "2223-7747")


def test_xml_says_the_same_as_json() -> None:
    xml = """<result><id>123</id><source>MED</source><pmid>123</pmid><title>A &lt;i&gt;b&lt;/i&gt;</title>
    <authorList><author><lastName>Lee</lastName><firstName>Ann</firstName>
    <authorId type="ORCID">0000-0002-1825-0097</authorId></author></authorList>
    <pubTypeList><pubType>Letter</pubType><pubType>Comment</pubType></pubTypeList>
    <firstPublicationDate>2025-12-01</firstPublicationDate></result>"""
    record = Record("europepmc", "MED/123", "", "europepmc-xml", xml.encode())
    paper = europepmc.article(record)
    assert (paper.title, paper.published, paper.kind) == ("A b", "2025-12-01", Kind.LETTER)
    assert paper.authors == (Author("Lee", "Ann", "", "0000-0002-1825-0097"),)


@pytest.mark.parametrize(
    ("form", "payload"),
    [
        ("europepmc-json", b'{"title": "x"}'),
        ("europepmc-json", b"[]"),
        ("europepmc-xml", b"<result><id>1</id></result>"),
        ("europepmc-xml", b"<result>"),
        ("europepmc-dc", b"<Description/>"),
    ],
)
def test_what_is_no_result_is_a_parse_error(form: str, payload: bytes) -> None:
    with pytest.raises(ParseError):
        europepmc.article(Record("europepmc", "", "", form, payload))
