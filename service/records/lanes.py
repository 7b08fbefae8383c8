"""A host's turn and pace, as all processes over one archive see them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Queued:
    """A process that waits for a turn. It looks again in time; `gone_in` seconds from now it counts
    as dead."""

    name: str
    gone_in: float


@dataclass(frozen=True, slots=True)
class LaneState:
    """One host's (or domain's) lane at one moment; its times are seconds from that moment.

    Nothing may be sent before `ready_in`, nor by anybody but `holder` while `held_for` lasts;
    `slowdown` multiplies the agreed distance. `turn` rises with each turn that is taken: it fences
    off those whose turn was lost. `queue` are those that wait, the first first.
    """

    ready_in: float = 0.0
    slowdown: float = 1.0
    holder: str = ""
    held_for: float = 0.0
    turn: int = 0
    queue: tuple[Queued, ...] = ()

    def after(self, seconds: float) -> LaneState:
        """The same lane, `seconds` later."""
        queue = tuple(replace(each, gone_in=each.gone_in - seconds) for each in self.queue)
        ready_in, held_for = self.ready_in - seconds, self.held_for - seconds
        return replace(self, ready_in=ready_in, held_for=held_for, queue=queue)
