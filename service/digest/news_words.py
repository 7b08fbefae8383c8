"""The phrases for what has become of a work that a reader was sent, or saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest import words
from service.digest.safe import shorten, web_url
from service.records import Change

if TYPE_CHECKING:
    from service.records import DigestChange

_CHANGED = {
    Change.RETRACTED: "Retracted",
    Change.WITHDRAWN: "Withdrawn",
    Change.CONCERN: "Expression of concern",
    Change.CORRECTED: "Corrected",
    Change.PUBLISHED: "Published",
    Change.NEW_VERSION: "New version",
}
_GRAVE = frozenset({Change.RETRACTED, Change.WITHDRAWN, Change.CONCERN})


def became(change: DigestChange) -> str:
    """What has become of a work since: "Retracted", "New version v3 of this preprint",
    "Published in Gut · 3 Nov 2026, 7 months after the preprint"."""
    told = _CHANGED[change.change]
    if change.change is Change.NEW_VERSION:
        return " ".join(filter(None, (told, _version(change.version), "of this preprint")))
    if change.change is not Change.PUBLISHED:
        return told
    venue = words.venue_line(change.work)
    return ", ".join(filter(None, (f"{told} in {venue}" if venue else told, delay(change.days))))


def _version(version: str) -> str:
    number = shorten(version, 20)
    return f"v{number}" if number[:1].isdigit() else number


def delay(days: int | None) -> str:
    """ "7 months after the preprint"; "" where nobody knows, or the dates are at odds."""
    if days is None or days < 0:
        return ""
    if days == 0:
        return "on the day of the preprint"
    if days < 21:
        told = words.counted(days, "day")
    elif days < 75:
        told = words.counted(round(days / 7), "week")
    elif days < 700:
        told = words.counted(round(days / 30.44), "month")
    else:
        told = f"{days / 365.25:.1f} years".replace(".0 ", " ")
    return f"{told} after the preprint"


def link(change: DigestChange) -> str:
    """Where the work is read now: the article that was published or corrected, not the copy of the
    preprint that anybody can read. Digests that were frozen before news told what was edited or who
    says so keep theirs."""
    if change.change is Change.NEW_VERSION or not explained(change):
        return words.best_link(change.work)
    pages = words.links(change.work)
    return pages[0][1] if pages else ""


def explained(change: DigestChange) -> bool:
    """Whether more is told than that it has happened: not so in digests that were frozen when no
    more was known."""
    told = change.notice or change.said_by or change.text or change.version or change.edits
    return bool(told) or change.days is not None


def shown_in(change: DigestChange) -> str:
    """ "shown in week 45"; of a work that no digest showed, "you saved it"."""
    if not change.sent:
        return "you saved it"
    return f"shown in {words.week_of(change.sent) or 'an earlier digest'}"


def change_line(change: DigestChange) -> str:
    """ "Retracted; shown in week 45"."""
    return f"{became(change)}; {shown_in(change)}"


def change_lead(change: DigestChange, limit: int) -> str:
    """ "Retracted after week 45: TITLE"."""
    after = words.week_of(change.sent) or ("it was sent" if change.sent else "you saved it")
    return f"{_CHANGED[change.change]} after {after}: {words.title(change.work, limit)}"


def grave(change: DigestChange) -> bool:
    """Whether a reader who relied on the work must know."""
    return change.change in _GRAVE


def according(change: DigestChange) -> str:
    """ "According to PubMed: “Concerns about Figure 2”", either part alone, or ""."""
    said_by, text = words.source_name(change.said_by), shorten(change.text, 240)
    by = f"According to {said_by}" if said_by else "The notice says" if text else ""
    return f"{by}: “{text}”" if text else by


def notice(change: DigestChange) -> str:
    """Where the notice that says so can be read; ""."""
    return web_url(change.notice)
