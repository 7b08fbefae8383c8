"""What goes wrong with the upstreams of a virtual year, and when: a plan that follows from a seed.

Spells last for hours or days; beside them any single reply can be spoiled. A host's plan is asked
at every request. What only an upstream itself can do wrong (an empty page though there is more, a
total that is too high) are its moods, see `moods`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import TYPE_CHECKING

from tests.upstreams.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTS = ("ncbi", "biorxiv", "arxiv", "ebi")
_HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body>Down.</body></html>"
_THROTTLED = {
    "ncbi": b'{"error":"API rate limit exceeded","count":"11"}',
    "biorxiv": b"error code: 1015",
    "arxiv": b"Rate exceeded.",
    "ebi": b"Too Many Requests",
}
# Spells: how many in a year, hours from and to.
_SPELLS: dict[str, tuple[int, int, int]] = {
    "hang-up": (3, 12, 220),
    "unavailable": (3, 6, 200),
    "throttled": (6, 2, 30),
    "throttled-by-date": (2, 2, 12),
    "html": (2, 3, 40),
    "broken": (2, 2, 30),
    "down": (4, 3, 60),
    "empty": (2, 6, 40),
    "overcount": (3, 24, 200),
    "zero": (2, 3, 60),
    "page": (1, 200, 1500),
    "lost": (1, 2, 12),
}
# One reply in so many is spoiled so, on any day.
_SINGLE: dict[str, int] = {
    "hang-up": 300,
    "unavailable": 200,
    "throttled": 250,
    "broken": 250,
    "cut-off": 300,
    "html": 400,
    "down": 250,
    "empty": 150,
    "partial": 200,
    "zero": 2500,
    "blank": 300,
    "lost": 100,
    "wobble": 100,
    "error200": 300,
    "error500": 300,
    "encoded": 50,
    "page": 40,
}
HANG_UP = Answer(0)
"""No reply at all: the connection is closed."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A fault that lasts."""

    host: str
    kind: str
    start: datetime
    end: datetime


@dataclass
class Faults:
    """The plan of one virtual year. `healthy_from` ends all faults."""

    spells: tuple[Spell, ...]
    rng: Random
    healthy_from: datetime
    singles: bool = True
    met: dict[str, int] = field(default_factory=dict)
    _mood: dict[str, str] = field(default_factory=dict)

    def meet(self, host: str, now: datetime) -> str:
        """What is wrong with this request ("" for nothing); its mood lasts for the request."""
        kind = self._kind(host, now)
        self._mood[host] = kind
        if kind:
            self.met[kind] = self.met.get(kind, 0) + 1
        return kind

    def _kind(self, host: str, now: datetime) -> str:
        if now >= self.healthy_from:
            return ""
        for spell in self.spells:
            if spell.host == host and spell.start <= now < spell.end:
                return spell.kind
        if self.singles:
            for kind, one_in in _SINGLE.items():
                if self.rng.randrange(one_in) == 0:
                    return kind
        return ""

    def mood(self, host: str) -> Callable[[str, datetime], int]:
        """The moods of a host's simulator: how much of the named one there is in this request."""
        amounts = {"overcount": 3, "page": 2, "wobble": 2}
        return lambda what, _now: amounts.get(what, 1) if self._mood.get(host) == what else 0

    def spoil(self, host: str, kind: str, answer: Answer, now: datetime) -> Answer:
        """The reply as it goes out."""
        if kind == "hang-up":
            return HANG_UP
        if kind == "unavailable":
            return Answer(503, {"Content-Type": "text/html"}, _HTML)
        if kind.startswith("throttled"):
            return self._throttled(host, kind, now)
        if kind == "html":
            return Answer(200, {"Content-Type": "text/html"}, _HTML)
        if kind == "broken":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        if kind == "cut-off":  # the length is told, the connection ends before
            return Answer(answer.status, {**answer.headers, "X-Cut": "yes"}, answer.body)
        return answer

    def _throttled(self, host: str, kind: str, now: datetime) -> Answer:
        seconds = self.rng.choice((0, 5, 40, 200, 900, 3600, 3 * 3600))
        headers = {"Content-Type": "text/plain"}
        if kind == "throttled-by-date":
            when = now.replace(microsecond=0) + timedelta(seconds=seconds + 60)
            headers["Retry-After"] = format_datetime(when, usegmt=True)
        elif seconds:
            headers["Retry-After"] = str(seconds)
        return Answer(429, headers, _THROTTLED[host])

    @property
    def outages(self) -> int:
        """How many spells there are."""
        return len(self.spells)


def plan(seed: int, start: datetime, end: datetime, share: float = 1.0) -> Faults:
    """The faults of a seed between two moments; `share` makes spells more or less frequent."""
    rng = Random(seed * 7919 + 17)
    days = (end - start).days
    spells = []
    for host in HOSTS:
        for kind, (in_a_year, least, most) in _SPELLS.items():
            expected = in_a_year * share * days / 365
            count = int(expected) + (rng.random() < expected % 1)
            for _ in range(count):
                begins = start + timedelta(hours=rng.uniform(0, days * 24))
                lasts = timedelta(hours=rng.uniform(least, most))
                spells.append(Spell(host, kind, begins, min(begins + lasts, end)))
    return Faults(tuple(spells), Random(seed * 104_729 + 5), end)
