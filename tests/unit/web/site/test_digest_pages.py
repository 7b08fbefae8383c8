"""Past digests, what became of their deliveries, and what a person decides of them."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from service.records import DeliveryState, RenderedPart, Subscription
from tests import api_office, factories
from tests.papers import NOW
from tests.site_visits import harm
from tests.web_site import text

if TYPE_CHECKING:
    from tests.site_visits import Visits

DIGEST = "5c81bbc7-7316-5f94-934f-ee511cb8fb61"
DELIVERY = "91364bbc-8a22-5262-92c9-370a4e4c882e"


@pytest.fixture
def visits(visits: Visits) -> Visits:
    api_office.frozen(visits.app, DIGEST, 48, DELIVERY)
    return visits


def _freeze(visits: Visits, payload: bytes, channel: str, place: str, week: int = 49) -> str:
    """One more digest, of these bytes; the id of its delivery."""
    name = f"0b5c9f0e-7f6b-5d2a-9a57-6f1f0a3c2d{week}"
    content = factories.digest_content(
        digest_id=f"{week}c81bbc-7316-5f94-934f-ee511cb8fb61",
        subscription="Lab",
        period=f"Europe/Berlin:2026-W{week}",
        created_at=NOW,
    )
    subscription = Subscription("Lab", ("stroma",), channel, place)
    parts = [RenderedPart(name, 1, 1, payload)]
    with visits.app.store.writing() as tx:
        assert tx.digests.freeze(
            content, subscription, parts, revision=0, window=(0, week), now=visits.app.clock.now()
        )
    return name


def _doubtful(visits: Visits) -> None:
    with visits.app.store.writing() as tx:
        delivery = tx.deliveries.get(DELIVERY)
        now = visits.app.clock.now()
        tx.deliveries.finish(
            delivery,
            state=DeliveryState.UNKNOWN,
            not_before=None,
            detail="no answer came",
            provider_id=None,
            remedy="look there first",
            resend=False,
            plain=False,
            now=now,
            anew=True,
        )


def test_digests_are_listed_with_how_they_stand_and_what_comes_next(visits: Visits) -> None:
    page = text(visits.here().get("/digests"))
    assert "Lab, week 48" in page
    assert "waiting" in page
    assert "Monday, 30 November, 08:00" in page  # this week has had its digest


def test_a_digest_is_shown_as_it_was_frozen_in_a_frame_that_runs_nothing(visits: Visits) -> None:
    page = visits.here().get(f"/digests/{DIGEST}")
    assert f'src="/digests/{DIGEST}/page"' in page.text
    assert 'sandbox="allow-popups"' in page.text
    assert harm(page.text) == []
    framed = visits.here().get(f"/digests/{DIGEST}/page")
    assert "Stromal" in framed.text
    policy = framed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "sandbox allow-popups" in policy
    assert "script" not in policy


def test_the_beginning_of_an_id_is_enough_and_a_strange_one_is_not_found(visits: Visits) -> None:
    assert visits.here().get(f"/digests/{DIGEST[:8]}").status_code == 200
    for path in ("/digests/nosuch", "/digests/nosuch/page", "/deliveries/nosuch"):
        assert visits.here().get(path).status_code == 404


def test_a_reader_is_not_told_the_addresses_of_others(visits: Visits) -> None:
    reader = visits.signed_in("read")
    for path in ("/digests", f"/digests/{DIGEST}", f"/deliveries/{DELIVERY}", "/subscriptions"):
        assert api_office.READER not in reader.get(path).text
    assert api_office.READER in visits.here().get(f"/digests/{DIGEST}").text


# -- as it was sent --------------------------------------------------------------------------------


def _mail() -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Digest"
    mail.set_content("as text")
    mail.add_alternative('<html><head></head><img src="cid:chart@x"><p>as page</p></html>', "html")
    page = mail.get_payload()[1]
    page.add_related(b"PNG", "image", "png", cid="<chart@x>")  # type: ignore[union-attr]  # a part
    return mail.as_bytes()


def test_a_mail_is_shown_with_its_pictures_inside(visits: Visits) -> None:
    name = _freeze(visits, _mail(), "email", "ida@example.org")
    shown = visits.here().get(f"/deliveries/{name}/sent").text
    assert "as page" in shown
    assert 'src="data:image/png;base64,UE5H"' in shown
    assert '<base target="_blank">' in shown


def test_a_message_to_slack_is_shown_as_it_went_out(visits: Visits) -> None:
    name = _freeze(visits, json.dumps({"text": "γδ T <b>"}).encode(), "slack", "C0123456789")
    shown = visits.here().get(f"/deliveries/{name}/sent")
    assert json.loads(shown.text) == {"text": "γδ T <b>"}
    assert shown.headers["content-type"].startswith("text/plain")


def test_a_file_that_is_a_page_is_shown_as_one(visits: Visits) -> None:
    name = _freeze(visits, b"<!doctype html><html><head></head>whole</html>", "file", "a.html")
    shown = visits.here().get(f"/deliveries/{name}/sent")
    assert "whole" in shown.text
    assert shown.headers["content-type"].startswith("text/html")


def test_only_an_admin_sees_a_mail_for_its_links_act_for_its_reader(visits: Visits) -> None:
    name = _freeze(visits, _mail(), "email", "ida@example.org")
    assert visits.signed_in("vote").get(f"/deliveries/{name}/sent").status_code == 403
    assert visits.signed_in("admin").get(f"/deliveries/{name}/sent").status_code == 200


# -- decisions -------------------------------------------------------------------------------------


def test_what_is_in_doubt_stands_first_with_its_cause(visits: Visits) -> None:
    _doubtful(visits)
    page = text(visits.here().get("/digests"))
    assert "Needs you" in page
    assert "no answer came" in page


def test_a_person_says_that_a_delivery_in_doubt_arrived_and_it_is_noted_as_theirs(
    visits: Visits,
) -> None:
    _doubtful(visits)
    browser = visits.here()
    page = text(browser.get(f"/deliveries/{DELIVERY}"))
    assert "It has arrived" in page
    assert "look there first" in page
    answer = browser.fill(f"/deliveries/{DELIVERY}", move="sent")
    assert answer.headers["location"] == f"/deliveries/{DELIVERY}"
    with visits.app.store.reading() as tx:
        assert tx.deliveries.line(DELIVERY).state is DeliveryState.SENT
        assert any("(web)" in detail for *_, detail in tx.deliveries.events(DELIVERY))


@pytest.mark.parametrize("move", ["retry", "nonsense", ""])
def test_a_decision_that_does_not_fit_changes_nothing(visits: Visits, move: str) -> None:
    _doubtful(visits)
    before = visits.office.rows()["delivery"]
    assert visits.here().fill(f"/deliveries/{DELIVERY}", move=move).status_code == 400
    assert visits.office.rows()["delivery"] == before


def test_who_may_vote_decides_nothing(visits: Visits) -> None:
    _doubtful(visits)
    voter = visits.signed_in("vote")
    assert "It has arrived" not in voter.get(f"/deliveries/{DELIVERY}").text
    assert voter.fill(f"/deliveries/{DELIVERY}", move="sent").status_code == 403
