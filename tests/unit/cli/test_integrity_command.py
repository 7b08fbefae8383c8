"""`litwatch flags` and `unflag`, over an archive with one paper that a notice retracts."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING

import pytest

from service import normalisation, pipeline
from service.clock import standing
from service.records import Flag, Kind, Relation
from service.store import Store
from tests import databases, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def litwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Litwatch]:
    for module in (pipeline, normalisation):
        monkeypatch.setattr(module, "normalise", papers.understood)
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    for engine in databases.migrated("sqlite", tmp_path):
        link = states(Relation.RETRACTION_OF, pmid="40000001")
        notice = paper(900, kind=Kind.RETRACTION, title="Notice about an article", links=(link,))
        corrected = paper(2, flags=frozenset({Flag.CORRECTED}))
        Archive(Store(engine)).take_in(corrected, paper(1), notice)
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        yield Litwatch(settings, standing(NOW))


def told(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    capsys.readouterr()
    assert litwatch(*command) == 0
    both = capsys.readouterr()
    return both.out + both.err


def test_a_work_tells_who_says_what_and_where_the_notice_is(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(litwatch, capsys, "flags", "40000001")
    assert "Stromal niche 1" in said
    assert "flags: retracted" in said
    assert "retracted, says pubmed:40000900: https://pubmed.ncbi.nlm.nih.gov/40000900/" in said
    (stated,) = json.loads(told(litwatch, capsys, "flags", "40000001", "--json"))["stated"]
    assert stated["statement"]["said_by"] == "pubmed:40000900"
    assert "flags: none" in told(litwatch, capsys, "flags", "40000900")


@pytest.mark.parametrize("command", [("flags",), ("flags", "list")])
def test_the_flagged_works_are_listed(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    listed = told(litwatch, capsys, *command)
    assert "retracted" in listed
    assert "corrected" in listed
    found = json.loads(told(litwatch, capsys, *command, "--json", "--limit", "1"))
    assert [each["newest"]["statement"]["flag"] for each in found] == ["retracted"]


def test_a_flag_is_taken_off_and_it_is_told_by_whom_and_why(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("unflag", "40000001", "retracted", "--reason", "it names the wrong PMID")
    assert "flagged with nothing now" in told(litwatch, capsys, *command)
    said = told(litwatch, capsys, "flags", "40000001")
    assert "flags: none" in said
    assert "(does not hold, says Ida " in said
    assert "it names the wrong PMID" in said
    assert "retracted" not in told(litwatch, capsys, "flags", "list")


def test_what_is_not_flagged_is_refused(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("unflag", "40000002", "retracted", "--reason", "no") == 2
    assert "it is flagged as: corrected" in capsys.readouterr().err
    assert litwatch("unflag", "40000002", "corrected") == 2
    assert litwatch("flags", "41000000") == 2
