"""Files and mails with real pictures: what `litwatch` writes when all its parts are wired."""

from __future__ import annotations

import base64
import email
import re
from email import policy
from typing import TYPE_CHECKING

import pytest
from lxml import etree, html

from service.charts import draw
from service.digest.email import Letterhead
from service.digest.render import EmailRenderer, FileRenderer
from service.records import WeekFigures
from tests.factories import digest_content, section
from tests.fakes_links import FakeLinks

if TYPE_CHECKING:
    from email.message import EmailMessage

    from service.records import DigestContent

HOSTILE = "</svg><script>alert(1)</script><image href='https://evil.example/x.png'/>"


@pytest.fixture(scope="module")
def content() -> DigestContent:
    weeks = tuple(WeekFigures(f"UTC:2026-W{n}", 4000 + n, n % 9, 0.8) for n in range(40, 48))
    spread = {"stroma": (400, 80, 30, *(9,) * 17)}
    return digest_content(section(name=HOSTILE), weeks=weeks, spread=spread)


@pytest.fixture(scope="module")
def page(content: DigestContent) -> html.HtmlElement:
    [part] = FileRenderer(FakeLinks(), draw).render(content, "stroma")
    return html.document_fromstring(part.payload.decode())


def test_a_file_holds_its_pictures_and_asks_for_nothing(page: html.HtmlElement) -> None:
    sources = page.xpath("//img/@src")
    assert len(sources) == 4, "two charts, by day and by night"
    for source in sources:
        kind, packed = source.split(",", 1)
        assert kind == "data:image/svg+xml;base64"
        svg = etree.fromstring(base64.b64decode(packed))
        assert svg.tag == "{http://www.w3.org/2000/svg}svg"
        assert not svg.xpath("//*[local-name()='script' or local-name()='image']")
        assert not svg.xpath("//@*[local-name()='href']")
    assert all(image.get("alt") for image in page.iter("img"))
    assert not page.xpath("//link | //script | //iframe | //@srcset | //@background")


def test_a_file_links_to_the_readers_pages(page: html.HtmlElement) -> None:
    own = [url for url in page.xpath("//a/@href") if url.startswith(FakeLinks().base)]
    assert [url.split("/")[3] for url in own] == ["f", "f", "f", "d"]


def test_a_text_file_says_where_to_vote(content: DigestContent) -> None:
    [part] = FileRenderer(FakeLinks(), draw).render(content, "stroma.txt")
    assert "To vote or save, open it on the web: https://litwatch" in part.payload.decode()


def test_a_mail_with_its_pictures_is_the_same_each_time_and_light(content: DigestContent) -> None:
    head = Letterhead("Litwatch <litwatch@example.org>", "example.org")
    renderer = EmailRenderer(head, FakeLinks(), draw)
    [part] = renderer.render(content, "ana@example.org")
    assert [part] == renderer.render(content, "ana@example.org")
    message: EmailMessage = email.message_from_bytes(part.payload, policy=policy.default)  # type: ignore[assignment]
    pictures = [one for one in message.walk() if one.get_content_maintype() == "image"]
    assert all(one.get_content().startswith(b"\x89PNG") for one in pictures)  # type: ignore[attr-defined]
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert {f"<{name}>" for name in re.findall(r"cid:([^\"]+)", page)} == {
        one["Content-ID"] for one in pictures
    }
    assert len(part.payload) < 300_000, "as drawn, the pictures alone are more"
