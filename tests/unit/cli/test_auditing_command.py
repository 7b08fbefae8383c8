"""`litwatch audit` and `litwatch receipts`, over an archive of a few receipts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.records import RankingRun, Sign, SweepKind, Tally, Window, WindowReport
from service.store import Store
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW, paper, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = timedelta(days=1)
TODAY = NOW.date()


def keep(store: Store, days: int, *, source: str = "pubmed", **changes: Any) -> None:
    """A walk of so many days ago, of the eight days up to then."""
    at = NOW - days * DAY
    over = Window(at.date() - 7 * DAY, at.date())
    values: dict[str, Any] = {"stated": 9, "fetched": 9, "end_sign": True, "translation": "s[ti]"}
    made = WindowReport(over, SweepKind.RECENT, "s", **values | changes)
    tally = Tally(new=2, unparsed=1, dropped={"damaged": 1}, lacking={"doi": 1, "date": 0})
    with store.writing() as tx:
        tx.sources.add_receipt(source, made, tally, started_at=at, finished_at=at)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """PubMed was first polled ten days ago, and each day since."""
    for engine in databases.migrated("sqlite", tmp_path):
        made = Store(engine)
        with made.writing() as tx:
            tx.sources.begin("pubmed", NOW - 10 * DAY, force=False)
        for days in range(10, -1, -1):
            keep(made, days)
        yield made


@pytest.fixture
def litwatch(store: Store) -> Litwatch:
    others = ("pmc", "biorxiv", "medrxiv", "arxiv", "europepmc")
    settings = {
        "database": {"url": str(store.engine.url)},
        "log": {"level": "error"},
        "sources": {name: {"enabled": False} for name in others},
    }
    return Litwatch(settings, standing(NOW))


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_whole_archive_exits_0(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("audit") == 0
    out = capsys.readouterr().out
    assert "Whole: every day that is over and was due is proved." in out
    assert "|" + " " * 12 + "=" * 17 + ".|" in out


def test_a_gap_exits_1_and_tells_when_it_is_walked_again(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as tx:
        tx.sources.failed("pubmed", "transient", "HTTP 503", NOW + timedelta(hours=1))
    keep(store, 0, gap="HTTP 503", end_sign=False)
    assert litwatch("audit") == 1
    out = capsys.readouterr().out
    assert "Not whole: 1 days of 1 sources are not proved." in out
    assert "from 2026-11-16 08:00 UTC on, recent" in out


def test_json_has_all_of_it(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("audit", "--since", "2026-11-10", "--json") == 0
    found = told(capsys)
    assert (found["since"], found["until"], found["whole"]) == ("2026-11-10", f"{TODAY}", True)
    [source] = [each for each in found["sources"] if each["name"] == "pubmed"]
    assert [day["state"] for day in source["days"]] == ["proved"] * 6 + ["open"]
    assert source["days"][0]["receipt"] == 6
    assert source["totals"]["fetched"] == 63
    assert source["daily"]["2026-11-10"]["new"] == 2
    assert found["cross"][0]["untold"] == "europepmc is not polled"


def test_only_one_source_can_be_asked_for(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, 0, source="oldfeed", gap="gone", end_sign=False)
    assert litwatch("audit", "--source", "pubmed", "--json") == 0
    found = told(capsys)
    assert [each["name"] for each in found["sources"]] == ["pubmed"]
    assert all("pubmed" in each["pair"] for each in found["cross"])
    assert litwatch("audit", "--source", "nosuch") == 2
    assert "oldfeed, pubmed" in capsys.readouterr().err


def test_another_number_of_days_can_be_given_to_the_other_source(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch("audit", "--within", "12", "--json")
    assert {each["days"] for each in told(capsys)["cross"]} == {12}


def test_the_future_is_not_audited(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("audit", "--since", "2027-01-01") == 2
    assert "is in the future" in capsys.readouterr().err


def test_what_a_source_says_is_text_and_no_markup(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, 0, gap="[red]no[/red] \x1b[31mrecord", end_sign=False)
    assert litwatch("audit") == 1
    out = capsys.readouterr().out
    assert "[red]no[/red]" in out
    assert "\x1b" not in out


# -- receipts


def test_receipts_are_listed_the_newest_first(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, 0, source="pmc", gap="3 short", end_sign=False)
    assert litwatch("receipts", "--limit", "2") == 0
    shown = capsys.readouterr()
    lines = [line.split() for line in shown.out.splitlines() if "recent" in line]
    assert [line[0] for line in lines] == ["12", "11"]
    assert "1 damaged" in shown.out
    assert "12 pmc 2026-11-09..2026-11-16: gap: 3 short" in shown.err
    assert litwatch("receipts", "--source", "pmc", "--json") == 0
    assert [each["id"] for each in told(capsys)] == [12]


def test_one_receipt_tells_everything(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(store, 0, signs=frozenset({Sign.CLAMPED}), warnings=("odd",))
    assert litwatch("receipts", "12") == 0
    out = capsys.readouterr().out
    facts = {line[:16].strip(): line[16:].strip() for line in out.splitlines()}
    assert facts["understood as"] == "s[ti]"
    assert (facts["known"], facts["dropped"], facts["lack"]) == ("6", "1 damaged", "1 doi")
    assert (facts["signs"], facts["warnings"]) == ("clamped-page", "odd")
    assert litwatch("receipts", "99") == 2


def test_an_import_has_its_receipt(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.writing() as tx:
        tx.sources.add_import_receipt("ris", "refs.ris", Tally(new=2, same=1), NOW, NOW)
    litwatch("receipts", "--source", "ris", "--json")
    [receipt] = told(capsys)
    assert (receipt["kind"], receipt["query"], receipt["fetched"]) == ("import", "refs.ris", 3)
    assert record(paper()).source != receipt["source"]


def test_rankings_are_listed_with_what_ranked(
    litwatch: Litwatch, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    made = RankingRun("week", "stroma", 3, 5, 90, 64, 9, 0.5, "mini (1, bf16, text 2)", "litwatch")
    bare = RankingRun("week", "other", 1, 5, 90, 64, 9, 0.5, "", "litwatch", missing="no model")
    with store.writing() as tx:
        tx.runs.add([made, bare], NOW)
    assert litwatch("receipts", "--rankings") == 0
    out = capsys.readouterr().out
    assert "stroma v3" in out
    assert "(5, 90]" in out
    assert "words only: no model" in out
    assert litwatch("receipts", "--topic", "stroma", "--json") == 0
    assert [each["encoder"] for each in told(capsys)] == ["mini (1, bf16, text 2)"]
