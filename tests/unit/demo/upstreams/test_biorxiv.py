"""The replayed api.biorxiv.org: days, offsets, totals as strings, empty days, versions, links."""

from __future__ import annotations

import json
from itertools import count

import pytest

from service.demo.server import example
from service.demo.upstreams.biorxiv import answers
from service.demo.upstreams.exchange import Request


@pytest.fixture
def ask():
    return _asker()


def _asker(**sizes):
    answer = answers(example("biorxiv.json"), example("medrxiv.json"), **sizes)

    def ask(path, **query):
        reply = answer(Request(path, query=query))
        return json.loads(reply.body) if reply.status == 200 else reply.status

    return ask


def test_an_interval_states_its_totals_as_strings(ask):
    message = ask("/details/biorxiv/2026-11-12/2026-11-13/0/json")["messages"][0]
    assert message == {
        "status": "ok",
        "interval": "2026-11-12:2026-11-13",
        "category": "all",
        "funder": "all",
        "count_new_papers": "4",
        "cursor": 0,
        "count": 6,
        "total": "6",
    }


def test_the_cursor_is_an_offset_and_a_wrong_step_skips_silently():
    ask = _asker(page_size=5)
    week = "/details/biorxiv/2026-11-09/2026-11-15"
    walked = []
    for cursor in count(0, 5):
        rows = ask(f"{week}/{cursor}/json")["collection"]
        if not rows:
            break
        walked += rows
    assert len({(row["doi"], row["version"]) for row in walked}) == 14
    assert ask(f"{week}/7/json")["collection"][0] == walked[7]


@pytest.mark.parametrize(
    "path",
    ["/details/biorxiv/2026-11-14/2026-11-15/0/json", "/details/biorxiv/2026-11-09/2026-11-09/30"],
)
def test_an_empty_page_says_so_and_states_nothing(ask, path):
    assert ask(path) == {"messages": [{"status": "no posts found"}], "collection": []}


def test_a_server_gives_only_its_own_preprints(ask):
    rows = ask("/details/medrxiv/2026-11-01/2026-11-30/0/json")["collection"]
    assert {row["server"] for row in rows} == {"medRxiv"}
    assert len(rows) == 7


def test_a_category_filters_and_is_echoed(ask):
    page = ask("/details/biorxiv/2026-11-09/2026-11-15/0/json", category="cancer_biology")
    assert {row["category"] for row in page["collection"]} == {"cancer biology"}
    assert page["messages"][0]["category"] == "cancer_biology"


@pytest.mark.parametrize("tail", ["/na/json", "/na", "/json"])
def test_a_doi_gives_all_its_versions(ask, tail):
    rows = ask(f"/details/biorxiv/10.5555/2026.11.05.900008{tail}")["collection"]
    assert [(row["version"], row["date"]) for row in rows] == [
        ("1", "2026-11-09"),
        ("2", "2026-11-13"),
    ]
    assert rows[0]["abstract"] != rows[1]["abstract"]


def test_an_unknown_doi_gives_an_empty_collection(ask):
    assert ask("/details/biorxiv/10.5555/none/na/json")["collection"] == []


def test_pubs_lists_links_by_the_day_they_were_made(ask):
    page = ask("/pubs/biorxiv/2026-11-06/2026-11-15/0/json")
    assert page["messages"][0]["total"] == "1"
    link = page["collection"][0]
    assert link["published_doi"] == "10.5555/ejtb.2026.0158"
    assert ask("/pubs/biorxiv/2026-11-11/2026-11-15/0")["collection"] == []


def test_a_link_of_pubs_is_what_details_says_too(ask):
    link = ask("/pubs/biorxiv/2026-11-06/2026-11-15/0/json")["collection"][0]
    row = ask(f"/details/biorxiv/{link['preprint_doi']}/na/json")["collection"][0]
    assert row["published"] == link["published_doi"]


@pytest.mark.parametrize("path", ["/", "/details/biorxiv", "/details/biorxiv/yesterday/today/0"])
def test_another_path_is_not_found(ask, path):
    assert ask(path) == 404
