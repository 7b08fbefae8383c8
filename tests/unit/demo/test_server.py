"""The server: one address for each upstream, GET and POST, 404 elsewhere, silence."""

from __future__ import annotations

import json
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from service.demo.server import ReplayServer, example


@pytest.fixture(scope="module")
def server():
    with ReplayServer() as server:
        yield server


def _get(url, **fields):
    with urlopen(f"{url}?{urlencode(fields)}" if fields else url, timeout=10) as reply:
        return reply.read()


def test_it_listens_on_this_machine_only(server):
    host, _, port = server.host.partition(":")
    assert host == "127.0.0.1"
    assert int(port) > 1023


@pytest.mark.parametrize(
    ("name", "path", "fields", "holds"),
    [
        ("eutils", "efetch.fcgi", {"db": "pmc", "id": "99000010"}, b"<pmc-articleset>"),
        ("biorxiv", "/details/medrxiv/2026-11-09/2026-11-09/0/json", {}, b'"total": "1"'),
        ("arxiv_api", "", {"search_query": "all:x"}, b"<opensearch:totalResults>5<"),
        (
            "arxiv_oai",
            "",
            {"verb": "ListRecords", "metadataPrefix": "arXivRaw"},
            b"<resumptionToken",
        ),
        ("europepmc", "search", {"query": "SRC:PMC"}, b'"hitCount": 2'),
        ("feeds", "feed.rdf", {}, b"bioRxiv Subject Collection"),
    ],
)
def test_every_upstream_answers_at_its_address(server, name, path, fields, holds):
    assert holds in _get(server.url(name) + path, **fields)


def test_a_form_is_taken_as_a_query_is(server):
    fields = {"db": "pubmed", "id": "99000001,99000002"}
    url = server.url("eutils") + "efetch.fcgi"
    with urlopen(Request(url, data=urlencode(fields).encode()), timeout=10) as reply:
        assert reply.read() == _get(url, **fields)


def test_a_doi_may_be_percent_encoded(server):
    url = f"{server.url('biorxiv')}/details/biorxiv/10.5555%2F2026.11.05.900008/na/json"
    assert len(json.loads(_get(url))["collection"]) == 2


def test_a_feed_seen_before_is_not_sent_again(server):
    url = server.url("feeds") + "feed.xml"
    with urlopen(url, timeout=10) as reply:
        etag, body = reply.headers["ETag"], reply.read()
    assert body == example("feed.xml")
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(url, headers={"If-None-Match": etag}), timeout=10)
    with caught.value as reply:
        assert (reply.code, reply.read()) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/", "/eutilsx/esearch.fcgi", "/feeds/labels.toml", "/biorxiv/../etc"]
)
def test_other_paths_are_not_found(server, path):
    with pytest.raises(HTTPError) as caught:
        urlopen(f"http://{server.host}{path}", timeout=10)
    with caught.value as reply:
        assert reply.code == 404


def test_nothing_is_printed(server, capfd):
    _get(server.url("feeds") + "feed.xml")
    assert capfd.readouterr() == ("", "")


def test_after_the_context_nobody_listens():
    with ReplayServer() as server:
        url = server.url("feeds") + "feed.xml"
        assert _get(url)
    with pytest.raises(URLError):
        _get(url)
