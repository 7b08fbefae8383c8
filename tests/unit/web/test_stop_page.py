"""T77: the page behind "unsubscribe", and the one-click POST of RFC 8058."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.records import StopReason
from tests.web_site import READER, harmless, text

if TYPE_CHECKING:
    from tests.web_site import Site

STOPPED = ["Lab: unsubscribed"]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def test_opening_asks_and_changes_nothing(site: Site) -> None:
    """T76."""
    before = site.rows()
    for method in ("GET", "HEAD") * 5:
        page = site.browser.request(method, site.stop_link())
        assert page.status_code == 200
    assert site.rows() == before
    told = text(site.browser.get(site.stop_link()))
    assert "The digest Lab is sent to Ida@example.org." in told
    assert "Stop these mails" in told


@pytest.mark.parametrize(
    "sent",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
        {"content": b"", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"--x broken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"List-Unsubscribe=One-Click"},
        {"content": b"\xff\x00", "headers": {"Content-Type": "application/octet-stream"}},
    ],
    ids=["form", "multipart", "button", "empty", "broken", "untyped", "bytes"],
)
def test_a_post_of_any_form_stops(site: Site, sent: dict[str, Any]) -> None:
    """T77. Mail programs differ in what they send; none has cookies or follows redirects."""
    page = site.browser.post(site.stop_link(), follow_redirects=False, **sent)
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert "You are unsubscribed" in text(page)
    assert site.stopped() == STOPPED
    with site.app.store.reading() as tx:
        assert tx.subscriptions.active() == []


def test_stopping_again_is_as_good(site: Site) -> None:
    for _ in range(3):
        assert site.browser.post(site.stop_link(), data=ONE_CLICK).status_code == 200
    with site.app.store.reading() as tx:
        ((stop, ended),) = tx.stops.history("Lab")
    assert (stop.at, stop.detail, ended) == (site.time.at, "by the link in a mail", None)


def test_it_can_be_undone(site: Site) -> None:
    site.browser.post(site.stop_link())
    opened = site.browser.get(site.stop_link())
    assert "Send it to me again" in text(opened)
    assert 'name="resume" value="1"' in opened.text
    page = site.browser.post(site.stop_link(), data={"resume": "1"})
    assert page.status_code == 200
    assert "Welcome back" in text(page)
    assert site.stopped() == []


@pytest.mark.parametrize("told", ["", "0", "yes", "11"])
def test_only_the_button_to_undo_undoes(site: Site, told: str) -> None:
    site.browser.post(site.stop_link(), data={"resume": told})
    assert site.stopped() == STOPPED


def test_a_link_of_years_ago_still_unsubscribes(site: Site) -> None:
    link = site.stop_link()
    site.time.at += timedelta(days=3000)
    assert site.browser.post(link, data=ONE_CLICK).status_code == 200
    assert site.stopped() == STOPPED


def test_undoing_does_not_mend_a_mail_box(site: Site) -> None:
    with site.app.store.writing() as tx:
        tx.stops.stop("Lab", StopReason.BOUNCED, "550", site.time.at)
    site.browser.post(site.stop_link())
    assert site.stopped() == STOPPED
    site.browser.post(site.stop_link(), data={"resume": "1"})
    assert site.stopped() == ["Lab: bounced"]


def test_whoever_is_not_sent_it_any_more_stops_nobody(site: Site) -> None:
    before = site.rows()
    for method in ("GET", "POST"):
        page = site.browser.request(method, site.stop_link("rei@example.org"))
        assert page.status_code == 200, "a mail program takes anything else for a failure"
        assert "does not go to rei@example.org (any more)" in text(page)
        assert READER not in text(page), "nobody learns who reads it now"
    assert site.rows() == before


def test_a_subscription_that_is_gone_is_as_good_as_stopped(site: Site) -> None:
    from dataclasses import replace

    site.content = replace(site.content, subscription="Long ago")
    assert site.browser.post(site.stop_link(), data=ONE_CLICK).status_code == 200
    assert site.stopped() == []


def test_the_case_of_an_address_is_no_other_reader(site: Site) -> None:
    site.browser.post(site.stop_link("ida@EXAMPLE.org"))
    assert site.stopped() == STOPPED


class TestFallback:
    """A Slack channel that refuses for good is mailed to its fallback."""

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        lab = {"name": "Lab", "channel": "slack", "destination": "C0123456789"}
        return settings | {"subscriptions": [lab | {"fallback": READER}]}

    def test_its_reader_can_end_the_mails(self, site: Site) -> None:
        assert site.browser.post(site.stop_link(), data=ONE_CLICK).status_code == 200
        assert site.stopped() == STOPPED


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><svg/onload=alert(1)>'])
def test_hostile_names_stay_text(site: Site, hostile: str) -> None:
    for method in ("GET", "POST"):
        page = site.browser.request(method, site.stop_link(f"{hostile}@example.org"))
        assert hostile in text(page)
        assert harmless(page.text)
