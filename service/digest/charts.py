"""A digest's charts: recent weeks, and how the works of this one stand to each topic. Pure.

Written as Vega-Lite data rather than built with Altair, whose names for things count up from one
call to the next. Every position is in pixels, so that a picture is as wide as it says, and its
letters stay readable at half the size: a phone shows a mail so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.digest import words
from service.digest.drawing import LETTERS, WIDTH, box, boxes, dot, drawing, joined, rule, text
from service.digest.palette import DARK, LIGHT
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records import DigestContent, WeekFigures

    _Colours = Mapping[str, str]

_WEEKS, _TOPICS = 12, 4  # drawn at most
_ROOMY = 6  # weeks that there is room for even when there are fewer
_ROW, _PLOT, _TOP = 74, 52, 10  # of a row of weeks: its height, its bars', above them
_FROM, _TO = 124, 486  # between which the weeks lie; names to the left, figures to the right
_PANEL, _HEAD, _BARS = 190, 36, 116  # of a topic: its height, its name's, its bars'
_NONE, _SURE = 64, 584  # where relevance 0 and 1 lie


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture, on a light and on a dark ground, 600 pixels wide. `name` is fit for a file name
    ("weeks"), `title` is a heading that the picture does not hold, `alt` says in words what it
    shows."""

    name: str
    title: str
    alt: str
    spec: Mapping[str, Any]
    dark: Mapping[str, Any]


def charts(content: DigestContent) -> tuple[Chart, ...]:
    """The charts for which there are figures; the same content gives the same specifications.

    "weeks" needs two weeks, "relevance" the spread of one work.
    """
    return tuple(chart for chart in (_weeks(content), _relevance(content)) if chart)


def _weeks(content: DigestContent) -> Chart | None:
    weeks = content.weeks[-_WEEKS:]
    if len(weeks) < 2:
        return None
    alt = _weeks_alt(weeks)
    light, dark = (_weeks_drawn(weeks, alt, colours) for colours in (LIGHT, DARK))
    return Chart("weeks", f"The last {len(weeks)} weeks", alt, light, dark)


def _weeks_alt(weeks: Sequence[WeekFigures]) -> str:
    """ "Screened 4,212, shown 12, mean relevance 81 %. Last 8 weeks: screened 3,900 to 4,500,
    shown 3 to 15, mean relevance 70 % to 83 %."."""
    last, means = weeks[-1], [week.relevance for week in weeks if week.relevance is not None]
    now = f"Screened {words.number(last.screened)}, shown {words.number(last.shown)}"
    now += f", mean relevance {words.percent(last.relevance)}" if last.relevance else ""
    before = (
        f"screened {_range([words.number(n) for n in sorted(w.screened for w in weeks)])}, "
        f"shown {_range([words.number(n) for n in sorted(w.shown for w in weeks)])}"
    )
    if means:
        before += f", mean relevance {_range([words.percent(mean) for mean in sorted(means)])}"
    return f"{now}. Last {len(weeks)} weeks: {before}."


def _range(ascending: Sequence[str]) -> str:
    low, high = ascending[0], ascending[-1]
    return low if low == high else f"{low} to {high}"


def _weeks_drawn(weeks: Sequence[WeekFigures], alt: str, colours: _Colours) -> dict[str, Any]:
    last = weeks[-1]
    mean = "–" if last.relevance is None else words.percent(last.relevance)
    layers = [
        *_row(0, "Screened", words.number(last.screened), colours),
        boxes(_columns(0, [week.screened for week in weeks], colours)),
        *_row(1, "Shown", words.number(last.shown), colours),
        boxes(_columns(1, [week.shown for week in weeks], colours)),
        *_row(2, "Relevance", mean, colours),
        *joined(_dots(2, [week.relevance for week in weeks], colours), colours["muted"]),
        *_week_names(weeks, colours),
    ]
    return drawing(layers, 3 * _ROW + LETTERS + 8, alt, colours["card"])


def _row(row: int, name: str, figure: str, colours: _Colours) -> Iterable[dict[str, Any]]:
    floor = _floor(row)
    yield text(6, floor - 9, name, colours["muted"])
    yield text(WIDTH - 6, floor - 9, figure, colours["ink"], align="right", bold=True)
    yield rule((_FROM, floor), (_TO, floor), colours["rule"])


def _floor(row: int) -> int:
    return row * _ROW + _TOP + _PLOT


def _week_at(place: float, weeks: int) -> float:
    """Few weeks stand at the right, no wider than more would."""
    room = max(weeks, _ROOMY)
    return _FROM + (_TO - _FROM) * (room - weeks + place) / room


def _columns(row: int, figures: Sequence[int], colours: _Colours) -> list[dict[str, Any]]:
    """Bars from zero, this week's in the accent."""
    most, floor, number = max(*figures, 1), _floor(row), len(figures)
    return [
        box(
            _week_at(place + 0.14, number),
            _week_at(place + 0.86, number),
            floor - _PLOT * figure / most,
            floor,
            colours["accent" if place == number - 1 else "faint"],
        )
        for place, figure in enumerate(figures)
    ]


