"""The way in that needs no public address: Socket Mode. We call Slack, and hold the line.

The SDK's client is kept from mending the line by itself. It would try every five seconds for ever,
say so each time, and, when the other end is simply gone, notice only at its second ping while it
reads nothing as fast as it can. So a thread of ours looks at the line each second, pings it, and
calls again with growing pauses. (What Slack announces, a line about to be replaced, the SDK does
well: it opens the new one first.)
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from service.errors import DeliveryError
from service.slackapp.calls import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from service.slackapp.reception import Reception

log = logging.getLogger(__name__)

_PAUSE, _LONGEST = 1.0, 60.0  # seconds between two looks; the most between two calls
_STEADY = 30.0  # seconds that a line must stand for the next to be called for at once
_HOPELESS = 300.0  # seconds between calls that only a person can make succeed
# The SDK holds a message in pieces of this size and reads them by recursion: the default (1,024)
# breaks on a message of a megabyte.
_BUFFER = 16_384
_REMEDIES = {
    "invalid_auth": "slack.app_token is wrong: make one under Basic Information, App-Level Tokens",
    "not_allowed_token_type": "slack.app_token must begin with xapp-, it is no bot token",
    "missing_scope": "the app-level token needs the scope connections:write",
    "token_revoked": "make a new app-level token",
    "account_inactive": "the app was removed from the workspace: install it again",
}


class SocketListener:
    """Hands every envelope to the reception; it is acknowledged once what it carries is kept.

    A new line is called for at once when one that stood for `steady` seconds breaks (0: whenever
    one does), else with growing pauses.
    """

    def __init__(
        self,
        app_token: str,
        reception: Reception,
        *,
        base_url: str = "https://slack.com/api/",
        timeout: int = 20,
        pause: float = _PAUSE,
        steady: float = _STEADY,
        jitter: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._token, self._reception = app_token, reception
        self._pause, self._steady, self._jitter = pause, steady, jitter
        self._web = WebClient(base_url=base_url, timeout=timeout, logger=SILENT, retry_handlers=[])
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Call Slack, and go on until `stop`; returns at once."""
        self._reception.start()
        self._thread = threading.Thread(target=self._hold, name="slack-line", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hang up. What was acknowledged is in the inbox."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(10)

    # -- what comes

    def take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """One envelope: keep, acknowledge, do. What cannot be kept is not acknowledged: Slack
        then shows the reader that the press failed."""
        try:
            self._reception.accept(request.payload)
        except DeliveryError as error:
            log.error("a press was not taken: %s", error)
            return
        except Exception:  # a defect of ours, of which the SDK would say nothing
            log.exception("a press was not taken: unexpected failure")
            return
        try:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
        except (SlackClientNotConnectedError, OSError) as error:
            log.info("the line broke before Slack was answered: %s", type(error).__name__)
        self._reception.follow(request.payload)

    # -- the line

    def _hold(self) -> None:
        client = SocketModeClient(
            self._token,
            logger=SILENT,
            web_client=self._web,
            auto_reconnect_enabled=False,
            receive_buffer_size=_BUFFER,
            concurrency=1,  # what comes is kept in the order in which it came
        )
        client.socket_mode_request_listeners.append(self.take)
        failures, pause = 0, 0.0
        try:
            while not self._over.wait(pause):
                failure = self._call(client)
                if failure:
                    failures += 1
                    pause = self._until_next(failures, failure)
                    told = _REMEDIES.get(failure, f"calling again in {pause:.0f} s")
                    log.warning("no line to Slack: %s (%s)", failure, told)
                else:
                    log.info("connected to Slack")
                    failures = 0 if self._stood(client) >= self._steady else failures + 1
                    pause = self._until_next(failures)
                    log.info("the line to Slack is down")
        finally:
            _hang_up(client)

    def _until_next(self, failures: int, failure: str = "") -> float:
        """Seconds until the next call. A line that broke soon counts as a failure: Slack grants
        few calls a minute."""
        if not failures:
            return 0.0
        if not self._steady:
            return self._pause
        most = _HOPELESS if failure in _REMEDIES else min(2.0**failures, _LONGEST)
        return most * (0.5 + self._jitter() / 2)

    def _call(self, client: SocketModeClient) -> str:
        """One attempt; "" or what went wrong, without anything secret in it."""
        try:
            client.connect_to_new_endpoint()
        except SlackApiError as error:
            data = error.response.data
            return str(data.get("error")) if isinstance(data, dict) else "no answer of Slack's"
        except Exception as error:  # whatever broke: the address of the line is a secret
            return type(error).__name__
        return "" if client.is_connected() else "the line was refused"

    def _stood(self, client: SocketModeClient) -> float:
        """Watch the line until it breaks or `stop` is called; returns how many seconds it stood."""
        began = time.monotonic()
        while _alive(client) and not self._over.wait(self._pause):
            pass
        return time.monotonic() - began


def _alive(client: SocketModeClient) -> bool:
    """Whether the line stands. The ping makes a line whose other end is gone break at once."""
    session = client.current_session
    if session is None or not session.is_active():
        return False
    session.check_state()
    return session.is_active()


def _hang_up(client: SocketModeClient) -> None:
    """Close the line; the SDK alone would first wait three seconds for one more word."""
    session = client.current_session
    line = session.sock if session is not None else None
    if session is not None and line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        # The SDK's own thread, which reads the end of it, may close it between the look of this
        # one and its turn.
        with suppress(AttributeError):
            session.close()
    client.close()
