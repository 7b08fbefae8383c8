"""`litwatch search`, over an archive of three works."""

from __future__ import annotations

import json
import re
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
        settings = {
            "database": {"url": str(engine.url)},
            "encoder": {"model": "none-that-exists"},
            "log": {"level": "error"},
        }
        yield Litwatch(settings, standing(NOW))


def found(litwatch: Litwatch, capsys: pytest.CaptureFixture[str], *words: str) -> list[int]:
    assert litwatch("search", "--json", "--mode", "lexical", *words) == 0
    return [hit["work"]["id"] for hit in json.loads(capsys.readouterr().out)["hits"]]


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
    assert litwatch("search", "--mode", "lexical", "zebra") == 0
    assert capsys.readouterr().err.endswith("Nothing found.\n")


def test_what_is_found_is_shown_with_where_it_is_from_and_what_answers(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("search", "--mode", "lexical", "lung niches") == 0
    out, err = capsys.readouterr()
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == "1. Fibroblasts of the lung"
    assert lines[1].startswith(
        "Lindqvist2 Maja et al. · Journal of Stromal Biology · 2026-02 · rev"
    )
    assert "Niches of fibroblasts hold neutrophils back in model 2." in lines
    assert err == "1 work has all that is asked for\n"


def test_without_a_model_it_is_searched_by_words_and_that_is_said(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("search", "lung") == 0
    err = capsys.readouterr().err
    assert "Note: searched by words alone: " in err
    assert litwatch("search", "--mode", "semantic", "lung") == 7


def test_a_page_says_how_to_go_on(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("search", "--mode", "lexical", "--limit", "2", "niches")
    assert litwatch(*words) == 0
    first, err = capsys.readouterr()
    cursor = err.rpartition("--cursor ")[2].split()[0]
    assert litwatch(*words, "--cursor", cursor) == 0
    second, err = capsys.readouterr()
    assert re.findall(r"^(\d)\. ", first, re.MULTILINE) == ["1", "2"]
    assert re.findall(r"^(\d)\. ", second, re.MULTILINE) == ["1"]
    assert "--cursor" not in err
    assert litwatch("search", "--cursor", cursor, "other") == 2
    assert "belongs to another search" in capsys.readouterr().err


def test_facets_are_counted(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("search", "--mode", "lexical", "--facets", "niches") == 0
    out = capsys.readouterr().out
    assert "type: article 2, review 1" in out
    assert "source: pubmed 3" in out


def test_a_work_is_opened_in_the_browser(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", opened.append)
    words = ("search", "--mode", "lexical", "sort:newest title:fibroblasts", "--open")
    assert litwatch(*words, "2") == 0
    assert opened == ["https://pubmed.example.org/40000001"]
    assert litwatch(*words, "3") == 2
    assert "2 were found" in capsys.readouterr().err
    assert len(opened) == 1
