"""Values: windows that are not proved whole, and how people are told of them."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from service.errors import one_line
from service.records.polling import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DATES = re.compile(r"(?<!\d)\d{4}(?P<sign>[-/.])\d{1,2}(?:(?P=sign)\d{1,2})?(?:T[\d:.]+Z?)?(?!\d)")
_REQUEST = re.compile(r"(?:GET|POST) https?://([^/\s]+)\S*?(?=:? |:?$)")
NO_END_SIGN = "the walk ended without the source's end sign"
_LONGEST = 200  # characters of a cause


class Unproved(NamedTuple):
    """A walk of one kind whose window is not proved whole, and why."""

    kind: str
    window: Window
    cause: str


@lru_cache(maxsize=4096)
def masked(text: str) -> str:
    """A query, or a cause, with every date in it replaced: the same for every window."""
    return _DATES.sub("DATE", text)


def plain(cause: str) -> str:
    """A cause in one line; of the address that was asked the host alone."""
    told = _REQUEST.sub(r"\1", one_line(cause))
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 3]}..."


def tell(walks: Iterable[Unproved]) -> tuple[str, ...]:
    """ "2026-11-16..2026-11-20: no postings: not plausible", each gap once: windows of one kind and
    cause that overlap or follow each other are one."""
    alike: dict[tuple[str, str], list[Unproved]] = {}
    for walk in walks:
        alike.setdefault((walk.kind, masked(walk.cause)), []).append(walk)
    found = (
        f"{_days(window)}: {plain(some[0].cause)}"
        for some in alike.values()
        for window in _joined(walk.window for walk in some)
    )
    return tuple(dict.fromkeys(found))


def _days(window: Window) -> str:
    return f"{window}" if window.start < window.end else f"{window.start}"


def _joined(windows: Iterable[Window]) -> Iterator[Window]:
    """The windows in order, those that leave no day between them as one."""
    first, *rest = sorted(windows)
    for window in rest:
        if window.start > first.end + timedelta(days=1):
            yield first
            first = window
        else:
            first = Window(first.start, max(first.end, window.end))
    yield first
