"""What Ray reads from the environment, set where the person has not."""

from __future__ import annotations

import os


def quiet_ray() -> None:
    """No statistics of use are sent. Call before Ray is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
