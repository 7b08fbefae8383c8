"""Printing: JSON that is plain, tables that lose nothing, progress only for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cli.session import moment, plain, print_json, progress, table, write_file
from service.errors import InputError
from service.records import Flag
from tests.factories import work


def test_values_become_what_json_knows() -> None:
    made = work(3, flags=frozenset({Flag.RETRACTED}))
    told = json.loads(json.dumps(plain({1: made, "path": Path("a/b"), "none": None})))
    assert told["path"] == "a/b"
    assert told["none"] is None
    assert told["1"]["flags"] == ["retracted"]
    assert told["1"]["first_seen_at"] == "2026-11-23T07:00:00+00:00"
    assert told["1"]["ids"]["doi"] == "10.5555/stroma.3"


def test_json_keeps_greek_readable(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(["TGF-β"])
    assert "TGF-β" in capsys.readouterr().out


def test_a_title_is_never_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table(("title",), [("[red]IL-6[/red] [link=x]",)])
    assert "[red]IL-6[/red] [link=x]" in capsys.readouterr().out


def test_a_narrow_table_cuts_nothing_off(capsys: pytest.CaptureFixture[str]) -> None:
    identity = "83581c66-9229-5400-a1cc-77c78447c59f"
    table(("id", "why"), [(identity, "long " * 60)], whole=(0,))
    out = capsys.readouterr().out
    assert identity in out
    assert out.count("long") == 60
    assert "…" not in out


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    table(("id",), [], empty="digests")
    assert capsys.readouterr() == ("", "There are no digests yet.\n")


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as bars:
        bars.advance(bars.add_task("embedding", total=2))
    assert capsys.readouterr() == ("", "")


def test_moments_are_in_utc_and_never_is_a_dash() -> None:
    assert moment(datetime(2026, 11, 23, 7, 5, tzinfo=UTC)) == "2026-11-23 07:05 UTC"
    assert moment(None) == "-"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no/x: cannot be written"):
        write_file(tmp_path / "no" / "x", b"")
