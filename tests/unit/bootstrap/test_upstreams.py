"""Which sources are polled, and how politely their hosts are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import build
from service.bootstrap.upstreams import host_rules, names, own_hosts, sources
from service.config import Settings
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.sources.http import PoliteClient

ALL = ["pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc"]
LOCAL = "http://127.0.0.1:8123"
ALL_LOCAL: dict[str, Any] = {
    **{name: {"base_url": LOCAL} for name in ALL if name != "arxiv"},
    "arxiv": {"oai_url": f"{LOCAL}/oai", "api_url": f"{LOCAL}/api"},
}


def settings(http: dict[str, Any] | None = None, **chosen: Any) -> Settings:
    values = {"http": {"contact": "lab@example.org"} | (http or {}), "sources": chosen}
    return Settings.model_validate(values)


@pytest.fixture
def http() -> Iterator[PoliteClient]:
    app = build(settings())
    yield app.http
    app.close()


# -- rules ----------------------------------------------------------------------------------------


def test_the_usual_hosts_have_the_agreed_rules() -> None:
    rules = host_rules(settings())
    assert rules == {
        "ncbi.nlm.nih.gov": 0.34,
        "biorxiv.org": 1.0,
        "medrxiv.org": 1.0,
        "arxiv.org": 3.0,
        "ebi.ac.uk": 0.2,
        "zotero.org": 0.25,
        "crossref.org": 1.0,
        "europepmc.org": 1.0,
        "openalex.org": 0.2,
        "pmc-oa-opendata.s3.amazonaws.com": 0.5,
    }


@pytest.mark.parametrize("holder", ["pubmed", "pmc"])
def test_a_key_of_either_source_speeds_up_ncbi(holder: str) -> None:
    assert host_rules(settings(**{holder: {"api_key": "k"}}))["ncbi.nlm.nih.gov"] == 0.1


@pytest.mark.parametrize("pace", [0.0, 0.5, 0.99])
def test_an_impolite_pace_is_refused_for_public_hosts(pace: float) -> None:
    with pytest.raises(ConfigError, match=r"http\.pace: .*impolite") as caught:
        host_rules(settings({"pace": pace}))
    assert caught.value.exit_code == 3
    assert "this machine only" in caught.value.remedy


@pytest.mark.parametrize("name", [name for name in ALL if name != "arxiv"])
def test_one_public_host_among_local_ones_is_enough_to_refuse(name: str) -> None:
    public = {each: part for each, part in ALL_LOCAL.items() if each != name}
    with pytest.raises(ConfigError, match="impolite"):
        host_rules(settings({"pace": 0.0}, **public))


@pytest.mark.parametrize("address", ["oai_url", "api_url"])
def test_either_address_of_arxiv_counts(address: str) -> None:
    half = {**ALL_LOCAL, "arxiv": {address: f"{LOCAL}/x"}}
    with pytest.raises(ConfigError, match="impolite"):
        host_rules(settings({"pace": 0.0}, **half))


def test_a_public_feed_is_enough_to_refuse() -> None:
    feeds = [{"name": "journal", "url": "https://journal.example.org/rss"}]
    with pytest.raises(ConfigError, match="impolite"):
        host_rules(settings({"pace": 0.0}, **ALL_LOCAL, feeds=feeds))


def test_a_name_that_only_begins_like_this_machine_is_public() -> None:
    trick = {**ALL_LOCAL, "pubmed": {"base_url": "https://localhost.example.org"}}
    with pytest.raises(ConfigError, match="impolite"):
        host_rules(settings({"pace": 0.0}, **trick))


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
def test_servers_on_this_machine_may_be_asked_at_any_pace(host: str) -> None:
    local: dict[str, Any] = {n: {"base_url": f"http://{host}"} for n in ALL if n != "arxiv"}
    local["arxiv"] = {"oai_url": f"http://{host}", "api_url": f"http://{host}"}
    assert set(host_rules(settings({"pace": 0.0}, **local)).values()) == {0.0}


def test_a_slower_pace_stretches_every_rule() -> None:
    usual, slow = host_rules(settings()), host_rules(settings({"pace": 2.5}))
    assert slow == {host: seconds * 2.5 for host, seconds in usual.items()}


def test_a_rule_goes_along_with_a_changed_address() -> None:
    mirror = {"oai_url": "https://mirror.example.org/oai"}
    rules = host_rules(settings(arxiv=mirror))
    assert rules["mirror.example.org"] == 3.0
    assert rules["arxiv.org"] == 3.0, "the other address is still there"


def test_on_a_shared_host_the_slowest_rule_holds() -> None:
    there = {"base_url": "https://mirror.example.org/x"}
    assert host_rules(settings(europepmc=there, pubmed=there))["mirror.example.org"] == 0.34
    shared = {"europepmc": there, "biorxiv": there, "pubmed": there}
    assert host_rules(settings(**shared))["mirror.example.org"] == 1.0


def test_another_host_of_the_same_house_keeps_the_one_rule_of_the_house() -> None:
    """A rule of its own would let two hosts of one house be asked twice as often."""
    there = {"base_url": "https://eutils-preview.ncbi.nlm.nih.gov/entrez/eutils"}
    rules = host_rules(settings(pubmed=there))
    assert "eutils-preview.ncbi.nlm.nih.gov" not in rules


def test_only_the_operators_own_addresses_may_be_private() -> None:
    feeds = [{"name": "journal", "url": "http://10.0.0.1/rss"}]
    hosts = own_hosts(settings(pubmed={"base_url": "http://127.0.0.1:8123"}, feeds=feeds))
    assert "127.0.0.1:8123" in hosts
    assert "10.0.0.1" not in hosts


# -- sources --------------------------------------------------------------------------------------


def test_all_sources_are_polled_unless_switched_off(http: PoliteClient) -> None:
    assert [source.name for source in sources(settings(), http)] == ALL


@pytest.mark.parametrize("name", ALL)
def test_a_source_that_is_switched_off_is_not_made(name: str, http: PoliteClient) -> None:
    chosen = settings(**{name: {"enabled": False}})
    made = [source.name for source in sources(chosen, http)]
    assert made == [each for each in ALL if each != name]


def test_feeds_are_sources_under_their_own_names(http: PoliteClient) -> None:
    feeds = [
        {"name": "journal", "url": "https://journal.example.org/rss"},
        {"name": "silent", "url": "https://silent.example.org/rss", "enabled": False},
    ]
    made = [source.name for source in sources(settings(feeds=feeds), http)]
    assert made == [*ALL, "journal"]


@pytest.mark.parametrize("off", [(), ("pmc",), ("arxiv", "europepmc"), tuple(ALL)], ids=str)
def test_the_names_are_those_of_the_sources(off: tuple[str, ...], http: PoliteClient) -> None:
    feeds = [{"name": "journal", "url": "https://journal.example.org/rss"}]
    chosen = settings(feeds=feeds, **{name: {"enabled": False} for name in off})
    made = [source.name for source in sources(chosen, http)]
    app = build(chosen)
    assert names(chosen) == app.source_names == [source.name for source in app.sources]
    assert names(chosen)[: len(made)] == made
    app.close()


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, ["citing", "authors"]),
        ({"citing": {"enabled": False}}, ["authors"]),
        ({"authors": {"enabled": False}}, ["citing"]),
        ({"pubmed": {"enabled": False}}, ["citing", "authors"]),
        ({name: {"enabled": False} for name in ALL}, []),
        ({"citing": {"openalex_key": "k"}, **{n: {"enabled": False} for n in ALL}}, ["citing"]),
    ],
)
def test_citations_and_authors_are_asked_of_what_is_polled_anyway(
    chosen: dict[str, Any], told: list[str]
) -> None:
    app = build(settings(**chosen))
    polled = [source.name for source in app.sources]
    app.close()
    assert [name for name in polled if name in ("citing", "authors")] == told
    assert polled == names(settings(**chosen))


def test_openalex_is_asked_at_its_own_pace_where_there_is_a_key() -> None:
    there = {"openalex_key": "k", "openalex_url": "https://openalex.example.org"}
    assert host_rules(settings(citing=there))["openalex.example.org"] == 0.2
    with pytest.raises(ConfigError):
        host_rules(settings({"pace": 0.0}, citing={"openalex_key": "k"}, **ALL_LOCAL))
