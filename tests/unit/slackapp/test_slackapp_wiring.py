from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from service.bootstrap import build
from service.config import Settings
from service.errors import ConfigError
from tests.fake_socket_mode import FakeSocketMode
from tests.slack_payloads import press

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    apps: list[App] = []

    def make(**slack: Any) -> App:
        values = {
            "database": {"url": f"sqlite:///{tmp_path}/litwatch.db"},
            "slack": {"inbox": str(tmp_path / "inbox"), **slack},
        }
        apps.append(build(Settings.model_validate(values)))
        return apps[-1]

    yield make
    for app in apps:
        app.close()


def ours() -> list[str]:
    return sorted(each.name for each in threading.enumerate() if each.name.startswith("slack-"))


def test_without_an_app_nothing_is_begun(made: Any) -> None:
    app = made(token="xoxb-test")
    app.listen()
    assert (app.slack_requests, app.slack_listener, ours()) == (None, None, [])


@pytest.mark.parametrize("given", ["app_token", "signing_secret"])
def test_a_way_in_without_a_bot_token_is_told(made: Any, given: str) -> None:
    app = made(**{given: "x" * 20})
    with pytest.raises(ConfigError, match=r"slack\.token"):
        _ = app.slack_listener if given == "app_token" else app.slack_requests


def test_the_inbox_is_emptied_also_where_another_process_fills_it(made: Any) -> None:
    app = made(token="xoxb-test", signing_secret="s" * 20)
    app.listen()
    assert ours() == ["slack-inbox"]
    app.close()
    assert ours() == []


def test_the_line_is_held_between_listen_and_hang_up(made: Any, tmp_path: Path) -> None:
    with FakeSocketMode() as slack:
        app = made(token="xoxb-test", app_token="xapp-test", base_url=slack.url)
        app.listen()
        slack.until_opened(1)
        slack.until_acked(slack.push(press(1)))
        app.hang_up()
        assert ours() == []
    # There is no archive yet: the press waits for one.
    assert len(list((tmp_path / "inbox").glob("*.json"))) == 1


def test_both_ways_in_share_one_reception(made: Any) -> None:
    app = made(token="xoxb-test", app_token="xapp-test", signing_secret="s" * 20)
    assert app.slack_requests is not None
    assert app.slack_requests._reception is app.slack_listener._reception
