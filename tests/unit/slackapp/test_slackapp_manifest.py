"""The manifest asks for what the code needs, and for nothing more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.slackapp.calls import SCOPES

ROOT = Path(__file__).resolve().parents[3]
DELIVERY = {
    "chat.postMessage": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.replies": {"channels:history", "groups:history"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
}


@pytest.fixture
def manifest() -> dict[str, Any]:
    text = (ROOT / "deploy" / "slack" / "manifest.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_scopes_are_those_that_the_calls_need(manifest: dict[str, Any]) -> None:
    needed = {scope for scopes in (*SCOPES.values(), *DELIVERY.values()) for scope in scopes}
    asked = manifest["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == sorted(needed)
    assert "user" not in manifest["oauth_config"]["scopes"]


def test_every_call_in_the_code_is_one_whose_scope_is_known() -> None:
    source = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("delivery", "slackapp")
        for file in (ROOT / "service" / folder).glob("*.py")
    )
    called = set(re.findall(r'"((?:chat|conversations|files|views|users|im)\.\w+)"', source))
    assert called - set(SCOPES) - set(DELIVERY) == set()
    assert "chat.postMessage" in called


def test_it_is_set_up_for_socket_mode_with_buttons_a_command_and_a_home(
    manifest: dict[str, Any],
) -> None:
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert settings["token_rotation_enabled"] is False  # a token in the settings stays good
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    assert [one["command"] for one in manifest["features"]["slash_commands"]] == ["/litwatch"]


def test_its_texts_are_as_short_as_slack_wants_them(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    [command] = manifest["features"]["slash_commands"]
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000


def test_the_page_explains_every_scope(manifest: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    for scope in (*manifest["oauth_config"]["scopes"]["bot"], "connections:write"):
        assert f"| `{scope}` |" in page
