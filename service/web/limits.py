"""How much, and how often."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = 262_144  # bytes of one request: a message's buttons, as Slack sends them, are far below
_FORM = "application/x-www-form-urlencoded"
_REMEMBERED = 10_000  # links


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many presses are left at once, of how many; in how many seconds all will be again; and
    how long to wait before the next (0: it may come now)."""

    most: int
    left: int
    full_in: int
    wait: int


class Turns:
    """At most `burst` presses of one link at once, then one every `every` seconds.

    `monotonic` gives seconds. Kept in this process, and for the latest links only: it holds back
    a script that has gone wrong, no attacker.
    """

    def __init__(self, monotonic: Callable[[], float], burst: int = 20, every: float = 5.0) -> None:
        self._monotonic = monotonic
        self._burst = burst
        self._every = every
        self._free_at: OrderedDict[str, float] = OrderedDict()  # when the last press is paid off
        self._lock = threading.Lock()

    def take(self, link: str) -> None:
        """Count one press. Raises `HTTPException` 429 with how long to wait."""
        wait = self.count(link).wait
        if wait:
            raise HTTPException(429, headers={"Retry-After": str(wait)})

    def count(self, link: str) -> Allowance:
        """Count one press, unless it has to wait."""
        now = self._monotonic()
        with self._lock:
            owed = max(self._free_at.pop(link, now), now) + self._every
            wait = owed - now - self._burst * self._every
            if wait > 0:
                owed -= self._every
            self._free_at[link] = owed
            while len(self._free_at) > _REMEMBERED:
                self._free_at.popitem(last=False)
        left = self._burst - math.ceil((owed - now) / self._every)
        return Allowance(self._burst, max(0, left), math.ceil(owed - now), max(0, math.ceil(wait)))


async def form(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it; {} for a body of any other kind.

    Raises `HTTPException` 400 for more fields than any of our forms has.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != _FORM:
        return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))
    except ValueError:
        raise HTTPException(400) from None
