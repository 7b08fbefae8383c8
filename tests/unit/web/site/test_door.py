"""Who may come in: sessions, this machine, strangers, forms, and where one is sent."""

from __future__ import annotations

import getpass
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from service import tokens
from service.errors import InputError, StoreBusyError
from service.web.app import create
from service.web.site import door, login, you
from service.web.site import routes as site_routes
from tests.api_office import HOME
from tests.site_visits import AWAY, OWN, Browser, token_of
from tests.web_site import text

if TYPE_CHECKING:
    from tests.site_visits import Visits

COOKIE = "litwatch"


def name_on(page: Any) -> str:
    """Who a page takes its visitor for."""
    return str(page.text.split('title="You: ')[1].split('"')[0])


# -- at this machine ------------------------------------------------------------------------------


def test_who_sits_at_this_machine_is_in_as_their_account(visits: Visits) -> None:
    page = visits.here().get("/you")
    assert page.status_code == 200
    assert name_on(page) == getpass.getuser()
    assert "You sit at the machine" in text(page)


def test_an_account_without_a_name_is_no_hindrance(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid")

    monkeypatch.setattr(getpass, "getuser", nobody)
    web = create(visits.app, at_home=True)
    browser = Browser(web, base_url=HOME, client=("127.0.0.1", 1))
    assert name_on(browser.get("/you")) == "(this machine)"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Host": "evil.example.org"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example.org"},
    ],
)
def test_what_may_come_from_elsewhere_is_sent_to_the_sign_in(
    visits: Visits, headers: dict[str, str]
) -> None:
    """A proxy on this machine, DNS rebinding, and pages of other sites in a browser here."""
    page = visits.here().get("/you", headers=headers)
    assert page.status_code == 303
    assert page.headers["location"] == "/login?next=/you"


def test_a_link_on_another_site_may_be_followed_to_a_page_here(visits: Visits) -> None:
    """It shows that site nothing, and opening a page changes nothing."""
    followed = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert visits.here().get("/you", headers=followed).status_code == 200
    assert visits.here().post("/you/name", headers=followed).status_code == 403


def test_a_public_address_means_a_proxy(visits: Visits) -> None:
    web = visits.app.settings.web.model_copy(update={"url": "https://litwatch.example.org"})
    visits.app.settings = visits.app.settings.model_copy(update={"web": web})
    browser = TestClient(create(visits.app, at_home=True), base_url=HOME, client=("127.0.0.1", 1))
    assert browser.get("/you", follow_redirects=False).status_code == 303


# -- signing in -----------------------------------------------------------------------------------


def test_a_token_becomes_a_session(visits: Visits) -> None:
    browser = visits.stranger()
    assert browser.get("/you").headers["location"] == "/login?next=/you"
    came = browser.sign_in(visits.office.token("vote", "desk"), "  Ida   Berg ", "/you")
    assert came.status_code == 303
    assert browser.get(came.headers["location"]).headers["location"] == "/you"
    assert name_on(browser.get("/you")) == "Ida Berg"


def test_without_a_name_votes_are_the_tokens(visits: Visits) -> None:
    assert name_on(visits.signed_in("vote", called="desk").get("/you")) == "desk"


def test_the_cookie_is_hidden_from_scripts_and_stays_here(visits: Visits) -> None:
    told = visits.stranger().sign_in(visits.office.token()).headers["set-cookie"].lower()
    assert told.startswith("litwatch=")
    for word in ("httponly", "samesite=lax", "path=/", "expires="):
        assert word in told
    assert "domain" not in told
    assert "secure" not in told, "over plain HTTP a browser would drop it"


@pytest.mark.parametrize("url", ["", "https://litwatch.example.org"])
def test_over_tls_the_cookie_is_of_this_host_alone(visits: Visits, url: str) -> None:
    """Whether TLS ends here or at a proxy, which web.url tells."""
    web = visits.app.settings.web.model_copy(update={"url": url})
    visits.app.settings = visits.app.settings.model_copy(update={"web": web})
    visits.served = create(visits.app)
    base = AWAY if url else AWAY.replace("http:", "https:")
    told = visits.stranger(base).sign_in(visits.office.token()).headers["set-cookie"]
    assert told.startswith("__Host-litwatch=")
    assert "Secure" in told
    assert "Path=/" in told


def test_the_cookie_does_not_hold_the_token(visits: Visits) -> None:
    secret = visits.office.token()
    told = visits.stranger().sign_in(secret).headers["set-cookie"]
    assert secret not in told
    assert secret[3:20] not in told


