from __future__ import annotations

import json

import pytest

from service.errors import (
    BadRequestError,
    NotDataError,
    QueryAlteredError,
    ThrottledError,
    TransientError,
)
from service.sources import biorxiv_payload

ROW = {
    "doi": "10.64898/2026.03.01.000001",
    "title": "Fibroblast niches",
    "authors": "Lind, M.; Oka, C.",
    "date": "2026-03-05",
    "version": "2",
    "server": "bioRxiv",
    "abstract": "Niches.",
}
PUB = {
    "preprint_doi": "10.1101/2025.01.02.000002",
    "published_doi": "10.5555/j.1",
    "preprint_platform": "medRxiv",
    "preprint_title": "A trial",
}


def body(*rows: object, **message: object) -> bytes:
    return json.dumps(
        {"messages": [{"status": "ok", **message}], "collection": list(rows)}
    ).encode()


def test_a_row_is_keyed_by_server_doi_and_version() -> None:
    record = biorxiv_payload.read(body(ROW)).records[0]
    assert (record.key, record.format) == ("biorxiv:10.64898/2026.03.01.000001v2", "biorxiv-json")
    assert json.loads(record.payload) == ROW


def test_the_server_comes_from_the_row_and_not_from_the_caller() -> None:
    page = biorxiv_payload.read(body(ROW | {"server": "medrxiv"}), "biorxiv")
    assert page.records[0].source == "medrxiv"


def test_a_row_without_a_server_takes_the_callers() -> None:
    row = {k: v for k, v in ROW.items() if k != "server"}
    assert biorxiv_payload.read(body(row), "medrxiv").records[0].source == "medrxiv"


def test_a_link_row_is_keyed_without_a_version() -> None:
    record = biorxiv_payload.read(body(PUB)).records[0]
    assert record.key == "medrxiv:10.1101/2025.01.02.000002"
    assert record.format == "biorxiv-pub-json"


@pytest.mark.parametrize("total", ["276", 276, " 276 "])
def test_totals_are_read_as_text_and_as_numbers(total: object) -> None:
    page = biorxiv_payload.read(body(ROW, total=total, cursor="100"))
    assert (page.stated, page.next) == (276, "101")


def test_a_version_written_as_a_number_is_the_same_version() -> None:
    assert biorxiv_payload.read(body(ROW | {"version": 2})).records[0].version == "2"


def test_every_row_gives_a_record_so_that_the_cursor_can_count_them() -> None:
    page = biorxiv_payload.read(body(ROW, ROW | {"doi": None}, "nonsense"))
    assert len(page.records) == 3
    assert "2 rows have no DOI" in page.warnings


def test_the_same_row_has_the_same_bytes_whatever_the_order_of_its_fields() -> None:
    turned = dict(reversed(ROW.items()))
    one, two = (biorxiv_payload.read(body(row)).records[0] for row in (ROW, turned))
    assert one.payload == two.payload


def test_a_lone_surrogate_does_not_stop_the_page() -> None:
    raw = body(ROW).replace(b"Niches.", rb"Niches \ud800.")
    assert b"Niches ?." in biorxiv_payload.read(raw).records[0].payload


@pytest.mark.parametrize("status", ["no posts found", "no articles found", "No posts found"])
def test_nothing_found_is_an_empty_page_with_a_warning(status: str) -> None:
    page = biorxiv_payload.read(body(status=status))
    assert page.records == ()
    assert page.warnings == (status.lower(),)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"Error : (2002) Connection refused", TransientError),
        (b"", TransientError),
        (b"  \n", TransientError),
        (b"<!DOCTYPE html><html><title>Just a moment...</title></html>", TransientError),
        (body(ROW)[:-9], TransientError),
        (body(status="Database error (2006)"), TransientError),
        (b"error code: 1015", ThrottledError),
        (body(status="Error: wrong date format"), BadRequestError),
        (b"[]", NotDataError),
        (b"{}", NotDataError),
        (b'{"collection": 3}', NotDataError),
    ],
)
def test_what_is_no_page_raises_its_own_error(reply: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        biorxiv_payload.read(reply)


def test_another_category_than_asked_is_an_error() -> None:
    page = biorxiv_payload.read(body(ROW, category="all", interval="2026-03-05:2026-03-05"))
    asked = {"category": "cancer_biology"}
    with pytest.raises(QueryAlteredError, match="cancer_biology"):
        biorxiv_payload.refuse_altered(page, asked)


def test_the_same_query_written_otherwise_is_not_an_error() -> None:
    page = biorxiv_payload.read(
        body(ROW, category="Cancer Biology", interval="2026-03-05:2026-03-06")
    )
    biorxiv_payload.refuse_altered(
        page, {"category": "cancer_biology", "interval": "2026-03-05/2026-03-06"}
    )


def test_a_reply_that_does_not_say_what_it_answers_passes() -> None:
    biorxiv_payload.refuse_altered(biorxiv_payload.read(body(ROW)), {"interval": "a:b"})


RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://{host}"><title>Subject Collection: Oncology</title></channel>
<item rdf:about="{about}"><title>Niches</title><link>{about}</link>
<dc:identifier>{doi}</dc:identifier></item></rdf:RDF>"""


@pytest.mark.parametrize(
    ("host", "about", "doi", "key"),
    [
        ("biorxiv.org", "http://biorxiv.org/cgi/content/short/857789v3?rss=1", "doi:10.1101/857789",
         "biorxiv:10.1101/857789v3"),
        ("medrxiv.org", "https://www.medrxiv.org/content/10.64898/2026.01.02.26000001v1?rss=1", "",
         "medrxiv:10.64898/2026.01.02.26000001v1"),
        ("biorxiv.org", "http://biorxiv.org/x", "", "biorxiv:http://biorxiv.org/x"),
    ],
)  # fmt: skip
def test_a_subject_feed_is_keyed_by_doi_and_version(
    host: str, about: str, doi: str, key: str
) -> None:
    page = biorxiv_payload.read(RDF.format(host=host, about=about, doi=doi).encode())
    assert [record.key for record in page.records] == [key]
    assert page.records[0].format == "feed-json"
