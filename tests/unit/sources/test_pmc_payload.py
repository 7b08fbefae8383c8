from __future__ import annotations

import json

import pytest

from service import safe_xml
from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    QueryAlteredError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.pmc_payload import read

BODY = "<body><p>text</p></body>"


def an_article(*ids: tuple[str, str], body: str = BODY, extra: str = "") -> str:
    known = "".join(f'<article-id pub-id-type="{kind}">{value}</article-id>' for kind, value in ids)
    return (
        f"<article>{extra}<front><article-meta>{known}<title-group><article-title>T"
        f"</article-title></title-group></article-meta></front>{body}</article>"
    )


def a_set(*articles: str) -> bytes:
    head = '<?xml version="1.0"?><pmc-articleset xmlns:xlink="http://www.w3.org/1999/xlink">'
    return f"{head}{''.join(articles)}</pmc-articleset>".encode()


def search(**result: object) -> bytes:
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()


def test_each_article_of_a_set_is_a_record_that_stands_alone() -> None:
    body = a_set(
        an_article(("pmcid", "PMC12"), ("pmcid-ver", "PMC12.3")),
        an_article(("pmc", "34"), body='<body><p xlink:href="x">β</p></body>'),
    )
    first, second = read(body).records
    assert (first.key, first.format) == ("pmc:PMC12v3", "jats")
    assert second.key == "pmc:PMC34"
    assert safe_xml.parse(second.payload).tag == "article"
    assert "β".encode() in second.payload


def test_a_single_article_keeps_its_bytes() -> None:
    body = an_article(("pmcid", "8118396")).encode()
    (record,) = read(body).records
    assert record.payload == body
    assert record.source_id == "PMC8118396"


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ((("doi", "10.1/ABC"),), "10.1/abc"),
        ((("pmcaid", "77"),), "PMC77"),
        ((("pmc", "PMC0x"), ("doi", "10.1/d")), "10.1/d"),
    ],
)
def test_an_article_outside_pmc_is_known_by_its_doi(ids: tuple, expected: str) -> None:
    assert read(a_set(an_article(*ids))).records[0].source_id == expected


def test_an_article_without_ids_is_known_by_its_content() -> None:
    (one,), (other,) = (read(a_set(an_article(body=b))).records for b in (BODY, "<body/>"))
    assert one.source_id.startswith("sha256-")
    assert one.source_id != other.source_id


def test_an_article_without_text_is_a_record_with_a_warning() -> None:
    note = "<!--The publisher of this article does not allow downloading of the full text.-->"
    page = read(a_set(an_article(("pmcid", "PMC5"), body="", extra=note)))
    assert [record.source_id for record in page.records] == ["PMC5"]
    (warning,) = page.warnings
    assert warning.startswith("PMC5: full text not available")
    assert "does not allow" in warning


def test_an_id_that_efetch_has_not_is_a_warning() -> None:
    page = read(a_set(an_article(("pmc", "1")), '<Reply Id="2" error="not available"/>'))
    assert len(page.records) == 1
    assert page.warnings == ("PMC2: not available",)


# -- esearch ---------------------------------------------------------------------------------


def test_a_search_gives_ids_with_their_prefix() -> None:
    page = read(
        search(count="3", retmax="2", retstart="0", idlist=["7", "8"], querytranslation="q")
    )
    assert page.ids == ("PMC7", "PMC8")
    assert (page.stated, page.translation) == (3, "q")


def test_a_search_in_xml_is_read_too() -> None:
    page = read(b"<eSearchResult><Count>1</Count><IdList><Id>7</Id></IdList></eSearchResult>")
    assert (page.ids, page.stated) == (("PMC7",), 1)


