"""What the simulated Europe PMC replies is built like what the real one was seen to reply."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.upstreams import life
from tests.upstreams.europepmc import EuropePmc
from tests.upstreams.likeness import all_there, same_build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.upstreams.serving import Answer

pytestmark = pytest.mark.captures

WORLD = life.world(3, days=120)
NOW = WORLD.start + timedelta(days=110)
EVERYTHING = f"FIRST_IDATE:[2025-01-01 TO {NOW.date()}]"


@pytest.fixture
def captures(shared: Path) -> Path:
    return shared / "captures"


def ask(**query: str) -> Answer:
    return EuropePmc(WORLD).answer("GET", "/search", query, {}, b"", NOW)


@cache
def reply(kind: str, query: str = EVERYTHING, size: int = 1000) -> Mapping[str, Any]:
    asked = {"query": query, "resultType": kind, "format": "json"}
    return json.loads(ask(pageSize=str(size), cursorMark="*", **asked).body)


def results(value: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    found = [r for r in value["resultList"]["result"] if r["source"] == source]
    assert found
    return found


def stored(captures: Path, name: str) -> Any:
    return json.loads((captures / f"europepmc/{name}.json").read_bytes())


@pytest.mark.parametrize("source", ["MED", "PMC", "PPR"])
def test_a_lite_result_is_built_like_a_real_one(captures: Path, source: str) -> None:
    real = results(stored(captures, "search_1000results_cancer"), source)
    simulated = results(reply("lite"), source)
    same_build(simulated, real)
    all_there(simulated, real)
    versions = [("versionNumber" in result) for result in simulated]
    assert (source == "PPR") == (any(versions) and not all(versions))


def test_a_core_result_of_medline_is_built_like_a_real_one(captures: Path) -> None:
    real = results(stored(captures, "search_cancer_core"), "MED")
    simulated = results(reply("core"), "MED")
    same_build(simulated, real)
    all_there(simulated, real)


def test_a_core_result_of_a_preprint_is_built_like_a_real_one(captures: Path) -> None:
    real = [stored(captures, "ppr_preprint_of_link")]
    simulated = results(reply("core"), "PPR")
    also = ("/versionNumber", "/dateOfRevision", "/pmcid", "/fullTextIdList")
    same_build(simulated, real, also=also)
    linked = [result for result in simulated if "commentCorrectionList" in result]
    (there,) = real[0]["commentCorrectionList"]["commentCorrection"]
    assert linked
    for result in linked:
        (here,) = result["commentCorrectionList"]["commentCorrection"]
        assert here.keys() == there.keys()
        assert [here[n] for n in ("source", "type", "note")] == [
            there[n] for n in ("source", "type", "note")
        ]


def test_a_core_result_of_pmc_has_no_name_that_others_do_not_have(captures: Path) -> None:
    lite = results(stored(captures, "search_1000results_cancer"), "PMC")
    core = results(stored(captures, "search_cancer_core"), "MED")
    same_build(results(reply("core"), "PMC"), [*lite, *core])


def test_an_idlist_is_built_like_a_real_one(captures: Path) -> None:
    real = stored(captures, "search_cancer_idlist")["resultList"]["result"]
    simulated = results(reply("idlist"), "MED")
    same_build(simulated, real)
    all_there(simulated, real)
    assert {frozenset(result) for result in results(reply("idlist"), "PPR")} == {
        frozenset({"id", "source"})
    }


@pytest.mark.parametrize("kind", ["lite", "core", "idlist"])
def test_a_reply_is_wrapped_like_a_real_one(captures: Path, kind: str) -> None:
    name = {"lite": "search_cancer_page2"}.get(kind, f"search_cancer_{kind}")
    real, simulated = stored(captures, name), reply(kind, size=25)
    assert [*simulated] == [*real]
    assert [*simulated["request"]] == [*real["request"]]
    envelope = [{k: v for k, v in r.items() if k != "resultList"} for r in (simulated, real)]
    same_build(envelope[:1], envelope[1:])
    assert simulated["request"]["cursorMark"] == real["request"]["cursorMark"]


def test_a_search_without_hits_reads_as_the_real_one(captures: Path) -> None:
    real = stored(captures, "search_no_results")
    simulated = reply("lite", query='TITLE:"nobodysword"', size=25)
    said = real["request"] | {"queryString": 'TITLE:"nobodysword"'}
    assert simulated == real | {"request": said}


def test_a_wrong_page_size_reads_as_quoted(captures: Path) -> None:
    name = "quoted_errors/europepmc_pagesize_error_http200.json"
    answer = ask(query=EVERYTHING, format="json", pageSize="1001")
    assert answer.status == 200
    assert json.loads(answer.body) == json.loads((captures / name).read_bytes())
