"""Whose turn it is: one request in flight per host, at the host's pace, over all threads, and over
all processes that share a book of lanes.

In a process one thread at a time asks for the turn; between processes the book decides, by its own
time. What is decided stands in `pacing`.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from service.errors import StoreBusyError, StoreError, ThrottledError, TransientError
from service.records.lanes import LaneState
from service.sources import pacing
from service.sources.pacing import Pace, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.clock import Clock
    from service.protocols import LaneBook

    Step = Callable[[Pace, float], Pace]

T = TypeVar("T")
log = logging.getLogger(__name__)

LATE = 10.0  # seconds: a turn that was taken so long ago is not used any more
_TRIES = 6  # of a change while others write to the book; each waits some seconds by itself
_PAUSE = 0.05  # seconds between two of them


class OwnBook:
    """The `LaneBook` of a process that shares its lanes with no other."""

    me = "this process"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, tuple[float, LaneState]] = {}
        self._guard = threading.Lock()

    def look(self, name: str) -> LaneState:
        """See `service.protocols.LaneBook`."""
        at, state = self._states.get(name, (0.0, None))
        return LaneState() if state is None else state.after(self._clock.monotonic() - at)

    def change(self, name: str, step: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        """See `service.protocols.LaneBook`."""
        with self._guard:
            state, told = step(self.look(name))
            self._states[name] = (self._clock.monotonic(), state)
            return told


class Lane:
    """One host's turn and pace. The pace may change while another thread has the turn.

    `lease` is how long a request may take, at most: a process that dies with the turn keeps it from
    others for so many seconds, and `LATE` more.
    """

    def __init__(
        self,
        name: str,
        interval: float,
        book: LaneBook,
        *,
        max_wait: float,
        lease: float,
        clock: Clock,
    ) -> None:
        self._name = name
        self._interval = interval
        self._book = book
        self._max_wait = max_wait
        self._lease = lease + LATE
        self._clock = clock
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._news: list[tuple[float, Step]] = []  # what the book has not been told yet, and when
        self._rests_until = float("-inf")  # by this process's clock, as the book last said

    @contextmanager
    def turn(self, thing: str) -> Iterator[None]:
        """Wait for the turn and until the pace allows a request, then hold the turn.

        Raises `ThrottledError` instead of waiting longer than `max_wait` for the pace, or for other
        processes, and `TransientError` where the book cannot say whose turn it is.
        """
        with self._turn:
            taken = self._taken(thing)
            try:
                yield
            finally:
                self._give_back(taken)

    def asked(self) -> None:
        """The host surely has the request now: the distance to the next one counts from here."""
        self._note(Pace.asked)

    def slowed(self, retry_after: float | None) -> None:
        """The host said "too fast": all processes know at once."""
        self._note(lambda pace, now: pace.throttled(now, retry_after))
        with suppress(StoreError):  # it is told with the next change, which is before a request
            self._change(lambda state: (state, None))

    def eased(self) -> None:
        """The host gave a good reply."""
        self._note(lambda pace, _: pace.eased())

    # -- taking turns

    def _taken(self, thing: str) -> int:
        """The number of the turn, once it is this process's."""
        began = self._clock.monotonic()
        queued = False
        try:
            while True:
                self._rest(thing)
                asked = self._clock.monotonic()
                found = self._ask(thing, queued=queued)
                if isinstance(found, Wait):
                    queued = True
                    self._wait(thing, found, began)
                elif self._clock.monotonic() - asked <= LATE:
                    return found
                else:  # suspended, or the book is slow: another may have the turn by now
                    self._give_back(found)
        except BaseException:
            if queued:
                with suppress(StoreError):
                    self._change(lambda state: (pacing.leave(state, self._book.me), None))
            raise

    def _ask(self, thing: str, *, queued: bool) -> int | Wait:
        def take(state: LaneState) -> tuple[LaneState, int | Wait]:
            after, wait = pacing.take(state, self._book.me, self._interval, self._lease)
            if wait is None:
                return after, after.turn
            return (after if wait.rest <= self._max_wait else state), wait

        try:
            with suppress(StoreBusyError):
                if queued and not self._news:
                    before = self._book.look(self._name)  # which costs the database less
                    after, found = take(before)
                    if after == before:
                        return found
            return self._change(take)
        except StoreError as error:
            cause = f"whose turn it is at {self._name} cannot be told: {error}"
            raise TransientError(thing, cause) from error

    def _rest(self, thing: str) -> None:
        """Wait for as long as this process knows that the host is to be left alone."""
        if (rest := self._rests_until - self._clock.monotonic()) > 0:
            self._refuse_long(thing, rest)
            self._clock.sleep(rest)

    def _wait(self, thing: str, wait: Wait, began: float) -> None:
        self._refuse_long(thing, wait.rest)
        waited = self._clock.monotonic() - began
        if wait.seconds > wait.rest and waited + wait.seconds > self._max_wait:
            cause = f"other processes had {self._name}'s turns for {waited:.0f} s"
            raise ThrottledError(thing, cause, "it is asked later", self._interval)
        self._clock.sleep(wait.seconds)

    def _refuse_long(self, thing: str, rest: float) -> None:
        if rest > self._max_wait:
            raise ThrottledError(thing, "this host asked us to wait", "it is asked later", rest)

    def _give_back(self, turn: int) -> None:
        try:
            self._change(lambda state: (pacing.give_back(state, self._book.me, turn), None))
        except StoreError as error:  # others wait until the lease is over; this process need not
            log.warning("%s: the turn cannot be given back yet: %s", self._name, error)

    # -- telling the book

    def _note(self, step: Step) -> None:
        self._news.append((self._clock.monotonic(), step))

    def _change(self, change: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        """Tell the book what is new, and change the lane. Raises `StoreError`; nothing is lost."""
        for _ in range(_TRIES - 1):
            with suppress(StoreBusyError):
                return self._changed(change)
            self._clock.sleep(_PAUSE)  # which ends with the process
        return self._changed(change)

    def _changed(self, change: Callable[[LaneState], tuple[LaneState, T]]) -> T:
        with self._guard:
            news = list(self._news)

            def step(state: LaneState) -> tuple[LaneState, T]:
                now = self._clock.monotonic()
                for at, each in news:
                    state = pacing.paced(state, self._interval, each, now - at)
                state, told = change(state)
                known.append(now + state.ready_in)
                return state, told

            known: list[float] = []
            told = self._book.change(self._name, step)
            self._rests_until = known[-1]
            del self._news[: len(news)]
            return told


class Lanes:
    """The lanes of all hosts, made on first sight (see `pacing.rule_for` for who shares one)."""

    def __init__(
        self,
        rules: Mapping[str, float],
        unknown: float,
        book: LaneBook,
        *,
        max_wait: float,
        lease: float,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._unknown = unknown
        self._book = book
        self._max_wait = max_wait
        self._lease = lease
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._guard = threading.Lock()

    def of(self, host: str) -> Lane:
        """The lane that `host` is in."""
        name, interval = pacing.rule_for(host, self._rules, self._unknown)
        with self._guard:
            if name not in self._lanes:
                self._lanes[name] = Lane(
                    name,
                    interval,
                    self._book,
                    max_wait=self._max_wait,
                    lease=self._lease,
                    clock=self._clock,
                )
            return self._lanes[name]
