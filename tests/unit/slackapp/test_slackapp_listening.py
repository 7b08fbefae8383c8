from __future__ import annotations

import logging
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection

from service.errors import DeliveryError
from service.slackapp import listening
from service.slackapp.listening import SocketListener
from tests.fake_socket_mode import FakeSocketMode
from tests.slack_payloads import home_opened, message_blocks, press, slash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Noted:
    """A reception that notes what it is handed, in order."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.seen: list[Mapping[str, Any]] = []
        self.broken: Exception | None = None
        self.done = threading.Event()

    def start(self) -> None:
        self.steps.append("started")

    def accept(self, payload: Mapping[str, Any]) -> None:
        if self.broken:
            raise self.broken
        self.steps.append("kept")
        self.seen.append(payload)

    def follow(self, _payload: Mapping[str, Any]) -> None:
        self.steps.append("done")
        self.done.set()


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def slack() -> Iterator[FakeSocketMode]:
    with FakeSocketMode() as server:
        yield server


@pytest.fixture
def listener(noted: Noted, slack: FakeSocketMode) -> Iterator[SocketListener]:
    made = SocketListener(
        "xapp-secret-token",
        noted,  # type: ignore[arg-type]
        base_url=slack.url,
        timeout=5,
        pause=0.02,
        steady=0.0,
    )
    yield made
    made.stop()


def test_an_envelope_is_kept_then_acknowledged_then_done(
    listener: SocketListener, slack: FakeSocketMode, noted: Noted
) -> None:
    """T63."""
    slack.on_ack = lambda _envelope: noted.steps.append("acknowledged")
    listener.start()
    slack.until_opened(1)
    slack.until_acked(slack.push(press(1)))
    assert noted.done.wait(10)
    assert noted.steps.index("kept") < noted.steps.index("acknowledged")
    assert noted.steps.index("kept") < noted.steps.index("done")
    assert noted.steps[0] == "started"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (press(1, blocks=message_blocks(*range(1, 200))), "interactive"),
        (slash("search CAF & “x”"), "slash_commands"),
        (home_opened(), "events_api"),
    ],
    ids=["large press", "command", "event"],
)
def test_every_kind_of_envelope_arrives_whole(
    listener: SocketListener, slack: FakeSocketMode, noted: Noted, payload: Any, kind: str
) -> None:
    listener.start()
    slack.until_opened(1)
    slack.until_acked(slack.push(payload, kind))
    assert noted.seen == [payload]


@pytest.mark.parametrize("broken", [DeliveryError("inbox", "no space"), ZeroDivisionError("ours")])
def test_what_cannot_be_kept_is_not_acknowledged_and_can_come_again(
    listener: SocketListener, slack: FakeSocketMode, noted: Noted, broken: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    noted.broken = broken
    listener.start()
    slack.until_opened(1)
    envelope = slack.push(press(1))
    slack.until(lambda: "a press was not taken" in caplog.text, 10)
    assert slack.acked == []
    noted.broken = None
    slack.drop("close")
    slack.until_acked(envelope)
    assert noted.seen == [press(1) | {"trigger_id": noted.seen[0]["trigger_id"]}]


@pytest.mark.parametrize("how", ["close", "gone", "reset"])
def test_a_line_that_breaks_is_called_for_again(
    listener: SocketListener, slack: FakeSocketMode, how: str
) -> None:
    listener.start()
    for times in (1, 2, 3):
        slack.until_opened(times)
        slack.until_acked(slack.push(press(times)))
        slack.drop(how)
    slack.until_opened(4)


def test_a_line_that_slack_replaces_is_opened_before_the_old_one_ends(
    listener: SocketListener, slack: FakeSocketMode
) -> None:
    listener.start()
    slack.until_opened(1)
    slack.say({"type": "disconnect", "reason": "refresh_requested"})
    slack.until_opened(2)
    slack.until_acked(slack.push(press(1)))


def test_a_line_that_is_refused_is_told_once_with_what_to_do(
    noted: Noted, slack: FakeSocketMode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.script["apps.connections.open"].append("invalid_auth")
    listener = SocketListener(
        "xapp-secret-token",
        noted,  # type: ignore[arg-type]
        base_url=slack.url,
        pause=0.02,
    )
    listener.start()
    slack.until(lambda: "no line to Slack" in caplog.text, 10)
    listener.stop()
    assert slack.count("apps.connections.open") == 1
    assert "invalid_auth (slack.app_token is wrong" in caplog.text


@pytest.mark.parametrize("mode", ["lost:500", "lost:drop", "lost:html", "internal_error"])
def test_slack_that_is_out_of_order_is_called_again(
    listener: SocketListener, slack: FakeSocketMode, mode: str
) -> None:
    slack.script["apps.connections.open"].extend([mode, mode])
    listener.start()
    slack.until_opened(1)
    assert slack.count("apps.connections.open") == 3


def test_pauses_grow_and_a_line_that_breaks_at_once_counts_as_a_failure(noted: Noted) -> None:
    listener = SocketListener("xapp-x", noted, jitter=lambda: 1.0)  # type: ignore[arg-type]
    pauses = [listener._until_next(failures) for failures in range(9)]
    assert pauses == [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert listener._until_next(1, "invalid_auth") == 300.0


def test_neither_token_nor_address_of_the_line_is_logged(
    listener: SocketListener, slack: FakeSocketMode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.script["apps.connections.open"].append("lost:drop")
    listener.start()
    slack.until_opened(1)
    slack.until_acked(slack.push(press(1)))
    slack.drop("reset")
    slack.until_opened(2)
    listener.stop()
    ours = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("service")
    )
    assert "connected to Slack" in ours
    assert "xapp-secret-token" not in caplog.text
    assert "a-secret-ticket" not in ours
    quiet = [r for r in caplog.records if r.name.startswith("slack_sdk") and r.levelno > 20]
    assert not quiet


def test_stopping_before_there_was_a_line_ends_the_thread(
    noted: Noted, slack: FakeSocketMode
) -> None:
    slack.script["apps.connections.open"].append("lost:drop")
    listener = SocketListener("xapp-x", noted, base_url=slack.url)  # type: ignore[arg-type]
    listener.start()
    slack.until(lambda: slack.count("apps.connections.open"), 10)
    listener.stop()
    assert not [each for each in threading.enumerate() if each.name == "slack-line"]


class Overtaken:
    """A turn at a line, which another thread has closed by the time that it comes."""

    def __init__(self, session: Connection) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._session.sock = None  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        pass


def test_a_line_that_the_sdk_closes_at_the_moment_of_hanging_up_is_closed() -> None:
    client, (ours, theirs) = SocketModeClient("xapp-x"), socket.socketpair()
    session = Connection("wss://127.0.0.1/link", logging.getLogger("unheard"))
    session.sock = ours  # type: ignore[assignment]
    session.sock_send_lock = Overtaken(session)  # type: ignore[assignment]
    client.current_session = session
    with closing(ours), closing(theirs):
        listening._hang_up(client)
    assert client.closed
    assert not session.is_active()
