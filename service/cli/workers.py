"""Who works on the archive, as lines of `litwatch status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.cli.session import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from service.claims import Crew
    from service.records.workers import Worker


def lines(crew: Crew, now: datetime) -> Iterator[str]:
    """Who lives and does what; who is gone, and what of theirs waits to be taken over."""
    count = len(crew.living)
    yield f"workers: {count}" if count else "workers: none is running (litwatch run)"
    for worker in crew.living:
        ago = (now - worker.seen_at).total_seconds()
        yield (
            f"  {worker.name}  {worker.program}  since {moment(worker.started_at)}"
            f"  seen {max(0, ago):.0f} s ago  {_doing(worker)}"
        )
        if held := crew.of(worker):
            yield f"    has {', '.join(held)}"
    if len(programs := {worker.program for worker in crew.living}) > 1:
        yield f"  of several versions: {', '.join(sorted(programs))}; bring all to one"
    for worker in crew.silent:
        yield f"gone: {worker.name}  {worker.program}  last seen {moment(worker.seen_at)}"
    for claim in crew.left:
        free = "free" if claim.held_until < now else f"free from {moment(claim.held_until)}"
        yield f"  left by {claim.holder}: {claim.name}, {free}"
    names = {worker.name for worker in (*crew.living, *crew.silent)}
    for claim in crew.held:
        if claim.holder not in names:
            yield f"  {claim.name} is held by a command, {claim.holder}"


def _doing(worker: Worker) -> str:
    if not worker.doing:
        return "waiting for work"
    return f"{worker.doing} since {moment(worker.since)}"
