from __future__ import annotations

import json

import pytest

from service.errors import InputError, QueryAlteredError
from service.sources.reading import SOURCES, read

RIS = b"TY  - JOUR\nTI  - A title\nDO  - 10.5555/1\nER  - \n"
SEARCH = {"count": "0", "retmax": "0", "retstart": "0", "idlist": []}


def searched(**lists: object) -> bytes:
    return json.dumps({"header": {}, "esearchresult": SEARCH | lists}).encode()


def test_an_unknown_source_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match="one of: pubmed, pmc"):
        read("scopus", b"")


def test_every_source_that_is_offered_has_a_reader() -> None:
    for source in SOURCES:
        with pytest.raises(Exception, match=r".") as caught:
            read(source, b"\x00 no such payload")
        assert type(caught.value).__module__ == "service.errors", source


def test_a_reader_is_told_for_whom_it_reads() -> None:
    row = {"doi": "10.5555/x", "version": "1", "title": "T", "server": "medrxiv"}
    page = read(
        "medrxiv", json.dumps({"messages": [{"status": "ok"}], "collection": [row]}).encode()
    )
    assert [record.source for record in page.records] == ["medrxiv"]


def test_what_arxivs_dois_resolve_to_is_read_under_arxiv() -> None:
    body = {"data": {"id": "10.48550/arxiv.2611.90001", "type": "dois", "attributes": {}}}
    (record,) = read("arxiv", json.dumps(body).encode()).records
    assert record.source == "datacite"


def test_a_search_that_left_out_a_term_is_no_result() -> None:
    with pytest.raises(QueryAlteredError, match="PhraseNotFound"):
        read("pubmed", searched(errorlist={"phrasesnotfound": ["neutrofil"], "fieldsnotfound": []}))


def test_a_search_that_found_nothing_is_an_empty_page() -> None:
    assert read("pubmed", searched()).stated == 0


def test_a_file_of_references_is_read() -> None:
    assert len(read("ris", RIS).records) == 1
