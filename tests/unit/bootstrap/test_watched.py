"""Where known works are asked for, by the settings."""

from __future__ import annotations

from typing import Any

import pytest

from service.bootstrap import upstreams, watched
from service.config import Settings
from service.errors import ConfigError


def settings(**values: Any) -> Settings:
    return Settings.model_validate(values)


LOCAL = {"base_url": "http://127.0.0.1:9"}
MINE = {"contact": "lab@example.org"}


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({}, False),
        ({"http": MINE}, True),
        ({"http": MINE, "sources": {"crossref": {"enabled": False}}}, False),
        ({"sources": {"crossref": {"enabled": True}}}, True),
        ({"http": MINE | {"pace": 0.1}}, False),  # faster than is polite to others' servers
        ({"http": MINE | {"pace": 0.1}, "sources": {"crossref": LOCAL}}, True),
    ],
)
def test_crossref_is_asked_where_somebody_says_who_asks(
    values: dict[str, Any], asked: bool
) -> None:
    given = settings(**values)
    assert watched.asks_crossref(given) is asked
    assert bool(watched.places(given).crossref) is asked


def test_each_source_is_asked_at_its_own_address_where_it_is_enabled() -> None:
    off = {name: {"enabled": False} for name in ("pubmed", "biorxiv", "arxiv", "europepmc")}
    places = watched.places(settings(sources=off | {"medrxiv": LOCAL}))
    assert (places.eutils, places.biorxiv, places.arxiv, places.europepmc) == ("", "", "", "")
    assert places.medrxiv == "http://127.0.0.1:9"
    assert watched.places(settings()).eutils.endswith("/eutils/")


def test_crossref_is_no_source_that_is_polled() -> None:
    given = settings(http=MINE, sources={"crossref": {"enabled": True}})
    assert "crossref" not in upstreams.names(given)
    assert upstreams.host_rules(given)["crossref.org"] >= 1


def test_crossref_is_not_asked_faster_than_is_polite() -> None:
    local = ("pubmed", "pmc", "biorxiv", "medrxiv", "europepmc")
    sources: dict[str, Any] = dict.fromkeys(local, LOCAL)
    sources["arxiv"] = {"oai_url": "http://127.0.0.1:9", "api_url": "http://127.0.0.1:9"}
    fast = {"pace": 0.1}
    assert upstreams.host_rules(settings(http=fast, sources=sources))
    sources["crossref"] = {"enabled": True}
    with pytest.raises(ConfigError, match="impolite"):
        upstreams.host_rules(settings(http=fast, sources=sources))
