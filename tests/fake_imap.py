"""A mail box on 127.0.0.1 that speaks as much of IMAP, over TLS, as reading a folder takes."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl


class FakeImap:
    """`mails` by their UID; `flags` what each was marked with. `script` maps a command to what is
    answered instead ("NO text", "BAD text"), or to "drop"."""

    def __init__(self, tls: ssl.SSLContext, *mails: bytes, **script: str) -> None:
        self.mails = {str(10 * place): mail for place, mail in enumerate(mails, 1)}
        self.flags: dict[str, str] = {}
        self.script = script
        self.commands: list[str] = []
        self._tls = tls
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
                link.settimeout(5)
                with suppress(OSError), link, self._tls.wrap_socket(link, server_side=True) as safe:
                    self._talk(safe)

    def _talk(self, link: ssl.SSLSocket) -> None:
        link.sendall(b"* OK ready\r\n")
        with link.makefile("rb") as file:
            while line := file.readline().decode().strip():
                tag, command = line.split(" ", 1)
                self.commands.append(command)
                name = command.removeprefix("UID ").split(" ")[0].lower()
                scripted = self.script.get(name, "OK done")
                if scripted == "drop":
                    return
                data = self._data(name, command) if scripted == "OK done" else b""
                link.sendall(data + f"{tag} {scripted}\r\n".encode())
                if name == "logout":
                    return

    def _data(self, name: str, command: str) -> bytes:
        if name == "capability":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if name == "select":
            return b"* %d EXISTS\r\n" % len(self.mails)
        if name == "search":
            unseen = [uid for uid in self.mails if "Seen" not in self.flags.get(uid, "")]
            return f"* SEARCH {' '.join(unseen)}\r\n".encode()
        if name == "logout":
            return b"* BYE\r\n"
        asked = re.match(r"UID (?:FETCH|STORE) (\d+) (.*)", command)
        if asked is None:
            return b""
        uid, what = asked.groups()
        if name == "store":
            self.flags[uid] = what
            return b""
        most = re.search(r"<0\.(\d+)>", what)
        mail = self.mails[uid][: int(most[1]) if most else None]
        return b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n%s)\r\n" % (uid.encode(), len(mail), mail)
