from __future__ import annotations

import pytest

from tests.bench import peers_cycle, weekly
from tests.bench.stage_times import Spent, Told


def told(peak: int, notes: dict[str, object], **spent: float) -> Told:
    """A stage that took so many seconds by the clock, and half of them of the processor."""
    return Told({name: Spent(took, took / 2) for name, took in spent.items()}, peak, dict(notes))


@pytest.fixture
def sides() -> dict[str, Told]:
    intake = {weekly.READ: 2.0, weekly.PARSE: 4.0, weekly.MERGE: 1.0, weekly.TAKEN: 15.0}
    digest = {weekly.DRAFT: 50.0, weekly.RANK: 40.0, weekly.FREEZE: 2.0}
    refit = {peers_cycle.FIT: 60.0, peers_cycle.LEARN: 20.0}
    encoding = {"works": 900, "texts": 1_800, "encoded": 900, "by": "a model"}
    return {
        "intake": told(100, {"tally": "900 new"}, **intake),
        "embed": told(200, encoding, **{"load the model": 3.0, weekly.ENCODE: 45.0, "all": 50.0}),
        "rank": told(300, {"works": 900}, **{weekly.RANK: 40.0}),
        "digest": told(400, {"works": 900, "shown": 12}, **digest),
        "sanity-week": told(500, {"works": 1_000}, **refit),
        "sanity-all": told(600, {"works": 5_000}, **{name: 3 * s for name, s in refit.items()}),
        "zotero": told(
            700,
            {"works": 900, "texts": 4_900, "encoded": 2_450},
            **{peers_cycle.ENCODE: 130.0, peers_cycle.SCORE: 1.0},
        ),
    }


def cells(report: str, begin: str) -> list[str]:
    [line] = [line for line in report.splitlines() if line.startswith(f"| {begin}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_stages_add_up_to_the_week(sides: dict[str, Told]) -> None:
    report = weekly.report(sides, 900, 4_000, 2)
    # 2 read, 4 parsed, 1 merged, 10 stored, 3 loaded, 90 encoded, 5 kept, 40 ranked, 12 composed.
    assert cells(report, "all ")[1:4] == ["167", "84", "100 %"]
    assert cells(report, weekly.STORE)[1:] == ["10.0", "5.0", "6.0 %", "100"]
    assert cells(report, weekly.ENCODE)[1] == "90"
    assert cells(report, "choose")[1:] == ["12.0", "6.0", "7.2 %", "400"]


def test_a_part_that_stands_for_the_whole_is_told(sides: dict[str, Told]) -> None:
    assert "encoded one block of 2" in weekly.report(sides, 900, 4_000, 2)
    assert "one block" not in weekly.report(sides, 900, 4_000, 1)


def test_peers_stand_beside_what_ours_takes_for_the_same(sides: dict[str, Told]) -> None:
    report = weekly.report(sides, 900, 4_000, 2)
    rows = [line for line in report.splitlines() if "-lite's way" in line]
    assert ["80" in rows[0], "2.00 x rank" in rows[0]] == [True, True]
    assert ["240" in rows[1], "6.00 x rank" in rows[1]] == [True, True]
    # 260 for all texts and 1 to score, beside 95 to embed and 40 to rank.
    assert cells(report, "zotero-arxiv-daily's way")[1:4] == ["261", "130", "1.93 x embed and rank"]
