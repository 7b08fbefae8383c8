"""The arithmetic of politeness: when the next request may go, and how long to wait after a fault.

Pure: nothing here sleeps, locks or asks for the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = 86_400.0
MAX_SLOWDOWN = 32.0
MAX_INTERVAL = 60.0
RECOVERY = 0.98  # about 35 good replies undo one halving of the rate

NCBI = "ncbi.nlm.nih.gov"
RULES: Mapping[str, float] = {
    NCBI: 0.34,  # 3 a second without a key, over all of NCBI's hosts
    "biorxiv.org": 1.0,
    "medrxiv.org": 1.0,
    "arxiv.org": 3.0,  # the API, OAI and RSS hosts together
    "ebi.ac.uk": 0.2,
    "europepmc.org": 1.0,  # the site; the web services are at ebi.ac.uk
    "pmc-oa-opendata.s3.amazonaws.com": 0.5,  # open data in a public bucket; no limit is stated
    "crossref.org": 1.0,  # lists are allowed more often, to those who say who they are
    "openalex.org": 0.2,
    "zotero.org": 0.25,  # no limit is stated; 429 and Backoff say when it is too fast
}
KEYED_NCBI = 0.1  # 10 a second with an API key
UNKNOWN_HOST = 10.0


def rules(*, ncbi_key: bool) -> dict[str, float]:
    """The agreed seconds between two requests, by domain; NCBI's depend on having an API key."""
    return {**RULES, **({NCBI: KEYED_NCBI} if ncbi_key else {})}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one host may be asked, on a monotonic clock.

    `interval` is the agreed distance in seconds; `slowdown` multiplies it after throttling;
    nothing may be sent before `ready_at`.
    """

    interval: float
    slowdown: float = 1.0
    ready_at: float = float("-inf")

    @property
    def distance(self) -> float:
        """Seconds between two requests as things stand."""
        return min(self.interval * self.slowdown, max(self.interval, MAX_INTERVAL))

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 when it may go at once."""
        return max(0.0, self.ready_at - now)

    def asked(self, now: float) -> Pace:
        """After the server surely has a request (its reply began, or it failed)."""
        return replace(self, ready_at=max(self.ready_at, now + self.distance))

    def throttled(self, now: float, retry_after: float | None) -> Pace:
        """After "too fast": half the rate, and nothing before the asked time is over."""
        slower = replace(self, slowdown=min(self.slowdown * 2, MAX_SLOWDOWN))
        rest = max(retry_after or 0.0, slower.distance)
        return replace(slower, ready_at=max(self.ready_at, now + rest))

    def eased(self) -> Pace:
        """After a good reply: a little nearer to the agreed rate, never above it."""
        return replace(self, slowdown=max(1.0, self.slowdown * RECOVERY))


def rule_for(host: str, rules: Mapping[str, float], unknown: float) -> tuple[str, float]:
    """The lane that `host` shares, and its interval.

    A rule for a domain holds for its subdomains together (arXiv counts all its hosts as one); a
    host without a rule is a lane of its own.
    """
    names = [name for name in rules if host == name or host.endswith(f".{name}")]
    if not names:
        return host, unknown
    lane = max(names, key=len)
    return lane, rules[lane]


def backoff(failures: int, jitter: float, base: float = 2.0, cap: float = 900.0) -> float:
    """Seconds to wait after the `failures`-th failure in a row: 2, 4, 8, ... up to `cap`.

    `jitter` in [0, 1) takes up to half of it off, so that clients that failed together part.
    """
    full = min(cap, base * 2.0 ** min(failures - 1, 60))
    return full * (1.0 - jitter / 2)


def retry_after(text: str | None, now: datetime, cap: float = DAY) -> float | None:
    """The seconds that a Retry-After header asks for, at most `cap`; None when it makes no sense.

    Takes seconds or an HTTP date. Negative numbers, past dates and garbage are None: the caller
    then backs off as if nothing had been said.
    """
    value = (text or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value):
        return min(float(value), cap)
    try:
        when = parsedate_to_datetime(value)
        if when.tzinfo is None:  # "-0000": UTC by RFC 5322
            when = when.replace(tzinfo=UTC)
        seconds = (when - now).total_seconds()
    except (ValueError, OverflowError, TypeError):
        return None
    return min(seconds, cap) if seconds > 0 else None
