"""Who is let in: every route, every scope, every trick of a page in somebody's browser."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from service import tokens
from service.errors import StoreBusyError
from service.web.app import create
from tests.api_office import DELIVERY, DIGEST, HOME, TOPIC, Office, basic

if TYPE_CHECKING:
    from tests.web_site import Site

LEAST = {"read": 1, "vote": 2, "admin": 3}
_NAMES = {
    "/works/{name}": "/works/1",
    "/works/{name}/similar": "/works/1/similar",
    "/topics/{slug}": f"/topics/{TOPIC}",
    "/digests/{digest_id}": f"/digests/{DIGEST}",
    "/deliveries/{delivery_id}": f"/deliveries/{DELIVERY}",
    "/subscriptions/{name}": "/subscriptions/Lab",
    "/subscriptions/{name}/stop": "/subscriptions/Lab/stop",
    "/subscriptions/{name}/resume": "/subscriptions/Lab/resume",
    "/searches/{name}": "/searches/nets",
    "/people/{name}": "/people/mail:ida@example.org",
    "/topics/{slug}/document": f"/topics/{TOPIC}/document",
    "/topics/{slug}/undo": f"/topics/{TOPIC}/undo",
    "/search": "/search?q=a",
    "/exports": "/exports?format=ris&saved=true",
}
_BODIES = {
    ("post", "/votes"): {"topic": TOPIC, "work": "1", "judgement": "relevant"},
    ("put", "/searches/{name}"): {"query": "title:stroma"},
    ("put", "/people/{name}"): {"person": "Ida"},
}
_DOCUMENT = f"""
slug = "{TOPIC}"
name = "Stroma"
[[seeds]]
key = "niche"
kind = "text"
title = "Stromal niches"
"""
# Written down by hand: what a scope may is a promise, not what the code happens to do.
_MORE = {
    ("post", "/votes"): "vote",
    ("put", "/searches/{name}"): "admin",
    ("delete", "/searches/{name}"): "admin",
    ("get", "/people"): "admin",
    ("put", "/people/{name}"): "admin",
    ("delete", "/people/{name}"): "admin",
    ("put", "/topics/{slug}/document"): "admin",
    ("post", "/topics/{slug}/undo"): "admin",
    ("post", "/subscriptions/{name}/stop"): "admin",
    ("post", "/subscriptions/{name}/resume"): "admin",
}


_ROUTES: list[tuple[str, str]] = []  # of every office the same, and described in 0.2 s


def routes(office: Office) -> list[tuple[str, str]]:
    """Every (method, path) that the API describes."""
    if not _ROUTES:
        told = office.here().get("/api/v1/openapi.json").json()["paths"]
        _ROUTES[:] = [
            (m, path.removeprefix("/api/v1")) for path, item in told.items() for m in item
        ]
    assert len(_ROUTES) > 15, "no routes found: what follows would hold for nothing"
    return _ROUTES


def send(client: TestClient, method: str, path: str, **more: Any) -> Any:
    address = "/api/v1" + _NAMES.get(path, path)
    if (method, path) == ("put", "/topics/{slug}/document"):
        told = {"Content-Type": "application/toml", "If-Match": "*"} | more.pop("headers", {})
        return client.put(address, content=_DOCUMENT, headers=told, **more)
    return client.request(method.upper(), address, json=_BODIES.get((method, path)), **more)


# -- scopes ---------------------------------------------------------------------------------------


def test_every_route_lets_in_whom_it_should_and_nobody_else(office: Office) -> None:
    web = create(office.app)
    held = {scope: office.token(scope, scope) for scope in LEAST}
    for method, path in routes(office):
        nobody = send(office.away(web=web), method, path)
        assert nobody.status_code == 401, (method, path)
        assert "Bearer" in nobody.headers["www-authenticate"]
        for scope, reach in LEAST.items():
            answer = send(office.away(held[scope], web=web), method, path)
            enough = reach >= LEAST[_MORE.get((method, path), "read")]
            assert (answer.status_code in {200, 204}) == enough, (method, path, scope, answer.text)
            assert enough or answer.status_code == 403
        if method == "delete":
            send(office.away(held["admin"], web=web), "put", path)


def test_the_description_is_for_everybody(office: Office) -> None:
    assert office.away().get("/api/v1/openapi.json").status_code == 200


def test_what_is_too_small_a_scope_is_told_with_what_is_needed(office: Office) -> None:
    answer = send(office.away(office.token("read")), "post", "/votes")
    problem = answer.json()
    assert (problem["code"], problem["status"]) == ("scope", 403)
    assert "this needs vote" in problem["detail"]
    assert "--scope vote" in problem["remedy"]


# -- tokens ---------------------------------------------------------------------------------------


def test_a_token_is_shown_as_bearer_or_as_a_password(office: Office) -> None:
    token = office.token()
    for shown in (f"Bearer {token}", f"bearer  {token}", basic(token), basic(token, "")):
        answer = office.away(Authorization=shown).get("/api/v1/topics")
        assert answer.status_code == 200, shown


def bad(office: Office) -> dict[str, str]:
    good, other = office.token(), tokens.fresh()
    past = office.time.at - timedelta(seconds=1)
    return {
        "unknown": f"Bearer {other}",
        "cut": f"Bearer {good[:-1]}",
        "changed": f"Bearer {good[:5]}{'B' if good[5] == 'A' else 'A'}{good[6:]}",
        "its hash": f"Bearer {tokens.hashed(good)}",
        "expired": f"Bearer {office.token(name='old', expires_at=office.time.at)}",
        "revoked": f"Bearer {office.token(name='lost', revoked_at=past)}",
        "as the user": basic("", user=good),
        "no base64": "Basic !!!",
        "no text": "Basic /////w==",
        "another way": f"Digest {good}",
        "nothing": "Bearer",
        "empty": "",
        "not letters": "Bearer lw_\xe9",
    }


def test_a_token_that_is_not_good_is_refused_also_at_home(office: Office) -> None:
    """T-auth. Whoever shows a token means to be known by it: nothing else is tried."""
    web = create(office.app)
    for why, shown in bad(office).items():
        for client in (office.away(web=web), office.here()):
            sent = {"Authorization": shown.encode("latin-1")}
            answer = client.get("/api/v1/topics", headers=sent)  # type: ignore[arg-type]
            assert answer.status_code == 401, why
            assert answer.json()["code"] == "token"
            assert "www-authenticate" in answer.headers


def test_two_authorizations_are_none(office: Office) -> None:
    shown = [(b"authorization", f"Bearer {office.token()}".encode())] * 2
    answer = office.away().get("/api/v1/topics", headers=shown)
    assert answer.status_code == 401


def test_a_token_is_refused_from_the_moment_it_is_revoked(office: Office) -> None:
    client = office.away(office.token())
    assert client.get("/api/v1/topics").status_code == 200
    with office.app.store.writing() as tx:
        tx.tokens.revoke("zotero", office.time.at)
    answer = client.get("/api/v1/topics")
    assert answer.status_code == 401
    assert "was revoked" in answer.json()["detail"]


def test_a_token_ends_when_it_expires(office: Office) -> None:
    client = office.away(office.token(expires_at=office.time.at + timedelta(days=1)))
    assert client.get("/api/v1/topics").status_code == 200
    office.time.pass_time(days=1)
    assert client.get("/api/v1/topics").status_code == 401


def test_the_day_of_the_last_use_is_kept(office: Office) -> None:
    client = office.away(office.token())
    assert office.kept().last_used_on is None
    for _ in range(2):
        client.get("/api/v1/topics")
        assert office.kept().last_used_on == office.time.at.date()
    office.time.pass_time(days=1)
    client.get("/api/v1/topics")
    assert office.kept().last_used_on == office.time.at.date()


def test_reading_does_not_wait_for_writers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client = office.away(office.token())

    def busy() -> Any:
        raise StoreBusyError("the archive", "is locked")

    monkeypatch.setattr(office.app.store, "writing", busy)
    assert client.get("/api/v1/topics").status_code == 200


def test_no_token_is_in_the_archive_the_log_or_an_answer(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """T80."""
    token = office.token()
    with caplog.at_level(logging.DEBUG):
        answers = [
            office.away(token).get("/api/v1/topics"),
            office.away(token).get("/api/v1/nothing"),
            office.away(token[:-1]).get("/api/v1/topics"),
        ]
    told = [r.getMessage() for r in caplog.records if r.name.startswith("service")]
    assert "GET /api/v1/topics: 200 by zotero" in told
    for text in (*told, *map(repr, office.rows().values()), *(a.text for a in answers)):
        assert token[:-1] not in text


# -- without a token ------------------------------------------------------------------------------


def test_this_machine_needs_no_token(office: Office) -> None:
    for host in ("127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.0.0.2"):
        assert office.here().get("/api/v1/topics", headers={"Host": host}).status_code == 200
    answer = office.here().post(
        "/api/v1/votes", json={"topic": TOPIC, "work": "2", "judgement": "relevant"}
    )
    assert answer.status_code == 200


STRANGE = [
    {"Host": "evil.example.org"},  # DNS rebinding: the name leads here, the page is theirs
    {"Host": "localhost.evil.example.org"},
    {"Host": "127.0.0.1.nip.example.org:8080"},
    {"Host": "0.0.0.0:8080"},
    {"Host": "192.0.2.7"},
    {"Host": "evil@localhost"},
    {"Host": "localhost/evil"},
    {"Host": ""},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Anything": "x"},
    {"Forwarded": "for=127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"X-Real-IP": "127.0.0.1"},
    {"Origin": "https://evil.example.org"},
    {"Origin": "null"},
    {"Origin": "http://localhost:9999"},  # another program's page on this machine
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "anything"},
]


@pytest.mark.parametrize("headers", STRANGE, ids=str)
def test_a_request_that_may_come_from_elsewhere_needs_one(
    office: Office, headers: dict[str, str]
) -> None:
    before = office.rows()
    assert office.here().get("/api/v1/topics", headers=headers).status_code == 401
    for method, path in routes(office):
        if method != "get":
            answer = send(office.here(), method, path, headers=headers)
            assert answer.status_code in {401, 403}
    assert office.rows() == before


def test_two_hosts_are_none(office: Office) -> None:
    from starlette.requests import Request

    from service.web.api.home import stranger

    def asked(*hosts: bytes) -> Request:
        headers = [(b"host", host) for host in hosts]
        return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 1)})

    assert stranger(asked(b"localhost"), "") == ""
    assert "Host" in stranger(asked(b"localhost", b"evil"), "")
    assert "Host" in stranger(asked(b"localhost", b"localhost"), "")
    assert "Host" in stranger(asked(), "")


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "testclient", ""])
def test_another_machine_needs_one(office: Office, peer: str) -> None:
    client = TestClient(office.web, base_url=HOME, client=(peer, 1))
    assert client.get("/api/v1/topics").status_code == 401


def test_a_socket_that_others_reach_needs_one_from_all(office: Office) -> None:
    client = TestClient(create(office.app), base_url=HOME, client=("127.0.0.1", 1))
    answer = client.get("/api/v1/topics")
    assert answer.status_code == 401
    assert "served to other machines" in answer.json()["detail"]


@pytest.mark.parametrize(("url", "status"), [("https://litwatch.example.org", 401), ("http://localhost:8080", 200)])  # fmt: skip
def test_a_public_address_means_a_proxy(site: Site, url: str, status: int) -> None:
    """A proxy on this machine need not say that it is one."""
    web = site.app.settings.web.model_copy(update={"url": url})
    site.app.settings = site.app.settings.model_copy(update={"web": web})
    client = TestClient(create(site.app, at_home=True), base_url=HOME, client=("127.0.0.1", 1))
    assert client.get("/api/v1/topics").status_code == status


# -- pages of other sites -------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example.org"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])  # fmt: skip
def test_no_page_of_another_site_changes_anything(office: Office, headers: dict[str, str]) -> None:
    """CSRF: browsers send a password that they know by themselves, whoever's page asks."""
    admin = office.token("admin")
    web = create(office.app)
    office.away(admin, web=web).get("/api/v1/topics")  # its use is noted
    before = office.rows()
    changing = [each for each in routes(office) if each[0] != "get"]
    assert {*changing} == {each for each in _MORE if each[0] != "get"}
    for method, path in changing:
        for client in (office.here(), office.away(web=web, Authorization=basic(admin))):
            answer = send(client, method, path, headers=headers)
            assert answer.status_code == 403, (method, path)
            form = client.request(
                method,
                "/api/v1" + _NAMES.get(path, path),
                data={"query": "x"},
                headers=headers,
            )
            assert form.status_code in {403, 422}
    assert office.rows() == before


