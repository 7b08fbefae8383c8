from __future__ import annotations

import json

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.crossref_payload import read, version_of

WORK = {"DOI": "10.1371/Journal.PONE.1", "title": ["A"]}


def failed(*messages: dict[str, str], status: str = "failed") -> bytes:
    return json.dumps({"status": status, "message": list(messages)}).encode()


def test_a_work_is_known_by_its_doi_in_lower_case() -> None:
    body = json.dumps({"status": "ok", "message-type": "work", "message": WORK}).encode()
    (record,) = read(body).records
    assert (record.key, record.format) == ("crossref:10.1371/journal.pone.1", "crossref-json")
    assert json.loads(record.payload) == WORK


def test_a_list_gives_total_cursor_and_query() -> None:
    message = {
        "items": [WORK, {"title": ["no DOI"]}],
        "total-results": 454,
        "next-cursor": "DnF1ZXJ5",
        "query": {"search-terms": "widget"},
    }
    page = read(json.dumps({"status": "ok", "message": message}).encode())
    assert len(page.records) == 1
    assert (page.stated, page.next, page.translation) == (454, "DnF1ZXJ5", "widget")
    assert page.warnings == ("item 2 is left out: it has no DOI",)


@pytest.mark.parametrize("body", [WORK, [WORK], {"items": [WORK]}])
def test_a_work_is_found_in_every_wrapping(body: object) -> None:
    assert len(read(json.dumps(body).encode()).records) == 1


def test_one_work_per_line_is_read() -> None:
    other = {"DOI": "10.1/b", "title": ["line\u2028separator"]}
    body = "\n".join(json.dumps(w, ensure_ascii=False) for w in (WORK, other)) + "\n"
    assert len(read(body.encode()).records) == 2


def test_a_line_that_breaks_off_is_transient() -> None:
    with pytest.raises(TransientError, match="line 2"):
        read(json.dumps(WORK).encode() + b'\n{"DOI": "10.')


@pytest.mark.parametrize(
    ("doi", "version"),
    [
        ("10.21203/rs.3.rs-6664819/v2", "2"),
        ("10.20944/preprints202303.0344.v1", "1"),
        ("10.26434/chemrxiv-2022-w0jzh-v2", "2"),
        ("10.26434/chemrxiv.12345678.v3", "3"),
        ("10.12688/f1000research.161261.2", "2"),
        ("10.12688/verixiv.54.1", "1"),
        ("10.1002/essoar.10503377.3", "3"),
        ("10.22541/au.169.123/v1", "1"),
        ("10.1101/2025.02.05.636615", ""),
        ("10.26434/chemrxiv-2022-w0jzh", ""),
        ("10.1371/journal.pone.0033693", ""),
        ("10.2139/ssrn.5186959", ""),
        ("10.1016/j.cell.2020.01.2", ""),
    ],
)
def test_the_version_is_read_only_where_servers_put_it(doi: str, version: str) -> None:
    assert version_of(doi) == version


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"Resource not found.", NotFoundError),
        (failed({"type": "cursor-invalid", "message": "it is invalid"}), CursorLostError),
        (failed({"type": "filter-not-available", "message": "no such filter"}), BadRequestError),
        (failed({"type": "integer-not-valid", "message": "rows"}), BadRequestError),
        (failed({"type": "resource-not-found", "message": "x"}), NotFoundError),
        (failed({"type": "rate-limit", "message": "slow down"}), ThrottledError),
        (
            b'{"status":"error","message-type":"exception","message":'
            b'{"name":"class java.net.SocketTimeoutException","description":"java..."}}',
            TransientError,
        ),
        (b"<html><head><title>429 Too Many Requests</title></head></html>", ThrottledError),
        (b"<html><head><title>504 Gateway Time-out</title></head></html>", TransientError),
        (b'{"status":"ok","message":{"agency":{}}}', NotDataError),
        (b'{"status":"ok","message":"what"}', BadRequestError),
        (b'{"status":"ok","message":{"items":[{"DOI"', TransientError),
        (b"7", NotDataError),
        (b"[", TransientError),
    ],
)
def test_every_bad_body_has_its_class(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        read(body)
