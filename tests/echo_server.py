"""A server on 127.0.0.1 that fails every request, and says back all that it was told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Echo:
    """Where it is, the status that it answers with, and what it was told: request lines, headers
    and bodies."""

    status: int
    host: str = ""
    told: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        """An address of it."""
        return f"http://{self.host}/{path}"


@contextmanager
def echoing(status: int) -> Iterator[Echo]:
    """One that answers with this status while the block runs."""
    found = Echo(status)

    class Answer(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode("utf-8", "replace")
            told = f"{self.command} {self.path} {dict(self.headers)} {body}"
            found.told.append(told)
            answer = json.dumps({"ok": False, "error": told, "message": told}).encode()
            self.send_response(found.status, f"No {self.path}"[:200])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_POST = do_HEAD = do_PUT = do_PATCH = _answer  # noqa: N815 (http.server's names)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.host = f"127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
