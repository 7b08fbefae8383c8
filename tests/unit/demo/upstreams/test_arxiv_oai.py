"""The replayed OAI-PMH of arXiv: tokens, sets, datestamps and OAI's own errors."""

from __future__ import annotations

import re

import pytest

from service.demo.server import NOW, example
from service.demo.upstreams.arxiv_oai import answers
from service.demo.upstreams.exchange import Request
from service.safe_xml import parse

LIST = {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "q-bio"}


@pytest.fixture(scope="module")
def ask():
    answer = answers(example("arxiv_oai.xml"), NOW)
    return lambda **fields: answer(Request("", query=fields)).body.decode()


def _ids(body):
    return re.findall(r"<identifier>oai:arXiv\.org:([\d.]+)<", body)


def _token(body):
    return re.findall(r"<resumptionToken[^>]*>(.*?)<", body)


def test_a_list_comes_in_pages_of_three_and_the_last_has_no_token(ask):
    first = ask(**LIST)
    (token,) = _token(first)
    second = ask(verb="ListRecords", resumptionToken=token)
    assert (len(_ids(first)), len(_ids(second))) == (3, 2)
    assert "resumptionToken" not in second
    assert len({*_ids(first), *_ids(second)}) == 5


def test_the_token_is_percent_encoded_and_may_come_back_decoded(ask):
    (token,) = _token(ask(**LIST))
    assert "%26skip%3D3" in token
    decoded = token.replace("%26", "&").replace("%3D", "=")
    assert ask(verb="ListRecords", resumptionToken=decoded) == ask(
        verb="ListRecords", resumptionToken=token
    )


def test_every_page_is_well_formed_and_tells_the_repositorys_time(ask):
    assert parse(ask(**LIST).encode()).findtext("{*}responseDate") == NOW


def test_from_and_until_select_by_datestamp(ask):
    body = ask(**LIST, **{"from": "2026-11-12", "until": "2026-11-13"})
    assert _ids(body) == ["2611.90002", "2611.90003"]


@pytest.mark.parametrize(
    ("name", "number"), [("q-bio:q-bio:TO", 3), ("q-bio", 3), ("physics:cond-mat", 1), ("q", 0)]
)
def test_a_set_holds_its_parts_and_nothing_that_only_begins_like_it(ask, name, number):
    assert len(_ids(ask(**{**LIST, "set": name}))) == number


def test_identifiers_come_without_metadata(ask):
    body = ask(**{**LIST, "verb": "ListIdentifiers"})
    assert len(_ids(body)) == 3
    assert "<abstract>" not in body
    assert parse(body.encode()).find("{*}ListIdentifiers/{*}header") is not None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"from": "2027-01-01"}, "noRecordsMatch"),
        ({"from": "yesterday"}, "badArgument"),
        ({"metadataPrefix": "oai_dc"}, "cannotDisseminateFormat"),
        ({"verb": "Identify"}, "badVerb"),
        ({"resumptionToken": "stale"}, "badResumptionToken"),
    ],
)
def test_what_cannot_be_given_is_an_oai_error(ask, changed, code):
    body = ask(**{**LIST, **changed})
    assert parse(body.encode()).find("{*}error").get("code") == code
