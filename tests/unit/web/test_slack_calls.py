from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tests.web_site import Site

PATHS = ("/slack/events", "/slack/interactions", "/slack/commands")


@dataclass
class Taking:
    """Keeps what it is handed."""

    status: int = 200
    body: bytes = b""
    calls: list[tuple[list[tuple[str, str]], bytes, datetime]] = field(default_factory=list)

    def handle(
        self, headers: Sequence[tuple[str, str]], body: bytes, now: datetime
    ) -> tuple[int, bytes]:
        self.calls.append((list(headers), body, now))
        return self.status, self.body


@pytest.mark.parametrize("path", PATHS)
def test_slack_gets_nowhere_when_it_is_not_told_to_call(site: Site, path: str) -> None:
    site.app.slack_requests = None
    assert site.browser.post(path, content=b"x").status_code == 404
    assert site.browser.get(path).status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_a_call_is_handed_over_as_it_came(site: Site, path: str) -> None:
    """T63. The signature is over the very bytes, and a header that comes twice must be seen."""
    site.app.slack_requests = taking = Taking()
    headers = [("X-Slack-Signature", "v0=a"), ("X-Slack-Signature", "v0=b"), ("Cookie", "é")]
    body = b"payload=%7B%7D&\xff\r\n"
    answer = site.browser.post(
        path, content=body, headers=[(k.encode(), v.encode("latin-1")) for k, v in headers]
    )
    assert (answer.status_code, answer.content) == (200, b"")
    ((seen, got, now),) = taking.calls
    assert got == body
    assert now == site.time.at
    assert [value for name, value in seen if name.lower() == "x-slack-signature"] == [
        "v0=a",
        "v0=b",
    ]


@pytest.mark.parametrize(("status", "body"), [(401, b""), (413, b""), (503, b""), (200, b"{}")])
def test_its_answer_is_given_as_it_is(site: Site, status: int, body: bytes) -> None:
    site.app.slack_requests = Taking(status, body)
    answer = site.browser.post("/slack/commands", content=b"x")
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("content-type", "") == ("application/json" if body else "")


def test_a_body_that_is_too_large_never_gets_there(site: Site) -> None:
    site.app.slack_requests = taking = Taking()
    assert site.browser.post("/slack/events", content=b"x" * 300_000).status_code == 413
    assert taking.calls == []
