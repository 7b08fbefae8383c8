"""What `[zotero]` takes, and what it refuses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.config import Settings, problems, secrets
from service.config.zotero_settings import Zotero


def test_nothing_is_configured_by_itself() -> None:
    zotero = Settings().zotero
    assert (zotero.user, zotero.group, zotero.api_key) == ("", "", None)
    assert zotero.base_url == "https://api.zotero.org"


@pytest.mark.parametrize("value", [1234567, "1234567", " 1234567 "])
def test_an_id_is_a_number_however_it_is_written(value: object) -> None:
    assert Zotero.model_validate({"user": value}).user == "1234567"


@pytest.mark.parametrize("value", ["ida", "12a", "-1", "1/../2", "٣", "1\n2"])
def test_what_is_no_number_is_no_id(value: str) -> None:
    with pytest.raises(ValidationError):
        Zotero.model_validate({"group": value})


def test_the_key_is_shown_by_nothing() -> None:
    assert "sesame" not in repr(Zotero.model_validate({"api_key": "sesame"}))


@pytest.mark.parametrize("url", ["http://api.zotero.org", "https://x.org/?key=1", "ftp://x.org"])
def test_an_address_must_be_safe_to_send_a_key_to(url: str) -> None:
    with pytest.raises(ValidationError):
        Zotero.model_validate({"base_url": url})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"api_key": "sesame"}, "zotero.user is missing, or zotero.group"),
        ({"user": "7"}, "zotero.api_key is missing"),
        ({"group": "7"}, "zotero.api_key is missing"),
        ({"group": "7", "api_key": "sesame"}, ""),
        ({}, ""),
    ],
)
def test_half_a_configuration_is_told(given: dict[str, str], told: str) -> None:
    found = [
        line for line in problems(Settings.model_validate({"zotero": given})) if "zoter" in line
    ]
    assert [told in line for line in found] == ([True] if told else [])


def test_the_key_is_hidden_in_the_log() -> None:
    assert secrets(Settings.model_validate({"zotero": {"api_key": "sesame"}})) == ("sesame",)