@pytest.mark.parametrize("shown", ["", "lw_x", "x" * 5_000, "lw_" + "a" * 38, "ключ"])
def test_what_is_no_token_of_ours_lets_nobody_in(visits: Visits, shown: str) -> None:
    browser = visits.stranger()
    page = browser.sign_in(shown, "Ida", "/week")
    assert page.status_code == 401
    assert "is not known here" in text(page)
    assert 'value="Ida"' in page.text, "what was typed is kept"
    assert 'value="/week"' in page.text
    assert "set-cookie" not in page.headers
    assert shown not in page.text or not shown


def test_a_token_that_was_cut_is_refused(visits: Visits) -> None:
    assert visits.stranger().sign_in(visits.office.token()[:-1]).status_code == 401


@pytest.mark.parametrize(
    "name", ["mail:ida@example.org", "slack:U1", "x" * 65, "a\x00b", "a\u202eb"]
)
def test_a_name_that_is_none_is_refused(visits: Visits, name: str) -> None:
    """The names of mail readers, Slack accounts and programs have a colon: nobody else has."""
    token = visits.office.token()
    if "\x00" in name:
        assert door.reader_name("a b") == "a b"
        with pytest.raises(InputError):
            door.reader_name(name)
    else:
        page = visits.stranger().sign_in(token, name)
        assert page.status_code == 401
        assert "This name" in text(page)


@pytest.mark.parametrize("name", ["Ida Berg", "O’Brien", "Ελένη", "محمد", "علی\u200cرضا", ""])
def test_names_are_written_as_people_write_them(name: str) -> None:
    assert door.reader_name(f" {name}  ") == name


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org",
        "//evil.example.org",
        "/\\evil.example.org",
        "\\\\evil.example.org",
        "/\t/evil.example.org",
        "javascript:alert(1)",
        "evil.example.org",
        "/login?next=/login",
        "/logout",
        "/login/",
        "",
    ],
)
def test_nobody_is_led_away_by_a_sign_in(visits: Visits, wanted: str) -> None:
    browser = visits.stranger()
    came = browser.sign_in(visits.office.token(), wanted=wanted)
    assert came.headers["location"] == "/login?come=1&next=/"
    assert browser.get(came.headers["location"]).headers["location"] == "/"
    assert browser.get("/login", params={"next": wanted}).headers["location"] == "/"


def test_one_is_led_back_to_what_was_asked_for(visits: Visits) -> None:
    browser = visits.stranger()
    asked = browser.get("/you?a=1&b=é%26").headers["location"]
    assert asked.startswith("/login?next=/you%3Fa%3D1%26b%3D")
    form = browser.get(asked).text
    wanted = form.split('name="next" value="')[1].split('"')[0].replace("&amp;", "&")
    came = browser.sign_in(visits.office.token(), wanted=wanted)
    assert browser.get(came.headers["location"]).headers["location"] == wanted


def test_a_browser_that_keeps_no_cookie_is_told_so(visits: Visits) -> None:
    browser = visits.stranger()
    came = browser.sign_in(visits.office.token(), wanted="/you")
    browser.cookies.clear()
    page = browser.get(came.headers["location"])
    assert page.status_code == 200
    assert "Your browser has not kept the session" in text(page)


