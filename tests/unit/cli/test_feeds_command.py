"""`litwatch feeds`: which there are, their signed addresses, and feeds as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from service import bootstrap
from service.archive.feeds import FORMS
from service.capabilities import Capabilities, FeedLink
from service.cli import feeds
from service.clock import standing
from service.config import Settings
from tests import databases
from tests.command_line import Litwatch
from tests.feed_rules import atom_faults, json_faults
from tests.papers import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL, KEY = "https://litwatch.example.org", "k" * 32


@pytest.fixture
def litwatch(tmp_path: Path) -> Iterator[Litwatch]:
    """An archive with the shipped topics and a subscription."""
    for engine in databases.migrated("sqlite", tmp_path):
        settings: dict[str, Any] = {
            "database": {"url": str(engine.url)},
            "log": {"level": "error"},
            "web": {"url": URL, "keys": [KEY]},
            "subscriptions": [{"name": "Lab", "channel": "file", "destination": "digest"}],
        }
        app = bootstrap.build(Settings.model_validate(settings), standing(NOW))
        app.prepare()
        app.close()
        yield Litwatch(settings, standing(NOW))


def test_every_feed_is_listed(litwatch: Litwatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert litwatch("feeds", "list", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["feed"] for each in told] == ["topics/neutrophils", "topics/stroma", "digests/Lab"]
    assert all(each["title"] for each in told)
    assert litwatch("feeds", "list") == 0
    shown = capsys.readouterr().out
    assert all(each["feed"] in shown for each in told)


@pytest.mark.parametrize("form", FORMS)
def test_an_address_is_signed_for_one_feed(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert litwatch("feeds", "address", "digests/Lab", "--format", form) == 0
    address = capsys.readouterr().out.strip()
    token = address.removeprefix(f"{URL}/feed/").removesuffix(f".{form}")
    assert Capabilities(URL, (KEY,)).read_feed(token) == FeedLink("digests", "Lab")


@pytest.mark.parametrize("missing", ["url", "keys"])
def test_without_what_signs_it_is_said_what_is_missing(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    del litwatch.settings["web"][missing]
    assert litwatch("feeds", "address", "topics/stroma") == 3
    said = capsys.readouterr().err
    assert f"web.{missing}: is not set" in said
    assert KEY not in said


@pytest.mark.parametrize("command", [["address"], ["write", "--folder", "public"]])
def test_an_unknown_feed_is_told_with_those_there_are(
    litwatch: Litwatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert litwatch("feeds", *command, "topics/lungs") == 2
    said = capsys.readouterr().err
    assert "feed 'topics/lungs': does not exist" in said
    assert "topics/stroma" in said


def test_all_feeds_are_written_as_files(
    litwatch: Litwatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "public"
    for form, faults in (("atom", atom_faults), ("json", json_faults)):
        assert litwatch("feeds", "write", "--folder", str(folder), "--format", form) == 0
        files = sorted(folder.rglob(f"*.{form}"))
        assert [str(file.relative_to(folder)) for file in files] == [
            f"digests/Lab.{form}",
            f"topics/neutrophils.{form}",
            f"topics/stroma.{form}",
        ]
        for file in files:
            assert faults(file.read_bytes()) == []
        said = capsys.readouterr().err.splitlines()
        assert sorted(said) == [f"Written to {file}" for file in files]
    assert not list(folder.rglob(".*"))


def test_a_named_feed_is_written_alone_and_tells_where_it_is_served(
    litwatch: Litwatch, tmp_path: Path
) -> None:
    url = "https://lab.example.org/feeds"
    words = ("feeds", "write", "topics/stroma", "--folder", str(tmp_path / "public"), "--url", url)
    assert litwatch(*words) == 0
    (file,) = [each for each in (tmp_path / "public").rglob("*") if each.is_file()]
    assert f'href="{url}/topics/stroma.atom"' in file.read_text()


def test_the_command_offers_every_format() -> None:
    assert {*feeds.FORMS} == {*FORMS}
