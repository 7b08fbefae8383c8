"""The one place that asks what time it is; everything else takes `now` as an argument."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time (UTC), monotonic time (seconds), sleep and jitter, replaceable as one."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default=random.random)


def standing(at: datetime) -> Clock:
    """A clock whose wall time stands at `at` (the demo's, a preview's); sleeping still sleeps."""
    return Clock(now=lambda: at)


def going(since: datetime) -> Clock:
    """A clock whose wall time goes on from `since` (the demo's, while it serves)."""
    begun = time.monotonic()
    return Clock(now=lambda: since + timedelta(seconds=time.monotonic() - begun))
