"""What holds for every route: methods, forged links, headers, sizes, faults, and the log."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import random
import re
import string
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.capabilities import Capabilities
from service.errors import ConfigError, StoreBusyError
from service.web import faults, limits
from service.web.guard import Guard
from service.web.pages import POLICY, STYLE
from tests.web_site import READER, text

if TYPE_CHECKING:
    from tests.web_site import Site

FORM = "application/x-www-form-urlencoded"


def routes(app: Any) -> set[tuple[str, str]]:
    """Every (method, path) of an app, its routers' among them."""
    found = set()
    for route in app.routes:
        if hasattr(route, "methods"):
            found |= {(method, route.path) for method in route.methods}
        else:
            found |= routes(getattr(route, "original_router", None) or route)
    return found


# -- routes and methods ---------------------------------------------------------------------------

TABLE = {
    "/healthz": {"GET", "HEAD"},
    "/readyz": {"GET", "HEAD"},
    "/metrics": {"GET"},
    "/f/{token}": {"GET", "HEAD", "POST"},
    "/u/{token}": {"GET", "HEAD", "POST"},
    "/d/{token}": {"GET", "HEAD"},
    "/feed/{token}.{form}": {"GET", "HEAD"},
    "/feeds/{kind}/{name}.{form}": {"GET", "HEAD"},
    "/slack/events": {"POST"},
    "/slack/interactions": {"POST"},
    "/slack/commands": {"POST"},
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def test_the_table_names_every_route(site: Site) -> None:
    told = {(method, path) for path, methods in TABLE.items() for method in methods}
    assert routes(site.browser.app) == told


@pytest.mark.parametrize("path", TABLE)
def test_no_method_but_post_changes_anything(site: Site, path: str) -> None:
    """T76. Every other method is refused, or only shows."""
    tokens = {"f": site.vote_link(), "u": site.stop_link(), "d": site.page_link()}
    address = path.replace("{token}", tokens.get(path[1], "").rpartition("/")[2])
    before = site.rows()
    for method in METHODS:
        if method == "POST":
            continue
        sent = {"say": "relevant", "resume": "1", "_method": "POST"}
        answer = site.browser.request(
            method, address, params=sent, data=sent, headers={"X-HTTP-Method-Override": "POST"}
        )
        assert (answer.status_code != 405) == (method in TABLE[path])
    assert site.rows() == before


@pytest.mark.parametrize("path", ["/", "/f", "/f/", "/f/a/b", "/d", "/favicon.ico", "/docs", "/openapi.json", "/style.css", "/..%2f..%2fetc", "//", "/robots.txt"])  # fmt: skip
def test_there_is_nothing_else(site: Site, path: str) -> None:
    page = site.browser.get(path, follow_redirects=False)
    assert page.status_code == 404
    assert "There is no such page" in text(page)


def test_a_method_that_is_not_allowed_is_told_which_are(site: Site) -> None:
    page = site.browser.put(site.vote_link())
    assert page.status_code == 405
    assert page.headers["allow"]


# -- forged links ---------------------------------------------------------------------------------


def forged(site: Site, kind: str) -> list[str]:
    """A hundred tokens that are not good for this page."""
    good = {"f": site.vote_link, "u": site.stop_link, "d": site.page_link}
    token = good[kind]().rpartition("/")[2]
    other = Capabilities(site.app.settings.web.url, ("x" * 32,))
    others_key = {
        "f": other.feedback(site.content, READER, "stroma", 1),
        "u": other.unsubscribe(site.content, READER),
        "d": other.page(site.content, READER),
    }
    found = [make().rpartition("/")[2] for name, make in good.items() if name != kind]
    found += [others_key[kind].rpartition("/")[2], token[:-1], token + "A", token.swapcase()]
    found += ["x", ".", "%00", "%f0%28%8c%28", "a" * 3000, "%E2%80%AE", token.split(".")[0]]
    chance = random.Random(kind)
    while len(found) < 100:
        at = chance.randrange(len(token))
        letter = chance.choice(string.ascii_letters + string.digits + "-_")
        changed = token[:at] + letter + token[at + 1 :]
        if changed != token:
            found.append(changed)
    return found


@pytest.mark.parametrize("kind", ["f", "u", "d"])
def test_a_hundred_forged_links_are_refused_and_write_nothing(site: Site, kind: str) -> None:
    """T76, T77."""
    before = site.rows()
    for token in forged(site, kind):
        for method in ("GET", "POST"):
            page = site.browser.request(method, f"/{kind}/{token}", data={"say": "relevant"})
            assert 400 <= page.status_code < 500
            assert "Litwatch" in page.text
    assert site.rows() == before


class TestWithoutKeys:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"web": {}}

    def test_no_link_is_accepted(self, site: Site) -> None:
        signed = Capabilities("https://litwatch.example.org", ("k" * 32,))
        link = signed.feedback(site.content, READER, "stroma", 1)
        assert site.browser.get(link).status_code == 400


# -- headers --------------------------------------------------------------------------------------


