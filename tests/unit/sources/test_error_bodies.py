"""What upstreams send in place of data, whatever the source: each body has its one meaning.

A throttled source is left in peace, a passing fault is asked again, our mistake never is: a body
taken for the wrong one of these loses papers or gets Litwatch banned.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import (
    BadRequestError,
    CursorLostError,
    InputError,
    NotDataError,
    NotFoundError,
    QueryAlteredError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources import replies
from service.sources.reading import read

if TYPE_CHECKING:
    from service.records import Page

APIS = ("pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc", "crossref", "openalex")
JSON_APIS = ("biorxiv", "crossref", "openalex", "europepmc")
HTML = b"<!DOCTYPE html><html><head><title>%b</title></head><body>%b</body></html>"


@pytest.mark.parametrize("source", [*APIS, "datacite"])
@pytest.mark.parametrize(
    "body",
    [
        b"Rate exceeded.",
        b"error code: 1015",
        b"Too Many Requests",
        b"429 Too Many Requests: rate limit",
        HTML % (b"429 Too Many Requests", b"nginx"),
        HTML % (b"Access denied", b"error code: 1015"),
        b"API rate limit exceeded",
    ],
)
def test_a_throttle_notice_is_throttled_at_every_source(source: str, body: bytes) -> None:
    with pytest.raises(ThrottledError):
        read(source, body)


@pytest.mark.parametrize("source", [*APIS, "datacite"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n\t",
        b"\xef\xbb\xbf",
        HTML % (b"WWW Error 500 Diagnostic", b"NCBI/eutils202"),
        HTML % (b"502 Bad Gateway", b"nginx"),
        HTML % (b"Just a moment...", b"Checking your browser"),
        b'<?xml version="1.0"?>\n<!-- x --><html xmlns="http://www.w3.org/1999/xhtml"><p/></html>',
        b"<HTML><BODY>down</BODY></HTML>",
    ],
)
def test_an_empty_body_or_a_web_page_is_asked_for_again(source: str, body: bytes) -> None:
    with pytest.raises(TransientError):
        read(source, body)


@pytest.mark.parametrize("source", JSON_APIS)
@pytest.mark.parametrize(
    "body", [b"{", b'{"a":', b'{"a": "b', b"[1, 2", b'{"a": tru', b'{"a": 1}}', b'{"a": "\\u12"}']
)
def test_broken_json_is_asked_for_again(source: str, body: bytes) -> None:
    with pytest.raises(TransientError):
        read(source, body)


@pytest.mark.parametrize("source", ["pubmed", "pmc", "arxiv", "europepmc"])
@pytest.mark.parametrize(
    "body", [b"<", b"<a", b"<a><b></a>", b"<a>&#0;</a>", b"<?xml version='1.0'?>"]
)
def test_broken_xml_is_never_taken_for_an_empty_page(source: str, body: bytes) -> None:
    with pytest.raises((TransientError, NotDataError)):
        read(source, body)


@pytest.mark.parametrize(
    ("source", "body", "error"),
    [
        ("pubmed", {"esearchresult": {"ERROR": "Search Backend failed: x"}}, TransientError),
        ("pubmed", {"esearchresult": {"ERROR": "'retstart' cannot be larger than 9998."}},
         BadRequestError),
        ("pubmed", {"esearchresult": {"count": "5", "retmax": "5"}}, TransientError),
        ("pubmed", {"esearchresult": {"retmax": "5", "retstart": "0", "idlist": []}},
         TransientError),
        ("pubmed", {"esearchresult": {"ERROR": "Unable to obtain query #1"}}, CursorLostError),
        ("pubmed", {"error": "API rate limit exceeded", "count": "11"}, ThrottledError),
        ("pubmed", {"error": "API key invalid"}, BadRequestError),
        ("pubmed", {"esearchresult": {"count": "1", "retmax": "1", "retstart": "0",
                                      "idlist": ["12", "²"]}}, NotDataError),
        ("pubmed", {"esearchresult": {"count": "0", "retmax": "0", "retstart": "0", "idlist": [],
         "errorlist": {"phrasesnotfound": ["xyzzy"]}}}, QueryAlteredError),
        ("pubmed", {"esearchresult": []}, NotDataError),
        ("biorxiv", {"messages": [{"status": "Error : (2002) Connection refused"}]},
         TransientError),
        ("biorxiv", {"messages": [{"status": "Error: invalid interval"}]}, BadRequestError),
        ("biorxiv", {"messages": []}, NotDataError),
        ("biorxiv", {"collection": {}}, NotDataError),
        ("biorxiv", [], NotDataError),
        ("europepmc", {"errCode": 404, "errMsg": "pageSize"}, BadRequestError),
        ("europepmc", {"errCode": "503", "errMsg": "busy"}, TransientError),
        ("europepmc", {"hitCount": 5}, TransientError),
        ("europepmc", {"other": 5}, NotDataError),
        ("crossref", {"status": "failed", "message": [{"type": "parameter-not-allowed",
                                                       "message": "rows"}]}, BadRequestError),
        ("crossref", {"status": "failed", "message": [{"type": "cursor-invalid",
                                                       "message": "cursor invalid"}]},
         CursorLostError),
        ("crossref", {"status": "error", "message": "java.lang.Exception"}, TransientError),
        ("crossref", {"status": "failed", "message": "Resource not found."}, NotFoundError),
        ("crossref", {"status": "ok", "message": "Too many requests"}, ThrottledError),
        ("crossref", {"status": "ok", "message": {}}, NotDataError),
        ("crossref", 5, NotDataError),
        ("openalex", {"error": "Invalid query parameters", "message": "x"}, BadRequestError),
        ("openalex", {"error": "Cursor", "message": "the cursor has expired"}, CursorLostError),
        ("openalex", {"error": "404 Not Found"}, NotFoundError),
        ("openalex", {"error": "500 Internal Server Error"}, TransientError),
        ("openalex", {"error": "Rate limit exceeded", "message": "daily budget"}, ThrottledError),
        ("openalex", {"results": None}, NotDataError),
        ("openalex", None, NotDataError),
    ],
)  # fmt: skip
def test_each_failure_inside_good_json_has_its_class(
    source: str, body: object, error: type[SourceError]
) -> None:
    with pytest.raises(error) as raised:
        read(source, json.dumps(body).encode())
    assert raised.value.thing
    assert raised.value.cause


OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{}</OAI-PMH>'


@pytest.mark.parametrize("source", ["arxiv", "pmc"])
@pytest.mark.parametrize(
    ("inner", "error"),
    [
        ('<error code="badResumptionToken">expired</error>', CursorLostError),
        ('<error code="badArgument">from</error>', BadRequestError),
        ('<error code="idDoesNotExist"/>', NotFoundError),
        ('<error code="x">Internal error, try again</error>', TransientError),
        ("<error/>", BadRequestError),
        ("<ListRecords><record/></ListRecords>", NotDataError),
        ("<responseDate/>", NotDataError),
    ],
)
def test_oai_errors_mean_the_same_at_both_repositories(
    source: str, inner: str, error: type[SourceError]
) -> None:
    with pytest.raises(error):
        read(source, OAI.format(inner).encode())


@pytest.mark.parametrize("source", ["arxiv", "pmc"])
def test_nothing_new_in_oai_is_no_error(source: str) -> None:
    page = read(source, OAI.format('<error code="noRecordsMatch"/>').encode())
    assert (page.records, page.stated, page.next) == ((), 0, None)


TOKENS = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("source", ["arxiv", "pmc"])
@given(token=TOKENS)
def test_a_resumption_token_comes_back_as_it_was_given(source: str, token: str) -> None:
    """arXiv's are percent-encoded, PMC's hold dates and bars; none may be touched."""
    escaped = token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inner = f"<ListRecords><resumptionToken> {escaped}\n</resumptionToken></ListRecords>"
    assert read(source, OAI.format(inner).encode()).next == token


# -- anything at all -----------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, "", " ", "x", "9" * 5000, [], {}, [None], [[]], {"a": []},
    "\x00", "\ud800",
)  # fmt: skip
ENVELOPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pubmed", {"header": {}, "esearchresult": {"count": "1", "retmax": "1", "retstart": "0",
        "querykey": "1", "webenv": "W", "idlist": ["41"], "querytranslation": "q",
        "errorlist": {"phrasesnotfound": []}, "warninglist": {"outputmessages": ["x"]}}}),
    ("biorxiv", {"messages": [{"status": "ok", "interval": "a:b", "cursor": 0, "count": 1,
        "total": "1"}], "collection": [{"doi": "10.1101/1", "version": "1", "server": "bioRxiv"}]}),
    ("biorxiv", {"messages": [{"status": "ok", "cursor": "0", "total": 1}],
        "collection": [{"preprint_doi": "10.1101/1", "preprint_platform": "bioRxiv"}]}),
    ("europepmc", {"hitCount": 1, "nextCursorMark": "*", "request": {"queryString": "q"},
        "resultList": {"result": [{"id": "1", "source": "MED", "title": "x",
        "versionNumber": 1}]}}),
    ("crossref", {"status": "ok", "message": {"total-results": 1, "next-cursor": "c",
        "query": {"search-terms": "q"}, "items": [{"DOI": "10.1000/a"}]}}),
    ("openalex", {"meta": {"count": 1, "next_cursor": "c"}, "results": [{"id": "x/W1"}]}),
    ("datacite", {"data": [{"id": "10.1/a", "attributes": {"doi": "10.1000/a"}}],
        "meta": {"total": 1}, "links": {"next": "http://x/"}}),
)  # fmt: skip


def answered(source: str, body: bytes) -> Page | None:
    """The page, None for a `SourceError`; anything else fails the test that calls."""
    try:
        page = read(source, body)
    except (SourceError, InputError):
        return None
    assert page.stated is None or 0 <= page.stated < 10**18
    for said in (page.next, page.translation, *page.warnings, *page.ids):
        assert (said or "").encode("utf-8") is not None  # no half of a surrogate pair
    assert all(record.source_id and record.format for record in page.records)
    return page


def mutations(value: Any, odd: object) -> list[Any]:
    """Copies of a JSON value, each with another one of its parts replaced by `odd`."""
    found = [odd]
    if isinstance(value, dict):
        for key, part in value.items():
            found += [{**value, key: new} for new in mutations(part, odd)]
            found.append({k: v for k, v in value.items() if k != key})
    elif isinstance(value, list):
        for place, part in enumerate(value):
            found += [[*value[:place], new, *value[place + 1 :]] for new in mutations(part, odd)]
    return found


@pytest.mark.parametrize(("source", "envelope"), ENVELOPES, ids=lambda part: str(part)[:24])
def test_the_unharmed_envelope_is_a_page(source: str, envelope: dict[str, Any]) -> None:
    """Else the mutations below would prove nothing."""
    page = answered(source, json.dumps(envelope).encode())
    assert page is not None
    assert page.records or page.ids


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:16])
@pytest.mark.parametrize(("source", "envelope"), ENVELOPES, ids=lambda part: str(part)[:24])
def test_an_envelope_with_any_part_misshapen_is_a_page_or_a_typed_error(
    source: str, envelope: dict[str, Any], odd: object
) -> None:
    for harmed in mutations(envelope, odd):
        answered(source, json.dumps(harmed).encode())


@pytest.mark.parametrize("source", [*APIS, "datacite", "rss", "ris", "bibtex"])
@given(body=st.one_of(st.binary(max_size=60), st.text(alphabet='<>/{}[]":,@=-TYER \n', max_size=40)
                      .map(str.encode)))  # fmt: skip
def test_no_bytes_at_all_make_a_reader_trip(source: str, body: bytes) -> None:
    answered(source, body)


@pytest.mark.parametrize("source", [*APIS, "datacite", "rss", "ris", "bibtex"])
@pytest.mark.parametrize(
    "piece", [b"[", b'{"a":', b"<a>", b"@a{", b"TY  - \n", b"&lt;", b"\x1f\x8b"]
)
def test_twenty_thousand_openings_are_a_typed_error(source: str, piece: bytes) -> None:
    answered(source, piece * 20_000)


@given(st.one_of(st.integers(), st.text(alphabet="0123456789,. -٣²", max_size=30), st.floats()))
def test_a_total_is_a_natural_number_or_unknown(value: object) -> None:
    found = replies.count(value)
    assert found is None or 0 <= found < 10**18
    if isinstance(value, int) and 0 <= value < 10**18:
        assert found == replies.count(str(value)) == replies.count(f"{value:,}") == value
