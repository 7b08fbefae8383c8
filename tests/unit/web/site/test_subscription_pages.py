"""Subscriptions in the web: made, changed, stopped, tried; those of the file are not touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import ConfigError
from service.records import Subscription
from tests.api_office import READER
from tests.site_visits import harm
from tests.web_site import text

if TYPE_CHECKING:
    from tests.site_visits import Browser, Visits

FORM = {
    "name": "Journal club",
    "topics": ["stroma"],
    "channel": "file",
    "destination": "club.html",
    "weekday": "thursday",
    "at": "16:30",
    "zone": "Asia/Tokyo",
    "cap": "8",
    "floor": "2",
}


def _held(visits: Visits, name: str = "Journal club") -> Subscription:
    with visits.app.store.reading() as tx:
        return tx.subscriptions.get(name)[0]


def _made(browser: Browser, **changes: Any) -> Any:
    return browser.fill("/subscriptions/new", **(FORM | changes))


def test_a_subscription_is_made_as_it_was_filled_in(visits: Visits) -> None:
    answer = _made(visits.here())
    assert answer.headers["location"] == "/subscriptions/Journal%20club"
    wanted = Subscription(
        "Journal club", ("stroma",), "file", "club.html", 3, "16:30", "Asia/Tokyo", 8, 2
    )
    assert _held(visits) == wanted


def test_the_next_runs_are_told_in_the_zone_of_the_subscription(visits: Visits) -> None:
    _made(visits.here())
    page = text(visits.here().get("/subscriptions/Journal club"))
    assert "Thursday, 19 November, 16:30" in page
    assert "Thursday, 10 December, 16:30" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"topics": []}, "none is chosen"),
        ({"topics": ["nosuch"]}, "does not exist"),
        ({"searches": ["nosuch"]}, "does not exist"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"at": "25:00"}, "25:00"),
        ({"cap": "0"}, "cap"),
        ({"cap": "many"}, "no whole number"),
        ({"cap": "٣"}, "no whole number"),
        ({"floor": "9"}, "9 is more than cap"),
        ({"channel": "slack", "destination": "C0123456789"}, "is not configured"),
        ({"channel": "email", "destination": "nobody"}, "nobody"),
        ({"name": "Lab"}, "stands in the configuration"),
        ({"name": "<b>club</b>"}, "name"),
    ],
)
def test_what_does_not_fit_is_told_and_the_form_kept(
    visits: Visits, changes: dict[str, Any], told: str
) -> None:
    before = visits.office.rows()["subscription"]
    answer = _made(visits.here(), **changes)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'value="Asia/Tokyo"' in answer.text or "Mars" in answer.text
    assert harm(answer.text) == []
    assert visits.office.rows()["subscription"] == before


def test_a_name_that_is_taken_is_refused_with_who_has_it(visits: Visits) -> None:
    _made(visits.here())
    answer = _made(visits.here(), cap="3")
    assert "made by" in text(answer)
    assert _held(visits).cap == 8


def test_it_is_changed_by_others_and_stays_its_maker_s(visits: Visits) -> None:
    _made(visits.here())
    other = visits.signed_in("admin", "Ada")
    assert other.fill("/subscriptions/Journal club", **(FORM | {"cap": "3"})).status_code == 303
    assert _held(visits).cap == 3
    with visits.app.store.reading() as tx:
        assert tx.subscriptions.authors()["Journal club"] != "Ada"


def test_that_of_the_file_is_shown_but_not_changed(visits: Visits) -> None:
    browser = visits.here()
    page = browser.get("/subscriptions/Lab")
    assert "<fieldset disabled>" in page.text
    assert "changed there" in text(page)
    for path in ("/subscriptions/Lab", "/subscriptions/Lab/end"):
        answer = browser.fill(path, **FORM)
        assert answer.status_code in {400, 422}
        assert "stands in the configuration" in text(answer)
    assert _held(visits, "Lab").destination == READER


def test_a_person_s_own_outlives_a_start_and_is_switched_off_by_them(visits: Visits) -> None:
    browser = visits.here()
    _made(browser)
    visits.app.prepare()
    assert _held(visits).active
    assert browser.fill("/subscriptions/Journal club/end").status_code == 303
    assert not _held(visits).active
    assert "switched off" in text(browser.get("/subscriptions")).lower()


def test_the_file_cannot_take_over_what_a_person_has_made(visits: Visits) -> None:
    _made(visits.here(), name="Late")
    entry = visits.app.settings.subscriptions[0].model_copy(update={"name": "Late"})
    changed = {"subscriptions": (*visits.app.settings.subscriptions, entry)}
    visits.app.settings = visits.app.settings.model_copy(update=changed)
    with pytest.raises(ConfigError, match=r"subscriptions\[1\].name: 'Late' is a subscription"):
        visits.app.prepare()
    assert _held(visits, "Late").channel == "file"


def test_it_is_stopped_and_sent_again(visits: Visits) -> None:
    browser = visits.here()
    assert browser.fill("/subscriptions/Lab/stop").status_code == 303
    assert "Stopped" in text(browser.get("/subscriptions/Lab"))
    assert browser.fill("/subscriptions/Lab/resume").status_code == 303
    assert "Monday, 23 November, 08:00" in text(browser.get("/subscriptions/Lab"))


def test_nobody_but_an_admin_changes_anything(visits: Visits) -> None:
    voter = visits.signed_in("vote")
    before = visits.office.rows()
    for path in ("new", "Lab", "Lab/stop", "Lab/resume", "Lab/end", "Lab/test"):
        assert voter.fill(f"/subscriptions/{path}", **FORM).status_code == 403
    del before["token"]
    after = visits.office.rows()
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("path", ["", "/stop", "/resume", "/end", "/test"])
def test_one_that_is_not_there_is_told(visits: Visits, path: str) -> None:
    answer = visits.here().fill(f"/subscriptions/nosuch{path}", **FORM)
    assert answer.status_code in {400, 404, 422}
    assert visits.here().get("/subscriptions/nosuch").status_code == 404


# -- a test sending --------------------------------------------------------------------------------


def _tried(visits: Visits, **fields: str) -> str:
    """What the page says when a test has been sent."""
    browser = visits.here()
    assert browser.fill("/subscriptions/Lab/test", **fields).status_code == 303
    for thread in threading.enumerate():
        if thread.name == "test Lab":
            thread.join(30)
    return text(browser.get("/subscriptions/Lab"))


def test_a_test_goes_where_it_is_wanted_and_uses_up_no_week(
    visits: Visits, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = visits.office.rows()["digest"]
    assert "Sent, with" in _tried(visits, to="look.html")
    assert len(list(tmp_path.rglob("look-*.html"))) == 1
    assert visits.office.rows()["digest"] == before


def test_a_test_that_cannot_be_sent_says_why(visits: Visits) -> None:
    told = _tried(visits, to="nowhere at all")
    assert "is of no known kind" in told
    assert "Send a test" in told


def test_this_week_s_digest_is_made_once_though_it_is_not_due(
    visits: Visits, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    browser = visits.here()
    _made(browser)
    before = len(visits.office.rows()["digest"])
    for told in ("Made, with", "was made before"):
        assert browser.fill("/subscriptions/Journal club/now").status_code == 303
        for thread in threading.enumerate():
            if thread.name == "test Journal club":
                thread.join(30)
        assert told in text(browser.get("/subscriptions/Journal club"))
    assert len(visits.office.rows()["digest"]) == before + 1
    assert len(list(tmp_path.rglob("club-*.html"))) == 1
