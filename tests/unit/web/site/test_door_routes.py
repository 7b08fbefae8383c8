"""Who may what: every route of the site, every kind of visitor, every way to be another's tool."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.web.site.errands import Errands
from tests.api_office import HOME
from tests.site_visits import AWAY, OWN, Browser, Route, address, routes, token_of

if TYPE_CHECKING:
    from tests.site_visits import Visits

OPEN = ""  # also for strangers
READ, VOTE, ADMIN = REACH = ("read", "vote", "admin")
# Written down by hand: what one may is a promise, not what the code happens to do.
NEEDED = {
    Route("GET", "/"): READ,
    Route("GET", "/archive"): READ,
    Route("GET", "/archive/export"): READ,
    Route("GET", "/deliveries/{delivery_id}"): READ,
    Route("GET", "/deliveries/{delivery_id}/sent"): ADMIN,  # holds links by which others act
    Route("GET", "/digests"): READ,
    Route("GET", "/digests/{digest_id}"): READ,
    Route("GET", "/digests/{digest_id}/page"): READ,
    Route("GET", "/login"): OPEN,
    Route("GET", "/pictures/{digest}"): OPEN,
    Route("GET", "/sources"): READ,
    Route("GET", "/sources/{name}"): READ,
    Route("GET", "/start"): READ,
    Route("GET", "/static/{digest}/{name}"): OPEN,
    Route("GET", "/subscriptions"): READ,
    Route("GET", "/subscriptions/new"): ADMIN,
    Route("GET", "/subscriptions/{name}"): READ,
    Route("GET", "/topics"): READ,
    Route("GET", "/topics/import"): ADMIN,
    Route("GET", "/topics/new"): ADMIN,
    Route("GET", "/topics/{slug}"): READ,
    Route("GET", "/topics/{slug}/export"): READ,
    Route("GET", "/topics/{slug}/history"): READ,
    Route("GET", "/topics/{slug}/map"): READ,
    Route("GET", "/topics/{slug}/preview"): READ,
    Route("GET", "/topics/{slug}/unsure"): READ,
    Route("GET", "/week"): READ,
    Route("GET", "/week/{topic}"): READ,
    Route("GET", "/works/{work:path}"): READ,
    Route("GET", "/works/{work}/cite"): READ,
    Route("GET", "/you"): READ,
    Route("POST", "/archive/forget"): ADMIN,
    Route("POST", "/archive/save"): ADMIN,
    Route("POST", "/deliveries/{delivery_id}"): ADMIN,
    Route("POST", "/login"): OPEN,
    Route("POST", "/logout"): READ,
    Route("POST", "/read"): READ,
    Route("POST", "/sources/{name}/poll"): ADMIN,
    Route("POST", "/start/fill"): ADMIN,
    Route("POST", "/subscriptions/new"): ADMIN,
    Route("POST", "/subscriptions/{name}"): ADMIN,
    Route("POST", "/subscriptions/{name}/end"): ADMIN,
    Route("POST", "/subscriptions/{name}/now"): ADMIN,
    Route("POST", "/subscriptions/{name}/resume"): ADMIN,
    Route("POST", "/subscriptions/{name}/stop"): ADMIN,
    Route("POST", "/subscriptions/{name}/test"): ADMIN,
    Route("POST", "/topics/import"): ADMIN,
    Route("POST", "/topics/new"): ADMIN,
    Route("POST", "/topics/{slug}"): ADMIN,
    Route("POST", "/topics/{slug}/preview"): ADMIN,
    Route("POST", "/topics/{slug}/restore"): ADMIN,
    Route("POST", "/topics/{slug}/undo"): ADMIN,
    Route("POST", "/votes"): VOTE,
    Route("POST", "/you/name"): READ,
    Route("POST", "/you/theme"): READ,
}
ELSEWHERE = (
    {"Origin": "https://evil.example.org"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.fixture(autouse=True)
def nothing_is_set_going(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages begin and do not wait for would go on after its test."""
    monkeypatch.setattr(Errands, "start", lambda *_: False)


