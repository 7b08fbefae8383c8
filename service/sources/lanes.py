"""Whose turn it is: one request in flight per host, at the host's pace, over all threads."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.errors import ThrottledError
from service.sources.pacing import Pace, rule_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from service.clock import Clock


class Lane:
    """One host's turn and pace. The pace may change while another thread has the turn."""

    def __init__(self, interval: float, max_wait: float, clock: Clock) -> None:
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._pace = Pace(interval)
        self._max_wait = max_wait
        self._clock = clock

    @contextmanager
    def turn(self, thing: str) -> Iterator[None]:
        """Wait for the turn and until the pace allows a request, then hold the turn.

        Raises `ThrottledError` instead of waiting longer than `max_wait` for the pace.
        """
        with self._turn:
            while (wait := self._pace.wait(self._clock.monotonic())) > 0:
                if wait > self._max_wait:
                    raise ThrottledError(
                        thing, "this host asked us to wait", "it is asked later", wait
                    )
                self._clock.sleep(wait)
            yield

    def asked(self) -> None:
        """The host surely has the request now: the distance to the next one counts from here."""
        self._change(lambda pace, now: pace.asked(now))

    def slowed(self, retry_after: float | None) -> None:
        """The host said "too fast"."""
        self._change(lambda pace, now: pace.throttled(now, retry_after))

    def eased(self) -> None:
        """The host gave a good reply."""
        self._change(lambda pace, _: pace.eased())

    def _change(self, step: Callable[[Pace, float], Pace]) -> None:
        with self._guard:
            self._pace = step(self._pace, self._clock.monotonic())


class Lanes:
    """The lanes of all hosts, made on first sight (see `pacing.rule_for` for who shares one)."""

    def __init__(
        self, rules: Mapping[str, float], unknown: float, max_wait: float, clock: Clock
    ) -> None:
        self._rules = rules
        self._unknown = unknown
        self._max_wait = max_wait
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._guard = threading.Lock()

    def of(self, host: str) -> Lane:
        """The lane that `host` is in."""
        name, interval = rule_for(host, self._rules, self._unknown)
        with self._guard:
            if name not in self._lanes:
                self._lanes[name] = Lane(interval, self._max_wait, self._clock)
            return self._lanes[name]
