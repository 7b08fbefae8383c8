"""`litwatch searches`, and what `status` and `subscriptions` say of them."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import App
from service.clock import standing
from service.config import Settings
from service.records.findings import Findings, Hit, Matched
from service.records.queries import Mode
from tests import databases
from tests.command_line import Litwatch
from tests.factories import work
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records.findings import Search

QUERY = 'title:"extracellular traps" (pdac OR pancrea*)'
LAB = {"name": "Lab", "channel": "file", "destination": "lab.txt"}


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings: dict[str, Any] = {
            "database": {"url": str(engine.url)},
            "log": {"level": "error"},
            "searches": [{"name": "caf", "query": "caf lung"}],
        }
        told = Litwatch(settings, standing(NOW))
        assert told("subscriptions") == 0  # brings the search up
        yield told


def subscribe(litwatch: Litwatch, *searches: str) -> None:
    litwatch.settings["subscriptions"] = [{**LAB, "searches": searches}]
    assert litwatch("subscriptions") == 0


def said(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str, rc: int = 0) -> str:
    capsys.readouterr()
    assert litwatch(*words) == rc
    told = capsys.readouterr()
    return " ".join(f"{told.out} {told.err}".split())


def listed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert litwatch("searches", "list", "--json") == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)}


def test_what_is_saved_is_listed_with_who_and_when(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(
        litwatch, capsys, "searches", "save", "nets", QUERY, "--mode", "lexical", "--author", "Ida"
    )
    assert "litwatch searches run nets" in told
    subscribe(litwatch, "nets")
    assert listed(litwatch, capsys)["nets"] == {
        "name": "nets", "query": QUERY, "mode": "lexical", "author": "Ida", "at": NOW.isoformat(),
        "subscriptions": ["Lab"],
    }  # fmt: skip
    told = said(litwatch, capsys, "searches", "list")
    assert (
        f"caf caf lung hybrid configuration 2026-11-16 07:00 UTC nets {QUERY} lexical Lab" in told
    )


def test_a_query_of_several_words_needs_no_quotes(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said(litwatch, capsys, "searches", "save", "nets", "nets", "NOT", "mouse\nrat")
    assert listed(litwatch, capsys)["nets"]["query"] == "nets NOT mouse rat"


def test_a_query_that_cannot_be_read_is_refused_at_its_place(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert litwatch("searches", "save", "nets", "caf tittle:lung") == 2
    told = capsys.readouterr().err
    assert "caf tittle:lung\n    ^ here\n" in told
    assert "did you mean title:?" in told
    assert "nets" not in listed(litwatch, capsys)


def test_a_name_is_taken_until_it_is_replaced(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("searches", "save", "nets", "nets") == 0
    told = said(litwatch, capsys, "searches", "save", "nets", "netosis", rc=2)
    assert "is taken: it finds 'nets'" in told
    said(litwatch, capsys, "searches", "save", "nets", "netosis", "--replace")
    assert listed(litwatch, capsys)["nets"]["query"] == "netosis"


def test_what_cannot_be_part_of_a_digest_may_be_saved_and_says_so(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(litwatch, capsys, "searches", "save", "near", "like:12")
    assert "Note: it cannot be part of a digest: it asks for works like another (like:)" in told


def test_a_search_that_was_just_configured_is_there(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch.settings["searches"] = [{"name": "new", "query": "stroma"}]
    assert "new: stroma" in said(litwatch, capsys, "searches", "show", "new")
    assert set(listed(litwatch, capsys)) == {"new"}


def test_what_stands_in_the_configuration_is_changed_there(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(litwatch, capsys, "searches", "save", "caf", "stroma", "--replace", rc=2)
    assert "stands in the configuration" in told
    assert "change it there" in said(litwatch, capsys, "searches", "remove", "caf", rc=2)


def test_show_says_how_a_search_is_read(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("searches", "save", "nets", QUERY)
    subscribe(litwatch, "nets")
    told = said(litwatch, capsys, "searches", "show", "nets")
    assert f"nets: {QUERY} Saved by command line, 2026-11-16 07:00 UTC; mode hybrid" in told
    assert "Sent to Lab" in told
    assert 'the phrase "extracellular traps", in the title' in told
    assert "there are: caf, nets" in said(litwatch, capsys, "searches", "show", "gone", rc=2)


def test_run_finds_as_search_does(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Search] = []

    def find(_app: App, search: Search) -> Findings:
        asked.append(search)
        return Findings((Hit(work(7), Matched.ALL),), 1, exact=True, mode=search.mode)

    monkeypatch.setattr(App, "find", find)
    litwatch("searches", "save", "nets", QUERY, "--mode", "semantic")
    capsys.readouterr()
    assert litwatch("searches", "run", "nets", "--limit", "5", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [hit["work"]["id"] for hit in told["hits"]] == [7]
    assert "Stromal niche 7" in said(litwatch, capsys, "searches", "run", "nets")
    assert [(each.text, each.mode, each.limit) for each in asked] == [
        (QUERY, Mode.SEMANTIC, 5), (QUERY, Mode.SEMANTIC, 20),
    ]  # fmt: skip


def test_what_is_removed_while_it_is_sent_is_told_and_stands_in_the_status(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("searches", "save", "nets", QUERY)
    subscribe(litwatch, "nets", "caf")
    assert "Nothing needs you" in said(litwatch, capsys, "status")
    told = said(litwatch, capsys, "searches", "remove", "nets")
    assert "Note: the next digest of Lab will say that it is gone" in told
    told = said(litwatch, capsys, "status")
    assert "search nets, which is to be sent to Lab: is gone" in told
    assert "Nothing needs you" not in told
    capsys.readouterr()
    assert litwatch("status", "--json") == 0
    found = json.loads(capsys.readouterr().out)["unasked"]
    assert found == [{"search": "nets", "fault": "is gone", "subscriptions": ["Lab"]}]


def test_the_list_of_subscriptions_tells_their_searches(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subscribe(litwatch, "caf")
    assert "lab.txt (file) search caf" in said(litwatch, capsys, "subscriptions")
    capsys.readouterr()
    assert litwatch("subscriptions", "--json") == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["topics"], found["searches"]) == ([], ["caf"])


def test_what_is_exported_can_stand_in_the_configuration(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    litwatch("searches", "save", "nets", QUERY + ' OR "Sørensen 🧫"', "--mode", "lexical")
    capsys.readouterr()
    assert litwatch("searches", "export") == 0
    told = tomllib.loads(capsys.readouterr().out)
    entries = Settings.model_validate(told).searches
    assert [(each.name, each.mode) for each in entries] == [("caf", "hybrid"), ("nets", "lexical")]
    assert entries[1].query == QUERY + ' OR "Sørensen 🧫"'
    file = tmp_path / "searches.toml"
    assert litwatch("searches", "export", "caf", "--out", str(file)) == 0
    assert [each["name"] for each in tomllib.loads(file.read_text())["searches"]] == ["caf"]


def test_without_any_the_list_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for engine in databases.migrated("sqlite", tmp_path):
        told = Litwatch({"database": {"url": str(engine.url)}}, standing(NOW))
        assert "There are no saved searches yet." in said(told, capsys, "searches", "list")