@dataclass
class People:
    """One browser of each kind."""

    stranger: Browser
    ended: dict[str, Browser]  # by why
    held: dict[str, Browser]  # by scope


@pytest.fixture
def people(visits: Visits) -> People:
    soon = visits.office.time.at + timedelta(minutes=1)
    ended = {
        "revoked": visits.signed_in("admin", called="lost"),
        "expired": visits.signed_in("admin", called="old", expires_at=soon),
        "signed out": visits.signed_in("admin", called="left"),
    }
    cookie = ended["signed out"].cookies["litwatch"]
    ended["signed out"].fill("/logout")
    ended["signed out"].cookies.set("litwatch", cookie)
    with visits.app.store.writing() as tx:
        tx.tokens.revoke("lost", visits.office.time.at)
    visits.office.time.pass_time(minutes=2)
    return People(visits.stranger(), ended, {scope: visits.signed_in(scope) for scope in REACH})


def asked(browser: Browser, route: Route, **headers: str) -> str:
    """What became of a request, without the visitor's form token: as a word."""
    answer = browser.request(route.method, address(route.path), headers=OWN | headers)
    if answer.status_code == 303 and answer.headers["location"].startswith("/login?next="):
        return "to the sign-in"
    if answer.status_code == 403:
        too_short = "Your token does not reach that far" in answer.text
        stale = "is older than your sign-in" in answer.text
        return "reach" if too_short else "form" if stale else "refused"
    if answer.status_code == 401:
        return "sign in first"
    # A page that was let in and lacks what it is to be asked with says 400.
    return "in" if answer.status_code in {200, 303, 400, 404} else f"{answer.status_code}"


def test_what_each_route_needs_is_written_down(visits: Visits) -> None:
    found = set(routes(visits.app))
    assert found - set(NEEDED) == set(), "say in NEEDED how far one must reach for these"
    assert set(NEEDED) - found == set(), "these are no more"


def test_every_route_lets_in_whom_it_should_and_nobody_else(visits: Visits, people: People) -> None:
    """ASVS 8.2.1. A form that would be taken is refused here for its missing form token alone."""
    before, wrong = visits.office.rows(), []
    for route, needed in NEEDED.items():
        shut = "to the sign-in" if route.method == "GET" else "sign in first"
        sent = "in" if route.method == "GET" else "form"
        expected = dict.fromkeys(("stranger", *people.ended), shut)
        for at, scope in enumerate(REACH):
            enough = needed == OPEN or at >= REACH.index(needed)
            expected[scope] = sent if enough else "reach"
        if needed == OPEN:
            expected = dict.fromkeys(expected, "in" if route.method == "GET" else shut)
        browsers = {"stranger": people.stranger} | people.ended | people.held
        found = {who: asked(browser, route) for who, browser in browsers.items()}
        wrong += [
            (route, who, found[who], want) for who, want in expected.items() if found[who] != want
        ]
    assert wrong == []
    assert visits.office.rows() == before


def test_no_form_of_another_site_is_taken(visits: Visits, people: People) -> None:
    """T-CSRF. Neither from one who is signed in, nor at this machine, whatever the form holds."""
    before, wrong = visits.office.rows(), []
    posts = [route for route in NEEDED if route.method == "POST"]
    admin = people.held["admin"]
    token, here = token_of(admin.get("/you").text), visits.here()
    tokens = {admin: token, here: token_of(here.get("/you").text), people.stranger: ""}
    for route in posts:
        for headers in ELSEWHERE:
            for browser, carried in tokens.items():
                answer = browser.post(address(route.path), data={"csrf": carried}, headers=headers)
                if answer.status_code != 403:
                    wrong.append((route, headers, answer.status_code))
    assert wrong == []
    assert visits.office.rows() == before


