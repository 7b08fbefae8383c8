"""`litwatch init` and the configuration that it starts a person with."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from service.cli.main import run
from service.config import Settings, notes, problems

if TYPE_CHECKING:
    from pathlib import Path

STARTER = (resources.files("service.cli") / "starter.toml").read_text("utf-8")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("LITWATCH_CONFIG", raising=False)


def test_the_starter_changes_nothing_until_it_is_filled_in() -> None:
    assert Settings.model_validate(tomllib.loads(STARTER)) == Settings()


def test_every_line_of_the_starter_is_valid_once_uncommented() -> None:
    """Prose begins with a capital letter or ends a sentence; settings do neither."""
    setting = re.compile(r"^# (?=\[|[a-z_]+ = )", re.MULTILINE)
    text = setting.sub("", STARTER).replace('contact = ""', 'contact = "ida@example.org"')
    settings = Settings.model_validate(tomllib.loads(text))
    assert [entry.channel for entry in settings.subscriptions] == [
        "slack",
        "email",
        "file",
        "file",
        "atom",
        "apprise",
    ]
    assert {name for entry in settings.subscriptions for name in entry.searches} == {
        saved.name for saved in settings.searches
    }
    assert settings.zotero.api_key
    assert settings.slack.app_token
    assert settings.targets
    assert settings.sources.feeds
    assert problems(settings) == []
    assert notes(settings) == []


def test_init_writes_a_starter_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    assert "Fill in litwatch.toml" in capsys.readouterr().err
    file = tmp_path / "litwatch.toml"
    file.write_text(STARTER.replace('contact = ""', 'contact = "ida@example.org"'), "utf-8")
    changed = file.read_text("utf-8")
    assert run(["init"]) == 0
    assert "Fill in" not in capsys.readouterr().err
    assert file.read_text("utf-8") == changed


def test_init_writes_no_starter_over_a_configuration_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITWATCH_HTTP__CONTACT", "ida@example.org")
    assert run(["init"]) == 0
    assert not (tmp_path / "litwatch.toml").exists()


def test_init_makes_the_file_that_it_was_pointed_to(tmp_path: Path) -> None:
    assert run(["--config", "lab.toml", "init"]) == 0
    assert (tmp_path / "lab.toml").read_text("utf-8") == STARTER
    assert not (tmp_path / "litwatch.toml").exists()


def test_a_file_that_cannot_be_made_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--config", "no/such/lab.toml", "init"]) == 3
    assert "no/such/lab.toml: cannot be written" in capsys.readouterr().err


def test_a_database_goes_down_and_up_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    assert run(["db", "downgrade", "base", "--yes"]) == 0
    assert "at revision base" in capsys.readouterr().err
    assert run(["sources"]) == 5
    assert "is empty (run: litwatch init)" in capsys.readouterr().err
    assert run(["db", "upgrade"]) == 0
    assert run(["sources"]) == 0


@pytest.mark.parametrize("content", [b"", b"no database, but a letter to a colleague" * 40])
def test_a_file_that_is_no_archive_is_refused_in_words(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "litwatch.db").write_bytes(content)
    assert run(["search", "cell"]) == 5
    err = capsys.readouterr().err
    assert err.startswith("litwatch: sqlite:///litwatch.db: ")
    assert err.count("\n") == 1
