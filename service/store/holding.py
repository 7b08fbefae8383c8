"""What this process has claimed, kept from others for as long as it lives.

While something is held, or the process is a worker, a thread of its own extends the leases and
leaves a sign of life. Killed, it stops with the process; suspended, it wakes with it and finds out
what was lost.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from service.errors import LitwatchError
from service.records.workers import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from service.records.workers import Claim
    from service.store.unit import Store, Unit

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # how long what a dead worker held is kept from others
BEAT = 20.0  # seconds between two signs of life
_REMEMBERED = timedelta(days=3)  # workers that were not seen since, claims that nobody has held


@dataclass
class _Shift:
    """What a worker tells of itself; `doing` has its jobs with when each began."""

    program: str
    started_at: datetime
    doing: list[tuple[str, datetime]] = field(default_factory=list)

    def told(self, name: str, now: datetime) -> Worker:
        jobs = sorted({job for job, _ in self.doing})
        since = min((begun for _, begun in self.doing), default=None)
        return Worker(name, self.program, self.started_at, now, ", ".join(jobs), since)


class Holding:
    """The claims of one process, whose name is `holder`; safe to use by many threads. `beat` is in
    seconds. Raises `StoreError`."""

    def __init__(
        self, store: Store, holder: str, *, lease: timedelta = LEASE, beat: float = BEAT
    ) -> None:
        self.store = store
        self.holder = holder
        self._lease = lease
        self._beat = beat
        self._turn = threading.Condition()
        self._beating = threading.Lock()  # a sign of life must not come after the farewell
        self._held: dict[tuple[str, int], Claim] = {}
        self._shift: _Shift | None = None
        self._thread: threading.Thread | None = None

    # -- claims

    def take(self, name: str) -> Claim | None:
        """Claim a piece of work; None where somebody has it, be it another thread of this
        process."""
        now = self.store.now()
        with self.store.writing() as tx:
            claim = tx.claims.take(name, self.holder, now, now + self._lease)
        if claim is not None:
            with self._turn:
                self._held[claim.name, claim.token] = claim
                self._keep()
        return claim

    def release(self, claim: Claim) -> None:
        """Let others have it; where that cannot be said now, they have it when the lease ends."""
        with self._turn:
            self._held.pop((claim.name, claim.token), None)
            self._turn.notify_all()
        try:
            now = self.store.now()
            with self.store.writing() as tx:
                tx.claims.release(claim, now)
        except LitwatchError as error:
            log.warning("%s is not released: %s", claim.name, error)

    @contextmanager
    def held(self, name: str) -> Iterator[Callable[[Unit], None] | None]:
        """Hold a piece of work while the block runs; gives what is to be called first in each
        transaction that writes what came of it (see `Claims.fence`), None where somebody else has
        the work."""
        claim = self.take(name)
        if claim is None:
            yield None
            return
        try:
            yield lambda tx: tx.claims.fence(claim)
        finally:
            self.release(claim)

    # -- signs of life

    @contextmanager
    def working(self, program: str) -> Iterator[None]:
        """Be one of the archive's workers while the block runs."""
        shift = _Shift(program, self.store.now())
        with self._turn:
            self._shift = shift
        self.beat()
        with self._turn:
            self._keep()
        try:
            yield
        finally:
            with self._turn:
                self._shift = None
                self._turn.notify_all()
            with suppress(LitwatchError), self._beating, self.store.writing() as tx:
                tx.workers.left(self.holder)  # else it is forgotten in time

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Tell of a job while the block runs, as far as it lasts to the next sign of life."""
        shift = self._shift
        if shift is None:
            yield
            return
        job = what, self.store.now()
        with self._turn:
            shift.doing.append(job)
        try:
            yield
        finally:
            with self._turn:
                shift.doing.remove(job)

    def beat(self) -> None:
        """Extend what is held, leave a sign of life, forget what is long over."""
        with self._beating:
            self._say_so()

    def _say_so(self) -> None:
        now = self.store.now()
        with self._turn:
            held = list(self._held.values())
            worker = self._shift.told(self.holder, now) if self._shift else None
        with self.store.writing() as tx:
            lost = tx.claims.extend(held, now + self._lease)
            if worker:
                tx.workers.seen(worker)
                tx.workers.forget(now - _REMEMBERED)
                tx.claims.forget(now - _REMEMBERED)
        for each in lost:
            with self._turn:
                known = self._held.pop((each.name, each.token), None)
            if known:  # and not released meanwhile
                log.warning("%s: another worker has taken it over", each.name)

    def close(self) -> None:
        """Hold nothing any more; what was not released is free when its lease ends."""
        with self._turn:
            self._held.clear()
            self._shift = None
            thread = self._thread
            self._turn.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _keep(self) -> None:
        """Have a thread that beats; called with the turn."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name="signs of life", daemon=True)
            self._thread.start()

    def _live(self) -> None:
        due = time.monotonic() + self._beat
        while True:
            with self._turn:
                self._turn.wait_for(self._idle, timeout=max(0.0, due - time.monotonic()))
                if self._idle():
                    self._thread = None
                    return
            if time.monotonic() >= due:
                try:
                    self.beat()
                except Exception as error:  # the next sign may get through
                    log.warning("no sign of life could be left: %s", error)
                due = time.monotonic() + self._beat

    def _idle(self) -> bool:
        return not self._held and self._shift is None