def test_only_the_form_that_a_session_was_given_is_taken(visits: Visits, people: People) -> None:
    """Missing, wrong, another session's of the same person, and who is at this machine's."""
    before, wrong = visits.office.rows(), []
    admin, other = people.held["admin"], visits.signed_in("admin", called="admin-too")
    good = token_of(admin.get("/you").text)
    foreign = token_of(other.get("/you").text), token_of(visits.here().get("/you").text)
    shown = ("", good[:-1], good + "0", good.upper(), "é", *foreign)
    assert good not in foreign
    for route, needed in NEEDED.items():
        if route.method == "GET" or needed == OPEN:
            continue
        for token in shown:
            fields = {"csrf": token} if token else {}
            answer = admin.post(address(route.path), data=fields, headers=OWN)
            if answer.status_code != 403 or "is older than your sign-in" not in answer.text:
                wrong.append((route, token, answer.status_code))
    assert wrong == []
    assert without_tokens(visits.office.rows()) == without_tokens(before)


def test_at_this_machine_too_a_form_must_be_one_of_ours(visits: Visits) -> None:
    """Another program's page, open in a browser here, cannot read what our pages hold."""
    here, before = visits.here(), visits.office.rows()
    for route, needed in NEEDED.items():
        if route.method == "POST" and needed != OPEN:
            assert asked(here, route) == "form", route
    assert visits.office.rows() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example.org"},
    ],
)
def test_what_a_proxy_passes_on_is_of_strangers(visits: Visits, headers: dict[str, str]) -> None:
    here = visits.here()
    for route, needed in NEEDED.items():
        if needed != OPEN:
            shut = "to the sign-in" if route.method == "GET" else "sign in first"
            assert asked(here, route, **headers) == shut, route


def test_no_page_but_the_open_ones_says_anything_to_a_stranger(visits: Visits) -> None:
    stranger = visits.stranger()
    for route, needed in NEEDED.items():
        answer = stranger.request(route.method, address(route.path), headers=OWN)
        for told in ("stroma", "Lab", "neutrophil", "ida@example.org"):
            assert needed == OPEN or told not in answer.text, route


def test_opening_a_page_changes_nothing(visits: Visits) -> None:
    """Mail scanners and browsers that look ahead open every link."""
    here, before = visits.here(), visits.office.rows()
    for route in NEEDED:
        if route.method == "GET":
            for method in ("GET", "HEAD"):
                here.request(
                    method, address(route.path), params={"say": "relevant", "_method": "POST"}
                )
    assert visits.office.rows() == before


def test_every_page_is_there_and_well_for_who_may(visits: Visits) -> None:
    here = visits.here()
    for route in NEEDED:
        if route.method == "GET" and not route.path.startswith(("/static/", "/pictures/")):
            answer = here.get(address(route.path), params={"q": "stroma", "form": "ris"})
            assert answer.status_code in {200, 303}, (route, answer.status_code)


def test_pages_of_what_is_not_there_are_not_found(visits: Visits) -> None:
    here = visits.here()
    for route, needed in NEEDED.items():
        if route.method == "GET" and "{" in route.path and needed != OPEN:
            for name in ("no-such-thing", "999999", "é", "a" * 300, "..%2f..%2fetc"):
                answer = here.get(address(route.path, {}).replace("/1", f"/{name}"))
                assert answer.status_code == 404, (route, name, answer.status_code)


def test_another_address_of_ours_is_no_other_site(visits: Visits) -> None:
    """Behind a proxy the Host is the proxy's, or ours; both are the site."""
    admin = visits.signed_in("admin")
    for origin in (AWAY,):
        assert asked(admin, Route("POST", "/you/theme"), Origin=origin) == "form"
    assert asked(visits.here(), Route("POST", "/you/theme"), Origin=HOME) == "form"


def without_tokens(rows: dict[str, list[object]]) -> dict[str, list[object]]:
    return {name: held for name, held in rows.items() if name != "token"}
