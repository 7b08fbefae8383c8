"""Feeds that a list names, into the configuration file: nothing else of it changes."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.config import Settings, feed_list
from service.config.feed_list import additions, append, rows
from service.config.opml import Outline
from service.config.source_settings import Feed, Sources
from service.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://gut.example.org/rss"
GUT = Feed(name="gut", url=URL)
OWN = "https://litwatch.example.org"


def new(*outlines: Outline, held: tuple[Feed, ...] = ()) -> list[tuple[str, str]]:
    found = additions(outlines, Sources(feeds=held), OWN)
    return [(feed.name, feed.url) for feed in found.new]


# -- what is new ----------------------------------------------------------------------------------


def test_a_feed_gets_a_name_of_its_title() -> None:
    assert new(Outline("Gut: Émile's (current)", URL)) == [("gut-emile-s-current", URL)]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("肿瘤", "gut-example-org"),  # its host: a name has plain letters only
        ("PubMed", "pubmed-2"),  # the first is a source
        ("gut", "gut-2"),  # is taken
        ("-- !!", "gut-example-org"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_name_is_one_that_the_configuration_takes(title: str, name: str) -> None:
    held = Feed(name="gut", url="https://other.example.org/")
    assert new(Outline(title, URL), held=(held,)) == [(name, URL)]


def test_feeds_of_one_title_are_numbered() -> None:
    found = new(*(Outline("Gut", f"https://a.org/{n}") for n in range(3)))
    assert [name for name, _ in found] == ["gut", "gut-2", "gut-3"]


@pytest.mark.parametrize(
    "spelled", [URL, URL.replace("https", "http"), URL.replace("gut.", "GUT."), f"{URL}#top"]
)
def test_what_is_polled_already_is_known_however_it_is_spelled(spelled: str) -> None:
    found = additions([Outline("Gut", spelled)], Sources(feeds=(GUT,)))
    assert (found.new, [each.url for each in found.known], found.refused) == ((), [spelled], ())


def test_what_else_is_served_beside_this_litwatch_may_be_polled() -> None:
    assert new(Outline("Blog", f"{OWN}/blog/feed.xml")) == [("blog", f"{OWN}/blog/feed.xml")]


def test_a_feed_that_a_list_names_twice_is_added_once() -> None:
    found = additions([Outline("Gut", URL), Outline("Again", URL)], Sources())
    assert [feed.name for feed in found.new] == ["gut"]
    assert [outline.title for outline in found.known] == ["Again"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "no address"),
        ("/feed.xml", "is no web address"),
        ("gut.example.org/feed", "is no web address"),
        ("feed://gut.example.org/", "is no web address"),
        ("file:///etc/passwd", "is no web address"),
        ("javascript:alert(1)", "is no web address"),
        ("https://", "is no web address"),
        ("https://[::1/", "is no web address"),
        ("https://ida:secret@gut.example.org/", "has a login"),
        ("https://gut.example.org/a b", "is no web address"),
        ("https://gut.example.org/\u202e", "not seen"),
        (f"https://gut.example.org/{'a' * 2_000}", "too long"),
        (f"{OWN}/feed/a.b.atom", "of this Litwatch"),
        (f"{OWN}/feeds/topics/stroma.json", "of this Litwatch"),
    ],
)
def test_an_address_that_cannot_be_polled_is_refused_with_its_name(url: str, why: str) -> None:
    found = additions([Outline("Odd", url), Outline("Gut", URL)], Sources(), OWN)
    ((outline, told),) = found.refused
    assert outline.title == "Odd"
    assert why in told
    assert "secret" not in told
    assert [feed.name for feed in found.new] == ["gut"]


@given(
    st.lists(
        st.builds(
            Outline, st.text(max_size=80), st.text() | st.text().map("https://a.org/{}".format)
        )
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_list_names_what_is_new_is_a_valid_configuration(
    outlines: list[Outline],
) -> None:
    found = additions(outlines, Sources(feeds=(GUT,)))
    assert len(found.new) + len(found.known) + len(found.refused) == len(outlines)
    read = Settings.model_validate(tomllib.loads(rows((GUT, *found.new))))
    assert read.sources.feeds == (GUT, *found.new)


# -- into the file --------------------------------------------------------------------------------

NEW = (
    Feed(name="new-one", url='https://a.org/?q="x"&y=\\'),
    Feed(name="off", url=f"{URL}2", enabled=False),
)
OLD = """# our own notes
[http]
contact = "lab@example.org"   # mine