def test_a_program_with_a_bearer_token_may_name_an_origin(office: Office) -> None:
    """No browser adds a bearer's token by itself: whoever sends it has it."""
    client = office.away(office.token("vote"), Origin="https://tool.example.org")
    assert send(client, "post", "/votes").status_code == 200


def test_our_own_page_may_ask(office: Office) -> None:
    own = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}
    assert send(office.here(), "post", "/votes", headers=own).status_code == 200


def test_no_other_page_may_read_an_answer(office: Office) -> None:
    answer = office.here().get("/api/v1/topics")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    asked = {"Origin": HOME, "Access-Control-Request-Method": "POST"}
    assert office.here().options("/api/v1/votes", headers=asked).status_code == 405


# -- what is told of people -----------------------------------------------------------------------


def test_mail_addresses_are_for_admin(office: Office) -> None:
    web = create(office.app)
    paths = [path for method, path in routes(office) if method == "get" and path != "/exports"]
    reader = office.token("read", "reader")
    told = "".join(send(office.away(reader, web=web), "get", path).text for path in paths)
    assert "ida@example.org" not in told.lower()
    assert "I...@example.org" in told
    whole = "".join(send(office.here(), "get", path).text for path in paths)
    assert "Ida@example.org" in whole


# -- pace -----------------------------------------------------------------------------------------


