"""What holds for every answer: HEAD, ETags, problems, sizes, headers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import ConfigError, EncoderError, StoreBusyError, StoreError
from service.web.limits import BODY
from tests.api_office import DIGEST, TOPIC
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from tests.api_office import Office

GETS = ["search?q=a", "works/1", "works/1/similar", "topics", f"topics/{TOPIC}", "digests", f"digests/{DIGEST}", "deliveries", "subscriptions", "votes", "sources", "receipts", "audit", "searches", "health", "openapi.json"]  # fmt: skip


# -- conditional GET and HEAD ---------------------------------------------------------------------


@pytest.mark.parametrize("path", GETS)
def test_what_is_known_is_not_sent_again(office: Office, path: str) -> None:
    here, address = office.here(), f"/api/v1/{path}"
    first = here.get(address)
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for told in (etag, f'"x", W/{etag}', "*"):
        again = here.get(address, headers={"If-None-Match": told})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "private, no-cache"
        assert "content-length" not in again.headers
    for told in ('"x"', "", etag.strip('"')):
        assert here.get(address, headers={"If-None-Match": told}).content == first.content


@pytest.mark.parametrize("path", GETS)
def test_head_tells_what_get_would_without_its_body(office: Office, path: str) -> None:
    here, address = office.here(), f"/api/v1/{path}"
    whole, head = here.get(address), here.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    known = here.head(address, headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304


def test_an_answer_that_has_changed_has_another_etag(office: Office) -> None:
    here = office.here()
    etag = here.get("/api/v1/health").headers["etag"]
    Archive(office.app.store).take_in(paper(7))
    again = here.get("/api/v1/health", headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert again.headers["etag"] != etag


def test_nothing_but_an_answer_is_kept(office: Office) -> None:
    for path in ("works/99", "nothing", "search?limit=0"):
        answer = office.here().get(f"/api/v1/{path}", headers={"If-None-Match": "*"})
        assert answer.status_code >= 400
        assert "etag" not in answer.headers


def test_the_head_of_an_export_writes_nothing(office: Office) -> None:
    address = "/api/v1/exports?format=ris&saved=true"
    head = office.here().head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == office.here().get(address).headers["content-type"]
    assert office.here().head("/api/v1/exports?format=ris&topic=none").status_code == 404


def test_a_head_that_fails_has_no_body(office: Office) -> None:
    answer = office.here().head("/api/v1/works/99")
    assert (answer.status_code, answer.content) == (404, b"")


def test_no_get_changes_anything(office: Office) -> None:
    before = office.rows()
    for path in GETS:
        for method in ("GET", "HEAD"):
            office.here().request(method, f"/api/v1/{path}")
    assert office.rows() == before


# -- problems -------------------------------------------------------------------------------------


def problem(answer: Any, status: int) -> Any:
    """The problem that an answer is; all have the same parts."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code", "remedy"} <= told.keys()
    assert told["status"] == status
    assert told["type"] == f"urn:litwatch:problem:{told['code']}"
    assert told["instance"].startswith("urn:litwatch:request:")
    assert answer.headers["x-content-type-options"] == "nosniff"
    return told


def test_a_query_error_points_at_the_place(office: Office) -> None:
    told = problem(office.here().get("/api/v1/search", params={"q": "stroma title:("}), 400)
    assert (told["code"], told["at"]) == ("query", 13)
    assert told["remedy"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/works/1", "/api/v1/nothing", "/api/v1/topics/", "/api/../api/x", "/api/v1/docs", "/api/docs", "/api/v1/%00"])  # fmt: skip
def test_an_address_that_leads_to_nothing_is_a_problem(office: Office, path: str) -> None:
    told = problem(office.here().get(path, follow_redirects=False), 404)
    assert told["code"] in {"not-found", "topic"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])  # fmt: skip
def test_a_method_that_is_not_taken_is_a_problem(office: Office, method: str) -> None:
    answer = office.here().request(method, "/api/v1/topics")
    assert problem(answer, 405)["code"] == "method"
    assert answer.headers["allow"] == "HEAD, GET"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("votes", "HEAD, GET, POST"),
        ("searches/nets", "HEAD, GET, PUT, DELETE"),
        ("subscriptions/Lab/stop", "POST"),
    ],
)
def test_every_method_that_an_address_takes_is_told(office: Office, path: str, told: str) -> None:
    answer = office.here().patch(f"/api/v1/{path}")
    assert problem(answer, 405)["code"] == "method"
    assert answer.headers["allow"] == told


def test_what_does_not_fit_is_told_field_by_field(office: Office) -> None:
    body = {"topic": TOPIC, "judgement": "good"}
    told = problem(office.here().post("/api/v1/votes", json=body), 422)
    assert {fault["where"] for fault in told["faults"]} == {"body.work", "body.judgement"}


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff", b"[" * 50_000, b'{"topic":NaN}'])  # fmt: skip
def test_a_body_that_is_no_request_is_a_problem(office: Office, body: bytes) -> None:
    answer = office.here().post(
        "/api/v1/votes", content=body, headers={"Content-Type": "application/json"}
    )
    problem(answer, answer.status_code)
    assert answer.status_code in {400, 422}


def test_a_form_is_no_request(office: Office) -> None:
    before = office.rows()
    body = {"topic": TOPIC, "work": "1", "judgement": "relevant"}
    problem(office.here().post("/api/v1/votes", data=body), 422)
    assert office.rows() == before


def test_a_body_that_is_too_large_is_a_problem(office: Office) -> None:
    body = b'{"note": "' + b"x" * BODY + b'"}'
    headers = {"Content-Type": "application/json"}
    problem(office.here().post("/api/v1/votes", content=body, headers=headers), 413)
    problem(office.here().post("/api/v1/votes", content=iter([body]), headers=headers), 413)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("password hunter2"), 500, "defect"),
        (ConfigError("web.keys", "hunter2"), 500, "defect"),
        (StoreError("sqlite:///hunter2.db", "is full"), 503, "unavailable"),
        (StoreBusyError("sqlite:///hunter2.db", "is locked"), 503, "unavailable"),
        (EncoderError("the model", "is missing", "install it"), 503, "encoder"),
    ],
)
def test_no_fault_of_ours_shows_how_we_are_made(
    office: Office,
    error: Exception,
    status: int,
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_search: Any) -> Any:
        raise error

    office.app.find = fail  # type: ignore[method-assign]
    with caplog.at_level(logging.INFO):
        answer = office.here().get("/api/v1/search", params={"q": "a"})
    told = problem(answer, status)
    assert told["code"] == code
    for secret in ("hunter2", "Traceback", "sqlite", "RuntimeError"):
        assert secret not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    assert str(error) in caplog.text or "RuntimeError" in caplog.text


def test_an_archive_that_is_not_there_is_not_healthy(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise StoreError("sqlite:///hunter2.db", "does not exist")

    monkeypatch.setattr(office.app, "check", gone)
    problem(office.here().get("/api/v1/health"), 503)


def test_an_error_is_no_matter_of_what_was_known(office: Office) -> None:
    """Text that must not break a header or a body."""
    for name in ("%0d%0aX: 1", "%E2%80%AE", "<script>", "%F0%9F%A6%A0" * 20):
        problem(office.here().get(f"/api/v1/topics/{name}"), 404)
