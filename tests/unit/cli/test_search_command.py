"""`litwatch search`, over an archive of three works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.clock import standing
from service.records import Kind
from service.store import Store
from tests import databases, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def litwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Litwatch]:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        Archive(Store(engine)).take_in(
            paper(1, title="Fibroblasts", published="2026-01"),
            paper(2, title="Fibroblasts of the lung", kind=Kind.REVIEW, published="2026-02"),
            paper(3, title="Mast cells [bold]or[/bold] not", published="2026-03"),
        )
        settings = {"database": {"url": str(engine.url)}, "log": {"level": "error"}}
        yield Litwatch(settings, standing(NOW))


def found(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> list[int]:
    assert litwatch("search", "--json", *words) == 0
    return [work["id"] for work in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("title:fibroblasts", "is:review"), [2]),
        (("title:fibroblasts -is:review",), [1]),
        (("title:(lung OR mast) sort:newest",), [3, 2]),
        (("--sort", "newest", "title:fibroblasts sort:relevance"), [2, 1]),
        (("--limit", "1", "--sort", "newest", "title:fibroblasts"), [2]),
        (("seen:today", "--sort", "newest"), [3, 2, 1]),
        (("--", "-title:fibroblasts"), [3]),
        (("zebra",), []),
    ],
    ids=str,
)
def test_a_query_finds_works(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    numbers: list[int],
) -> None:
    assert found(litwatch, capsys, *words) == numbers


def test_an_error_shows_the_place(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("search", "caf tittle:lung") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[:2] == ["caf tittle:lung", "    ^ here"]
    assert "did you mean title:?" in err


def test_explain_says_what_is_looked_for_without_a_database(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    litwatch.settings["database"]["url"] = "sqlite:///none.db"
    assert litwatch("search", "--explain", "lung is:review seen:yesterday") == 0
    out = capsys.readouterr().out
    assert 'the word "lung", anywhere' in out
    assert "first seen on 2026-11-15" in out


def test_explain_says_the_order_that_the_option_names(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("search", "--explain", "--sort", "seen", "lung sort:newest") == 0
    assert "Order: the last seen first" in capsys.readouterr().out


def test_notes_are_said_beside_the_results(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("search", "mast or not") == 0
    out, err = capsys.readouterr()
    assert "Mast cells [bold]or[/bold] not" in out
    assert '"or" is looked for as a word' in err


def test_nothing_found_is_said(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("search", "zebra") == 0
    assert capsys.readouterr().err == "Nothing found.\n"
