"""What a page sets going and does not wait for: polls, test sendings, rankings."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.errors import LitwatchError
from service.worker.stopping import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from service.clock import Clock

    Say = Callable[[str], None]
    Work = Callable[[Say], str]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that was set going: `told` is how far it is, in the end what it came to."""

    label: str
    by: str
    started_at: datetime
    told: str = ""
    ended_at: datetime | None = None
    failed: bool = False

    @property
    def running(self) -> bool:
        """Whether it is still being done."""
        return self.ended_at is None


class Errands:
    """The errands of this process: of each name one at a time, the last one remembered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Errand] = {}
        self._lock = threading.Lock()

    def start(self, name: str, label: str, by: str, work: Work) -> bool:
        """Begin, in a thread of its own; False where one of this name is under way.

        `work` is handed what it may say on the way, and returns what it came to. A
        `LitwatchError` is told as it is; of any other fault only that there was one.
        """
        with self._lock:
            if name in self._known and self._known[name].running:
                return False
            self._known[name] = Errand(label, by, self._clock.now())
        threading.Thread(target=self._do, args=(name, work), name=name, daemon=True).start()
        return True

    def of(self, name: str) -> Errand | None:
        """The errand of this name that is under way, or was the last."""
        with self._lock:
            return self._known.get(name)

    def _do(self, name: str, work: Work) -> None:
        try:
            told, failed = work(lambda told: self._note(name, told=told)), False
        except LitwatchError as error:
            log.error("%s: %s", name, error)
            told, failed = str(error), True
        except Stopped:
            told, failed = "Stopped: the server is ending. What came is kept.", True
        except Exception:  # a defect of ours must not leave it running for ever
            log.exception("%s", name)
            told, failed = "It failed through a fault of ours; the log tells more.", True
        self._note(name, told=told, failed=failed, ended_at=self._clock.now())

    def _note(self, name: str, **changes: object) -> None:
        with self._lock:
            self._known[name] = replace(self._known[name], **changes)  # type: ignore[arg-type]  # by name
