"""What the simulators saw of their visitors: every request, and every rule that one broke.

The rules are those that the upstreams state: seconds between two requests, one at a time, none
before the time that Retry-After names, a contact in the User-Agent, NCBI's tool and email, and
only parameters that the upstream documents.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.upstreams.serving import Answer

# Seconds between the beginnings of two requests, as the upstreams state them.
INTERVALS: Mapping[str, float] = {"ncbi": 1 / 3, "biorxiv": 1.0, "arxiv": 3.0, "ebi": 0.2}
_TOLERANCE = 1e-6  # of floating-point numbers
_IDENTITY = re.compile(r"litwatch/\S+ \(\+https?://\S+; mailto:[^@\s)]+@[^@\s)]+\)")
_NCBI = frozenset({"db", "term", "retmode", "retmax", "retstart", "usehistory", "id"})
_ALLOWED: Mapping[str, frozenset[str]] = {
    "ncbi": _NCBI | {"tool", "email", "api_key", "rettype", "WebEnv", "query_key", "sort"},
    "biorxiv": frozenset({"category"}),
    "arxiv": frozenset(
        {"verb", "set", "metadataPrefix", "from", "until", "resumptionToken", "identifier"}
        | {"search_query", "id_list", "start", "max_results", "sortBy", "sortOrder"}
    ),
    "ebi": frozenset({"query", "resultType", "format", "pageSize", "cursorMark", "email"}),
}
_NEEDED: Mapping[str, frozenset[str]] = {"ncbi": frozenset({"tool", "email"})}


@dataclass
class Register:
    """Safe between threads. `requests` counts by host, `broken` names each rule that was broken.

    `forgotten` are those of the broken that came before a Retry-After was over of which a process
    was told that is dead: its successor did not know of it.
    """

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    _began: dict[str, float] = field(default_factory=dict)
    _rests: dict[str, float] = field(default_factory=dict)
    _earlier: dict[str, float] = field(default_factory=dict)  # rests told to processes now dead
    _open: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def restarted(self) -> None:
        """The visitor died, and another one comes."""
        with self._guard:
            self._earlier = dict(self._rests)

    def begins(
        self, host: str, path: str, fields: Mapping[str, str], headers: Mapping[str, str], at: float
    ) -> None:
        """A request is here, at these seconds of virtual time."""
        with self._guard:
            self.requests[host] += 1
            self._open[host] += 1
            told = [*self._timing(host, at), *_content(host, fields, headers)]
            lines = [f"{host} {path} at {at:.3f}: {problem}" for problem in told]
            self.broken += lines
            if at < self._earlier.get(host, 0.0) - _TOLERANCE:
                self.forgotten += [line for line in lines if "Retry-After" in line]
            self._began[host] = at

    def ends(self, host: str, answer: Answer, at: float, now: datetime) -> None:
        """Its reply goes out (or the connection is closed)."""
        with self._guard:
            self._open[host] -= 1
            self.statuses[answer.status] += 1
            if seconds := _asked_to_wait(answer.headers.get("Retry-After", ""), now):
                self._rests[host] = max(self._rests.get(host, 0.0), at + seconds)

    def _timing(self, host: str, at: float) -> list[str]:
        told = []
        if self._open[host] > 1:
            told.append(f"{self._open[host]} requests at once")
        since = at - self._began.get(host, float("-inf"))
        if since < INTERVALS[host] - _TOLERANCE:
            told.append(f"{since:.3f} s after the last one, not {INTERVALS[host]:.2f}")
        if at < self._rests.get(host, 0.0) - _TOLERANCE:
            told.append(f"{self._rests[host] - at:.1f} s before Retry-After is over")
        return told


def _content(host: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
    told = []
    if not _IDENTITY.fullmatch(headers.get("user-agent", "")):
        told.append(f"User-Agent {headers.get('user-agent')!r} names nobody")
    if missing := [name for name in sorted(_NEEDED.get(host, ())) if not fields.get(name)]:
        told.append(f"without {', '.join(missing)}")
    if strange := sorted(set(fields) - _ALLOWED[host]):
        told.append(f"with {', '.join(strange)}")
    return told


def _asked_to_wait(text: str, now: datetime) -> float:
    """The seconds that a Retry-After asks for; 0 where there is none."""
    if not text:
        return 0.0
    if text.isdigit():
        return float(text)
    return (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds()
