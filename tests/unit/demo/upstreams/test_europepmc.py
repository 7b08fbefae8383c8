"""The replayed search of Europe PMC: cursor marks, windows, sources, ids, errors inside 200."""

from __future__ import annotations

import json

import pytest

from service.demo.server import example
from service.demo.upstreams.europepmc import answers
from service.demo.upstreams.exchange import Request

WEEK = "(stroma) AND (FIRST_IDATE:[2026-11-09 TO 2026-11-15])"


@pytest.fixture(scope="module")
def ask():
    answer = answers(example("europepmc.json"))

    def ask(path="/search", **fields):
        given = {"form": fields} if path == "/searchPOST" else {"query": fields}
        return json.loads(answer(Request(path, **given)).body)

    return ask


def _keys(page):
    return [(row["source"], row["id"]) for row in page["resultList"]["result"]]


def test_a_walk_ends_with_an_empty_page_and_a_repeated_mark(ask):
    mark, sizes, keys = "*", [], set()
    while True:
        page = ask(query=WEEK, resultType="core", pageSize="4", cursorMark=mark)
        sizes.append(len(_keys(page)))
        keys.update(_keys(page))
        if page["nextCursorMark"] == mark:
            break
        mark = page["nextCursorMark"]
    assert sizes == [4, 4, 2, 0]
    assert len(keys) == page["hitCount"] == 10


def test_no_hit_gives_no_mark(ask):
    page = ask(query="FIRST_IDATE:[2025-01-01 TO 2025-01-31]")
    assert page["hitCount"] == 0
    assert "nextCursorMark" not in page


def test_the_reply_echoes_the_query_and_the_first_mark_encoded(ask):
    assert ask(query=WEEK, pageSize="5")["request"] == {
        "queryString": WEEK,
        "resultType": "lite",
        "pageSize": 5,
        "sort": "",
        "cursorMark": "%2A",
        "synonym": False,
    }


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("SRC:PPR", 9),
        ("SRC:PPR OR SRC:PMC", 11),
        ("(EXT_ID:PPR9900001 AND SRC:PPR) OR (EXT_ID:99000008 AND SRC:MED)", 2),
        ("FIRST_PDATE:[2026-11-05 TO 2026-11-05]", 2),
        ("FIRST_IDATE:2026-11-11", 2),
        ("UPDATE_DATE:[2026-11-10 TO 2026-11-10]", 2),
    ],
)
def test_dates_sources_and_ids_are_evaluated(ask, query, number):
    assert ask(query=query)["hitCount"] == number


def test_a_list_of_ids_has_nothing_but_ids(ask):
    rows = ask(query=WEEK, resultType="idlist")["resultList"]["result"]
    assert {frozenset(row) for row in rows} == {
        frozenset({"id", "source"}),
        frozenset({"id", "source", "pmid"}),
        frozenset({"id", "source", "pmcid"}),
    }


def test_a_long_query_may_be_posted(ask):
    assert _keys(ask("/searchPOST", query=WEEK)) == _keys(ask(query=WEEK))


@pytest.mark.parametrize("wrong", [{"pageSize": "1001"}, {"pageSize": "0"}, {"cursorMark": "zzz"}])
def test_a_wrong_request_is_an_error_inside_a_good_status(ask, wrong):
    page = ask(query=WEEK, **wrong)
    assert page["errCode"] == 404
    assert "resultList" not in page
