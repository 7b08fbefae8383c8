"""`litwatch topics suggest` and `unsure`: what they print of advice that is given."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from service import guidance
from service.clock import standing
from service.errors import TopicError
from service.records.guidance import (
    Advice,
    Doubt,
    Drift,
    MonthlyDoubts,
    SeedAdvice,
    TermAdvice,
)
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCLUDE = TermAdvice("stellate cell's", 4, 10, 1, 900, 4.2, ("A [bold] title",))
EXCLUDE = TermAdvice("keloid", 3, 5, 0, 60, 2.5, ("Keloids",))
GROUP = SeedAdvice(
    7, "In the middle", (7, 9), ("In the middle", "Beside"), "pangolin", "10.5555/a b"
)
FULL = Advice(
    topic="stroma",
    version=3,
    wanted=10,
    refused=5,
    include=(INCLUDE,),
    exclude=(EXCLUDE,),
    seeds=(GROUP, SeedAdvice(8, "Alone", (8,), ("Alone",))),
    drift=Drift(20, 60, (0.6, 0.5), (INCLUDE,)),
    doubts=(Doubt(12, "Perhaps", 0.48),),
    fidelity="finds 81 % of its own references",
    notes=("Mind this.",),
)
MONTH = MonthlyDoubts(
    "stroma",
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    0.5,
    (Doubt(12, "Perhaps", 0.48),),
    2,
)


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        yield Litwatch(settings, standing(NOW))


def _given(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> list[str]:
    """Advice is this, whatever the archive holds; the list fills with the topics asked about."""
    asked: list[str] = []

    def answering(answer: Any) -> Any:
        def answered(_parts: Any, slug: str, *, model: Any) -> Any:
            assert model is not None, "another thread may embed"
            asked.append(slug)
            return answer

        return answered

    for name, answer in answers.items():
        monkeypatch.setattr(guidance, name, answering(answer))
    return asked


def test_everything_that_is_advised_is_told_with_what_to_type(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _given(monkeypatch, advice=FULL)
    assert litwatch("topics", "suggest", "stroma") == 0
    out, err = capsys.readouterr()
    assert asked == ["stroma"]
    for told in (
        "stroma, version 3: 10 works voted for, 5 against",
        "It finds 81 % of its own references.",
        "4 of 10",
        "1 of 900",
        "A [bold] title",
        "litwatch topics term include stroma 'stellate cell'\"'\"'s' --preview",
        "litwatch topics term exclude stroma keloid --preview",
        'These 2 papers share "pangolin":',
        "litwatch topics seed add stroma '10.5555/a b' --preview",
        "The topic's literature moves: ",
        "cosine 0.50, was 0.60",
        "Alone",
        "litwatch vote stroma 12 relevant",
    ):
        assert told in out, told
    assert out.count("seed add") == 1, "the other has no name to be added by"
    assert err == "Note: Mind this.\n"


def test_that_there_is_nothing_to_advise_is_said(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _given(monkeypatch, advice=Advice("stroma", 1, 0, 0))
    assert litwatch("topics", "suggest", "stroma") == 0
    out, err = capsys.readouterr()
    assert out == "stroma, version 1: 0 works voted for, 0 against\n"
    assert err == "There is nothing to suggest yet.\n"


def test_advice_is_json_for_programs(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _given(monkeypatch, advice=FULL, unsure=MONTH)
    assert litwatch("topics", "suggest", "stroma", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["include"][0]["term"] == "stellate cell's"
    assert told["drift"]["explained"] == [0.6, 0.5]
    assert litwatch("topics", "unsure", "stroma", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["doubts"][0]["work_id"], told["done"]) == (12, 2)


@pytest.mark.parametrize(
    ("doubts", "done", "told"),
    [
        (MONTH.doubts, 2, "litwatch vote stroma 12 relevant"),
        ((), 5, "All 5 are voted on"),
        ((), 0, "None was in doubt"),
    ],
)
def test_doubts_are_told_or_that_there_are_none_left(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    doubts: tuple[Doubt, ...],
    done: int,
    told: str,
) -> None:
    from dataclasses import replace

    _given(monkeypatch, unsure=replace(MONTH, doubts=doubts, done=done))
    assert litwatch("topics", "unsure", "stroma") == 0
    out, err = capsys.readouterr()
    assert "Papers of 2026-10-01 to 2026-11-01 near the line" in out
    assert told in out + err


@pytest.mark.parametrize("word", ["suggest", "unsure"])
def test_an_unknown_topic_is_refused_in_one_line(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert litwatch("topics", word, "stromata") == TopicError("x", "y").exit_code
    assert capsys.readouterr().err.count("\n") == 1
