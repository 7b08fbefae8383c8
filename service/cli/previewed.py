"""What a change of a topic would do, on a terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import plain, print_json, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.tuning import Outlook, Preview, Share, Shift

_SHOWN, _WARNINGS = 12, 5  # works of each kind; the rest are counted
_NONE = "-"


def show(preview: Preview, *, alone: bool = False) -> None:
    """Figures before and after, then the works that enter, drop out and move. With `alone`, and for
    a topic that is new, the figures after and the best works."""
    after, before = preview.after, None if alone else preview.before
    both = (after,) if before is None else (before, after)
    weeks = "week" if preview.weeks == 1 else f"{preview.weeks} weeks"
    table(
        ("", "now") if before is None else ("", "before", "after"),
        [(name, *values) for name, values in _figures(both)],
        title=f"On the {preview.works:,} works of the last {weeks}",
    )
    kinds = [("enters", preview.entered), ("drops out", preview.dropped), ("moves", preview.moved)]
    if before is None:
        kinds = [("", tuple(each for each in preview.top if each.place[1] is not None))]
    rows = [row for kind, shifts in kinds for row in _rows(kind, shifts)]
    if rows:
        table(("", "relevance", "place", "work", "title"), rows, numbers=(3,))
    else:
        click.echo("No work enters, drops out or moves." if before else "No work is shown.")
    for warning in preview.warnings[:_WARNINGS]:
        say(f"Warning: {warning}")
    if len(preview.warnings) > _WARNINGS:
        say(f"There are {len(preview.warnings) - _WARNINGS} more warnings.")
    for note in preview.notes:
        say(f"Note: {note}")


def show_json(preview: Preview) -> None:
    """The same as one JSON document; the topic by its slug."""
    told = plain(preview)
    assert isinstance(told, dict)  # noqa: S101 - a dataclass becomes a dict
    print_json({**told, "topic": preview.topic.slug})


def _figures(both: Sequence[Outlook]) -> list[tuple[str, list[str]]]:
    return [
        ("works shown", [f"{each.shown:,}" for each in both]),
        ("papers a week", [f"{each.per_week:.3g}" for each in both]),
        ("line (relevance)", [_percent(each.line) for each in both]),
        ("wanted, as expected", [_percent(each.expected) for each in both]),
        ("wanted, by votes", [_share(each.precision) for each in both]),
        ("held-out references found", [_share(each.recall) for each in both]),
    ]


def _share(share: Share | None) -> str:
    if share is None:
        return _NONE
    spread = f"{_percent(share.low)} to {_percent(share.high)}"
    return f"{_percent(share.value)} ({share.hits} of {share.of}; {spread})"


def _rows(kind: str, shifts: Sequence[Shift]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (
            kind if number == 0 else "",
            _change(*map(_percent, each.relevance)),
            _change(*("" if place is None else str(place) for place in each.place)),
            each.work_id,
            "\n".join(filter(None, (each.title, ", ".join(_marks(each))))),
        )
        for number, each in enumerate(shifts[:_SHOWN])
    ]
    if len(shifts) > _SHOWN:
        rows.append(("", "", "", "", f"and {len(shifts) - _SHOWN:,} more"))
    return rows


def _marks(shift: Shift) -> list[str]:
    voted = f"voted {shift.verdict}" if shift.verdict in {"relevant", "not relevant"} else ""
    return list(filter(None, (voted or shift.verdict, "in a digest" if shift.digested else "")))


def _change(before: str, after: str) -> str:
    return after if before == after else f"{before or _NONE} → {after or _NONE}"


def _percent(value: float | None) -> str:
    from service.digest.words import percent

    return _NONE if value is None else percent(value)
