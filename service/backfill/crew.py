"""The parts of a back-fill in processes of this machine: hired, watched, replaced when they fall.

Processes claim their parts by themselves. This one looks after them: what a dead one held is free
again at once, and a part at which several have died is left alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from service.backfill import plan
from service.backfill.taking import LEASE
from service.errors import StoreError
from service.records.backfills import PartState

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.clock import Clock
    from service.records.backfills import Backfill, Part
    from service.store import Store

log = logging.getLogger(__name__)

DEATHS = 5  # processes that one part may cost; it is too large for the memory, perhaps
_LOOK = 0.2  # seconds between two looks at the processes and what they have done
# Exit statuses of a process of the crew, beside 0: nothing is left for it.
STORE_LOST = 5


class Hand(Protocol):
    """A process that takes in parts."""

    @property
    def exitcode(self) -> int | None: ...  # None: it lives

    def terminate(self) -> None: ...  # asks for the end
    def join(self, timeout: float | None = None) -> None: ...


@dataclass
class Crew:
    """Processes that work off one back-fill. `hire(holder)` starts one that claims under this
    name; `told` gets how far it has come."""

    store: Store
    clock: Clock
    number: int
    owner: str
    jobs: int
    hire: Callable[[str], Hand]
    stopping: Callable[[], bool]
    told: Callable[[plan.Progress], None]
    _hands: dict[str, Hand] = field(default_factory=dict)
    _hired: int = 0
    _deaths: Counter[int] = field(default_factory=Counter)

    def run(self) -> Backfill:
        """Work until no part is left, or until the end is asked for; returns how it then stands.
        Waits for parts that another run holds. Raises `StoreError`."""
        try:
            while True:
                backfill = self._look()
                if self.stopping() or not plan.progress(backfill).left:
                    return backfill
                self._fill(backfill)
                self.clock.sleep(_LOOK)
        finally:
            self._end()
            self.told(plan.progress(self._read()))

    def _read(self) -> Backfill:
        with self.store.reading() as tx:
            return tx.backfills.get(self.number)

    def _look(self) -> Backfill:
        """See who has ended, and free what the dead held."""
        ended = {name: each for name, each in self._hands.items() if each.exitcode is not None}
        backfill = self._read()
        for name, hand in ended.items():
            del self._hands[name]
            if hand.exitcode == STORE_LOST:
                raise StoreError("back-fill", "the database stays away", "see the lines above")
            if hand.exitcode:
                self._bury(name, [each for each in backfill.parts if each.holder == name])
        self.told(plan.progress(backfill))
        return self._read() if ended else backfill

    def _bury(self, name: str, parts: list[Part]) -> None:
        log.warning("a process of the back-fill was killed; %d part goes on", len(parts))
        with self.store.writing() as tx:
            tx.backfills.free(self.number, [name])
        for part in parts:
            self._deaths[part.id] += 1
            if self._deaths[part.id] >= DEATHS:
                self._leave_alone(part)

    def _leave_alone(self, part: Part) -> None:
        now = self.store.now()
        with self.store.writing() as tx:
            held = tx.backfills.claim(self.number, self.owner, now, now + LEASE, part.id)
            if held is not None:
                told = f"{DEATHS} processes were killed at it: is the memory too small?"
                tx.backfills.finish(held, 0.0, now, told)

    def _fill(self, backfill: Backfill) -> None:
        """As many processes as there are parts for, at most `jobs`."""
        now = self.store.now()
        free = sum(
            each.state is PartState.WAITING
            or (
                each.state is PartState.TAKEN
                and each.held_until is not None
                and each.held_until < now
            )
            for each in backfill.parts
        )
        busy = {each.holder for each in backfill.parts if each.state is PartState.TAKEN}
        idle = sum(name not in busy for name in self._hands)
        for _ in range(min(self.jobs - len(self._hands), free - idle)):
            self._hired += 1
            name = f"{self.owner}/{self._hired}"
            self._hands[name] = self.hire(name)

    def _end(self) -> None:
        """Have those that live end, each behind its batch; what they held is free."""
        for hand in self._hands.values():
            hand.terminate()
        for hand in self._hands.values():
            hand.join()
        if self._hands:
            with self.store.writing() as tx:
                tx.backfills.free(self.number, list(self._hands))
