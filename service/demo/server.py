"""A local server that replays the example records as the real upstreams would give them.

    with ReplayServer() as server:
        PubMed(http, query, account, base=server.url("eutils"))

It listens on 127.0.0.1 only, on a port that the system picks, and prints nothing.
"""

from __future__ import annotations

import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from service.demo.upstreams import arxiv_api, arxiv_oai, biorxiv, europepmc, eutils, feeds
from service.demo.upstreams.exchange import Reply, Request, not_found
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket
    from types import TracebackType
    from typing import Self

    from service.demo.upstreams.exchange import Answer

NOW = "2026-11-16T08:00:00Z"  # where the demo's clock stands
_FEEDS_MODIFIED = "Sun, 15 Nov 2026 06:00:00 GMT"
_LARGEST_FORM = 1_000_000

# What stands for each upstream's base address: with the trailing slash where the real one has it.
_MOUNTS = {
    "eutils": "/eutils/",
    "biorxiv": "/biorxiv",
    "arxiv_api": "/arxiv/api/query",
    "arxiv_oai": "/arxiv/oai",
    "europepmc": "/europepmc/",
    "feeds": "/feeds/",
}


def example(name: str) -> bytes:
    """The bytes of one example file. Raises `InputError` when there is none of that name."""
    file = resources.files("service.demo").joinpath("examples", name)
    if not file.is_file():
        raise InputError(name, "there is no example file of that name")
    return file.read_bytes()


def upstreams() -> dict[str, Answer]:
    """All upstreams over the example files, by the names that `ReplayServer.url` takes."""
    return {
        "eutils": eutils.answers(example("pubmed.xml"), example("pmc.xml")),
        "biorxiv": biorxiv.answers(example("biorxiv.json"), example("medrxiv.json")),
        "arxiv_api": arxiv_api.answers(example("arxiv_api.xml"), NOW),
        "arxiv_oai": arxiv_oai.answers(example("arxiv_oai.xml"), NOW),
        "europepmc": europepmc.answers(example("europepmc.json")),
        "feeds": feeds.answers(
            {name: example(name) for name in ("feed.xml", "feed.rdf")}, _FEEDS_MODIFIED
        ),
    }


class ReplayServer:
    """Serves `upstreams()` for as long as the context lasts."""

    def __init__(self) -> None:
        self._server = _Server(upstreams())
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Host and port, as the HTTP client's list of trusted hosts wants them."""
        return f"127.0.0.1:{self._server.server_port}"

    def url(self, name: str) -> str:
        """The base address of an upstream; for "feeds" append a file name, such as "feed.rdf"."""
        return f"http://{self.host}{_MOUNTS[name]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Exchange, answers))

    def handle_error(self, request: object, client_address: object) -> None:
        """Quiet about a client that hung up; anything else is our own fault and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as passed in


class _Exchange(BaseHTTPRequestHandler):
    """One request: decode it, let the upstream answer, write the reply."""

    server_version = "litwatch-replay"

    def __init__(
        self,
        answers: Mapping[str, Answer],
        request: socket,
        client_address: tuple[str, int],
        server: _Server,
    ) -> None:
        self._answers = answers
        super().__init__(request, client_address, server)  # handles the request, then returns

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._respond(self.rfile.read(min(length, _LARGEST_FORM)))

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the terminal belongs to the demo."""

    def _respond(self, form: bytes) -> None:
        reply = route(self._answers, self.path, form, dict(self.headers))
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


def route(
    answers: Mapping[str, Answer], target: str, form: bytes, headers: Mapping[str, str]
) -> Reply:
    """The reply of the upstream under whose mount `target` (path and query) lies, or a 404."""
    parts = urlsplit(target)
    path = unquote(parts.path)
    request = Request(
        path=path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        form=dict(parse_qsl(form.decode("utf-8", "replace"), keep_blank_values=True)),
        headers={name.lower(): value for name, value in headers.items()},
    )
    for name, mount in _MOUNTS.items():
        base = mount.rstrip("/")
        if path == base or path.startswith(f"{base}/"):
            rest = Request(path.removeprefix(base), request.query, request.form, request.headers)
            return answers[name](rest)
    return not_found(request)
