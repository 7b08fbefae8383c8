"""PubMed's replies: what they hold, and what they mean when they hold nothing."""

from __future__ import annotations

import gzip
import json

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    Retry,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.records import Page, Record
from service.sources.pubmed_payload import query_alterations, read

ONE = (
    b'<PubmedArticle><MedlineCitation><PMID Version="1">11</PMID></MedlineCitation></PubmedArticle>'
)
GONE = b"<DeleteCitation><PMID>33</PMID></DeleteCitation>"
SET = b"<PubmedArticleSet>" + ONE + GONE + b"</PubmedArticleSet>"


def _search(**result: object) -> bytes:
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()


FULL = {"count": "2", "retmax": "2", "retstart": "0", "idlist": ["11", "12"]}


# -- records --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [SET, gzip.compress(SET, mtime=0), b"\xef\xbb\xbf \n" + SET])
def test_records_and_deletions_of_a_set(body: bytes) -> None:
    page = read(body)
    assert page.records == (Record("pubmed", "11", "1", "pubmed-xml", ONE),)
    assert page.deletions == ("33",)


def test_an_empty_set_is_an_empty_page() -> None:
    assert read(b'<?xml version="1.0"?><PubmedArticleSet></PubmedArticleSet>') == Page()


def test_truncated_xml_is_transient() -> None:
    with pytest.raises(TransientError):
        read(SET[:-5])


def test_medline_text_is_cut_at_its_pmids() -> None:
    page = read(b"\nPMID- 11\nTI  - A\n\nPMID- 12\nTI  - B\n")
    assert page.records == (
        Record("pubmed", "11", "", "medline", b"PMID- 11\nTI  - A"),
        Record("pubmed", "12", "", "medline", b"PMID- 12\nTI  - B"),
    )


def test_summaries_are_cut_to_their_exact_bytes() -> None:
    doc = b'<DocSum>\n<Id>11</Id><Item Name="Title" Type="String">A</Item></DocSum>'
    page = read(
        b"<eSummaryResult>\n" + doc + b"<ERROR>Invalid uid 9 at position=1</ERROR></eSummaryResult>"
    )
    assert page.records == (Record("pubmed", "11", "", "pubmed-esummary", doc),)
    assert page.warnings == ("ERROR: Invalid uid 9 at position=1",)


# -- searches -------------------------------------------------------------------------------------


def test_a_search_in_json() -> None:
    page = read(_search(**FULL, webenv="MCID_1", querykey="1", querytranslation="a[All Fields]"))
    assert page == Page(ids=("11", "12"), stated=2, next="MCID_1 1", translation="a[All Fields]")


def test_a_search_in_xml_reads_as_the_one_in_json() -> None:
    body = b"""<eSearchResult><Count>2</Count><RetMax>2</RetMax><RetStart>0</RetStart>
    <QueryKey>1</QueryKey><WebEnv>MCID_1</WebEnv><IdList><Id>11</Id><Id>12</Id></IdList>
    <QueryTranslation>a[All Fields]</QueryTranslation></eSearchResult>"""
    assert read(body) == read(
        _search(**FULL, webenv="MCID_1", querykey="1", querytranslation="a[All Fields]")
    )


@pytest.mark.parametrize(
    "body", [_search(count="7"), b"<eSearchResult><Count>7</Count></eSearchResult>"]
)
def test_a_count_alone_is_a_whole_reply(body: bytes) -> None:
    assert read(body) == Page(stated=7)


@pytest.mark.parametrize("missing", ["count", "retmax", "retstart", "idlist"])
def test_a_search_reply_that_lacks_a_part_is_transient(missing: str) -> None:
    with pytest.raises(TransientError):
        read(_search(**{key: value for key, value in FULL.items() if key != missing}))


@pytest.mark.parametrize("ids", [["x"], "11", [None]])
def test_a_list_of_something_else_than_ids_is_not_data(ids: object) -> None:
    with pytest.raises(NotDataError):
        read(_search(**{**FULL, "idlist": ids}))


WARNED_XML = b"""<eSearchResult><Count>0</Count><RetMax>0</RetMax><RetStart>0</RetStart><IdList/>
<ErrorList><PhraseNotFound>abc</PhraseNotFound><FieldNotFound>xx</FieldNotFound></ErrorList>
<WarningList><PhraseIgnored>of</PhraseIgnored><QuotedPhraseNotFound>"a b"</QuotedPhraseNotFound>
<OutputMessage>No items found.</OutputMessage></WarningList></eSearchResult>"""
WARNED_JSON = _search(
    count="0",
    retmax="0",
    retstart="0",
    idlist=[],
    errorlist={"phrasesnotfound": ["abc"], "fieldsnotfound": ["xx"]},
    warninglist={
        "phrasesignored": ["of"],
        "quotedphrasesnotfound": ['"a b"'],
        "outputmessages": ["No items found."],
    },
)


