"""An outage as the audit tells it: the gap with its cause and its back-fill, how it healed by
itself, and its works as late arrivals in the next digest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from tests.command_line import MONDAY, Litwatch, replayed
from tests.end_to_end.test_outage import WEEKLY, Upstreams, broken, moody, rows

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["moody"]  # the fixture

DAY = timedelta(days=1)
FRIDAY = MONDAY - 3 * DAY
SINCE = "2026-11-06"


@pytest.fixture
def lab(tmp_path: Path, moody: Upstreams) -> Litwatch:
    """An archive that was polled on Friday; PubMed and PMC are down from then until Tuesday."""
    values = replayed(tmp_path, moody.server, subscriptions=[WEEKLY])
    litwatch = Litwatch(values, standing(FRIDAY))
    assert litwatch("init") == 0
    assert litwatch("poll") == 0
    moody.fail("eutils", broken)
    assert on(litwatch, MONDAY - 2 * DAY)("poll") == 4
    assert on(litwatch, MONDAY - DAY)("poll") == 4
    return litwatch


def on(litwatch: Litwatch, at: datetime) -> Litwatch:
    return replace(litwatch, clock=standing(at))


def audit(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = litwatch("audit", "--since", SINCE, "--json", *words)
    return status, json.loads(capsys.readouterr().out)


def states(told: dict[str, Any], source: str) -> dict[str, str]:
    [found] = [each for each in told["sources"] if each["name"] == source]
    return {day["day"]: day["state"] for day in found["days"]}


def test_an_outage_is_a_gap_with_its_cause_and_the_back_fill_that_is_scheduled(
    lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = audit(on(lab, MONDAY - DAY + timedelta(hours=1)), capsys, "--source", "pubmed")
    assert (status, told["whole"]) == (1, False)
    [gap] = told["gaps"]
    assert (gap["source"], gap["start"], gap["end"]) == ("pubmed", "2026-11-13", "2026-11-15")
    assert "HTTP 500" in gap["cause"]
    assert "term=" not in gap["cause"], "an address of a thousand characters is no cause"
    assert gap["since"] == "2026-11-14T08:00:00+00:00"
    assert gap["again"] == "2026-11-15T09:00:00+00:00"
    assert gap["window"] == "recent 2026-11-06..2026-11-15"
    found = states(told, "pubmed")
    assert {found[f"2026-11-{day:02}"] for day in range(6, 13)} == {"proved"}
    _, others = audit(on(lab, MONDAY - DAY), capsys)
    assert states(others, "biorxiv")["2026-11-13"] == "proved"


def test_the_gap_heals_by_itself_and_tells_by_which_receipt(
    moody: Upstreams, lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moody.fail("eutils", None)
    tuesday = on(lab, MONDAY + DAY)
    tuesday("poll")
    _, told = audit(tuesday, capsys, "--source", "pubmed")
    assert told["gaps"] == []
    [healed] = told["healed"]
    assert (healed["start"], healed["end"]) == ("2026-11-13", "2026-11-14")
    assert healed["healed_at"] == "2026-11-17T08:00:00+00:00"
    capsys.readouterr()
    assert tuesday("receipts", str(healed["receipt"]), "--json") == 0
    [receipt] = json.loads(capsys.readouterr().out)
    assert (receipt["source"], receipt["kind"], receipt["gap"]) == ("pubmed", "recent", None)
    assert receipt["window"] == "2026-11-06..2026-11-17"
    assert receipt["new"] > 0


def test_the_works_of_an_outage_come_late_in_the_next_digest(
    moody: Upstreams, lab: Litwatch
) -> None:
    monday, following = on(lab, MONDAY), on(lab, MONDAY + 7 * DAY)
    assert monday("digest", "send") == 0
    moody.fail("eutils", None)
    on(lab, MONDAY + DAY)("poll")
    assert following("digest", "send") == 0
    missed = rows(
        lab,
        "SELECT id FROM work WHERE first_seen_at >= '2026-11-17' AND sources = '[\"pubmed\"]' "
        "AND entered BETWEEN '2026-11-13' AND '2026-11-16'",
    )
    [(content,)] = rows(lab, "SELECT content FROM digest WHERE period = 'UTC:2026-W48'")
    items = [
        item
        for section in json.loads(content)["sections"]
        for shown in section["items"]
        for item in (shown, *shown["similar"])
    ]
    late = {item["work"]["id"] for item in items if item["late"]}
    shown = {item["work"]["id"] for item in items}
    assert shown & {number for (number,) in missed}, "else this proves nothing"
    assert late >= shown & {number for (number,) in missed}
    [(first,)] = rows(lab, "SELECT content FROM digest WHERE period = 'UTC:2026-W47'")
    assert '"late": true' not in first


def test_a_digest_leaves_the_receipts_of_its_rankings(
    lab: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monday = on(lab, MONDAY)
    assert monday("digest", "send") == 0
    [(digest, lo, hi, content)] = rows(lab, "SELECT id, window_lo, window_hi, content FROM digest")
    capsys.readouterr()
    assert monday("receipts", "--digest", digest[:8], "--json") == 0
    told = {each["topic"]: each for each in json.loads(capsys.readouterr().out)}
    frozen = json.loads(content)
    assert told.keys() == frozen["cutoffs"].keys()
    for topic, run in told.items():
        assert (run["purpose"], run["digest"], run["lo"], run["hi"]) == ("digest", digest, lo, hi)
        assert (run["screened"], run["line"]) == (frozen["screened"], frozen["cutoffs"][topic])
        assert 0 < run["wanted"] <= run["screened"]
        assert run["encoder"] == ""
        assert "none-that-exists" in run["missing"]
    assert monday("digest", "send") == 0
    assert len(rows(lab, "SELECT id FROM ranking_run")) == len(told), "nothing was frozen again"


def test_the_audit_is_read_by_people_too(lab: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert on(lab, MONDAY - DAY)("audit", "--since", SINCE) == 1
    out = capsys.readouterr().out
    assert "Open gaps" in out
    assert "pubmed     |=======!!!|" in out
    assert "Not whole: 6 days of 2 sources are not proved." in out