def _dots(row: int, means: Sequence[float | None], colours: _Colours) -> list[dict[str, Any]]:
    """From 0 to 1; a week that showed nothing has none, and ends a run."""
    dots, run, number = [], 0, len(means)
    for place, mean in enumerate(means):
        if mean is None:
            run += 1
            continue
        colour = colours["accent" if place == number - 1 else "muted"]
        dots.append(dot(_week_at(place + 0.5, number), _floor(row) - _PLOT * mean, run, colour))
    return dots


def _week_names(weeks: Sequence[WeekFigures], colours: _Colours) -> Iterable[dict[str, Any]]:
    """Five at most, this week's among them."""
    for place in range(len(weeks) - 1, -1, -math.ceil(len(weeks) / 5)):
        name = words.week_of(weeks[place].period)
        if place < len(weeks) - 1:
            name = name.removeprefix("week ")
        x, y = _week_at(place + 0.5, len(weeks)), 3 * _ROW + LETTERS / 2
        yield text(x, y, name, colours["muted"], align="center")


def _relevance(content: DigestContent) -> Chart | None:
    found = [
        (part.topic, words.topic_name(part.name, part.topic))
        for part in content.sections
        if sum(content.spread.get(part.topic, ()))
    ]
    if not found:
        return None
    drawn, left_out = found[:_TOPICS], len(found) - _TOPICS
    told = [_spread_alt(content, topic, name) for topic, name in drawn]
    if left_out > 0:
        told.append(f"{words.counted(left_out, 'more topic')} not drawn")
    alt = f"{'. '.join(told)}."
    light, dark = (_panels(content, drawn, alt, colours) for colours in (LIGHT, DARK))
    return Chart("relevance", "How relevant the works screened are", alt, light, dark)


def _spread_alt(content: DigestContent, topic: str, name: str) -> str:
    """ "Stroma: 4,100 of 4,212 works under 5 % relevance, 14 at 50 % or over; line at 62 %"."""
    counts, line = content.spread[topic], content.cutoffs.get(topic)
    told = (
        f"{name}: {words.number(counts[0])} of {words.counted(sum(counts), 'work')} under "
        f"{words.percent(1 / len(counts))} relevance, "
        f"{words.number(sum(counts[len(counts) // 2 :]))} at 50 % or over"
    )
    return told if line is None else f"{told}; line at {words.percent(line)}"


def _panels(
    content: DigestContent, drawn: Sequence[tuple[str, str]], alt: str, colours: _Colours
) -> dict[str, Any]:
    layers = [
        mark
        for place, (topic, name) in enumerate(drawn)
        for mark in _panel(
            place * _PANEL, name, content.spread[topic], content.cutoffs.get(topic), colours
        )
    ]
    return drawing(layers, len(drawn) * _PANEL, alt, colours["card"])


def _panel(
    top: int, name: str, counts: Sequence[int], line: float | None, colours: _Colours
) -> Iterable[dict[str, Any]]:
    """Bars as high as the logarithm of one more than the count, so that one work can be seen."""
    floor = top + _HEAD + _BARS
    per_log = _BARS / math.log1p(max(counts))
    yield text(6, top + 16, shorten(name, 50), colours["ink"], bold=True)
    for tick in _ticks(max(counts)):
        y = round(floor - per_log * math.log1p(tick), 2)
        yield rule((_NONE, y), (_SURE, y), colours["rule"])
        yield text(_NONE - 8, y, _brief(tick), colours["muted"], align="right")
    yield boxes(_histogram(counts, line, floor, per_log, colours))
    yield rule((_NONE, floor), (_SURE, floor), colours["muted"])
    if line is not None:
        x, left = _across(line), line > 0.5
        yield rule((x, top + _HEAD - 4), (x, floor), colours["ink"])
        at, align = (x - 8, "right") if left else (x + 8, "left")
        told = f"line at {words.percent(line)}"
        yield text(at, top + _HEAD + 8, told, colours["ink"], align=align)
    for share, told, align in (
        (0.0, "0 %", "left"),
        (0.5, "relevance", "center"),
        (1.0, "100 %", "right"),
    ):
        yield text(_across(share), floor + 16, told, colours["muted"], align=align)


def _histogram(
    counts: Sequence[int], line: float | None, floor: float, per_log: float, colours: _Colours
) -> list[dict[str, Any]]:
    """A bar for each bin, in two where the line divides it: over the line it has the accent."""
    edge, number = 1.0 if line is None else line, len(counts)
    found = []
    for place, count in enumerate(counts):
        low, high = place / number, (place + 1) / number
        y = floor - per_log * math.log1p(count)
        for start, end, colour in (
            (low, min(high, edge), "faint"),
            (max(low, edge), high, "accent"),
        ):
            if count and start < end:
                x, x2 = _across(start) + (start == low), _across(end) - (end == high)
                found.append(box(x, x2, y, floor, colours[colour]))
    return found


def _ticks(most: int) -> list[int]:
    """Powers of ten up to `most`, four at most."""
    powers = range(len(str(most)))
    return [10**power for power in powers[:: math.ceil(len(powers) / 4)]]


def _brief(figure: int) -> str:
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if figure >= size:
            return f"{figure // size}{unit}"
    return str(figure)


def _across(share: float) -> float:
    return round(_NONE + (_SURE - _NONE) * share, 2)
