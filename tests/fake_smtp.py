"""A mail server on 127.0.0.1 that answers each step as scripted, or drops, or hangs."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from threading import Event, Thread
from typing import Self

_USUAL = {
    "connect": "220 fake.test",
    "helo": "250 fake.test",
    "starttls": "220 go ahead",
    "auth": "235 welcome",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 queued as 4711",
    "quit": "221 bye",
}


class FakeSmtp:
    """`script` maps a step to its reply, or to "drop" (close) or "hang" (silence);
    "slow " before a reply delays it by 0.6 s.

    "content" is the step while the mail is sent: "drop" there closes after the first bytes.
    `mails` holds every mail whose final dot was read, whatever was answered then.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, **script: str) -> None:
        self.script = _USUAL | script
        self.tls = tls
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.sessions = 0
        self._over = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._thread = Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                link, _ = self._listener.accept()
                self.sessions += 1
                with suppress(OSError, _DroppedError):
                    self._talk(link)
                link.close()

    def _talk(self, link: socket.socket) -> None:
        link.settimeout(5)
        self._answer(link, "connect")
        file = link.makefile("rb")
        try:
            while line := file.readline():
                command = line.decode().strip()
                self.commands.append(command)
                step = command.split(" ", 1)[0].lower()
                if step == "ehlo":
                    self._ehlo(link)
                elif step == "starttls":
                    self._answer(link, "starttls")
                    if self.tls is not None:
                        file.close()
                        link = self.tls.wrap_socket(link, server_side=True)
                        file = link.makefile("rb")
                elif step == "data":
                    if self._answer(link, "data").startswith("354"):
                        self._mail(link, file)
                else:
                    self._answer(link, step)
                    if step == "quit":
                        return
        finally:
            file.close()
            link.close()

    def _ehlo(self, link: socket.socket) -> None:
        if "ehlo" in self.script:
            self._answer(link, "ehlo")
            return
        secured = isinstance(link, ssl.SSLSocket)
        extra = b"250-STARTTLS\r\n" if self.tls and not secured else b""
        link.sendall(b"250-fake.test\r\n" + extra + b"250 AUTH PLAIN\r\n")

    def _mail(self, link: socket.socket, file: object) -> None:
        if self.script.get("content") == "drop":
            link.recv(10)
            raise _DroppedError
        lines: list[bytes] = []
        while (line := file.readline()) not in {b".\r\n", b""}:  # type: ignore[attr-defined]
            lines.append(line.removeprefix(b"."))
        if line:
            self.mails.append(b"".join(lines))
        self._answer(link, "dot")

    def _answer(self, link: socket.socket, step: str) -> str:
        reply = self.script.get(step, "502 what?")
        if reply == "drop":
            raise _DroppedError
        if reply == "hang":
            self._over.wait(10)
            raise _DroppedError
        if reply.startswith("slow "):
            self._over.wait(0.6)
            reply = reply.removeprefix("slow ")
        link.sendall(reply.encode() + b"\r\n")
        return reply


class _DroppedError(Exception):
    """The script says to close the connection here."""
