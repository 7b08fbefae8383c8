"""`litwatch run`: the worker."""

from __future__ import annotations

import click

from service.cli.session import SOURCE_FAILED, Session, pass_session, say


@click.command()
@click.option("--once", is_flag=True, help="One round of everything that is due, then stop.")
@pass_session
def run(session: Session, once: bool) -> int:
    """Poll, rank and send on schedule, until stopped (Ctrl-C or SIGTERM end it cleanly).

    What is due comes from the archive: a week that was missed is made up for, nothing is sent
    twice, and several workers may share one archive. Exits 0 when stopped; with --once, 4 if a
    source failed.
    """
    from service.config import problems
    from service.worker import jobs, loop
    from service.worker.stopping import Stopped

    for problem in problems(session.settings):
        say(f"note: {problem}")
    try:
        with session.opened(configured=True, stopped_status=0) as app:
            if once:
                return 0 if jobs.round_of_work(app) else SOURCE_FAILED
            loop.run(app)
    except Stopped:
        say("litwatch: stopped; what was done is kept")
    return 0
