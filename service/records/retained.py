"""Values: what is not kept for ever, where the operator does not want it."""

from __future__ import annotations

from enum import StrEnum


class Kept(StrEnum):
    """What may be removed when it is old: nothing that was sent, voted or proved hangs on it."""

    RENDERED = "rendered"  # the bytes of deliveries that nothing waits for
    RANKINGS = "rankings"  # receipts of rankings, but for digests'
    ALARMS = "alarms"  # that are over
    BOUNCES = "bounces"  # mails that came back
