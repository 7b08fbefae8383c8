"""How many processors there are to work with."""

from __future__ import annotations

import os

_MOST_THREADS = 4  # that share one interpreter: more would wait for its lock


def cores() -> int:
    """The processors that this process may use."""
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return able or 1


def threads() -> int:
    """How many topics to rank side by side: much of it is NumPy's, which lets others go on."""
    return min(cores(), _MOST_THREADS)
