"""A preview as a page shows it: figures before and after, in words."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest.words import percent
from service.errors import LitwatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.tuning import Outlook, Preview, Share

log = logging.getLogger(__name__)

LISTED = 15  # works of each list
_TOP = 10
_TELLING = 0.005  # of a share: less is no change to a reader


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: what it was ("" for a topic that is new) and is; `trend` is "better", "worse" or
    "", `help` what it is of."""

    name: str
    before: str
    after: str
    trend: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a page has of a preview: one that is made, or why there is none. While the last weeks
    are being read, it is to be asked for again (`again`)."""

    preview: Preview | None = None
    again: bool = False
    trouble: str = ""

    @property
    def measures(self) -> Sequence[Measure]:
        """Its figures."""
        return () if self.preview is None else measures(self.preview)

    @property
    def unchanged(self) -> bool:
        """Whether nothing enters, leaves or moves."""
        made = self.preview
        return made is None or not (made.entered or made.dropped or made.moved)

    @property
    def top(self) -> int:
        """How many of the best it shows where nothing changes."""
        return _TOP


def look(app: App, topic: Topic) -> Look:
    """The preview of a topic; never waits for the last weeks' works to be read."""
    if not app.previews.ready:
        app.previews.warm()
        return Look(again=True)
    try:
        return Look(app.previews.of(topic))
    except LitwatchError as error:
        log.warning("no preview of %s: %s", topic.slug, error)
        return Look(trouble=str(error))


def measures(preview: Preview) -> tuple[Measure, ...]:
    """The figures of a preview, the first what a reader feels most."""
    was, now = preview.before, preview.after
    rows = [
        Measure("Papers a week", _rate(was), _rate(now)),
        Measure("Shown from", percent(was.line) if was else "", percent(now.line)),
        Measure(
            "Expected precision",
            _expected(was),
            _expected(now),
            _trend(was.expected if was else None, now.expected),
            "of those shown, the share that should be wanted",
        ),
        _shares(
            "Wanted, by votes", was.precision if was else None, now.precision, "shown and voted on"
        ),
        _shares("References found", was.recall if was else None, now.recall, "held-out references"),
    ]
    return tuple(row for row in rows if row.before or row.after)


def _rate(outlook: Outlook | None) -> str:
    return "" if outlook is None else rate(outlook.per_week)


def rate(per_week: float) -> str:
    """Papers a week: few of them with a decimal."""
    return f"{per_week:.1f}" if per_week < 10 else f"{per_week:,.0f}"


def _expected(outlook: Outlook | None) -> str:
    if outlook is None:
        return ""
    return "–" if outlook.expected is None else percent(outlook.expected)


def _shares(name: str, was: Share | None, now: Share | None, of: str) -> Measure:
    """A share before and after, and of how many it is."""
    if was is None and now is None:
        return Measure(name, "", "")
    helped = ""
    if now is not None:
        low, high = f"{now.low * 100:.0f}", percent(now.high)
        helped = f"{now.hits} of {now.of} {of}; 95 % interval {low} to {high}"
    before, after = (share.value if share else None for share in (was, now))
    return Measure(name, _share(before), _share(after), _trend(before, after), helped)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _trend(before: float | None, after: float | None) -> str:
    if before is None or after is None or abs(after - before) < _TELLING:
        return ""
    return "better" if after > before else "worse"
