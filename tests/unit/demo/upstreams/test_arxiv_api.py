"""The replayed search API of arXiv: pages, order, windows, and the echo of the query."""

from __future__ import annotations

import re

import pytest

from service.demo.server import NOW, example
from service.demo.upstreams.arxiv_api import answers
from service.demo.upstreams.exchange import Request
from service.safe_xml import parse


@pytest.fixture(scope="module")
def ask():
    answer = answers(example("arxiv_api.xml"), NOW)
    return lambda **fields: answer(Request("", query=fields))


def _ids(reply):
    return re.findall(r"<id>http://arxiv\.org/abs/([\d.v]+)</id>", reply.body.decode())


def _text(reply, name):
    return parse(reply.body).findtext("{*}" + name)


def test_the_title_echoes_the_query(ask):
    reply = ask(search_query='(cat:cs.CV) AND (all:"a & b")', start="1", max_results="2")
    asked = 'search_query=(cat:cs.CV) AND (all:"a & b")&id_list=&start=1&max_results=2'
    assert _text(reply, "title") == f"arXiv Query: {asked}"


def test_pages_join_and_each_states_the_total(ask):
    pages = [ask(start=str(start), max_results="2") for start in (0, 2, 4, 6)]
    assert [len(_ids(page)) for page in pages] == [2, 2, 1, 0]
    assert {_text(page, "totalResults") for page in pages} == {"5"}
    assert len({i for page in pages for i in _ids(page)}) == 5


def test_the_order_is_by_submission_or_by_update(ask):
    by_update = ["2611.90008v1", "2611.90006v1", "2611.90002v2", "2611.90007v1", "2611.90009v1"]
    assert _ids(ask(sortBy="lastUpdatedDate", sortOrder="descending")) == by_update
    assert _ids(ask(sortBy="submittedDate", sortOrder="ascending"))[:2] == [
        "2611.90009v1",
        "2611.90002v2",
    ]


@pytest.mark.parametrize(("field", "number"), [("submittedDate", 3), ("lastUpdatedDate", 4)])
def test_a_date_window_is_evaluated(ask, field, number):
    query = f"all:tumor AND {field}:[202611090000 TO 202611152359]"
    assert len(_ids(ask(search_query=query))) == number


def test_ids_are_found_with_or_without_their_version_and_unknown_ones_left_out(ask):
    assert _ids(ask(id_list="2611.90006v1, 2611.90009,2611.00000")) == [
        "2611.90006v1",
        "2611.90009v1",
    ]
    assert _text(ask(id_list="2611.00000"), "totalResults") == "0"


@pytest.mark.parametrize("wrong", [{"start": "soon"}, {"max_results": "2001"}])
def test_a_wrong_request_is_a_400_with_one_entry_named_error(ask, wrong):
    reply = ask(search_query="all:tumor", **wrong)
    assert reply.status == 400
    assert [e.text for e in parse(reply.body).iterfind("{*}entry/{*}title")] == ["Error"]
