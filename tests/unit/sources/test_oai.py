from __future__ import annotations

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    SourceError,
    TransientError,
)
from service.sources.oai import read_oai

ENVELOPE = (
    '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "<responseDate>2026-11-20T01:02:03Z</responseDate><request/>{}</OAI-PMH>"
)
RECORD = (
    "<record><header{}><identifier>oai:x:{}</identifier><datestamp>2026-11-19</datestamp>"
    "<setSpec>q-bio</setSpec><setSpec>pmc-open</setSpec></header>{}</record>"
)
METADATA = '<metadata>\n  <m:thing xmlns:m="urn:m"><m:a>β</m:a></m:thing>\n</metadata>'


def reply(inner: str) -> bytes:
    return ENVELOPE.format(inner).encode()


def test_records_come_with_header_and_metadata_bytes() -> None:
    page = read_oai(reply(f"<ListRecords>{RECORD.format('', 1, METADATA)}</ListRecords>"))
    (record,) = page.records
    assert (record.identifier, record.datestamp) == ("oai:x:1", "2026-11-19")
    assert record.sets == ("q-bio", "pmc-open")
    assert not record.deleted
    assert record.metadata is not None
    assert record.metadata.startswith(b"<m:thing")
    assert b'xmlns:m="urn:m"' in record.metadata
    assert not record.metadata.endswith(b"\n")
    assert page.response_date == "2026-11-20T01:02:03Z"


def test_a_deleted_header_is_a_record_without_metadata() -> None:
    deleted = RECORD.format(' status="deleted"', 2, "")
    (record,) = read_oai(reply(f"<ListRecords>{deleted}</ListRecords>")).records
    assert record.deleted
    assert record.metadata is None


def test_the_token_and_the_stated_size_are_read_as_they_are() -> None:
    token = (
        '<resumptionToken completeListSize="1,300" cursor="0">verb%3DListRecords</resumptionToken>'
    )
    page = read_oai(reply(f"<ListRecords>{RECORD.format('', 1, METADATA)}{token}</ListRecords>"))
    assert page.token == "verb%3DListRecords"
    assert page.stated == 1300


@pytest.mark.parametrize(
    "token", ["", "<resumptionToken/>", "<resumptionToken> </resumptionToken>"]
)
def test_no_token_or_an_empty_one_ends_the_list(token: str) -> None:
    page = read_oai(reply(f"<ListRecords>{RECORD.format('', 1, METADATA)}{token}</ListRecords>"))
    assert page.token is None


def test_identifiers_are_headers_without_metadata() -> None:
    header = "<header><identifier>oai:x:9</identifier><datestamp>2026-01-01</datestamp></header>"
    (record,) = read_oai(reply(f"<ListIdentifiers>{header}</ListIdentifiers>")).records
    assert (record.identifier, record.metadata) == ("oai:x:9", None)


def test_a_bare_record_is_read() -> None:
    (record,) = read_oai(RECORD.format("", 3, METADATA).encode()).records
    assert record.identifier == "oai:x:3"


def test_no_records_match_is_an_empty_page() -> None:
    page = read_oai(reply('<error code="noRecordsMatch"/>'))
    assert (page.records, page.token, page.stated) == ((), None, 0)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("badResumptionToken", CursorLostError),
        ("idDoesNotExist", NotFoundError),
        ("badArgument", BadRequestError),
        ("badVerb", BadRequestError),
        ("cannotDisseminateFormat", BadRequestError),
        ("noSetHierarchy", BadRequestError),
        ("somethingNew", BadRequestError),
        ("internalError", TransientError),
    ],
)
def test_every_error_code_has_its_class(code: str, error: type[SourceError]) -> None:
    with pytest.raises(error, match=code):
        read_oai(reply(f'<error code="{code}">said so</error>'))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"broken xml", TransientError),
        (reply("<ListRecords><record>")[:-20], TransientError),
        (b"<html></html>", TransientError),
        (b"<feed/>", NotDataError),
        (reply(""), NotDataError),
        (reply("<ListRecords><record/></ListRecords>"), NotDataError),
    ],
)
def test_what_is_no_oai_reply_is_refused(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read_oai(body)
