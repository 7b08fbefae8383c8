"""What a walk shows that calls for a person, whatever its source. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import Sign

if TYPE_CHECKING:
    from service.records import WindowReport

_ROUND, _THOUSAND = 100, 1_000


def signs(report: WindowReport) -> frozenset[Sign]:
    """Those that the report carries already, and: `ZERO` where a list ended well with nothing in it
    and that was not believed; `CLAMPED` where it is short by a number at which lists are cut off.
    """
    found = set(report.signs)
    if report.gap and report.end_sign and not report.fetched and not report.stated:
        found.add(Sign.ZERO)
    if report.gap and report.stated is not None and _at_a_cap(report.fetched, report.stated):
        found.add(Sign.CLAMPED)
    return frozenset(found)


def _at_a_cap(came: int, stated: int) -> bool:
    """A round number, or one less than thousands: E-utilities give 9,999 of a longer list."""
    if not _ROUND <= came < stated:
        return False
    return came % _ROUND == 0 or (came + 1) % _THOUSAND == 0
