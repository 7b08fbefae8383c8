"""What people read is their own affair: nothing that is sent or shown tells anybody that, when or
where it was opened, and no link makes a detour."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import html

from service.capabilities import Capabilities
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, FileRenderer, SlackRenderer
from tests.edited_news import kept, told
from tests.factories import NOW
from tests.site_visits import address
from tests.site_visits import routes as pages

if TYPE_CHECKING:
    from email.message import EmailMessage

    from service.records import DigestContent
    from tests.site_visits import Visits

OURS = "litwatch.example.org"
SIGNER = Capabilities(f"https://{OURS}", ("k" * 32,))
HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
READERS = ("ida@example.org", "rei@example.org")


@pytest.fixture
def content() -> DigestContent:
    """A digest with news, signals, entities and a figure."""
    return replace(told(), created_at=NOW)


def letter(content: DigestContent, reader: str = READERS[0]) -> EmailMessage:
    [part] = EmailRenderer(HEAD, SIGNER, pictures=kept).render(content, reader)
    return message_from_bytes(part.payload, policy=policy.default)  # type: ignore[return-value]


def page_of(content: DigestContent, reader: str = READERS[0]) -> str:
    page = letter(content, reader).get_body(("html",))
    assert page is not None
    return str(page.get_content())


def links(page: str) -> list[str]:
    return [str(each) for each in html.document_fromstring(page).xpath("//a/@href")]


def test_a_mail_loads_nothing_from_anywhere(content: DigestContent) -> None:
    """Every picture is inside the mail; a picture from elsewhere is how opening is counted."""
    message, page = letter(content), page_of(content)
    inside = {f"cid:{p['Content-ID'].strip('<>')}" for p in message.walk() if p["Content-ID"]}
    tree = html.document_fromstring(page)
    sources = {str(each) for each in tree.xpath("//img/@src")}
    assert sources
    assert sources <= inside
    assert not tree.xpath("//@srcset | //@background | //@poster | //link | //script | //iframe")
    assert not re.search(r"url\(|@import|@font-face", page)


def test_no_picture_is_too_small_to_be_seen(content: DigestContent) -> None:
    for image in html.document_fromstring(page_of(content)).iter("img"):
        assert int(image.get("width", "0")) >= 40


def test_a_mail_asks_for_no_receipt(content: DigestContent) -> None:
    asked = {name.lower() for name in letter(content).keys()}  # noqa: SIM118 - repeated ones, too
    for name in ("disposition-notification-to", "return-receipt-to", "x-confirm-reading-to"):
        assert name not in asked


@pytest.mark.parametrize("form", ["mail", "page"])
def test_every_link_to_a_paper_is_direct(form: str, content: DigestContent) -> None:
    """No address of ours stands between, and nothing is added by which a click could be known."""
    if form == "mail":
        page = page_of(content)
    else:
        [part] = FileRenderer(SIGNER, pictures=kept).render(content, READERS[0])
        page = part.payload.decode()
    direct = [link for link in links(page) if urlsplit(link).netloc not in {"", OURS}]
    assert len(direct) > 3
    items = [item for part in content.sections for item in part.items]
    shown = {f"https://doi.org/{item.work.ids.doi}" for item in items}
    assert shown <= set(direct)
    for link in direct:
        assert OURS not in link
        names = {name.lower() for name, _ in parse_qsl(urlsplit(link).query)}
        assert not [n for n in names if n.startswith(("utm", "mc_", "ref", "track", "click"))]


def test_two_readers_are_sent_the_same_but_for_what_they_may_do(content: DigestContent) -> None:
    """What differs are the addresses of votes, of their own page, and of the way out."""
    differing = set(links(page_of(content))) ^ set(links(page_of(content, READERS[1])))
    assert differing
    for link in differing:
        parts = urlsplit(link)
        own = parts.netloc == OURS and re.fullmatch(r"/[fdu]/[\w.-]+", parts.path)
        assert own or parts.scheme == "mailto", link


def test_what_ours_is_linked_is_only_for_pressing_reading_and_leaving(
    content: DigestContent,
) -> None:
    for link in links(page_of(content)):
        parts = urlsplit(link)
        if parts.netloc == OURS:
            assert parts.path[:3] in {"/f/", "/d/", "/u/"}
            assert re.fullmatch(r"|say=[a-z-]+", parts.query), link


def test_slack_links_papers_directly_and_unfurls_nothing(content: DigestContent) -> None:
    """An unfurled link is fetched by Slack for everybody who looks."""
    for part in SlackRenderer(SIGNER).render(content, "C0123456789"):
        message = json.loads(part.payload)
        assert message["unfurl_links"] is False
        assert message["unfurl_media"] is False
        assert '"image_url"' not in part.payload.decode()


# -- the site -----------------------------------------------------------------------------------------------

_ASTRAY = (
    "https://evil.example.org/x",
    "//evil.example.org",
    "/\\evil.example.org",
    "/\t/evil.example.org",
)
_NAMED = ("next", "url", "u", "to", "r", "redirect", "return", "back", "come", "link", "q", "dest")


def test_no_address_of_ours_leads_elsewhere(visits: Visits) -> None:
    """ASVS 3.7.2. Whatever is asked, a redirect stays on this host."""
    here, stranger = visits.here(), visits.stranger()
    for route in pages(visits.app):
        for value in (
            _ASTRAY,
            "//evil.example.org",
            "/\\evil.example.org",
            "https:evil.example.org",
        ):
            asked = dict.fromkeys(_NAMED, value)
            for browser in (here, stranger):
                answer = browser.request(route.method, address(route.path), params=asked)
                where = answer.headers.get("location", "/")
                assert urlsplit(where).netloc == "", (route, where)
                assert where.startswith("/"), (route, where)
                assert not where.startswith(("//", "/\\")), (route, where)


def test_no_page_of_the_site_loads_from_elsewhere(visits: Visits) -> None:
    here = visits.here()
    for route in pages(visits.app):
        if route.method != "GET":
            continue
        answer = here.get(address(route.path))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        tree = html.document_fromstring(answer.text or "<p>")
        loaded = tree.xpath("//img/@src | //script/@src | //link/@href | //iframe/@src | //@srcset")
        for each in map(str, loaded):
            assert each.startswith(("/", "data:image/", "cid:")), (route, each)
        assert not tree.xpath("//@ping")


def test_nobody_is_followed_by_a_cookie(visits: Visits) -> None:
    """Who has not signed in is given none."""
    stranger = visits.stranger()
    for path in ("/", "/login", "/healthz", "/f/x", "/u/x", "/nowhere"):
        assert "set-cookie" not in stranger.get(path).headers