def test_who_tries_tokens_is_held_back_and_nobody_else(visits: Visits) -> None:
    browser, good = visits.stranger(), visits.office.token()
    statuses = [browser.sign_in(tokens.fresh()).status_code for _ in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    assert browser.sign_in(tokens.fresh()).headers["retry-after"]
    assert browser.sign_in(good).status_code == 303


def test_a_page_of_another_site_signs_nobody_in(visits: Visits) -> None:
    """Login CSRF: votes would be counted as the attacker's."""
    sent = {"access": visits.office.token(), "name": "Eve"}
    for headers in ({"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        page = visits.stranger().post("/login", data=sent, headers=headers)
        assert page.status_code == 403
        assert "set-cookie" not in page.headers


# -- the end of sessions --------------------------------------------------------------------------


def test_a_session_ends_the_moment_its_token_is_revoked(visits: Visits) -> None:
    browser = visits.signed_in("vote", called="desk")
    assert browser.get("/you").status_code == 200
    with visits.app.store.writing() as tx:
        tx.tokens.revoke("desk", visits.office.time.at)
    page = browser.get("/you")
    assert page.status_code == 303
    asked = browser.get(page.headers["location"])
    assert "Token 'desk' was revoked." in text(asked)


def test_a_session_ends_when_its_token_expires(visits: Visits) -> None:
    until = visits.office.time.at + timedelta(hours=1)
    browser = visits.signed_in("vote", expires_at=until)
    visits.office.time.pass_time(minutes=59)
    assert browser.get("/you").status_code == 200
    visits.office.time.pass_time(minutes=1)
    assert browser.get("/you").status_code == 303


def test_a_session_lasts_thirty_days_however_much_it_is_used(visits: Visits) -> None:
    browser = visits.signed_in()
    cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    visits.office.time.pass_time(days=29)
    assert visits.stranger().get("/you", headers=cookie).status_code == 200
    visits.office.time.pass_time(days=1)
    assert visits.stranger().get("/you", headers=cookie).status_code == 303


def test_who_signs_out_is_out_with_every_copy_of_the_cookie(visits: Visits) -> None:
    browser = visits.signed_in()
    kept = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    page = browser.fill("/logout")
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert COOKIE not in browser.cookies
    assert "You are signed out." in text(browser.get("/login"))
    assert visits.stranger().get("/you", headers=kept).status_code == 303


def test_another_session_of_the_same_token_goes_on(visits: Visits) -> None:
    secret = visits.office.token()
    one, other = visits.stranger(), visits.stranger()
    for browser in (one, other):
        browser.sign_in(secret)
    one.fill("/logout")
    assert other.get("/you").status_code == 200


def test_at_this_machine_a_dead_session_is_no_hindrance(visits: Visits) -> None:
    browser = visits.here()
    browser.sign_in(visits.office.token("read", "desk"), "Ida")
    assert name_on(browser.get("/you")) == "Ida"
    with visits.app.store.writing() as tx:
        tx.tokens.revoke("desk", visits.office.time.at)
    assert name_on(browser.get("/you")) == getpass.getuser()


@pytest.mark.parametrize("at", range(0, 200, 29))
def test_a_cookie_that_was_changed_is_none(visits: Visits, at: int) -> None:
    good = visits.signed_in().cookies[COOKIE]
    at %= len(good) - 1
    letter = "A" if good[at] != "A" else "B"
    shown = {"Cookie": f"{COOKIE}={good[:at]}{letter}{good[at + 1 :]}"}
    assert visits.stranger().get("/you", headers=shown).status_code == 303


@pytest.mark.parametrize("value", ["", ".", "a.b", "W10.x", "%00", "é", "x" * 4_000, '"]'])
def test_a_cookie_that_is_not_ours_is_none(visits: Visits, value: str) -> None:
    shown = {"Cookie": f"{COOKIE}={value}".encode()}
    answer = visits.stranger().get("/you", headers=shown)  # type: ignore[arg-type]
    assert answer.status_code == 303


def test_a_link_of_a_mail_is_no_session(visits: Visits) -> None:
    """The same key signs both, each for its own purpose."""
    from service.capabilities import Capabilities

    link = Capabilities(AWAY, ("k" * 32,)).feed("topics", "stroma").rpartition("/")[2]
    shown = {"Cookie": f"{COOKIE}={link}"}
    assert visits.stranger().get("/you", headers=shown).status_code == 303


def test_a_session_outlives_the_process_where_there_are_keys(visits: Visits) -> None:
    shown = {"Cookie": f"{COOKIE}={visits.signed_in().cookies[COOKIE]}"}
    visits.served = create(visits.app)
    assert visits.stranger().get("/you", headers=shown).status_code == 200


def test_a_key_that_is_taken_away_ends_the_sessions_that_it_signed(visits: Visits) -> None:
    shown = {"Cookie": f"{COOKIE}={visits.signed_in().cookies[COOKIE]}"}
    for keys, status in ((["n" * 32, "k" * 32], 200), (["n" * 32], 303), ([], 303)):
        web = type(visits.app.settings.web)(keys=keys)
        visits.app.settings = visits.app.settings.model_copy(update={"web": web})
        visits.served = create(visits.app)
        assert visits.stranger().get("/you", headers=shown).status_code == status


# -- what a visitor is called, and sees -----------------------------------------------------------


def test_a_name_can_be_changed_without_signing_in_again(visits: Visits) -> None:
    browser = visits.signed_in("vote", "Ida", called="desk")
    page = browser.fill("/you/name", name="Ida Berg")
    assert page.headers["location"] == "/you"
    assert name_on(browser.get("/you")) == "Ida Berg"
    assert browser.fill("/you/name", name="a:b").status_code == 400
    browser.fill("/you/name", name="")
    assert name_on(browser.get("/you")) == "desk"


def test_at_this_machine_the_name_is_the_accounts(visits: Visits) -> None:
    browser = visits.here()
    page = browser.fill("/you/name", name="Eve")
    assert page.status_code == 400
    assert name_on(browser.get("/you")) == getpass.getuser()


def test_how_it_looks_is_kept_in_the_browser(visits: Visits) -> None:
    browser = visits.here()
    assert 'data-theme="system"' in browser.get("/you").text
    assert browser.fill("/you/theme", theme="dark").status_code == 303
    assert 'data-theme="dark"' in browser.get("/you").text
    assert browser.fill("/you/theme", theme='"><script>').status_code == 400


def test_other_names_are_shown_and_addresses_only_to_admins(visits: Visits) -> None:
    with visits.app.store.writing() as tx:
        tx.aliases.link("mail:ida@example.org", "Ida", "test", visits.office.time.at)
    assert "mail:ida@example.org" in text(visits.signed_in("admin", "Ida").get("/you"))
    shown = text(visits.signed_in("read", "Ida").get("/you"))
    assert "mail:i...@example.org" in shown
    assert "ida@example.org" not in shown


def test_the_log_names_the_token_and_never_shows_it(
    visits: Visits, caplog: pytest.LogCaptureFixture
) -> None:
    """T80."""
    secret = visits.office.token("read", "desk")
    browser = visits.stranger()
    with caplog.at_level(logging.DEBUG):
        browser.sign_in(secret, "Ida")
        browser.get("/you")
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("service"))
    assert "GET /you: 200 by desk" in told
    for hidden in (secret, tokens.hashed(secret), browser.cookies[COOKIE]):
        assert hidden not in told


def test_nothing_of_a_visitor_is_secret_when_shown() -> None:
    from service.records.tokens import Scope

    assert "s3cret" not in repr(door.Visitor("Ida", Scope.READ, here=False, token="s3cret"))


# -- forms ----------------------------------------------------------------------------------------


@pytest.fixture
def taken(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> list[door.Filled]:
    """What a route of ours was handed; the visits are to a site that has it."""
    held: list[door.Filled] = []
    router = APIRouter()

    @router.post("/take")
    def take(form: door.Posted) -> dict[str, str]:
        held.append(form)
        return {}

    def routes(app: Any) -> list[APIRouter]:
        return [login.routes(app), you.routes(app), router]

    monkeypatch.setattr(site_routes, "routes", routes)
    visits.served = create(visits.app)
    return held


def test_a_form_is_handed_over_with_its_sender(visits: Visits, taken: list[door.Filled]) -> None:
    browser = visits.signed_in("vote", "Ida")
    sent = {"work": ["1", "2"], "note": " two\r\nlines\x00 ", "empty": ""}
    assert browser.fill("/take", **sent).status_code == 200
    (form,) = taken
    assert form.visitor.name == "Ida"
    assert form.texts("work") == ["1", "2"]
    assert form.text("note") == "two\nlines"
    assert (form.text("empty", "x"), form.text("none", "y"), form.texts("none")) == ("x", "y", [])
    assert form.file is None


def test_a_form_in_parts_may_have_one_file(visits: Visits, taken: list[door.Filled]) -> None:
    browser = visits.signed_in("vote")
    token = token_of(browser.get("/you").text)
    for name, kept in (("seeds.bib", door.Upload("seeds.bib", b"@article{}")), ("", None)):
        page = browser.post(
            "/take",
            data={"csrf": token, "why": "ünïcode"},
            files={"file": (name, b"@article{}" if name else b"")},
            headers=OWN,
        )
        assert page.status_code == 200
        assert taken[-1].file == kept
        assert taken[-1].text("why") == "ünïcode"


@pytest.mark.parametrize(
    "sent",
    [
        {"files": [("a", ("a", b"x")), ("b", ("b", b"y"))]},
        {"data": {f"f{number}": "" for number in range(1_001)}},
        {"content": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"-\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(
    visits: Visits, taken: list[door.Filled], sent: dict[str, Any]
) -> None:
    browser = visits.signed_in("vote")
    sent["headers"] = OWN | sent.get("headers", {})
    assert browser.post("/take", **sent).status_code in {400, 403}
    assert taken == []


def test_a_form_that_is_too_large_is_refused(visits: Visits, taken: list[door.Filled]) -> None:
    browser = visits.signed_in("vote")
    token = token_of(browser.get("/you").text)
    page = browser.post("/take", data={"csrf": token, "note": "x" * 300_000}, headers=OWN)
    assert page.status_code == 413
    assert "too much at once" in text(page)
    assert taken == []


def test_json_is_no_form(visits: Visits, taken: list[door.Filled]) -> None:
    """A body that a page of another site may send without asking first carries no fields."""
    browser = visits.signed_in("vote")
    token = token_of(browser.get("/you").text)
    for kind in ("application/json", "text/plain"):
        page = browser.post(
            "/take", content=f'{{"csrf": "{token}"}}', headers=OWN | {"Content-Type": kind}
        )
        assert page.status_code == 403
    assert taken == []


# -- errors ---------------------------------------------------------------------------------------


def test_a_page_that_is_not_there_is_told_in_the_sites_frame(visits: Visits) -> None:
    page = visits.signed_in("read", "Ida").get("/nowhere")
    assert page.status_code == 404
    assert "There is no such page" in text(page)
    assert name_on(page) == "Ida"
    stranger = visits.stranger().get("/nowhere")
    assert stranger.status_code == 404
    assert "This week" not in stranger.text, "who is not in has no navigation"


def test_a_busy_archive_says_so_and_how_to_try_again(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise StoreBusyError("sqlite:///secret.db", "is locked")

    browser = visits.signed_in()
    monkeypatch.setattr(you, "_other_names", busy)
    page = browser.get("/you?x=1")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "5"
    assert 'href="/you?x=1"' in page.text
    assert "secret.db" not in page.text


def test_a_defect_is_a_page_with_a_number_and_never_a_traceback(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("password hunter2")

    browser = visits.signed_in()
    monkeypatch.setattr(you, "_other_names", broken)
    page = browser.get("/you")
    assert page.status_code == 500
    assert "Something went wrong here" in text(page)
    assert "app.css" in page.text
    for secret in ("hunter2", "Traceback", "RuntimeError"):
        assert secret not in page.text
    assert "hunter2" in caplog.text


def test_a_defect_of_the_frame_itself_is_told_without_it(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.web.site import shell

    browser = visits.signed_in()

    def broken() -> None:
        raise RuntimeError("no templates")

    monkeypatch.setattr(shell, "environment", broken)
    page = browser.get("/you")
    assert page.status_code == 500
    assert "Something went wrong here" in text(page)


def test_a_program_is_answered_in_its_own_way(visits: Visits) -> None:
    wanted = {"Accept": "application/json"}
    answer = visits.stranger().get("/you", headers=wanted)
    assert answer.status_code == 401
    assert "Cookie" in answer.headers["www-authenticate"], "no browser asks for a password by it"
    assert answer.json()["heading"] == "You are not signed in"
    assert visits.here().get("/nowhere", headers=wanted).json()["status"] == 404


def test_a_method_that_is_not_allowed_is_told_which_are(visits: Visits) -> None:
    page = visits.here().put("/you")
    assert page.status_code == 405
    assert page.headers["allow"]


# -- headers --------------------------------------------------------------------------------------


def test_every_answer_of_the_site_has_strict_headers(visits: Visits) -> None:
    here = visits.here()
    answers = [here.get("/you"), here.get("/login"), here.get("/nowhere"), here.post("/you/name")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        for part in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert part in policy
        assert "unsafe" not in policy
        assert "http" not in policy, "nothing from elsewhere"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_signed_addresses_are_still_told_to_nobody(visits: Visits) -> None:
    assert visits.here().get("/f/x").headers["referrer-policy"] == "no-referrer"
    assert "Open it from the mail again" in text(visits.here().get("/f/x"))


class TestSwitchedOff:
    def test_there_is_no_site(self, visits: Visits) -> None:
        web = visits.app.settings.web.model_copy(update={"site": False})
        visits.app.settings = visits.app.settings.model_copy(update={"web": web})
        browser = TestClient(
            create(visits.app, at_home=True), base_url=HOME, client=("127.0.0.1", 1)
        )
        for path in ("/", "/you", "/login", "/week", "/static/x/app.css"):
            assert browser.get(path, follow_redirects=False).status_code == 404
        assert browser.get("/api/v1/topics").status_code == 200
