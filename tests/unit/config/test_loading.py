"""What lies between a file or a variable and the settings: each failure is one line with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service import config
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def refused(file: Path | None, environ: Mapping[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(file, environ)
    return str(caught.value)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    made = tmp_path / "litwatch.toml"
    made.write_text("", encoding="utf-8")
    return made


def test_a_file_that_begins_with_a_byte_order_mark_is_read(empty: Path) -> None:
    empty.write_bytes(b'\xef\xbb\xbf[http]\ncontact = "lab@example.org"\n')
    assert config.load(empty, {}).http.contact == "lab@example.org"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[http\n", "is not TOML"),
        (b"[http]\ncontact = lab@example.org\n", "texts need quotes"),
        (b"\xff\xfe[\x00", "is not UTF-8 text"),
    ],
    ids=["brackets", "quotes", "utf-16"],
)
def test_a_file_that_cannot_be_read_is_named(empty: Path, content: bytes, told: str) -> None:
    empty.write_bytes(content)
    message = refused(empty, {})
    assert str(empty) in message
    assert told in message
    assert "\n" not in message


def test_a_secret_file_that_is_not_text_is_told_without_its_content(
    empty: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_bytes(b"\xffswordfish")
    message = refused(empty, {"LITWATCH_SLACK__TOKEN_FILE": str(secret)})
    assert "LITWATCH_SLACK__TOKEN_FILE" in message
    assert "is not UTF-8 text" in message
    assert "swordfish" not in message


def test_a_secret_put_where_its_path_belongs_is_not_repeated(empty: Path) -> None:
    message = refused(empty, {"LITWATCH_SLACK__TOKEN_FILE": "xoxb-swordfish"})
    assert "LITWATCH_SLACK__TOKEN_FILE" in message
    assert "swordfish" not in message


@pytest.mark.parametrize("text", ["[", "name=lab", '{"name": '])
def test_a_variable_that_is_no_json_is_told_with_an_example(empty: Path, text: str) -> None:
    message = refused(empty, {"LITWATCH_SUBSCRIPTIONS": text})
    assert "LITWATCH_SUBSCRIPTIONS" in message
    assert "is not JSON" in message


def test_a_value_where_a_table_belongs_is_told_even_under_a_variable(empty: Path) -> None:
    """The variable must neither hide the fault of the file nor crash on it."""
    empty.write_text('http = "lab@example.org"\n', encoding="utf-8")
    message = refused(empty, {"LITWATCH_HTTP__CONTACT": "lab@example.org"})
    assert "http: should be a table" in message


def test_a_misspelt_variable_is_refused_with_the_nearest_name(empty: Path) -> None:
    message = refused(empty, {"LITWATCH_SLACK__TOKN": "xoxb-swordfish"})
    assert "LITWATCH_SLACK__TOKN" in message
    assert "LITWATCH_SLACK__TOKEN" in message.replace("LITWATCH_SLACK__TOKN", "")
    assert "swordfish" not in message


def test_without_a_file_the_fault_is_said_to_be_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused(None, {"HOME": str(tmp_path), "LITWATCH_HTTP__TRIES": "many"})
    assert "LITWATCH_HTTP__TRIES" in message


@pytest.mark.parametrize("name", ["", "gone.toml", "."])
def test_a_file_named_by_the_variable_must_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"HOME": str(tmp_path), "LITWATCH_CONFIG": name and str(tmp_path / name)}
    if not name:
        assert config.load(None, environ).poll.every_hours == 6, "empty counts as unset"
        return
    message = refused(None, environ)
    assert message.startswith("LITWATCH_CONFIG: there is no file")
