"""Every route of the whole web face: who gets in, what other sites can set going, what errors tell.

The tables of what each route needs are beside the routes' own tests (site: test_door_routes, API:
test_api_access). Here is what must hold for all of them together, whatever will be added.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from service.errors import StoreError
from service.web.api import app as api
from service.web.app import create
from tests.api_office import DELIVERY, DIGEST, TOPIC
from tests.site_visits import OWN, SAMPLES, address, token_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.site_visits import Visits

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
# For everybody, and why that is right. All else needs a session or a token.
OPEN = {
    ("GET", "/healthz"): "says that the process lives",
    ("GET", "/readyz"): "says whether it could answer, and nothing of what it holds",
    ("GET", "/login"): "the way in",
    ("GET", "/static/{digest}/{name}"): "style sheets and scripts of our own",
    ("GET", "/pictures/{digest}"): "thumbnails of openly licensed figures, by their hash",
    ("GET", "/api/v1/openapi.json"): "what the API is",
}
# Authority lies in the address or in the signature alone: no browser adds to it, so another site's
# page can do no more than whoever made that page could do without it.
SIGNED = {
    ("POST", "/f/{token}"): "a vote: the address is the reader's own, and only a press writes",
    ("POST", "/u/{token}"): "RFC 8058: mail providers unsubscribe by a form from elsewhere",
    ("POST", "/slack/events"): "signed by Slack",
    ("POST", "/slack/interactions"): "signed by Slack",
    ("POST", "/slack/commands"): "signed by Slack",
}
ELSEWHERE = (
    {"Origin": "https://evil.example.org"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "cross-site"},
)
_FILLED = SAMPLES | {"digests": DIGEST, "deliveries": DELIVERY, "people": "mail:ida@example.org"}


class Route(NamedTuple):
    method: str
    path: str

    @property
    def at(self) -> str:
        return address(self.path, _FILLED).replace("{token}", "x").replace("{form}", "atom")


def _found(held: Iterable[Any], prefix: str = "") -> Iterator[Route]:
    for route in held:
        if hasattr(route, "methods"):
            yield from (Route(method, prefix + route.path) for method in route.methods - {"HEAD"})
        elif inner := getattr(route, "original_router", None) or getattr(route, "app", None):
            yield from _found(inner.routes, prefix)


def routes(visits: Visits) -> list[Route]:
    """Of the pages, of the signed addresses, and of the API."""
    web = create(visits.app)
    pages = {*_found(web.routes)}
    told = api.create(visits.app, web.state.gate).openapi()["paths"]
    below = {
        Route(m.upper(), path) for path, item in told.items() for m in item if m != "parameters"
    }
    below = {r if r.path.startswith("/api") else Route(r.method, f"/api{r.path}") for r in below}
    everything = sorted(pages | below | {Route("GET", "/api/v1/openapi.json")})
    assert len(everything) > 80
    return everything


def text_of(route: Route) -> dict[str, Any]:
    """A body that the route may take."""
    json = {"topic": TOPIC, "work": "1", "judgement": "relevant", "query": "x", "person": "Ida"}
    return {"json": json} if route.path.startswith("/api") else {"data": {"say": "relevant"}}


# -- who gets in ------------------------------------------------------------------------------------------


def test_a_stranger_gets_nothing_but_what_is_open(visits: Visits) -> None:
    """0 unintended answers of success."""
    stranger, before = visits.stranger(), visits.office.rows()
    let_in = set()
    for route in routes(visits):
        answer = stranger.request(route.method, route.at, **text_of(route))
        if answer.status_code < 300:
            let_in.add((route.method, route.path))
        assert answer.status_code not in range(500, 600), route
    assert let_in <= set(OPEN), let_in - set(OPEN)
    assert visits.office.rows() == before


def test_a_token_that_may_only_read_changes_nothing(visits: Visits) -> None:
    """By the API with a bearer's token, by the site with a session, and a form that is its own."""
    secret = visits.office.token("read", "reader")
    program, browser = visits.office.away(secret), visits.signed_in("read")
    form = token_of(browser.get("/you").text)
    program.get("/api/v1/topics")  # its use is noted
    own = {
        "/read",
        "/you/name",
        "/you/theme",
        "/logout",
        "/login",
    }  # of the visitor's browser alone
    before, took = visits.office.rows(), []
    for route in routes(visits):
        if route.method not in CHANGING or route.path in own:
            continue
        answers = [
            program.request(route.method, route.at, **text_of(route)),
            browser.request(route.method, route.at, data={"csrf": form}, headers=OWN),
        ]
        took += [route for answer in answers if answer.status_code < 400]
    assert took == []
    assert visits.office.rows() == before


