"""A process that asks a server over the polite client, as the product wires it to an archive.

    visitor = started(settings("sqlite:///litwatch.db"), url, count=3)
    visitor.go()
    visitor.told()  # the status of its first reply, or the name of the error

It is a process of its own, forked off one that has imported all that it needs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from service import bootstrap
from service.config import Settings
from service.errors import SourceError
from service.sources import http, lanes  # noqa: F401 (what follows is imported once, before forking)
from service.store import lanes as stored  # noqa: F401
from service.worker.stopping import Stopped, signals

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from service.protocols import LaneBook

DISTANCE = 0.15  # seconds between two requests
LATE = 1.0  # seconds, in the place of `lanes.LATE`: tests have no time
LEASE = 1.0 + LATE  # of a turn, with the deadline below


def settings(database: str) -> dict[str, Any]:
    """Settings with `DISTANCE` between two requests to this machine, where every source is:
    elsewhere so short a distance would be refused."""
    here = "http://127.0.0.1:9"
    names = ("pubmed", "pmc", "biorxiv", "medrxiv", "europepmc")
    return {
        "database": {"url": database},
        "http": {
            "contact": "lab@example.org",
            "pace": DISTANCE / 3.0,  # arXiv's 3 s are the longest of the sources'
            "tries": 1,
            "deadline_s": LEASE - LATE,
            "trusted_hosts": ["127.0.0.1"],
        },
        "sources": {
            **{name: {"base_url": here} for name in names},
            "arxiv": {"oai_url": here, "api_url": here},
            "crossref": {"enabled": False},
        },
    }


@dataclass(frozen=True)
class Visitor:
    """A visitor, as its test sees it."""

    process: ForkServerProcess
    line: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def go(self) -> None:
        """Let it begin, once it is ready."""
        assert self.told() == "ready"
        self.line.send("go")

    def told(self) -> object:
        """The next thing that it tells."""
        assert self.line.poll(60)
        return self.line.recv()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> int | None:
        """How it ended."""
        self.process.join(60)
        return self.process.exitcode

    def killed(self) -> None:
        """Kill it (by SIGKILL), and wait until it is dead."""
        self.process.kill()
        self.ended()


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def started(told: dict[str, Any], url: str, count: int, how: str = "") -> Visitor:
    """A visitor that asks so many times, once it may. "suspended" lets it stop (as by SIGSTOP) after
    its first turn was taken and before it is used; "alone" lets it know of no other."""
    ours, its = _context().Pipe()
    process = _context().Process(target=_visit, args=(told, url, count, how, its))
    process.daemon = True
    process.start()
    its.close()
    return Visitor(process, ours)


def _visit(told: dict[str, Any], url: str, count: int, how: str, line: Connection) -> None:
    lanes.LATE = LATE
    app = bootstrap.build(Settings.model_validate(told))
    if how == "suspended":
        _suspend_once(app.lanes.stored)
    if how == "alone":
        app.lanes.stored = app.lanes._own
    _ = app.http
    with signals(app.stop, 0):
        line.send("ready")
        line.recv()
        try:
            for _ in range(count):
                line.send(_asked(app, url))
        except Stopped:
            line.send("stopped")
        finally:
            app.http.close()


def _asked(app: bootstrap.App, url: str) -> object:
    try:
        return app.http.fetch(url, read=lambda reply: reply.status)
    except SourceError as error:
        return type(error).__name__


def _suspend_once(book: LaneBook) -> None:
    change = book.change

    def suspended(name: str, step: Any) -> Any:
        told = change(name, step)
        book.change = change  # type: ignore[method-assign]
        os.kill(os.getpid(), signal.SIGSTOP)
        return told

    book.change = suspended  # type: ignore[method-assign]
