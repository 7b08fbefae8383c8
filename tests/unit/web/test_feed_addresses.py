"""Feeds over HTTP: signed addresses, and only what is new is sent."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import feedparser
import pytest

from service.normalisation import normalise
from service.records import Flag, Judgement, RenderedPart, Subscription, Vote
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.sources import feeds
from tests.feed_rules import atom_faults, json_faults
from tests.papers import Archive, paper
from tests.web_site import READER, TOPIC, text

if TYPE_CHECKING:
    from httpx2 import Response

    from service.records import DigestContent
    from tests.web_site import Site

HTTP = {
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
FAULTS = {"atom": atom_faults, "json": json_faults}


def frozen(site: Site, content: DigestContent) -> None:
    subscription = Subscription("Lab", (TOPIC,), "email", READER)
    with site.app.store.writing() as tx:
        assert tx.digests.freeze(
            content,
            subscription,
            [RenderedPart(str(uuid4()), 1, 1, b"the mail")],
            revision=0,
            window=(0, 3),
            now=site.time.at,
        )


def vote(site: Site, work: int, judgement: Judgement = Judgement.RELEVANT) -> None:
    with site.app.store.writing() as tx:
        tx.votes.cast(Vote(TOPIC, work, "Ida", judgement, "web", site.time.at))


def address(site: Site, kind: str = "topics", name: str = TOPIC, form: str = "atom") -> str:
    return f"{site.app.capabilities.feed(kind, name)}.{form}"


def read(page: Response) -> Any:
    return feedparser.parse(io.BytesIO(page.content))


@pytest.mark.parametrize("form", HTTP)
@pytest.mark.parametrize(("kind", "name"), [("topics", TOPIC), ("digests", "Lab")])
@pytest.mark.parametrize("empty", [True, False])
def test_a_signed_address_gives_a_valid_feed(
    site: Site, kind: str, name: str, form: str, empty: bool
) -> None:
    if not empty:
        frozen(site, site.content)
    page = site.browser.get(address(site, kind, name, form))
    assert page.status_code == 200
    assert page.headers["content-type"] == HTTP[form]
    assert FAULTS[form](page.content) == []
    assert (b"stroma.1" in page.content) is not empty


@pytest.mark.parametrize("form", HTTP)
def test_a_saved_search_is_a_feed_that_grows(site: Site, form: str) -> None:
    with site.app.store.writing() as tx:
        saved = SavedSearch("niches", "title:niche -mouse", Mode.HYBRID, "Ida", site.time.at)
        tx.searches.save(saved)
    link = address(site, "searches", "niches", form)
    first = site.browser.get(link)
    assert FAULTS[form](first.content) == []
    site.time.at += timedelta(days=1)
    Archive(site.app.store, site.time.at).take_in(paper(4), paper(5, title="Of a mouse niche"))
    again = site.browser.get(link, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert FAULTS[form](again.content) == []
    for number, there in enumerate((True, True, True, True, False), start=1):
        assert (f"works/{number}".encode() in again.content) is there
    assert again.headers["last-modified"] == format_datetime(site.time.at, usegmt=True)


def test_one_litwatch_can_poll_another(site: Site) -> None:
    frozen(site, site.content)
    page = feeds.read(site.browser.get(address(site)).content, "neighbour")
    assert page.warnings == ()
    assert [record.source_id for record in page.records] == [
        f"tag:litwatch.example.org,2026:works/{number}" for number in (3, 2, 1)
    ]
    found = normalise(page.records[0])
    assert (found.ids.doi, found.title) == ("10.5555/stroma.3", paper(3).title)
    assert found.abstract.startswith(paper(3).abstract)


def test_a_feed_names_its_own_address_under_the_public_one(site: Site) -> None:
    link = address(site)
    assert read(site.browser.get(urlsplit(link).path)).feed.links[0].href == link
    told = json.loads(site.browser.get(address(site, form="json")).content)
    assert told["feed_url"] == address(site, form="json")


@pytest.mark.parametrize("form", HTTP)
def test_what_the_client_has_is_not_sent_again(site: Site, form: str) -> None:
    frozen(site, site.content)
    link = address(site, form=form)
    first = site.browser.get(link)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for known in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-Modified-Since": format_datetime(site.time.at + timedelta(days=9), usegmt=True)},
        {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = site.browser.get(link, headers=known)
        assert (again.status_code, again.content) == (304, b""), known
        assert (again.headers["etag"], again.headers["last-modified"]) == (etag, modified)
        assert "private" in again.headers["cache-control"]


@pytest.mark.parametrize(
    "stale",
    [
        {"If-None-Match": '"other"'},
        {"If-None-Match": ""},
        {"If-None-Match": "nonsense, \x01"},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Thu, 99 Jan 99999 00:00:00 GMT"},
    ],
)
def test_what_the_client_does_not_have_is_sent(site: Site, stale: dict[str, str]) -> None:
    frozen(site, site.content)
    assert site.browser.get(address(site), headers=stale).status_code == 200


def test_a_tag_that_does_not_match_beats_a_date_that_does(site: Site) -> None:
    """RFC 9110, section 13.2.2."""
    frozen(site, site.content)
    modified = site.browser.get(address(site)).headers["last-modified"]
    known = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert site.browser.get(address(site), headers=known).status_code == 200


def test_a_vote_makes_the_feed_new_and_its_date_that_of_the_vote(site: Site) -> None:
    frozen(site, site.content)
    first = site.browser.get(address(site))
    site.time.at += timedelta(days=3)
    Archive(site.app.store, site.time.at).take_in(paper(4))
    vote(site, 4)
    known = {
        "If-None-Match": first.headers["etag"],
        "If-Modified-Since": first.headers["last-modified"],
    }
    again = site.browser.get(address(site), headers=known)
    assert again.status_code == 200
    assert again.headers["last-modified"] == format_datetime(site.time.at, usegmt=True)
    assert read(again).entries[0].id == "tag:litwatch.example.org,2026:works/4"


@pytest.mark.parametrize("form", HTTP)
def test_asking_for_the_head_says_the_same_without_the_feed(site: Site, form: str) -> None:
    link = address(site, form=form)
    whole, head = site.browser.get(link), site.browser.head(link)
    assert head.status_code == 200
    for name in ("etag", "last-modified", "content-type", "content-length"):
        assert head.headers[name] == whole.headers[name]
    known = site.browser.head(link, headers={"If-None-Match": whole.headers["etag"]})
    assert known.status_code == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_feeds_are_only_read(site: Site, method: str) -> None:
    assert site.browser.request(method, address(site)).status_code == 405


def test_reading_a_feed_changes_nothing(site: Site) -> None:
    frozen(site, site.content)
    before = site.rows()
    for kind, name in (("topics", TOPIC), ("digests", "Lab")):
        for form in HTTP:
            site.browser.get(address(site, kind, name, form))
    assert site.rows() == before


@pytest.mark.parametrize(
    ("kind", "name"),
    [("topics", "none"), ("digests", "None"), ("searches", "none"), ("works", "1"), ("", "")],
)
def test_what_is_not_there_is_not_found(site: Site, kind: str, name: str) -> None:
    page = site.browser.get(address(site, kind, name))
    assert page.status_code == 404
    assert "Traceback" not in page.text


@pytest.mark.parametrize("form", ["rss", "ATOM", "xml", "atom.bak"])
def test_other_forms_are_not_found(site: Site, form: str) -> None:
    assert site.browser.get(address(site, form=form)).status_code in {400, 404}


def test_a_link_for_one_thing_opens_no_feed(site: Site) -> None:
    for link in (site.page_link(), site.vote_link(), site.stop_link()):
        token = link.rpartition("/")[2]
        assert site.browser.get(f"/feed/{token}.atom").status_code == 400
    token = address(site).rpartition("/")[2].removesuffix(".atom")
    for purpose in "fdu":
        assert site.browser.get(f"/{purpose}/{token}").status_code == 400


def test_a_changed_address_is_refused_and_says_what_to_do(site: Site) -> None:
    link = address(site)
    page = site.browser.get(link.replace("/feed/W", "/feed/X"))
    assert page.status_code == 400
    assert "Ask for the address again" in text(page)


def test_an_address_of_a_feed_is_never_too_old(site: Site) -> None:
    link = address(site)
    site.time.at += timedelta(days=3_000)
    assert site.browser.get(link).status_code == 200


def test_a_program_that_has_gone_wrong_is_told_to_wait(site: Site) -> None:
    statuses = [site.browser.head(address(site)).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert int(site.browser.get(address(site)).headers["retry-after"]) > 0
    assert site.browser.get(address(site, "digests", "Lab")).status_code == 200
    site.time.at += timedelta(minutes=5)
    assert site.browser.get(address(site)).status_code == 200


def test_a_feed_of_digests_has_nobodys_personal_links(site: Site) -> None:
    frozen(site, site.content)
    for form in HTTP:
        body = site.browser.get(address(site, "digests", "Lab", form)).text
        assert "Stromal niche 2 shields" in body
        for secret in (READER, READER.lower(), "/f/", "/u/", "/d/"):
            assert secret not in body


def test_a_retraction_is_told_in_the_title_and_as_an_update(site: Site) -> None:
    frozen(site, site.content)
    before = {each.id: each for each in read(site.browser.get(address(site))).entries}
    later = site.time.at + timedelta(days=2)
    Archive(site.app.store, later).take_in(paper(2, flags=frozenset({Flag.RETRACTED})))
    after = {each.id: each for each in read(site.browser.get(address(site))).entries}
    name = "tag:litwatch.example.org,2026:works/2"
    assert after.keys() == before.keys()
    assert after[name].title == f"[Retracted] {before[name].title}"
    assert after[name].updated == later.strftime("%Y-%m-%dT%H:%M:%SZ") > before[name].updated
    assert after[name].published == before[name].published


def test_a_record_that_is_only_better_known_is_no_update(site: Site) -> None:
    """But the answer is new, or a program would never get the better abstract."""
    frozen(site, site.content)
    first = site.browser.get(address(site))
    Archive(site.app.store, site.time.at + timedelta(days=2)).take_in(paper(2, abstract="Better."))
    again = site.browser.get(
        address(site), headers={"If-Modified-Since": first.headers["last-modified"]}
    )
    assert again.status_code == 200
    assert "Better." in again.text
    moments = [[each.updated for each in read(page).entries] for page in (first, again)]
    assert moments[0] == moments[1]
