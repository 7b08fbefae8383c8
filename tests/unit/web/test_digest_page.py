from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from service.bootstrap import outlets
from service.records import RenderedPart, Subscription, WeekFigures
from tests.web_site import READER, harmless, text

if TYPE_CHECKING:
    import pytest

    from service.records import DigestContent
    from tests.web_site import Site


def frozen(site: Site, content: DigestContent) -> str:
    """The link to this digest, which is frozen now (and sent to nobody)."""
    weeks = tuple(WeekFigures(f"Europe/Berlin:2026-W{n}", 900 + n, 3, 0.7) for n in (45, 46, 47))
    subscription = Subscription("Lab", ("stroma",), "email", READER)
    with site.app.store.writing() as tx:
        assert tx.digests.freeze(
            replace(content, weeks=weeks, period=content.period + content.digest_id[-1:]),
            subscription,
            [RenderedPart(str(uuid4()), 1, 1, b"the mail")],
            revision=0,
            window=(0, 3),
            now=site.time.at,
        )
    return site.app.capabilities.page(content, READER)


def test_the_digest_is_shown_as_it_was_frozen(site: Site) -> None:
    link = frozen(site, site.content)
    before = site.rows()
    page = site.browser.get(link)
    assert page.status_code == 200
    for number in (1, 2, 3):
        assert f"Stromal niche {number} shields" in text(page)
    for method in ("GET", "HEAD") * 5:
        assert site.browser.request(method, link).status_code == 200
    assert site.rows() == before


def test_its_links_are_this_readers_own(site: Site) -> None:
    page = site.browser.get(frozen(site, site.content)).text
    ours = [
        link for link in re.findall(r'href="([^"]+)"', page) if "litwatch.example.org/f/" in link
    ]
    tokens = {urlsplit(link).path.rpartition("/")[2] for link in ours}
    read = [site.app.capabilities.read_feedback(token, site.time.at) for token in tokens]
    assert {(link.reader, link.work_id) for link in read} == {(READER, n) for n in (1, 2, 3)}


def test_its_charts_are_inside_and_its_policy_allows_just_that(site: Site) -> None:
    page = site.browser.get(frozen(site, site.content))
    sources = re.findall(r'(?:src|srcset)="([^"]*)"', page.text)
    assert sources
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "form-action 'none'" in policy


def test_a_digest_is_drawn_once_however_often_it_is_opened(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def draw(_spec: object, name: str) -> bytes:
        drawn.append(name)
        return b"<svg/>"

    monkeypatch.setattr(outlets, "draw", draw)
    link = frozen(site, site.content)
    pages = {site.browser.get(link).text for _ in range(3)}
    assert len(pages) == 1
    assert len(drawn) == len(set(drawn)) > 0


def test_a_digest_that_was_never_frozen_is_not_there(site: Site) -> None:
    """The links of a preview lead to a digest that may yet be made."""
    page = site.browser.get(site.page_link())
    assert page.status_code == 404


def test_a_hostile_digest_stays_text(site: Site) -> None:
    evil = '"><script>alert(1)</script>'
    section = site.content.sections[0]
    works = [replace(one, work=replace(one.work, title=evil)) for one in section.items]
    content = replace(site.content, sections=(replace(section, name=evil, items=tuple(works)),))
    page = site.browser.get(frozen(site, content))
    assert evil in text(page)
    assert harmless(re.sub(r"<(img|source)\b[^>]*>", "", page.text))
