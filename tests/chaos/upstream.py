"""Sources that take their time, over a server on this machine that remembers who asked what when."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Self
from urllib.request import Request, urlopen

from service.records import Batch, SweepKind, WindowReport
from tests.papers import paper, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.records import Sweep

_WORDS = (Path(__file__).parent / "words.txt").read_text().split()


def text(number: int, length: int) -> str:
    """So many words, the same for a number each time and unlike those of any other."""
    return " ".join(random.Random(number).sample(_WORDS, length)).capitalize()


@dataclass(frozen=True)
class Asked:
    """A request: when it came (by this machine), who sent it, and what for."""

    at: float
    worker: str
    source: str
    page: int


class Upstream:
    """All sources' server: each page takes `delay` seconds."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.request_queue_size = 128
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, source, page = self.path.split("/")
            worker = str(self.headers["User-Agent"])
            upstream.asked.append(Asked(time.time(), worker, source, int(page)))
            time.sleep(upstream.delay)
            body = json.dumps({"page": int(page)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class Slow:
    """A source of `pages` pages with `per_page` papers each, no two sources' alike. It ends with
    a report that its window is whole."""

    number: int
    pages: int
    per_page: int
    url: str
    worker: str
    sweeps: frozenset[SweepKind] = field(default=frozenset({SweepKind.RECENT}))

    @property
    def name(self) -> str:
        return f"slow-{self.number}"

    def poll(
        self, sweep: Sweep, _unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        for page in range(self.pages):
            address = f"{self.url}/{self.name}/{page}"
            with urlopen(Request(address, headers={"User-Agent": self.worker}), timeout=30) as got:
                assert json.load(got) == {"page": page}
            first = (self.number * self.pages + page) * self.per_page
            made = (
                paper(n, title=text(n, 9), abstract=f"Stroma. {text(-n - 1, 40)}")
                for n in range(first, first + self.per_page)
            )
            yield Batch(tuple(map(record, made)))
        count = self.pages * self.per_page
        yield WindowReport(sweep.window, sweep.kind, "all", None, count, count, end_sign=True)
