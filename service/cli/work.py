"""`litwatch run`: the worker."""

from __future__ import annotations

import threading

import click

from service.cli.session import Session, pass_session, say
from service.clock import Clock

SOURCE_FAILED = 4


@click.command()
@click.option("--once", is_flag=True, help="One round of everything that is due, then stop.")
@pass_session
def run(session: Session, once: bool) -> int:
    """Poll, rank and send on schedule, until stopped (Ctrl-C or SIGTERM end it cleanly)."""
    from service.config import problems
    from service.worker import jobs, loop

    for problem in problems(session.settings):
        say(f"note: {problem}")
    stop = threading.Event()
    session.clock = loop.stoppable(session.clock or Clock(), stop)
    with session.opened() as app:
        if once:
            return 0 if jobs.round_of_work(app, stop.is_set) else SOURCE_FAILED
        loop.run(app, stop)
    return 0