# -- pages of other sites ---------------------------------------------------------------------------------


def test_no_page_of_another_site_sets_anything_going(visits: Visits) -> None:
    """403 on every route that changes something, for whoever is signed in or at this machine, also
    where the form carries the right secret."""
    admin, here = visits.signed_in("admin"), visits.here()
    secrets = {admin: token_of(admin.get("/you").text), here: token_of(here.get("/you").text)}
    changing = [route for route in routes(visits) if route.method in CHANGING]
    assert {(r.method, r.path) for r in changing} >= set(SIGNED)
    before, wrong = visits.office.rows(), []
    for route in changing:
        if (route.method, route.path) in SIGNED:
            continue
        for headers in ELSEWHERE:
            for browser, secret in secrets.items():
                answer = browser.request(
                    route.method, route.at, data={"csrf": secret}, headers=headers
                )
                # The API knows no cookies: without a token, who is signed in here is a stranger.
                refused = {401, 403} if route.path.startswith("/api") else {403}
                if answer.status_code not in refused:
                    wrong.append((route, headers, answer.status_code))
    assert wrong == []
    assert visits.office.rows() == before


def test_being_signed_in_adds_nothing_where_the_address_or_a_signature_counts(
    visits: Visits,
) -> None:
    admin, before = visits.signed_in("admin"), visits.office.rows()
    secret = token_of(admin.get("/you").text)
    for method, path in SIGNED:
        for headers in (OWN, *ELSEWHERE):
            answer = admin.request(
                method,
                Route(method, path).at,
                data={"csrf": secret, "say": "saved"},
                headers=headers,
            )
            assert 400 <= answer.status_code < 500, (path, answer.status_code)
    assert visits.office.rows() == before


def test_no_answer_may_be_read_by_another_site(visits: Visits) -> None:
    """No route says that others may: browsers then keep answers from their pages."""
    here = visits.here()
    for route in routes(visits):
        for method in {route.method, "OPTIONS"} - CHANGING:
            asked = {"Origin": "https://evil.example.org", "Access-Control-Request-Method": "PUT"}
            answer = here.request(method, route.at, headers=asked)
            assert not [name for name in answer.headers if name.startswith("access-control")], route
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["x-content-type-options"] == "nosniff"


# -- what errors tell -------------------------------------------------------------------------------------

_INSIDE = "hunter2 in sqlite:////srv/litwatch/archive.db: SELECT secret FROM token WHERE id = 1"
_TOLD = re.compile(
    r"hunter2|/srv/|SELECT|sqlite|sqlalchemy|psycopg|Traceback|\.py\b|line \d+, in|RuntimeError"
    r"|StoreError|site-packages|service\.(?:web|store)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("error", [RuntimeError(_INSIDE), StoreError("the archive", _INSIDE)])
def test_an_error_page_has_a_number_and_nothing_of_the_inside(
    error: Exception,
    visits: Visits,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """ASVS 16.5.1. Every route, while the archive fails under it."""
    every = routes(visits)
    here = TestClient(
        visits.office.web,
        base_url="http://127.0.0.1:8080",
        client=("127.0.0.1", 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )
    form = token_of(here.get("/you").text)

    def broken() -> Any:
        raise error

    monkeypatch.setattr(visits.app.store, "reading", broken)
    monkeypatch.setattr(visits.app.store, "writing", broken)
    failed, wrong = 0, []
    with caplog.at_level(logging.ERROR, "service"):
        for route in every:
            caplog.clear()
            body = text_of(route)
            body.get("data", {})["csrf"] = form
            answer = here.request(route.method, route.at, headers=OWN, **body)
            wrong += [(route, told[0]) for told in _TOLD.finditer(answer.text)]
            if answer.status_code >= 500:
                failed += 1
                number = re.search(r"\b[0-9a-f]{8}\b", answer.text)
                logged = [
                    r for r in caplog.records if "hunter2" in r.getMessage() + str(r.exc_text)
                ]
                wrong += [] if logged or route.path == "/readyz" else [(route, "not in the log")]
                wrong += [] if number or "readyz" in route.path else [(route, "no number")]
    assert wrong == []
    assert failed > 30


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/works/%00",
        "/api/v1/works/%00",
        "/week/%ff",
        "/api/v1/%0a",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_odd_addresses_meet_no_defect(path: str, visits: Visits) -> None:
    answer = visits.here().get(path)
    assert answer.status_code in {303, 400, 404, 405, 422}
    assert not _TOLD.search(answer.text)
