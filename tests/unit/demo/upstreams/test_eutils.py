"""The replayed E-utilities: windows, ranges, paging, history, and records byte for byte."""

from __future__ import annotations

import json
import re

import pytest

from service.demo.server import example
from service.demo.upstreams.eutils import answers
from service.demo.upstreams.exchange import Request

WEEK = '(tumor AND stroma) AND ("2026/11/09"[crdt] : "2026/11/15"[crdt])'


@pytest.fixture(scope="module")
def ask():
    answer = answers(example("pubmed.xml"), example("pmc.xml"))

    def ask(tool, form=False, **fields):
        given = {"form": fields} if form else {"query": fields}
        return answer(Request(f"/{tool}.fcgi", **given))

    return ask


def _search(ask, **fields):
    return json.loads(ask("esearch", **{"db": "pubmed", **fields}).body)["esearchresult"]


def test_all_numbers_of_a_search_are_strings(ask):
    found = _search(ask, term=WEEK, retmax="3")
    assert (found["count"], found["retmax"], found["retstart"]) == ("24", "3", "0")
    assert found["idlist"] == ["99000020", "99000022", "99000011"]


def test_a_window_on_the_creation_date_includes_both_ends(ask):
    term = '("2026/11/09"[crdt] : "2026/11/09"[crdt])'
    assert set(_search(ask, term=term)["idlist"]) == {"99000004", "99000008", "99000025"}


def test_a_window_on_the_last_revision_finds_old_records_too(ask):
    term = '("2026/11/09"[lr] : "2026/11/15"[lr]) AND ("2026"[crdt] : "2026/11/08"[crdt])'
    assert _search(ask, term=term)["idlist"] == ["99000013", "99000005", "99000027"]


@pytest.mark.parametrize("dates", ['"2026/11"[crdt]', '("2026/11/01"[CRDT] : "3000"[CRDT])'])
def test_a_month_and_an_open_end_are_dates_as_well(ask, dates):
    assert _search(ask, term=dates)["count"] == "28"


def test_pmc_is_searched_by_the_day_an_article_went_live(ask):
    term = 'x AND ("2026/11/13"[pmclivedate] : "2026/11/14"[pmclivedate])'
    found = _search(ask, db="pmc", term=term)
    assert found["idlist"] == ["99000004", "99000010", "99000003", "99000002"]


def test_uid_ranges_part_the_hits(ask):
    parts = [
        _search(ask, term=f"{WEEK} AND {r}[uid]")["idlist"]
        for r in ("1:99000010", "99000011:999999999")
    ]
    assert [len(part) for part in parts] == [9, 15]
    assert not set(parts[0]) & set(parts[1])


def test_pages_of_a_search_join_without_overlap(ask):
    pages = [
        _search(ask, term=WEEK, retmax="10", retstart=str(s))["idlist"] for s in (0, 10, 20, 30)
    ]
    assert [len(page) for page in pages] == [10, 10, 4, 0]
    assert len({uid for page in pages for uid in page}) == 24


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"term": " "}, "Empty term"),
        ({"term": WEEK, "retstart": "9999"}, "'retstart' cannot be larger than 9998"),
        ({"term": WEEK, "db": "books"}, "Invalid db name"),
    ],
)
def test_a_search_that_cannot_be_answered_has_only_an_error(ask, fields, said):
    found = _search(ask, **fields)
    assert list(found) == ["ERROR"]
    assert said in found["ERROR"]


def test_a_fetch_gives_records_byte_for_byte_in_the_order_asked(ask):
    reply = ask("efetch", form=True, db="pubmed", id="99000026,99000001,12345")
    found = re.findall(rb"<(Pubmed(?:Book)?Article)>.*?</\1>", reply.body, re.DOTALL)
    assert found == [b"PubmedBookArticle", b"PubmedArticle"]
    cut = re.search(rb"<PubmedArticle>.*?</PubmedArticle>", reply.body, re.DOTALL)[0]
    assert cut in example("pubmed.xml")
    assert reply.body.startswith(example("pubmed.xml")[:200])
    assert reply.body.endswith(b"</PubmedArticleSet>\n")


def test_unknown_ids_give_an_empty_set_and_not_an_error(ask):
    reply = ask("efetch", db="pubmed", id="12345")
    assert reply.status == 200
    assert b"<PubmedArticle>" not in reply.body


def test_pmc_is_fetched_by_number_with_or_without_its_prefix(ask):
    bodies = {ask("efetch", db="pmc", id=uid).body for uid in ("99000007", "PMC99000007")}
    assert len(bodies) == 1
    assert bodies.pop().count(b"</article>") == 1


def test_the_history_server_gives_what_the_search_found(ask):
    webenv = _search(ask, term=WEEK, usehistory="y")["webenv"]
    reply = ask("efetch", db="pubmed", WebEnv=webenv, query_key="1", retstart="20", retmax="10")
    assert reply.body.count(b"<PMID Version") - reply.body.count(b"<CommentsCorrections ") == 4


def test_a_fetch_without_ids_or_history_is_a_bad_request(ask):
    reply = ask("efetch", db="pubmed")
    assert reply.status == 400
    assert b"Unable to obtain query" in reply.body


def test_another_tool_is_not_found(ask):
    assert ask("espell").status == 404
