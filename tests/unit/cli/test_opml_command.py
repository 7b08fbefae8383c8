"""`litwatch sources opml`: lists of feeds out of the configuration, and into it."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from service import bootstrap
from service.capabilities import Capabilities, FeedLink
from service.cli.main import run
from service.clock import standing
from service.config import Settings, load
from service.config.opml import Outline, read, write
from tests import databases
from tests.papers import NOW

if TYPE_CHECKING:
    from pathlib import Path

KEY = "k" * 32
CONFIGURED = f"""# mine
[web]
url = "https://litwatch.example.org"
keys = ["{KEY}"]   # secret

[log]
level = "error"

[[sources.feeds]]
name = "gut"
url = "https://gut.example.org/rss"

[[sources.feeds]]
name = "old"
url = "https://old.example.org/rss"
enabled = false
"""
LIST = write(
    "Mine",
    [
        Outline("Gut", "http://gut.example.org/rss"),
        Outline("Cancer Cell (online)", "https://cell.example.org/feed?a=1&b=2"),
        Outline("Nature: Reviews", "https://nature.example.org/rss", enabled=False),
        Outline("Relative", "/feed"),
        Outline("Private", "https://ida:secret@lab.example.org/"),
        Outline("Ours", "https://litwatch.example.org/feed/a.b.atom"),
    ],
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "litwatch.toml"
    made.write_text(CONFIGURED)
    (tmp_path / "mine.opml").write_bytes(LIST)
    return made


def litwatch(*words: str) -> int:
    return run(["sources", "opml", *words])


def test_the_feeds_that_are_polled_are_written_as_a_list(
    file: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert litwatch("export") == 0
    assert read(capsysbinary.readouterr().out) == (
        Outline("gut", "https://gut.example.org/rss"),
        Outline("old", "https://old.example.org/rss", enabled=False),
    )


def test_a_list_can_be_written_to_a_file(file: Path) -> None:
    assert litwatch("export", "--out", "out.opml") == 0
    assert len(read((file.parent / "out.opml").read_bytes())) == 2


def test_with_own_the_feeds_that_are_given_out_are_in_it_signed(
    file: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for engine in databases.migrated("sqlite", tmp_path):
        told = f'[database]\nurl = "{engine.url}"\n'
        file.write_text(told + CONFIGURED)
        app = bootstrap.build(Settings.model_validate(load(file).model_dump()), standing(NOW))
        app.prepare()
        app.close()
        capsysbinary.readouterr()
        assert litwatch("export", "--own") == 0
        own = [
            each
            for each in read(capsysbinary.readouterr().out)
            if each.title.startswith("Litwatch")
        ]
        tokens = [each.url.rpartition("/")[2].removesuffix(".atom") for each in own]
        signer = Capabilities("https://litwatch.example.org", (KEY,))
        assert [signer.read_feed(token) for token in tokens] == [
            FeedLink("topics", "neutrophils"),
            FeedLink("topics", "stroma"),
        ]


def test_an_import_prints_what_is_new_and_changes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("import", "mine.opml") == 0
    out, err = capsys.readouterr()
    assert out == (
        '[[sources.feeds]]\nname = "cancer-cell-online"\n'
        'url = "https://cell.example.org/feed?a=1&b=2"\n'
        '\n[[sources.feeds]]\nname = "nature-reviews"\n'
        'url = "https://nature.example.org/rss"\nenabled = false\n'
    )
    assert err.splitlines() == [
        "refused: 'Relative': '/feed' is no web address",
        "refused: 'Private': has a login in its address",
        "refused: 'Ours': it is a feed of this Litwatch",
        "Feeds: 2 new, 1 polled already, 3 refused",
    ]
    assert file.read_text() == CONFIGURED


def test_with_write_they_are_in_force_and_all_else_stays(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert litwatch("import", "mine.opml", "--write") == 0
    assert "Added to litwatch.toml" in capsys.readouterr().err
    assert file.read_text().startswith(CONFIGURED)
    feeds = load(file).sources.feeds
    assert [feed.name for feed in feeds] == ["gut", "old", "cancer-cell-online", "nature-reviews"]
    written = file.read_bytes()
    assert litwatch("import", "mine.opml", "--write") == 0
    assert file.read_bytes() == written, "the second time nothing is new"


def test_what_was_exported_is_imported_elsewhere_as_it_was(file: Path) -> None:
    assert litwatch("import", "mine.opml", "--write") == 0
    assert litwatch("export", "--out", "out.opml") == 0
    before = load(file).sources.feeds
    file.write_text("")
    assert litwatch("import", "out.opml", "--write") == 0
    assert load(file).sources.feeds == before


def test_a_list_comes_from_standard_input_too(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Given:
        buffer = io.BytesIO(LIST)

    monkeypatch.setattr(sys, "stdin", Given())
    assert litwatch("import", "-") == 0
    assert "2 new" in capsys.readouterr().err


def test_the_file_that_was_named_is_the_one_that_is_added_to(file: Path) -> None:
    other = file.with_name("other.toml")
    other.write_text("# other\n")
    assert run(["--config", str(other), "sources", "opml", "import", "mine.opml", "--write"]) == 0
    assert len(load(other).sources.feeds) == 4
    assert file.read_text() == CONFIGURED


def test_without_a_file_to_add_to_the_feeds_are_printed_and_it_is_said(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file.unlink()
    monkeypatch.setenv("HOME", str(file.parent))
    assert litwatch("import", "mine.opml", "--write") == 3
    out, err = capsys.readouterr()
    assert out.count("[[sources.feeds]]") == 4
    assert "there is no configuration file to add to" in err


def test_where_nothing_can_be_added_the_feeds_are_printed_and_it_is_said(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = '[sources]\nfeeds = [{ name = "gut", url = "https://gut.example.org/rss" }]\n'
    file.write_text(told)
    assert litwatch("import", "mine.opml", "--write") == 3
    out, err = capsys.readouterr()
    assert out.count("[[sources.feeds]]") == 3
    assert "nothing can be added to at its end" in err
    assert file.read_text() == told


@pytest.mark.parametrize("content", [b"", b"<html/>", b"no list", b"\x00\xff" * 9])
def test_what_is_no_list_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file.with_name("mine.opml").write_bytes(content)
    assert litwatch("import", "mine.opml", "--write") == 2
    assert capsys.readouterr().err.startswith("litwatch: the list: is no")
    assert file.read_text() == CONFIGURED


def test_how_sources_stand_is_still_shown_by_the_bare_command(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for engine in databases.migrated("sqlite", tmp_path):
        file.write_text(f'[database]\nurl = "{engine.url}"\n')
        assert run(["sources", "--receipts", "3", "--json"]) == 0
        assert '"pubmed"' in capsys.readouterr().out
