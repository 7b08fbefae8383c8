"""The replayed feeds: validators, and 304 for who has seen them."""

from __future__ import annotations

import pytest

from service.demo.upstreams.exchange import Request
from service.demo.upstreams.feeds import answers

MODIFIED = "Sun, 15 Nov 2026 06:00:00 GMT"
ANSWER = answers({"feed.xml": b"<rss/>", "feed.rdf": b"<RDF/>"}, MODIFIED)
ETAG = ANSWER(Request("/feed.xml")).headers["ETag"]


def _status(**headers):
    return ANSWER(
        Request("/feed.xml", headers={k.replace("_", "-"): v for k, v in headers.items()})
    ).status


def test_a_feed_comes_whole_with_its_validators():
    reply = ANSWER(Request("/feed.rdf"))
    assert (reply.status, reply.body) == (200, b"<RDF/>")
    assert reply.headers["Content-Type"].startswith("application/rdf+xml")
    assert reply.headers["Last-Modified"] == MODIFIED
    assert reply.headers["ETag"] not in {"", ETAG}


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": ETAG},
        {"if_none_match": f'"other", W/{ETAG}'},
        {"if_none_match": "*"},
        {"if_modified_since": MODIFIED},
        {"if_modified_since": "Mon, 16 Nov 2026 06:00:00 GMT"},
        {"if_none_match": ETAG, "if_modified_since": "Mon, 01 Jun 2026 06:00:00 GMT"},
    ],
)
def test_a_feed_already_seen_is_304(headers):
    assert _status(**headers) == 304


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"if_none_match": '"other"'},
        {"if_modified_since": "Sat, 14 Nov 2026 06:00:00 GMT"},
        {"if_modified_since": "last week"},
        {"if_none_match": '"other"', "if_modified_since": MODIFIED},
    ],
)
def test_a_feed_not_yet_seen_is_200(headers):
    assert _status(**headers) == 200


def test_a_304_has_no_body_and_repeats_the_validators():
    reply = ANSWER(Request("/feed.xml", headers={"if-none-match": ETAG}))
    assert reply.body == b""
    assert set(reply.headers) == {"ETag", "Last-Modified"}


def test_an_unknown_feed_is_not_found():
    assert ANSWER(Request("/other.xml")).status == 404
