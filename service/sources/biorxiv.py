"""Poll bioRxiv and medRxiv: closed single days by posting date, and the links to journals.

The page size is not a constant and the cursor is an offset: a wrong step answers 200 and skips
records silently. So the cursor moves by the rows received, and a walk is believed only when the
distinct records reach the stated total.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from service.errors import IncompleteError
from service.records import Batch, SweepKind, Window, WindowReport
from service.sources import biorxiv_payload, counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from service.protocols import Http, Response
    from service.records import Page, Record, Sweep

BASE_URL = (
    "https://api.biorxiv.org"  # for medRxiv too: api.medrxiv.org pages differently, and fails
)
BATCH = 200
_MEDRXIV = re.compile(r".*\.\d{8}")
PUBS_BACK = timedelta(days=60)  # a link is entered days to weeks after the article's date
PUBS_STEP = timedelta(days=10)


# A preprint can have two links, so that an id alone does not tell rows apart.
_Row = tuple[str, str, bytes]


@dataclass(slots=True)
class _Walk:
    """One walk of an interval, as far as it came. `rows` is the cursor; `ended` is the end sign."""

    records: set[_Row] = field(default_factory=set)
    rows: int = 0
    stated: int | None = None
    translation: str | None = None
    ended: bool = False
    empty_last: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def ids(self) -> set[tuple[str, str]]:
        return {(source_id, version) for source_id, version, _ in self.records}

    @property
    def short(self) -> bool:
        return self.stated is not None and len(self.records) < self.stated


class Biorxiv:
    """A `Source`, one per server. RECENT and WIDE walk days of posting; REVISED and ARCHIVE walk
    /pubs, which tells which preprints appeared in a journal. Does not filter by topic, unless
    `category` is given; papers of one topic sit in many categories."""

    sweeps = frozenset(SweepKind)

    def __init__(
        self, http: Http, *, server: str = "biorxiv", base_url: str = BASE_URL, category: str = ""
    ) -> None:
        self._http = http
        self._server = server
        self._base = base_url.rstrip("/")
        self._category = category

    @property
    def name(self) -> str:
        """The server: "biorxiv" or "medrxiv"."""
        return self._server

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """Walk day by day (or /pubs in steps of ten days), one report for each.

        All rows are fetched whether known or not, because there is no cheaper list of ids. A day
        that stays short of its total gets a report with a gap, and the walk goes on. What came
        empty is asked for again at the end (see `_again`).
        """
        what = "details" if sweep.kind in (SweepKind.RECENT, SweepKind.WIDE) else "pubs"
        empty: list[Window] = []
        filled: Window | None = None
        for window in _windows(sweep, what):
            for item in self._interval(sweep, window, what):
                if isinstance(item, Batch):
                    filled = window
                elif self._doubtful(sweep, item):
                    empty.append(window)
                    continue
                yield item
        yield from self._again(sweep, empty, filled, what)

    def _again(
        self, sweep: Sweep, empty: Sequence[Window], filled: Window | None, what: str
    ) -> Iterator[Batch | WindowReport]:
        """Walk the `empty` windows again, after one that had rows: while its database is not itself
        the source says "no posts found" of all days alike. It is believed only when that one still
        has rows, and none of the others has any now."""
        truthful = bool(empty and filled) and self._has_rows(sweep, filled, what)
        still: list[WindowReport] = []
        for window in empty:
            for item in self._interval(sweep, window, what):
                if isinstance(item, WindowReport) and self._doubtful(sweep, item):
                    still.append(item)
                else:
                    truthful = False
                    yield item
        yield from (_judged(sweep, report, what, truthful) for report in still)

    def _doubtful(self, sweep: Sweep, report: WindowReport) -> bool:
        """Whether a window was empty that should not be: not the sweep's last, which may hardly
        have begun, nor that of a category."""
        last = report.window.end == sweep.window.end
        return not report.fetched and report.gap is None and not last and not self._category

    def _has_rows(self, sweep: Sweep, window: Window | None, what: str) -> bool:
        return window is not None and any(
            isinstance(item, Batch) for item in self._interval(sweep, window, what)
        )

    def _interval(self, sweep: Sweep, window: Window, what: str) -> Iterator[Batch | WindowReport]:
        first = _Walk()
        seen: set[_Row] = set()
        yield from _batches(self._walk(first, window, what), seen)
        second: _Walk | None = None
        if first.short:
            second = _Walk()
            yield from _batches(self._walk(second, window, what), seen)
            second.stated = first.stated if second.stated is None else second.stated
        gap, notes = _judge(first, second)
        last = second or first
        yield WindowReport(
            window=window,
            kind=sweep.kind,
            query=f"{what}/{self._server}" + (f"?category={self._category}" * bool(self._category)),
            translation=last.translation,
            stated=last.stated,
            fetched=len(seen),
            end_sign=last.ended,
            gap=gap,
            warnings=tuple(dict.fromkeys((*first.warnings, *last.warnings, *notes))),
        )

    def _walk(self, walk: _Walk, window: Window, what: str) -> Iterator[Record]:
        """Yield the interval's records page by page, noting in `walk` how it went."""
        asked = {"interval": f"{window.start}:{window.end}"}
        params = {}
        if self._category and what == "details":
            asked["category"] = params["category"] = self._category
        while not walk.ended:
            url = f"{self._base}/{what}/{self._server}/{window.start}/{window.end}/{walk.rows}"
            url += "/json" if what == "details" else ""  # /pubs documents no format here
            read = partial(_read, server=self._server, asked=asked, walk=walk)
            try:
                page = self._http.fetch(url, read=read, params=params or None)
            except IncompleteError:  # asked again as often as the client allows: still empty
                walk.ended = walk.empty_last = True
                return
            walk.rows += len(page.records)
            walk.stated = walk.stated if page.stated is None else page.stated
            walk.translation = page.translation or walk.translation
            walk.warnings.extend(page.warnings)
            walk.empty_last = not page.records
            walk.ended = walk.empty_last or (walk.stated is not None and walk.rows >= walk.stated)
            known = len(walk.records)
            walk.records.update(map(_row, page.records))
            yield from page.records
            if page.records and len(walk.records) == known:  # else it would never end
                walk.warnings.append(f"the same rows came again before {walk.rows}")
                walk.ended = False
                return


