"""The arithmetic of politeness: when the next request may go, whose it is, and how long to wait
after a fault.

Pure: nothing here sleeps, locks or asks for the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from service.records.lanes import Queued

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.records.lanes import LaneState

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
    """How fast one host may be asked, on a clock in seconds.

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


# -- turns --------------------------------------------------------------------------------------

GONE = 3.0  # a waiter that has not looked again so long after it should have is dead
_NOW = 5e-6  # less than what databases and floating-point numbers know of a moment
_LOOKS = (0.05, 5.0)  # seconds between two looks at a turn that another process has: from, to


@dataclass(frozen=True, slots=True)
class Wait:
    """There is no turn yet: look again in `seconds`. The host is to be left alone for `rest`."""

    seconds: float
    rest: float


def paced(
    state: LaneState, interval: float, step: Callable[[Pace, float], Pace], ago: float
) -> LaneState:
    """The lane after what happened to its pace so many seconds ago: `step` gets the pace, and when
    it was on the same clock."""
    pace = step(Pace(interval, state.slowdown, state.ready_in), -ago)
    return replace(state, ready_in=pace.ready_at, slowdown=pace.slowdown)


def take(state: LaneState, me: str, interval: float, lease: float) -> tuple[LaneState, Wait | None]:
    """The lane after `me` asked for the turn: `me` has it for `lease` seconds (None), or has a
    place in the queue and is to look again.

    Turns go to those who wait in the order in which they came. A turn that `me` seems to have
    already is one that could not be given back: a process asks for one turn at a time.
    """
    queue = tuple(each for each in state.queue if each.gone_in > 0 or each.name == me)
    place = next((place for place, each in enumerate(queue) if each.name == me), len(queue))
    held = state.holder not in {"", me} and state.held_for > 0
    if place == 0 and not held and state.ready_in <= _NOW:
        turn = state.turn + 1
        return replace(state, holder=me, held_for=lease, turn=turn, queue=queue[1:]), None
    wait = Wait(_look(state, place, interval, lease, held=held), max(0.0, state.ready_in))
    if place == len(queue):
        queue = (*queue, Queued(me, wait.seconds + GONE))
    elif queue[place].gone_in < wait.seconds + GONE / 2:
        queue = (*queue[:place], Queued(me, wait.seconds + GONE), *queue[place + 1 :])
    return replace(state, queue=queue), wait


def _look(state: LaneState, place: int, interval: float, lease: float, *, held: bool) -> float:
    """Seconds after which it is worth while to look again, for the one at `place` in the queue."""
    shortest, longest = _LOOKS
    distance = Pace(interval, state.slowdown).distance
    turns = min(place * max(distance, shortest), longest)  # of those before it
    if not held:
        return max(state.ready_in, 0.0) + turns
    held_since = lease - state.held_for  # the longer a turn lasts, the more rarely it is looked at
    step = min(max(distance / 2, held_since / 4, shortest), longest, max(state.held_for, shortest))
    return max(state.ready_in, step) + turns


def give_back(state: LaneState, me: str, turn: int) -> LaneState:
    """The lane after the end of that turn; as it was where the turn has been lost."""
    if (state.holder, state.turn) != (me, turn):
        return state
    return replace(state, holder="", held_for=0.0)


def leave(state: LaneState, me: str) -> LaneState:
    """The lane without `me` in its queue."""
    return replace(state, queue=tuple(each for each in state.queue if each.name != me))


# -- rules and rests ----------------------------------------------------------------------------


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
