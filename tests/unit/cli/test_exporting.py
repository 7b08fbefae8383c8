"""`litwatch export`, over an archive of three works and real payloads."""

from __future__ import annotations

import csv
import getpass
import io
import json
import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bibtexparser.entrypoint import parse_string

from service import normalisation, pipeline
from service.archive.exports import FORMATS
from service.bootstrap import App, exported
from service.cli import exporting
from service.clock import standing
from service.errors import ParseError
from service.records import Author, Judgement, RenderedPart, Subscription, Vote
from service.records.findings import Findings, Hit, Matched, SavedSearch
from service.records.queries import Mode
from service.store import Store
from service.store.exporting import Exporting
from service.worker.stopping import Stopped
from tests import databases, factories, papers
from tests.command_line import Litwatch
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Record
    from service.records.findings import Search

NORMALISE = normalisation.normalise  # the true one
GROUP = (Author("Lindqvist", "Maja"), Author(collective="NETs Group"))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 3, topics stroma and other; 1 is saved for stroma, 2 relevant for it, 3 not."""
    for module in (pipeline, normalisation):
        monkeypatch.setattr(module, "normalise", papers.understood)
    monkeypatch.setattr(getpass, "getuser", lambda: "Ida")
    for engine in databases.migrated("sqlite", tmp_path):
        made = Archive(Store(engine))
        made.take_in(
            paper(1, authors=GROUP, keywords=("traps",), issn="2049-3630"), paper(2), paper(3)
        )
        with made.store.writing() as tx:
            for slug in ("stroma", "other"):
                tx.topics.save(slug, "document", "Ida", "first", NOW)
            said = (Judgement.SAVED, Judgement.RELEVANT, Judgement.NOT_RELEVANT)
            for number, judgement in enumerate(said, 1):
                tx.votes.cast(Vote("stroma", number, "Ida", judgement, "web", NOW))
            later = NOW - timedelta(days=1)
            tx.votes.cast(Vote("other", 3, "Rei", Judgement.SAVED, "web", later))
        yield made


@pytest.fixture
def litwatch(archive: Archive) -> Litwatch:
    settings = {"database": {"url": str(archive.store.engine.url)}, "log": {"level": "error"}}
    return Litwatch(settings, standing(NOW))


def _objects(
    litwatch: Litwatch, capsysbinary: pytest.CaptureFixture[bytes], *words: str
) -> list[dict[str, Any]]:
    """What an export as JSON Lines prints."""
    capsysbinary.readouterr()
    assert litwatch("export", "--format", "jsonl", *words) == 0
    return [json.loads(line) for line in capsysbinary.readouterr().out.decode().splitlines()]


@pytest.mark.parametrize(
    ("words", "works"),
    [
        (["--all"], [1, 2, 3]),
        (["--topic", "stroma"], [1, 2]),
        (["--topic", "other"], [3]),
        (["--saved"], [3, 1]),  # in the order in which they were saved
        (["--works", "3", "40000001", "10.5555/stroma.3"], [3, 1]),
        (["2"], [2]),
        (["--search", "title:stromal title:2"], [2]),
        (["--search", "title:stromal sort:newest", "--limit", "2"], [3, 2]),
        (["--search", "(pmid:40000002 OR doi:10.5555/stroma.1) sort:newest"], [2, 1]),
        (["--search", "is:saved topic:stroma"], [1]),
        (["--search", "nothing-of-the-sort"], []),
        (["--search", "..."], []),
    ],
)
def test_the_works_that_were_asked_for_are_written(
    litwatch: Litwatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    words: list[str],
    works: list[int],
) -> None:
    assert [each["work"] for each in _objects(litwatch, capsysbinary, *words)] == works


def test_an_entry_has_what_its_records_say(
    litwatch: Litwatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    one, two, three = _objects(litwatch, capsysbinary, "--all")
    assert one["authors"] == [{"family": "Lindqvist", "given": "Maja"}, {"name": "NETs Group"}]
    assert (one["keywords"], one["issn"]) == (["traps"], "2049-3630")
    assert [each["topics"] for each in (one, two, three)] == [["stroma"], ["stroma"], ["other"]]


def test_a_record_that_is_not_understood_any_more_leaves_names_whole(
    litwatch: Litwatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(record: Record) -> Any:
        raise ParseError(record.key, "is not what it was")

    monkeypatch.setattr(normalisation, "normalise", lost)
    (found,) = _objects(litwatch, capsysbinary, "1")
    assert found["authors"] == [{"name": "Lindqvist Maja"}, {"name": "NETs Group"}]


def test_a_digest_is_exported_in_its_order(
    litwatch: Litwatch, archive: Archive, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    shown = factories.section(factories.item(3), factories.item(1))
    content = factories.digest_content(shown)
    weekly = Subscription(content.subscription, ("stroma",), "file", "digest.html")
    part = RenderedPart("part", 1, 1, b"bytes")
    with archive.store.writing() as tx:
        tx.subscriptions.sync([weekly], NOW)
        assert tx.digests.freeze(content, weekly, [part], revision=0, window=(0, 3), now=NOW)
    found = _objects(litwatch, capsysbinary, "--digest", content.digest_id[:20])
    assert [each["work"] for each in found] == [3, 1]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("works.bib", b"@article{litwatch-1,\n"),
        ("works.ris", b"TY  - JOUR\r\n"),
        ("works.json", b"[\n{"),
        ("works.csv", b"work,key,title,"),
        ("works.jsonl", b'{"work": 1,'),
        ("works.nbib", b"PMID- 40000001\n"),
    ],
)
def test_a_file_tells_its_format_by_its_ending(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    begins: bytes,
) -> None:
    file = tmp_path / name
    assert litwatch("export", "--all", "--out", str(file)) == 0
    assert file.read_bytes().startswith(begins)
    said = capsys.readouterr()
    assert said.err == f"3 works written to {file}\n"
    assert said.out == ""


def test_the_format_that_is_named_counts_before_the_ending(
    litwatch: Litwatch, tmp_path: Path
) -> None:
    file = tmp_path / "works.txt"
    assert litwatch("export", "--all", "--format", "bibtex", "--out", str(file)) == 0
    assert len(parse_string(file.read_text("utf-8")).entries) == 3


def test_works_outside_pubmed_are_told_when_nbib_leaves_them_out(
    litwatch: Litwatch, archive: Archive, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive.take_in(papers.preprint(9, title="Traps of another sort"))
    file = tmp_path / "works.nbib"
    assert litwatch("export", "--all", "--out", str(file)) == 0
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "1 work is left out: nbib needs a PMID.",
        f"3 works written to {file}",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "csv"],
        ["--format", "csv", "--all", "--saved"],
        ["--format", "csv", "--all", "1"],
        ["--format", "csv", "--works"],
        ["--format", "word", "--all"],
        ["--format", "csv", "--search", "x", "--saved-search", "y"],
        ["--format", "csv", "--all", "--limit", "3"],
        ["--format", "csv", "--search", "x", "--limit", "0"],
        ["--all"],
    ],
)
def test_unclear_wishes_are_refused(litwatch: Litwatch, words: list[str]) -> None:
    assert litwatch("export", *words) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--topic", "none"], "topic"),
        (["--digest", "none"], "digest"),
        (["77"], "work '77': is not in the archive"),
        (["extracellular traps"], "DOI; to look for words: --search)"),
        (["--works", "traps"], "PMCID or DOI)"),
        (["--search", "(open"], "^ here"),
        (["--saved-search", "none"], "saved search 'none'"),
        (["--all", "--out", "works.xlsx"], "none of the endings"),
        (["--all", "--out", "no-such-folder/works.bib"], "cannot be written: No such file"),
    ],
)
def test_what_is_not_there_is_named_and_no_file_made(
    litwatch: Litwatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    told: str,
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    out = [] if "--out" in words else ["--out", "works.csv"]
    assert litwatch("export", *words, *out) == 2
    assert told in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("end", [KeyboardInterrupt, Stopped, ValueError])
def test_an_export_that_ends_half_way_leaves_the_file_as_it_was(
    litwatch: Litwatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    file = folder / "works.bib"
    file.write_text("as it was")
    written: list[Path] = []

    def broken(self: Exporting, work_id: int, limit: int) -> Any:
        written.extend(folder.glob(".works.bib.*.part"))
        if work_id:
            raise end
        return whole(self, work_id, limit)

    whole = Exporting.after
    monkeypatch.setattr(exported, "PAGE", 1)
    monkeypatch.setattr(Exporting, "after", broken)
    assert litwatch("export", "--all", "--out", str(file)) == (1 if end is ValueError else 130)
    assert written, "nothing was under way"
    assert list(folder.iterdir()) == [file]
    assert file.read_text() == "as it was"


def test_pages_make_one_file(
    litwatch: Litwatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, paged = tmp_path / "whole.csv", tmp_path / "paged.csv"
    litwatch("export", "--all", "--out", str(whole))
    monkeypatch.setattr(exported, "PAGE", 1)
    litwatch("export", "--all", "--out", str(paged))
    assert whole.read_bytes() == paged.read_bytes()
    rows = list(csv.DictReader(io.StringIO(paged.read_text("utf-8"), newline="")))
    assert [row["work"] for row in rows] == ["1", "2", "3"]


def test_a_link_stays_a_link_and_others_may_read_the_file(
    litwatch: Litwatch, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.bib", tmp_path / "link.bib"
    link.symlink_to(real)
    before = os.umask(0o022)
    try:
        assert litwatch("export", "--all", "--out", str(link)) == 0
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o644


def test_a_device_is_written_to_as_it_stands(litwatch: Litwatch) -> None:
    assert litwatch("export", "--all", "--format", "ris", "--out", "/dev/null") == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116 - Path is for types here


def test_nothing_to_export_is_a_valid_empty_file(
    litwatch: Litwatch, archive: Archive, tmp_path: Path
) -> None:
    with archive.store.writing() as tx:
        tx.topics.save("empty", "document", "Ida", "first", NOW)
    file = tmp_path / "works.json"
    assert litwatch("export", "--topic", "empty", "--out", str(file)) == 0
    assert json.loads(file.read_text()) == []


def test_the_command_offers_every_format() -> None:
    assert {*exporting.FORMATS} == {*FORMATS}


def test_a_file_comes_back_through_our_own_import(
    litwatch: Litwatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for form in ("bib", "ris", "nbib"):
        file = tmp_path / f"works.{form}"
        assert litwatch("export", "--all", "--out", str(file)) == 0
        capsys.readouterr()
        monkeypatch.setattr(normalisation, "normalise", NORMALISE)
        source = {"bib": "bibtex", "ris": "ris", "nbib": "pubmed"}[form]
        assert litwatch("parse", source, str(file), "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert [each["title"] for each in found["papers"]] == [paper(n).title for n in (1, 2, 3)]
        assert found["unparsed"] == []


# -- searches ---------------------------------------------------------------------------------------


def test_a_saved_search_is_written_as_the_query_that_it_is(
    litwatch: Litwatch, archive: Archive, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with archive.store.writing() as tx:
        query = "title:stromal sort:newest"
        tx.searches.save(SavedSearch("Stroma", query, Mode.LEXICAL, "Ida", NOW))
    found = _objects(litwatch, capsysbinary, "--saved-search", "Stroma", "--limit", "2")
    assert [each["work"] for each in found] == [3, 2]


def test_what_was_read_otherwise_than_meant_is_noted(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("export", "--format", "csv", "--search", "stromal or niche") == 0
    assert "Note: " in capsys.readouterr().err


def test_what_is_like_a_work_is_written_as_far_as_a_search_shows_it(
    litwatch: Litwatch,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two pages; likeness has no end but that of the search."""
    asked: list[Search] = []

    def find(_app: App, search: Search) -> Findings:
        asked.append(search)
        number, cursor = (3, "more") if search.cursor is None else (1, None)
        hit = Hit(factories.work(number), Matched.NEAR, 0.9)
        return Findings((hit,), 2, exact=True, mode=Mode.SEMANTIC, cursor=cursor)

    monkeypatch.setattr(App, "find", find, raising=False)
    found = _objects(litwatch, capsysbinary, "--search", "like:2 title:stromal")
    assert [each["work"] for each in found] == [3, 1]
    assert [search.cursor for search in asked] == [None, "more"]
    assert {search.text for search in asked} == {"like:2 title:stromal"}
    found = _objects(litwatch, capsysbinary, "--search", "like:2", "--limit", "1")
    assert [each["work"] for each in found] == [3]


def test_a_search_that_ends_half_way_leaves_the_file_as_it_was(
    litwatch: Litwatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "works.bib"
    file.write_text("as it was")
    monkeypatch.setattr(exported, "PAGE", 1)

    def stop(_app: App) -> None:
        raise Stopped

    monkeypatch.setattr(App, "go_on", stop)
    assert litwatch("export", "--search", "stromal", "--out", str(file)) == 130
    assert file.read_text() == "as it was"
