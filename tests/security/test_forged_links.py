"""Signed addresses, sessions and tokens: each is good for its own purpose, its own time, and whole.

That a hundred changed links of each kind write nothing is in test_requests; that no changed letter
goes unnoticed, in test_capabilities. Here everything that we sign is shown at every door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.capabilities import Capabilities
from service.records import Judgement
from tests.api_office import DELIVERY, TOPIC
from tests.factories import digest_content
from tests.site_visits import token_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.site_visits import Visits

URL = "https://litwatch.example.org"
KEY = "k" * 32  # of the fixture's installation
READER = "Ida@example.org"


def signed(created: datetime, key: str = KEY) -> dict[str, str]:
    """One good token for each purpose, by where it belongs."""
    signer = Capabilities(URL, (key,))
    content = digest_content(subscription="Lab", created_at=created)
    addresses = {
        "f": signer.feedback(content, READER, TOPIC, 1),
        "d": signer.page(content, READER),
        "u": signer.unsubscribe(content, READER),
        "feed": signer.feed("topics", TOPIC).removesuffix(".atom"),
    }
    tokens = {where: address.rpartition("/")[2] for where, address in addresses.items()}
    return tokens | {"mail": signer.bounce_tag(DELIVERY)}


def press(visits: Visits, where: str, token: str) -> int:
    """The status of a form sent to a signed address."""
    fields = {"say": "relevant", "List-Unsubscribe": "One-Click"}
    return int(visits.stranger().post(f"/{where}/{token}", data=fields).status_code)


def test_each_is_good_where_it_belongs(visits: Visits) -> None:
    """The tests below can fail."""
    tokens = signed(visits.office.time.at)
    assert press(visits, "f", tokens["f"]) == 200
    assert press(visits, "u", tokens["u"]) == 200
    assert [vote[2] for vote in visits.office.votes()] == [Judgement.RELEVANT]
    assert visits.stranger().get(f"/feed/{tokens['feed']}.atom").status_code == 200


def test_none_is_good_at_another_door(visits: Visits) -> None:
    tokens, browser = signed(visits.office.time.at), visits.signed_in("admin")
    tokens["session"] = browser.cookies["litwatch"]
    tokens["form"] = token_of(browser.get("/you").text)
    before = visits.office.rows()
    for kind, token in tokens.items():
        for where in {"f", "u", "d"} - {kind}:
            assert 400 <= press(visits, where, token) < 500, (kind, where)
        if kind != "feed":
            assert visits.stranger().get(f"/feed/{token}.atom").status_code in {400, 404}, kind
        if kind != "session":
            stranger = visits.stranger(Cookie=f"litwatch={token}")
            assert stranger.get("/you").status_code == 303, kind
        for shown in (token, f"lw_{token}"):
            program = visits.office.away(shown, web=visits.served)
            assert program.get("/api/v1/topics").status_code == 401, kind
    assert visits.office.rows() == before


def test_what_another_key_signed_is_good_nowhere(visits: Visits) -> None:
    before = visits.office.rows()
    for kind, token in signed(visits.office.time.at, key="x" * 32).items():
        for where in ("f", "u", "d"):
            assert 400 <= press(visits, where, token) < 500, (kind, where)
    assert visits.office.rows() == before


@pytest.mark.parametrize(("days", "status"), [(59, 200), (62, 410), (700, 410)])
def test_a_vote_link_ends_after_sixty_days(days: int, status: int, visits: Visits) -> None:
    token = signed(visits.office.time.at)["f"]
    visits.office.time.pass_time(days=days)
    before = visits.office.rows()["vote"]
    assert press(visits, "f", token) == status
    assert (visits.office.rows()["vote"] == before) == (status == 410)


@pytest.mark.parametrize("where", ["f", "u", "d"])
def test_opening_a_link_writes_nothing(where: str, visits: Visits) -> None:
    """Scanners of mail open every link, some press HEAD first."""
    token, before = signed(visits.office.time.at)[where], visits.office.rows()
    for method in ("GET", "HEAD", "OPTIONS"):
        visits.stranger().request(method, f"/{where}/{token}", params={"say": "relevant"})
    assert visits.office.rows() == before


def test_pages_behind_links_press_nothing_by_themselves(visits: Visits) -> None:
    """Some scanners run scripts: a form that sends itself would vote for them."""
    for where in ("f", "u"):
        page = visits.stranger().get(f"/{where}/{signed(visits.office.time.at)[where]}")
        assert page.status_code == 200
        assert "<form" in page.text
        assert "<script" not in page.text
        assert "http-equiv" not in page.text
        assert "script-src" not in page.headers["content-security-policy"]