[[sources.feeds]]   # the first
name = "gut"
url = "https://gut.example.org/rss"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "litwatch.toml"
    made.write_bytes(OLD.encode())
    return made


def held(file: Path) -> tuple[Feed, ...]:
    return Settings.model_validate(tomllib.loads(file.read_text("utf-8-sig"))).sources.feeds


@pytest.mark.parametrize(
    "old",
    [
        OLD,
        "",
        OLD.rstrip("\n"),
        "# nothing\n",
        "[sources.pubmed]\nenabled = false\n",
        f"\ufeff{OLD}",
    ],
)
def test_feeds_are_added_at_the_end_and_all_else_stays(file: Path, old: str) -> None:
    file.write_text(old, "utf-8")
    before = held(file)
    append(NEW, file, {})
    gap = "\n" if old.endswith("\n") else "\n\n" if old else ""
    assert file.read_text("utf-8") == f"{old}{gap}{rows(NEW)}"
    assert held(file) == (*before, *NEW)


def test_a_second_list_is_added_after_the_first(file: Path) -> None:
    append(NEW[:1], file, {})
    append(NEW[1:], file, {})
    assert held(file) == (GUT, *NEW)


def test_a_file_of_windows_keeps_its_line_ends(file: Path) -> None:
    file.write_bytes(OLD.replace("\n", "\r\n").encode())
    append(NEW, file, {})
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")
    assert held(file) == (GUT, *NEW)


@pytest.mark.parametrize(
    "old",
    [
        f'[sources]\nfeeds = [{{ name = "gut", url = "{URL}" }}]\n',
        "sources = { pubmed = { enabled = false } }\n",
        "sources.feeds = []\n",
        "[broken\n",
    ],
)
def test_where_nothing_can_be_added_the_file_stays_and_it_is_said(file: Path, old: str) -> None:
    file.write_text(old)
    with pytest.raises(ConfigError, match="nothing can be added"):
        append(NEW, file, {})
    assert file.read_text() == old
    assert list(file.parent.iterdir()) == [file]


def test_a_text_that_swallows_what_follows_is_noticed(file: Path) -> None:
    """The file is valid before and after, but the feeds would be part of a text."""
    assert not feed_list._holds(b'a = """\n"""', b'a = """\n[[sources.feeds]]"""', NEW)


def test_feeds_of_a_variable_beat_the_file_so_that_nothing_is_written(file: Path) -> None:
    with pytest.raises(ConfigError, match="LITWATCH_SOURCES__FEEDS: is set"):
        append(NEW, file, {"LITWATCH_SOURCES__FEEDS": "[]"})
    assert file.read_text() == OLD


def test_who_may_read_the_file_stays_as_it_was(file: Path) -> None:
    """Passwords may stand in it."""
    for mode in (0o600, 0o640, 0o644):
        file.chmod(mode)
        append([Feed(name=f"m{mode}", url=f"https://a.org/{mode}")], file, {})
        assert file.stat().st_mode & 0o7777 == mode


def test_a_link_stays_a_link(file: Path) -> None:
    link = file.with_name("link.toml")
    link.symlink_to(file)
    append(NEW, link, {})
    assert link.is_symlink()
    assert held(file) == (GUT, *NEW)


@pytest.mark.parametrize("broken", ["fsync", "fchmod"])
def test_a_write_that_fails_leaves_the_file_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(ConfigError, match="No space left"):
        append(NEW, file, {})
    assert file.read_text() == OLD
    assert list(file.parent.iterdir()) == [file]


def test_the_owner_of_the_file_stays_its_owner(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a service that runs as another user could not read its configuration any more."""
    whole, given_to = os.fstat, []
    was = file.stat()

    class OfAnother:
        def __init__(self, made: os.stat_result) -> None:
            self.made, self.st_uid = made, made.st_uid + 1

        def __getattr__(self, name: str) -> Any:
            return getattr(self.made, name)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", lambda number: OfAnother(whole(number)))
        patched.setattr(os, "fchown", lambda _number, *to: given_to.append(to))
        append(NEW, file, {})
    assert given_to == [(was.st_uid, was.st_gid)]


def test_the_environment_of_the_process_is_looked_at(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITWATCH_SOURCES__FEEDS", "[]")
    with pytest.raises(ConfigError):
        append(NEW, file)
