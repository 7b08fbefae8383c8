"""Slack's end of the line: the Web API of `fake_slack`, and Socket Mode over a real WebSocket.

As Slack does it, an envelope goes to the newest line, and one that was not acknowledged when its
line broke is sent again on the next.
"""

from __future__ import annotations

import json
import socket
import struct
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from tests.fake_slack import FakeSlack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from websockets.sync.server import ServerConnection

_TAKEN = {"chat.update", "views.open", "views.update", "views.publish", "response_url"}


class FakeSlackApp(FakeSlack):
    """What an app calls beside posting: each call is taken. `answers_at` is a `response_url`."""

    line_url = ""

    def __init__(self) -> None:
        super().__init__()
        self._server.RequestHandlerClass = _reading_nothing(self._server.RequestHandlerClass)

    @property
    def answers_at(self) -> str:
        return f"{self.url}response_url"

    def answer(self, method: str, call: dict[str, Any]) -> dict[str, Any]:
        if method == "apps.connections.open":
            return {"ok": True, "url": self.line_url}
        return {"ok": True} if method in _TAKEN else super().answer(method, call)

    def bodies(self, method: str) -> list[dict[str, Any]]:
        """What was sent to a method, in order."""
        return [call for name, call in self.calls if name == method]


def _reading_nothing(handler: Any) -> Any:
    """The handler, which then takes a call without a body too."""

    class Handler(handler):
        def _body(self) -> Any:
            return super()._body() if int(self.headers["Content-Length"] or 0) else {}

    return Handler


class FakeSocketMode(FakeSlackApp):
    """The same with a line. `acked` are the envelopes that were acknowledged, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.acked: list[str] = []
        self.opened = 0
        self.on_ack: Callable[[str], object] = lambda _envelope: None
        self._waiting: dict[str, str] = {}
        self._line: ServerConnection | None = None
        self._changed = Condition()
        self._socket_server = serve(self._serve, "127.0.0.1", 0, compression=None)
        port = self._socket_server.socket.getsockname()[1]
        self.line_url = f"ws://127.0.0.1:{port}/link/?ticket=a-secret-ticket&app_id=A1"
        self._lines = Thread(target=self._socket_server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        super().__enter__()
        self._lines.start()
        return self

    def __exit__(self, *given: object) -> None:
        self._socket_server.shutdown()
        self._lines.join(5)
        super().__exit__(*given)

    # -- what a test does

    def push(self, payload: Mapping[str, Any], kind: str = "interactive") -> str:
        """Send an envelope on the line, now or when there is one; returns its id."""
        with self._changed:
            envelope = f"envelope-{len(self._waiting) + len(self.acked)}-{self.opened}"
            told = {
                "type": kind,
                "envelope_id": envelope,
                "payload": payload,
                "accepts_response_payload": True,
            }
            self._waiting[envelope] = json.dumps(told)
            line = self._line
        if line is not None:
            self._send(line, self._waiting[envelope])
        return envelope

    def say(self, message: Mapping[str, Any]) -> None:
        """Send something that is no envelope."""
        assert self._line is not None
        self._send(self._line, json.dumps(message))

    def until(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait for what the line brings about; fails when it does not."""
        for _ in range(int(seconds / 0.05)):
            with self._changed:
                if self._changed.wait_for(lambda: bool(true()), 0.05):
                    return
        raise AssertionError("it did not come about")

    def until_acked(self, envelope: str) -> None:
        self.until(lambda: envelope in self.acked)

    def until_opened(self, times: int) -> None:
        self.until(lambda: self.opened >= times and self._line is not None)

    def drop(self, how: str) -> None:
        """Break the line: "close" as is proper, "gone" without a word, "reset" with a bang."""
        with self._changed:
            line, self._line = self._line, None
        if line is None:
            return
        with suppress(OSError, ConnectionClosed):
            if how == "close":
                line.close()
            elif how == "gone":
                line.socket.shutdown(socket.SHUT_RDWR)
            else:
                linger = struct.pack("ii", 1, 0)
                line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                line.socket.shutdown(socket.SHUT_RD)
                line.socket.close()

    # -- the line

    def _serve(self, line: ServerConnection) -> None:
        self._send(line, json.dumps({"type": "hello", "num_connections": 1}))
        with self._changed:
            again = list(self._waiting.values())
            self._line = line
            self.opened += 1
            self._changed.notify_all()
        for told in again:
            self._send(line, told)
        with suppress(ConnectionClosed, OSError):
            for answer in line:
                envelope = json.loads(answer)["envelope_id"]
                self.on_ack(envelope)
                with self._changed:
                    if self._waiting.pop(envelope, None) is not None:
                        self.acked.append(envelope)
                    self._changed.notify_all()

    @staticmethod
    def _send(line: ServerConnection, told: str) -> None:
        with suppress(ConnectionClosed, OSError):
            line.send(told)
