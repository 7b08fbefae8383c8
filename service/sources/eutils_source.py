"""The walk of an Entrez database: list a closed window, fetch what is wanted, reconcile, report.

A search is asked once for all its ids (paging a live search is no snapshot), so a window may hold
at most 9,999 hits: a larger one is walked day by day, and a larger day by ranges of ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service.errors import BadRequestError, QueryAlteredError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources import counting
from service.sources.eutils import BASE, CAP, Account, Database, Entrez

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from service.protocols import Http

_LAST_ID = 999_999_999


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a search gave: distinct ids, the count it stated, and what it made of the query."""

    term: str
    ids: tuple[str, ...]
    stated: int
    translation: str | None
    warnings: tuple[str, ...]


class EutilsSource:
    """A `service.protocols.Source` over one Entrez database, for one query.

    `wide` says that the query has hits on every working day, so that a zero is a fault. For other
    queries a zero is believed if the database as a whole had entries in that window.
    """

    def __init__(
        self,
        database: Database,
        http: Http,
        query: str,
        account: Account,
        *,
        wide: bool = False,
        base: str = BASE,
        cap: int = CAP,
    ) -> None:
        self._database = database
        self._entrez = Entrez(database, http, account, base)
        self._query = query
        self._wide = wide
        self._cap = cap

    @property
    def name(self) -> str:
        """The source's name, as records carry it."""
        return self._database.source

    @property
    def sweeps(self) -> frozenset[SweepKind]:
        """The kinds for which the database has a date field."""
        return frozenset(self._database.fields)

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """See `service.protocols.Source.poll`.

        Fetches what the archive does not hold; a REVISED sweep instead fetches anew what it does
        hold, because an old record that was never wanted is no news when it is revised. `fetched`
        in a report counts the distinct ids that were listed.
        """
        if sweep.kind not in self.sweeps:
            raise BadRequestError(self.name, f"this source has no {sweep.kind} sweep")
        yield from self._walk(sweep, sweep.window, unknown)

    def _walk(
        self, sweep: Sweep, window: Window, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        listing = self._list(f"({self._query}) AND {self._dates(sweep.kind, window)}")
        if listing.stated > self._cap and window.start < window.end:
            yield from self._day_by_day(sweep, window, listing, unknown)
            return
        if listing.stated > self._cap:
            ids = self._ids_by_range(listing, 1, _LAST_ID)
            listing = replace(listing, ids=tuple(dict.fromkeys(ids)))
        wanted = _wanted(sweep.kind, listing.ids, unknown)
        gone: list[str] = []
        for page in self._entrez.fetch(wanted, gone):
            if page.records or page.deletions:
                yield Batch(page.records, page.deletions)
        yield self._report(sweep, window, listing, len(wanted), gone)

    def _day_by_day(
        self,
        sweep: Sweep,
        window: Window,
        listing: _Listing,
        unknown: Callable[[Sequence[str]], set[str]],
    ) -> Iterator[Batch | WindowReport]:
        """Walk the days of a window that is too large. A day's count can be wrong without a sign (a
        quiet Sunday is believed): together the days must state what the whole window did."""
        stated = 0
        for day in _days(window):
            for item in self._walk(sweep, day, unknown):
                stated += (item.stated or 0) if isinstance(item, WindowReport) else 0
                yield item
        if gap := counting.shortfall(listing.stated, stated):
            whole = self._report(sweep, window, listing, 0, ())
            gap = f"{gap} by the window's days together"
            yield replace(whole, fetched=stated, end_sign=False, gap=gap)

    def _report(
        self, sweep: Sweep, window: Window, listing: _Listing, wanted: int, gone: Sequence[str]
    ) -> WindowReport:
        seen = len(listing.ids)
        gap = counting.shortfall(listing.stated, seen) or counting.too_many_gone(len(gone), wanted)
        warnings = (*listing.warnings, *counting.gone_warning(gone))
        if not listing.stated:
            gap = self._implausible_zero(sweep.kind, window, sweep.window.end)
        # A day of a split window that stays empty would hold up the mark for ever. That the window
        # as a whole counts no more than its days is seen to in any case.
        if gap and not listing.stated and sweep.window.end - window.end > counting.SETTLED:
            warnings, gap = (*warnings, f"{gap}, again"), None
        return WindowReport(
            window=window,
            kind=sweep.kind,
            query=listing.term,
            translation=listing.translation,
            stated=listing.stated,
            fetched=seen,
            end_sign=seen >= listing.stated,
            gap=gap,
            warnings=counting.told(warnings),
        )

    def _implausible_zero(self, kind: SweepKind, window: Window, today: date) -> str | None:
        """The gap when a fault is easier to believe than nothing at all."""
        if not counting.has_weekday(window, today):
            return None
        if self._wide:
            return "no record at all on working days, for a query that always has some"
        if not self._entrez.search(self._dates(kind, window), ids=0).stated:
            return f"{self.name} as a whole shows no entry on working days: it is behind"
        return None

    def _dates(self, kind: SweepKind, window: Window) -> str:
        tag = self._database.fields[kind]
        return f'("{window.start:%Y/%m/%d}"[{tag}] : "{window.end:%Y/%m/%d}"[{tag}])'

    def _list(self, term: str) -> _Listing:
        """All ids of a search, or the first `cap` of them; a short list is asked for once more."""
        page = self._entrez.search(term, self._cap)
        if len(set(page.ids)) < min(page.stated or 0, self._cap):
            page = self._entrez.search(term, self._cap)
        dropped = self._database.dropped(page)
        if dropped:
            raise QueryAlteredError(
                self.name,
                f"the search left out a part of the query: {'; '.join(dropped)}",
                "mend the query: a word or a field in it is not known there",
            )
        ids = tuple(dict.fromkeys(page.ids))
        return _Listing(term, ids, page.stated or 0, page.translation, page.warnings)

    def _ids_by_range(self, listing: _Listing, low: int, high: int) -> Iterator[str]:
        """The ids of a day with more hits than a search gives.

        The middle one of the listed ids parts the hits, wherever in the number space they lie.
        """
        if listing.stated <= self._cap or low >= high:
            yield from listing.ids
            return
        prefix = self._database.prefix
        numbers = sorted(int(identifier.removeprefix(prefix)) for identifier in listing.ids)
        pivot = min(max(numbers[(len(numbers) - 1) // 2], low), high - 1)
        for start, end in ((low, pivot), (pivot + 1, high)):
            part = self._list(f"{listing.term} AND {start}:{end}[uid]")
            yield from self._ids_by_range(replace(part, term=listing.term), start, end)


def _wanted(
    kind: SweepKind, ids: Sequence[str], unknown: Callable[[Sequence[str]], set[str]]
) -> list[str]:
    new = unknown(ids) if ids else set()
    held = kind is SweepKind.REVISED
    return [identifier for identifier in ids if (identifier not in new) is held]


def _days(window: Window) -> Iterator[Window]:
    for number in range((window.end - window.start).days + 1):
        day = window.start + timedelta(days=number)
        yield Window(day, day)
