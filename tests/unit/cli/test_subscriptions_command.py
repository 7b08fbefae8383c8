"""`litwatch subscriptions`, over an archive with four of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.clock import standing
from service.records import StopReason
from service.store import Store
from tests import databases
from tests.command_line import Litwatch
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = [
    {"name": "Ida", "channel": "email", "destination": "ida@example.org", "zone": "Asia/Tokyo"},
    {"name": "Lab", "channel": "slack", "destination": "C0123456789", "weekday": "friday",
     "fallback": "rei@example.org", "topics": ["stroma"]},
    {"name": "Off", "channel": "file", "destination": "off.html", "active": False},
    {"name": "Rei", "channel": "email", "destination": "rei@example.org"},
]  # fmt: skip


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    for engine in databases.migrated("sqlite", tmp_path):
        settings = {
            "database": {"url": str(engine.url)},
            "log": {"level": "error"},
            "subscriptions": LINES,
        }
        told = Litwatch(settings, standing(NOW))
        assert told("subscriptions") == 0  # brings them up
        with Store(engine).writing() as tx:
            tx.stops.stop("Rei", StopReason.BOUNCED, "550 5.1.1", NOW - timedelta(days=3))
        yield told


def _json(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert litwatch("subscriptions", "--json") == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)}


def _told(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert litwatch("subscriptions", *words) == 0
    told = capsys.readouterr()
    return " ".join(f"{told.out} {told.err}".split())


def test_the_list_says_where_what_when_and_how_it_stands(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _told(litwatch, capsys)
    for words in (
        "ida@example.org",
        "C0123456789",
        "rei@example.org",
        "Friday 08:00",
        "2026-11-23",
        "switched off",
        "mails come back",
        "2026-11-13",
    ):
        assert words in told, told


def test_the_list_for_scripts_has_every_field(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(litwatch, capsys)
    assert list(found) == ["Ida", "Lab", "Rei", "Off"], "those that are switched off come last"
    assert {name: each["state"] for name, each in found.items()} == {
        "Ida": "active",
        "Lab": "active",
        "Rei": "bounced",
        "Off": "off",
    }
    assert found["Lab"]["topics"] == ["stroma"]
    assert found["Lab"]["fallback"] == "rei@example.org"
    assert found["Ida"]["next_run"] == "2026-11-22T23:00:00+00:00", "Monday at 8 in Tokyo"
    assert (found["Rei"]["next_run"], found["Off"]["next_run"]) == (None, None)
    assert found["Rei"]["since"] == "2026-11-13T07:00:00+00:00"
    assert found["Rei"]["detail"] == "550 5.1.1"


def test_one_is_stopped_and_resumed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing more is sent" in _told(litwatch, capsys, "stop", "Ida")
    assert "was stopped already" in _told(litwatch, capsys, "stop", "Ida")
    assert _json(litwatch, capsys)["Ida"]["state"] == "unsubscribed"
    assert "unsubscribed by" in _told(litwatch, capsys)
    assert "is sent again" in _told(litwatch, capsys, "resume", "Ida")
    assert "was not stopped" in _told(litwatch, capsys, "resume", "Ida")
    assert _json(litwatch, capsys)["Ida"]["state"] == "active"


def test_resuming_ends_a_stop_by_bounces(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _told(litwatch, capsys, "resume", "Rei")
    assert _json(litwatch, capsys)["Rei"]["state"] == "active"


def test_resuming_what_is_switched_off_says_so(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "switched off in the configuration" in _told(litwatch, capsys, "resume", "Off")


@pytest.mark.parametrize("verb", ["stop", "resume"])
def test_a_name_that_does_not_exist_is_told_with_those_that_do(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert litwatch("subscriptions", verb, "Ada") == 2
    assert "there are: Ida, Lab, Rei" in capsys.readouterr().err


def test_a_changed_address_is_sent_to_again(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = [
        line | {"destination": "new@example.org"} if line["name"] == "Rei" else line
        for line in LINES
    ]
    litwatch.settings["subscriptions"] = moved
    assert _json(litwatch, capsys)["Rei"]["state"] == "active"


def test_without_subscriptions_there_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for engine in databases.migrated("sqlite", tmp_path):
        told = Litwatch({"database": {"url": str(engine.url)}}, standing(NOW))
        assert told("subscriptions") == 0
    assert "There are no subscriptions yet." in capsys.readouterr().err
