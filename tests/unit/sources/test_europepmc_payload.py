from __future__ import annotations

import json

import pytest

from service.errors import (
    BadRequestError,
    NotDataError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.europepmc_payload import read

MED = {"id": "1", "source": "MED", "pmid": "1", "title": "A"}
PPR = {"id": "PPR2", "source": "PPR", "title": "B", "versionNumber": 3}


def search(results: object, **more: object) -> bytes:
    return json.dumps({"hitCount": 5, "resultList": {"result": results}, **more}).encode()


def test_a_search_gives_records_by_source_and_id() -> None:
    page = read(search([MED, PPR], nextCursorMark="AoE=", request={"queryString": "cancer"}))
    assert [(r.key, r.format) for r in page.records] == [
        ("europepmc:MED/1", "europepmc-json"),
        ("europepmc:PPR/PPR2v3", "europepmc-json"),
    ]
    assert json.loads(page.records[0].payload) == MED
    assert (page.stated, page.next, page.translation) == (5, "AoE=", "cancer")


def test_results_with_nothing_but_ids_are_ids() -> None:
    listed = {"id": "9", "source": "MED", "pmid": "9", "fullTextIdList": {"fullTextId": ["PMC1"]}}
    page = read(search([listed, {"id": "PPR1", "source": "PPR"}]))
    assert page.ids == ("MED/9", "PPR/PPR1")
    assert page.records == ()


def test_no_hits_is_an_empty_page_without_a_mark() -> None:
    page = read(b'{"hitCount": 0, "resultList": {"result": []}}')
    assert (page.records, page.stated, page.next) == ((), 0, None)


def test_the_last_page_of_a_walk_is_empty_though_it_states_hits() -> None:
    page = read(search([], nextCursorMark="AoE="))
    assert (page.records, page.stated) == ((), 5)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(MED),
        json.dumps({"downloaded": True, "full": MED}),
        json.dumps({"papers": {"PMC1": {"full": MED}}, "total_hits": "1"}),
        json.dumps({"hitCount": 1, "result": MED}),
        json.dumps({"resultList": {"result": MED}}),
        json.dumps({"responseWrapper": {"resultList": {"result": MED}}}),
        json.dumps([MED]),
    ],
)
def test_a_result_is_found_in_every_wrapping(body: str) -> None:
    assert [record.source_id for record in read(body.encode()).records] == ["MED/1"]


def test_a_result_without_an_id_is_left_out_with_a_warning() -> None:
    page = read(search([{"title": "x"}, MED, None]))
    assert len(page.records) == 1
    assert len(page.warnings) == 2


XML = """<?xml version="1.0"?><responseWrapper><hitCount>2</hitCount>
<nextCursorMark>AoE=</nextCursorMark><request><queryString>cancer</queryString></request>
<resultList><result><id>1</id><source>MED</source><title>A &lt;i&gt;b&lt;/i&gt;</title>
<versionNumber>2</versionNumber></result><result><id>7</id><source>PMC</source></result>
<result><title>no id</title></result></resultList></responseWrapper>"""


def test_an_xml_search_is_read_like_a_json_one() -> None:
    page = read(XML.encode())
    assert [(r.key, r.format) for r in page.records] == [("europepmc:MED/1v2", "europepmc-xml")]
    assert page.ids == ("PMC/7",)
    assert (page.stated, page.next, page.translation) == (2, "AoE=", "cancer")
    assert len(page.warnings) == 1


DC = """<responseWrapper xmlns:rdf="r" xmlns:dc="d"><hitCount>3</hitCount><rdf:RDF>
<rdf:Description rdf:about="http://europepmc.org/abstract/MED/1"><dc:title>A</dc:title>
</rdf:Description><rdf:Description><dc:identifier>https://europepmc.org/article/PPR/PPR2
</dc:identifier></rdf:Description><rdf:Description rdf:about="http://x/articles/PMC3"/>
<rdf:Description/></rdf:RDF></responseWrapper>"""


def test_a_dublin_core_search_takes_ids_from_addresses() -> None:
    page = read(DC.encode())
    assert [r.source_id for r in page.records] == ["MED/1", "PPR/PPR2", "PMC/PMC3"]
    assert {r.format for r in page.records} == {"europepmc-dc"}
    assert (page.stated, len(page.warnings)) == (3, 1)


def test_a_full_text_is_a_record_of_pmc() -> None:
    body = (
        b'<article><front><article-meta><article-id pub-id-type="pmcid">PMC3</article-id>'
        b"</article-meta></front><body/></article>"
    )
    assert read(body).records[0].key == "pmc:PMC3"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"errCode": 404, "errMsg": "Invalid page size provided."}', BadRequestError),
        (b'{"errCode": 500, "errMsg": "down"}', TransientError),
        (b"<errorBean><errCode>404</errCode><errMsg>bad</errMsg></errorBean>", BadRequestError),
        (b'{"hitCount": 5}', TransientError),
        (b'{"version": "6.9"}', NotDataError),
        (b'"text"', TransientError),
        (b"<feed/>", NotDataError),
        (b'{"resultList": {"result": [{"id"', TransientError),
        (b"<html><body>Service unavailable</body></html>", TransientError),
        (b"<html><title>429 Too Many Requests</title></html>", ThrottledError),
    ],
)
def test_every_bad_body_has_its_class(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(body)