def test_every_answer_has_strict_headers(site: Site) -> None:
    answers = [
        site.browser.get(site.vote_link()),
        site.browser.post(site.stop_link()),
        site.browser.get("/nothing"),
        site.browser.get("/f/x"),
        site.browser.get("/healthz"),
        site.browser.put(site.vote_link()),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers


def test_the_policy_allows_our_own_style_and_nothing_else(site: Site) -> None:
    page = site.browser.get(site.vote_link()).text
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style == STYLE
    told = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{told}'" in POLICY
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert " style=" not in page, "the policy would not let it count"


def test_no_header_of_a_proxy_is_believed(site: Site) -> None:
    sent = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example.org", "Host": "evil"}
    page = site.browser.get(site.vote_link(), headers=sent)
    assert page.status_code == 200
    assert "evil" not in page.text


# -- size and pace --------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_before_it_is_read(site: Site) -> None:
    page = site.browser.post(
        site.vote_link(), content=b"say=relevant&note=" + b"x" * limits.BODY,
        headers={"Content-Type": FORM},
    )  # fmt: skip
    assert page.status_code == 413
    assert "too much at once" in text(page)
    assert site.votes() == []


def test_a_body_without_a_stated_size_is_counted(site: Site) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        yield b"say=relevant&note="
        while sent < 100:
            sent += 1
            yield b"x" * 65_536

    page = site.browser.post(site.vote_link(), content=endless(), headers={"Content-Type": FORM})
    assert page.status_code == 413
    assert site.votes() == []


@pytest.mark.parametrize("stated", ["abc", "-1", "9" * 5000, "٣"])
def test_a_strange_content_length_is_no_defect(site: Site, stated: str) -> None:
    headers = [(b"content-length", stated.encode()), (b"content-type", FORM.encode())]
    page = site.browser.post(site.vote_link(), content=b"say=relevant", headers=headers)
    assert page.status_code in {200, 413}


@pytest.mark.parametrize("kind", ["vote_link", "stop_link"])
def test_presses_of_one_link_are_limited(site: Site, kind: str) -> None:
    link, other = getattr(site, kind)(), site.vote_link(2)
    statuses = [site.browser.post(link, data={"say": "save"}).status_code for _ in range(25)]
    assert statuses == [200] * 20 + [429] * 5
    page = site.browser.post(link)
    assert "a little fast" in text(page)
    assert site.browser.get(link).status_code == 200, "reading is free"
    assert site.browser.post(other, data={"say": "save"}).status_code == 200
    site.time.pass_time(seconds=int(page.headers["retry-after"]))
    assert site.browser.post(link, data={"say": "save"}).status_code == 200


def test_only_so_many_links_are_remembered() -> None:
    turns = limits.Turns(lambda: 0.0, burst=1)
    for number in range(10_001):
        turns.take(str(number))
    turns.take("0")  # forgotten: it would have to wait otherwise
    with pytest.raises(limits.HTTPException) as refused:
        turns.take("10000")
    assert refused.value.status_code == 429


# -- faults and the log ---------------------------------------------------------------------------


@pytest.fixture
def faulty() -> TestClient:
    """An app whose routes raise."""
    web = FastAPI()
    raised = {
        "defect": RuntimeError("password hunter2"),
        "busy": StoreBusyError("sqlite:///secret.db", "is locked"),
        "config": ConfigError("web.keys", "hidden cause"),
    }

    @web.get("/raise/{name}")
    def fail(name: str) -> None:
        raise raised[name]

    @web.get("/number/{value}")
    def number(value: int) -> int:
        return value

    faults.tell(web)
    web.add_middleware(Guard)
    return TestClient(web)


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/raise/defect", 500, "Something went wrong here"),
        ("/raise/config", 500, "Something went wrong here"),
        ("/raise/busy", 503, "The archive is busy"),
        ("/number/x", 400, "This does not work"),
        ("/nowhere", 404, "There is no such page"),
    ],
)
def test_a_fault_is_a_page_with_a_number_that_the_log_knows(
    faulty: TestClient, caplog: pytest.LogCaptureFixture, path: str, status: int, heading: str
) -> None:
    from service import logs

    logs.configure("info")
    caplog.handler.setFormatter(logging.getLogger().handlers[-1].formatter)
    lines: list[str] = []
    with caplog.at_level(logging.INFO):
        page = faulty.get(path)
    assert page.status_code == status
    assert heading in text(page)
    for secret in ("hunter2", "Traceback", "sqlite", "secret.db", "hidden cause", "RuntimeError"):
        assert secret not in page.text
    number = re.search(r"give this number: ([0-9a-f]{8})", text(page))
    assert number
    lines = caplog.handler.stream.getvalue().splitlines()
    assert any(number[1] in line for line in lines), lines
    assert page.headers["content-security-policy"] == POLICY


def test_a_client_that_leaves_is_no_defect(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    path = site.vote_link().removeprefix("https://litwatch.example.org")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", FORM.encode())],
    }
    with caplog.at_level(logging.INFO):
        asyncio.run(site.browser.app(scope, receive, send))
    assert "the client left" in caplog.text
    assert "Traceback" not in caplog.text
    assert site.votes() == []


def test_a_busy_archive_says_when_to_come_back(faulty: TestClient) -> None:
    assert faulty.get("/raise/busy").headers["retry-after"] == "60"


def test_the_log_has_every_request_and_no_token(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """T80: a token is as good as a password."""
    link = site.vote_link()
    token = link.rpartition("/")[2]
    with caplog.at_level(logging.DEBUG):
        site.browser.get(link)
        site.browser.post(link, data={"say": "save", "note": "my secret note"})
        site.browser.get(f"/f/{token}x")
        site.browser.get("/line%0Abreak")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("service")]
    assert "GET /f/...: 200" in ours
    assert "POST /f/...: 200" in ours
    assert "GET /f/...: 400" in ours
    for line in ours:
        assert token not in line
        assert "my secret note" not in line
        assert READER not in line
