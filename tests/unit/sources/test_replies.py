from __future__ import annotations

import pytest

from service.errors import NotDataError, NotFoundError, ThrottledError, TransientError
from service.sources import replies


@pytest.mark.parametrize("body", [b"", b"  \r\n ", b"\xef\xbb\xbf"])
def test_an_empty_body_is_transient(body: bytes) -> None:
    with pytest.raises(TransientError):
        replies.refuse_notices("X", body)


@pytest.mark.parametrize(
    "body",
    [
        b"Rate exceeded.",
        b"error code: 1015",
        b"<html><head><title>429 Too Many Requests</title></head></html>",
        b"<!DOCTYPE html>\n<html><body>Rate limit exceeded</body></html>",
    ],
)
def test_a_throttle_notice_is_throttled_whatever_its_form(body: bytes) -> None:
    with pytest.raises(ThrottledError):
        replies.refuse_notices("X", body)


def test_an_error_key_about_the_rate_is_throttled() -> None:
    with pytest.raises(ThrottledError, match="API rate limit exceeded"):
        replies.json_value("X", b'{"error": "API rate limit exceeded", "count": "11"}')


@pytest.mark.parametrize("body", [b"Resource not found.", b"<html><title>404 Not Found</title>"])
def test_a_not_found_note_is_not_found(body: bytes) -> None:
    with pytest.raises(NotFoundError):
        replies.refuse_notices("X", body)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><html><body>503</body></html>",
        b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>',
        b"<!-- proxy --><HTML></HTML>",
    ],
)
def test_html_where_data_was_expected_is_transient(body: bytes) -> None:
    with pytest.raises(TransientError, match="HTML"):
        replies.xml_root("X", body)


def test_words_about_rates_inside_data_are_no_notice() -> None:
    replies.refuse_notices("X", b'{"title": "Heart rate exceeded. Too many requests"}')
    replies.refuse_notices("X", b"<article><p>rate limit exceeded</p></article>")


@pytest.mark.parametrize(
    "body", [b'{"a": [1, 2', b'{"a": "x', b"Error : (2002) Connection refused"]
)
def test_json_that_breaks_off_is_transient(body: bytes) -> None:
    with pytest.raises(TransientError):
        replies.json_value("X", body)


def test_a_raw_newline_inside_a_json_string_is_read() -> None:
    assert replies.json_value("X", b'{"ERROR": "one\ntwo"}') == {"ERROR": "one\ntwo"}


def test_json_nested_without_end_is_no_data() -> None:
    with pytest.raises(NotDataError):
        replies.json_value("X", b"[" * 200_000)


def test_broken_xml_is_transient() -> None:
    with pytest.raises(TransientError):
        replies.xml_root("X", b"<a><b></a>")


def test_compact_json_has_no_lone_surrogates() -> None:
    assert replies.compact({"a": "\ud800β"}) == '{"a":"?β"}'.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), ("1,234", 1234), ("", None), (None, None), (True, None), ("many", None)],
)
def test_a_count_is_read_in_every_form(value: object, expected: int | None) -> None:
    assert replies.count(value) == expected