class TestPace:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"web": {"api_rate": 3}}

    def test_each_token_has_its_own(self, office: Office) -> None:
        web = create(office.app)
        one, two = (office.away(office.token(name=name), web=web) for name in ("one", "two"))
        answers = [one.get("/api/v1/topics") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
        assert [answer.headers["ratelimit"] for answer in answers[:3]] == [
            '"minute";r=2;t=20',
            '"minute";r=1;t=40',
            '"minute";r=0;t=60',
        ]
        late = answers[-1]
        assert late.headers["ratelimit-policy"] == '"minute";q=3;w=60'
        assert late.headers["ratelimit"] == '"minute";r=0;t=20'
        assert late.headers["retry-after"] == "20"
        assert late.json()["code"] == "too-fast"
        assert two.get("/api/v1/topics").status_code == 200
        office.time.pass_time(seconds=20)
        assert one.get("/api/v1/topics").status_code == 200
        assert one.get("/api/v1/topics").status_code == 429

    def test_this_machine_has_one_too(self, office: Office) -> None:
        statuses = [office.here().get("/api/v1/topics").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]

    def test_who_tries_tokens_is_held_back_and_nobody_else(self, office: Office) -> None:
        web = create(office.app)
        good = office.away(office.token(), web=web)
        for _ in range(20):
            guess = office.away(tokens.fresh(), web=web).get("/api/v1/topics")
            assert guess.status_code == 401
        guess = office.away(tokens.fresh(), web=web).get("/api/v1/topics")
        assert guess.status_code == 429
        assert guess.headers["retry-after"]
        assert good.get("/api/v1/topics").status_code == 200


class TestSwitchedOff:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"web": {"api": False}}

    def test_there_is_no_api(self, site: Site) -> None:
        client = TestClient(create(site.app, at_home=True), base_url=HOME, client=("127.0.0.1", 1))
        for path in ("/api", "/api/v1/topics", "/api/v1/openapi.json"):
            assert client.get(path).status_code == 404
        assert client.get("/healthz").status_code == 200