@pytest.mark.parametrize("body", [WARNED_XML, WARNED_JSON])
def test_warnings_are_told_in_the_same_words(body: bytes) -> None:
    page = read(body)
    assert page.warnings == (
        "PhraseNotFound: abc",
        "FieldNotFound: xx",
        "PhraseIgnored: of",
        'QuotedPhraseNotFound: "a b"',
        "OutputMessage: No items found.",
    )
    assert query_alterations(page) == (
        "PhraseNotFound: abc",
        "FieldNotFound: xx",
        'QuotedPhraseNotFound: "a b"',
    )


def test_a_wildcard_cut_short_alters_the_query() -> None:
    told = 'OutputMessage: Wildcard search for "a*" used only the first 600 variations.'
    assert query_alterations(Page(warnings=(told,))) == (told,)


def test_a_posted_list_gives_its_history_and_the_ids_not_taken() -> None:
    page = read(
        b"<ePostResult><InvalidIdList><Id>-1</Id></InvalidIdList><QueryKey>1</QueryKey>"
        b"<WebEnv>MCID_1</WebEnv></ePostResult>"
    )
    assert (page.next, page.warnings) == ("MCID_1 1", ("InvalidId: -1",))


# -- errors ---------------------------------------------------------------------------------------

CAP = "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998."


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (_search(ERROR=CAP), BadRequestError),
        (b'{"header":{},"esearchresult":{"ERROR":"' + CAP.encode() + b'"}}', BadRequestError),
        (b'{"header":{},"esearchresult":{"ERROR":"' + CAP.encode(), BadRequestError),
        (_search(ERROR="Search Backend failed: read timeout"), TransientError),
        (b"<eSearchResult><ERROR>Search Backend failed</ERROR></eSearchResult>", TransientError),
        (b"<eSearchResult><ERROR>" + CAP.encode() + b"</ERROR></eSearchResult>", BadRequestError),
        (b'{"error":"API rate limit exceeded","count":"11"}', ThrottledError),
        (b'{"error":"API key invalid","api-key":"x"}', BadRequestError),
        (b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>", CursorLostError),
        (b"<eFetchResult><ERROR>Cannot retrieve history data. query_key: 1, WebEnv: x, retstart: 0"
         b"</ERROR></eFetchResult>", CursorLostError),
        (b"<eSummaryResult><ERROR>Neither query_key nor id specified</ERROR></eSummaryResult>",
         BadRequestError),
        (b"<ePostResult><ERROR>Empty ID list; Nothing to store</ERROR></ePostResult>", BadRequestError),
        (b"<eFetchResult><ERROR>An unheard-of fault</ERROR></eFetchResult>", TransientError),
        (b"<eFetchResult><ERROR/></eFetchResult>", TransientError),
        (b"Error occurred: The following PMID is not available: 99", NotFoundError),
        (b"Rate exceeded.", ThrottledError),
        (b"error code: 1015", ThrottledError),
        (b"Error : (2002) Connection refused", TransientError),
        (b"<html><body>WWW Error 500 Diagnostic</body></html>", TransientError),
        (b"<!DOCTYPE html><html><title>Too Many Requests</title></html>", ThrottledError),
        (b'{"header":{"type":"esearch"', TransientError),
        (b"<eSearchResult><Count>2</Count>", TransientError),
        (b"", TransientError),
        (b"\x00\x01\x02 not text", NotDataError),
        (b"[1, 2]", NotDataError),
        (b'{"result":{"uids":["1"]}}', NotDataError),
        (b"<rss><channel/></rss>", NotDataError),
        (gzip.compress(SET, mtime=0)[:-12], TransientError),
        (gzip.compress(b"hello", mtime=0), TransientError),
    ],
)  # fmt: skip
def test_every_other_body_is_the_right_error(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        read(body)
    assert type(caught.value) is error
    assert caught.value.thing == "PubMed"
    assert caught.value.cause


def test_paging_too_far_is_never_retried_and_says_what_to_do() -> None:
    with pytest.raises(BadRequestError, match="split the window") as caught:
        read(_search(ERROR=CAP))
    assert caught.value.retry is Retry.NEVER