def test_an_empty_search_is_an_empty_page_with_its_note() -> None:
    page = read(
        search(
            count="0",
            idlist=[],
            errorlist={"phrasesnotfound": [], "fieldsnotfound": []},
            warninglist={"outputmessages": ["No items found."], "phrasesignored": []},
        )
    )
    assert (page.ids, page.stated, page.warnings) == ((), 0, ("No items found.",))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (search(ERROR="Search Backend failed: 'retstart' cannot be larger"), BadRequestError),
        (search(ERROR="Search Backend failed: timed out"), TransientError),
        (search(ERROR="Unable to obtain query #1 from WebEnv"), CursorLostError),
        (search(ERROR="Invalid db name specified: pmcx"), BadRequestError),
        (search(count="3"), TransientError),
        (search(count="1", idlist=["1"], errorlist={"phrasesnotfound": ["x"]}), QueryAlteredError),
        (b'{"error":"API rate limit exceeded","count":"11"}', ThrottledError),
        (b'{"error":"API key invalid"}', BadRequestError),
        (b'{"header": {}}', NotDataError),
        (b'{"esearchresult": {"count": "1", "idl', TransientError),
        (b"[1]", NotDataError),
        (b"<eSearchResult><ERROR>Empty term</ERROR></eSearchResult>", BadRequestError),
        (b"<eFetchResult><ERROR>Search Backend failed</ERROR></eFetchResult>", TransientError),
        (b"<pmc-articleset><error>Internal error</error></pmc-articleset>", TransientError),
        (b"<pmc-articleset><article>", TransientError),
        (b"<html><body>NCBI - WWW Error 500 Diagnostic</body></html>", TransientError),
        (b"<PubmedArticleSet/>", NotDataError),
        (b"", TransientError),
    ],
)
def test_every_bad_body_has_its_class(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(body)


# -- OAI-PMH ---------------------------------------------------------------------------------

JATS = "https://jats.nlm.nih.gov/ns/archiving/1.4/"
DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"


def oai(*records: str, verb: str = "ListRecords", token: str = "") -> bytes:
    return (
        f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><{verb}>{"".join(records)}{token}'
        f"</{verb}></OAI-PMH>"
    ).encode()


def oai_record(number: int, metadata: str, status: str = "") -> str:
    held = f"<metadata>{metadata}</metadata>" if metadata else ""
    return (
        f"<record><header{status}><identifier>oai:pubmedcentral.nih.gov:{number}</identifier>"
        f"<datestamp>2026-11-19</datestamp></header>{held}</record>"
    )


def test_an_oai_reply_gives_records_deletions_and_the_token() -> None:
    article = an_article(("pmcid-ver", "PMC1.2")).replace("<article>", f'<article xmlns="{JATS}">')
    page = read(
        oai(
            oai_record(1, article),
            oai_record(2, f'<d:dc xmlns:d="{DC}"/>'),
            oai_record(3, "", ' status="deleted"'),
            token='<resumptionToken completeListSize="40">t!x</resumptionToken>',
        )
    )
    assert [(r.key, r.format) for r in page.records] == [
        ("pmc:PMC1v2", "jats"),
        ("pmc:PMC2", "europepmc-dc"),
    ]
    assert page.deletions == ("PMC3",)
    assert (page.next, page.stated, page.warnings) == ("t!x", 40, ())


def test_oai_headers_alone_are_ids() -> None:
    header = "<header><identifier>oai:pubmedcentral.nih.gov:4</identifier></header>"
    assert read(oai(header, verb="ListIdentifiers")).ids == ("PMC4",)


def test_oai_metadata_of_another_kind_does_not_stop_the_page() -> None:
    page = read(oai(oai_record(1, "<marc/>"), oai_record(2, f'<d:dc xmlns:d="{DC}"/>')))
    assert [record.source_id for record in page.records] == ["PMC2"]
    assert "marc" in page.warnings[0]


@pytest.mark.parametrize(
    ("code", "error"), [("badResumptionToken", CursorLostError), ("idDoesNotExist", NotFoundError)]
)
def test_oai_errors_pass_through(code: str, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(f'<OAI-PMH><error code="{code}"/></OAI-PMH>'.encode())