def server_of(doi: str) -> str:
    """Which of the two servers has a preprint of this DOI: medRxiv's numbers have eight digits."""
    return "medrxiv" if _MEDRXIV.fullmatch(doi) else "biorxiv"


def by_doi(http: Http, base_url: str, server: str, doi: str) -> Page:
    """All versions of one preprint. Raises `SourceError`."""
    return http.fetch(
        f"{base_url.rstrip('/')}/details/{server}/{doi}/na/json",
        read=lambda reply: biorxiv_payload.read(reply.body, server),
    )


def _read(response: Response, *, server: str, asked: Mapping[str, str], walk: _Walk) -> Page:
    """The page, or the error that makes the client ask again."""
    page = biorxiv_payload.read(response.body, server)
    biorxiv_payload.refuse_altered(page, asked)
    stated = walk.stated if page.stated is None else page.stated
    if not page.records and stated is not None and walk.rows < stated:
        walk.stated = stated
        raise IncompleteError(
            f"{server} {asked['interval']}",
            f"an empty page at {walk.rows} of {stated}",
            "it is asked again",
        )
    return page


def _judge(first: _Walk, second: _Walk | None) -> tuple[str | None, tuple[str, ...]]:
    """The gap, or None and what to remark.

    The stated total is known to exceed what is served. That is believed when two full walks
    ended on an empty page with the same records.
    """
    if second is None or not second.short:
        return None, ()
    told = f"{len(second.records)} of {second.stated} records served"
    if first.ids == second.ids and second.records and first.empty_last and second.empty_last:
        return None, (f"{told}, the same in two walks",)
    return told, ()


def _judged(sweep: Sweep, report: WindowReport, what: str, truthful: bool) -> WindowReport:
    """How a window is judged that was empty twice.

    Of a source that seems `truthful`, weekends may be empty, and days so old that every walk of a
    week has found them empty: those would block the mark for ever.
    """
    window = report.window
    told = f"no {'postings' if what == 'details' else 'links'}"
    if truthful and what == "details" and not counting.is_working_day(window.start):
        return report
    if truthful and sweep.window.end - window.end > counting.SETTLED:
        return replace(report, warnings=(*report.warnings, f"{told} in {window}, again"))
    return replace(report, gap=f"{told}: not plausible")


def _row(record: Record) -> _Row:
    return record.source_id, record.version, record.payload


def _batches(records: Iterator[Record], seen: set[_Row]) -> Iterator[Batch]:
    """Those of `records` not yet in `seen`, in batches; adds them to it."""
    waiting: list[Record] = []
    for record in records:
        if (row := _row(record)) not in seen:
            seen.add(row)
            waiting.append(record)
        if len(waiting) == BATCH:
            yield Batch(tuple(waiting))
            waiting = []
    if waiting:
        yield Batch(tuple(waiting))


def _windows(sweep: Sweep, what: str) -> Iterator[Window]:
    """The intervals that a sweep walks: days of posting, or steps of /pubs."""
    if what == "pubs":
        yield from _steps(
            Window(min(sweep.window.start, sweep.window.end - PUBS_BACK), sweep.window.end)
        )
        return
    for offset in range((sweep.window.end - sweep.window.start).days + 1):
        day = sweep.window.start + timedelta(days=offset)
        yield Window(day, day)


def _steps(window: Window) -> Iterator[Window]:
    start = window.start
    while start <= window.end:
        yield Window(start, min(start + PUBS_STEP - timedelta(days=1), window.end))
        start += PUBS_STEP
