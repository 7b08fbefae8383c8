from __future__ import annotations

from datetime import UTC, datetime

import httpcore
import httpx
import pytest

from service.errors import (
    BadRequestError,
    FetchRefusedError,
    NotFoundError,
    SourceError,
    ThrottledError,
    TransientError,
)
from service.sources.http_rules import (
    checked_url,
    excerpt,
    network_fault,
    redacted,
    redirect_target,
    secrets_in,
    status_error,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OWN = frozenset({"127.0.0.1:8000"})


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.org/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://example.org/",
        "//example.org/x",
        "example.org",
        "",
        "http:///path",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org:22/",
        "http://example.org:8080/",
        "http://example.org:0/",
        "http://127.0.0.1:8001/",
        "http://0177.0.0.1/",
        "http://exa\r\nmple.org/",
        "http://" + "x" * 70_000,
    ],
)
def test_an_address_that_is_not_plain_web_is_refused(text: str) -> None:
    with pytest.raises(FetchRefusedError):
        checked_url(text, OWN)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/a?b=c",
        "https://example.org:443/",
        "https://example.org:80/",
        "http://127.0.0.1:8000/replay",
        "https://bücher.example/",
    ],
)
def test_a_plain_web_address_is_taken(text: str) -> None:
    assert checked_url(text, OWN).host


def test_a_refusal_does_not_tell_the_password() -> None:
    with pytest.raises(FetchRefusedError) as caught:
        checked_url("http://user:hunter2@example.org/?api_key=s3cret", OWN)
    assert "hunter2" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_redirect_may_be_relative() -> None:
    assert (
        str(redirect_target(httpx.URL("https://a.org/x/y"), "../z?q=1", OWN))
        == "https://a.org/z?q=1"
    )


@pytest.mark.parametrize(
    ("source", "location"),
    [
        ("https://a.org/", "http://a.org/"),
        ("https://a.org/", "file:///etc/passwd"),
        ("https://a.org/", "https://u:p@b.org/"),
        ("https://a.org/", "https://b.org:22/"),
        ("https://a.org/", ""),
        ("http://a.org/", "http://127.0.0.1:8000/"),
        ("http://a.org/", "http://b\r.org/"),
    ],
)
def test_a_redirect_is_checked_like_a_first_address(source: str, location: str) -> None:
    with pytest.raises(FetchRefusedError):
        redirect_target(httpx.URL(source), location, OWN)


def test_a_trusted_host_may_redirect_to_itself() -> None:
    target = redirect_target(httpx.URL("http://127.0.0.1:8000/a"), "/b", OWN)
    assert str(target) == "http://127.0.0.1:8000/b"


def test_keys_and_addresses_are_not_told() -> None:
    url = httpx.URL("https://u:p@h.org/x?term=a&api_key=K1&email=me%40lab.org&Token=T")
    told = redacted(url)
    assert told == "https://h.org/x?term=a&api_key=***&email=***&Token=***"


def test_a_long_address_is_cut() -> None:
    assert len(redacted(httpx.URL("https://h.org/?term=" + "a" * 5000))) == 160


def test_an_excerpt_is_one_short_line_without_secrets() -> None:
    body = b'{"error":"API key invalid","api-key":"K1 2"}\n\x00<b>' + b"x" * 900
    told = excerpt(body, {"K1 2"})
    assert told.startswith('{"error":"API key invalid","api-key":"***"} <b>xxx')
    assert len(told) == 200


def test_secrets_are_found_in_parameters_and_forms() -> None:
    found = secrets_in({"api_key": "K", "term": "t"}, None, {"email": "e", "tool": "litwatch"})
    assert found == {"K", "e"}


@pytest.mark.parametrize(
    ("status", "headers", "told", "kind"),
    [
        (429, {}, "", ThrottledError),
        (503, {"retry-after": "5"}, "", ThrottledError),
        (503, {}, "", TransientError),
        (503, {"retry-after": "soon"}, "", TransientError),
        (500, {}, "", TransientError),
        (502, {}, "", TransientError),
        (504, {}, "", TransientError),
        (408, {}, "", TransientError),
        (404, {}, "", NotFoundError),
        (410, {}, "", NotFoundError),
        (400, {}, "", BadRequestError),
        (401, {}, "", BadRequestError),
        (403, {}, "", BadRequestError),
        (403, {}, "error code: 1015", ThrottledError),
        (400, {}, '{"error":"API rate limit exceeded","count":"11"}', ThrottledError),
        (304, {}, "", BadRequestError),
    ],
)
def test_a_status_has_its_meaning(
    status: int, headers: dict[str, str], told: str, kind: type[SourceError]
) -> None:
    error = status_error("GET x", status, headers, told, NOW)
    assert type(error) is kind
    assert str(status) in error.cause


def test_a_throttled_reply_carries_the_asked_wait() -> None:
    error = status_error("x", 429, {"retry-after": "120"}, "", NOW)
    assert isinstance(error, ThrottledError)
    assert error.retry_after == 120.0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpcore.ConnectTimeout("t"), "no connection in time"),
        (httpcore.ConnectError("refused"), "no connection: refused"),
        (httpcore.ReadTimeout("t"), "no answer in time"),
        (httpcore.ReadError("reset"), "broke while the reply came"),
        (httpcore.WriteError("reset"), "broke while the request went out"),
        (httpcore.RemoteProtocolError("short"), "cut off"),
        (httpcore.NetworkError(""), "network fault"),
    ],
)
def test_a_network_fault_is_named(error: Exception, words: str) -> None:
    assert words in network_fault("GET x", error).cause
