"""Europe PMC: the keyword channel to all preprint servers, walked by the day of first indexing.

The end of a walk is an empty page or a mark that repeats; a missing mark says nothing. The
stated count may exceed what is ever given, so a small shortfall is believed when a second walk
gives the very same ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from service.errors import BadRequestError, IncompleteError, QueryAlteredError
from service.records import Batch, Page, Sweep, SweepKind, Window, WindowReport
from service.sources import counting, europepmc_payload
from service.sources.europepmc_papers import number_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from service.protocols import Http
    from service.records import Record

BASE = "https://www.ebi.ac.uk/europepmc/webservices/rest/"
PREPRINTS_AND_PMC = "SRC:PPR OR SRC:PMC"
_FIELDS = {
    SweepKind.RECENT: "FIRST_IDATE",
    SweepKind.WIDE: "FIRST_IDATE",
    SweepKind.REVISED: "UPDATE_DATE",
    SweepKind.ARCHIVE: "FIRST_IDATE",
}
_START = "*"
_BATCH = 200
_BY_ID = 50  # ids in one query
_TOLERATED = 0.005
_LONG_QUERY = 1_500
_MOST_PAGES = 5_000


@dataclass(slots=True)
class _Walk:
    """What a walk to the end sign has seen so far."""

    query: str
    ids: dict[str, None] = field(default_factory=dict)
    stated: int = 0
    translation: str | None = None
    ended: bool = False
    warnings: list[str] = field(default_factory=list)


class EuropePmc:
    """A `service.protocols.Source` over Europe PMC, for one query.

    `only` restricts the walk to some of its sources ("" for none). Any page size works, also one
    that the server changes on the way. `wide` is as for `EutilsSource`.
    """

    def __init__(
        self,
        http: Http,
        query: str,
        *,
        email: str = "",
        only: str = PREPRINTS_AND_PMC,
        wide: bool = False,
        base: str = BASE,
        page_size: int = 1000,
    ) -> None:
        self._http = http
        self._query = f"({query}) AND ({only})" if only else f"({query})"
        self._only = only
        self._email = email
        self._wide = wide
        self._base = base
        self._page_size = page_size

    @property
    def name(self) -> str:
        """The source's name, as records carry it."""
        return europepmc_payload.SOURCE

    @property
    def sweeps(self) -> frozenset[SweepKind]:
        """All kinds."""
        return frozenset(_FIELDS)

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """See `service.protocols.Source.poll`.

        RECENT and WIDE give all records, as a page holds them anyway; REVISED gives those that
        the archive holds, ARCHIVE lists ids and fetches those that it does not hold.
        """
        if sweep.kind not in _FIELDS:
            raise BadRequestError(self.name, f"this source has no {sweep.kind} sweep")
        ids_only = sweep.kind is SweepKind.ARCHIVE
        walk = _Walk(f"{self._query} AND {_dates(sweep.kind, sweep.window)}")
        for page in self._pages(walk, "idlist" if ids_only else "core"):
            if not ids_only:
                yield from _batches(_kept(sweep.kind, page.records, unknown))
        gap = self._reconcile(walk, sweep)
        if ids_only:
            new = unknown(tuple(walk.ids)) if walk.ids else set()
            gone: list[str] = []
            yield from self._by_id([key for key in walk.ids if key in new], gone)
            gap = gap or counting.too_many_gone(len(gone), len(new))
            walk.warnings += counting.gone_warning(gone)
        yield WindowReport(
            window=sweep.window,
            kind=sweep.kind,
            query=walk.query,
            translation=walk.translation,
            stated=walk.stated,
            fetched=len(walk.ids),
            end_sign=walk.ended,
            gap=gap,
            warnings=counting.told(walk.warnings),
        )

    # -- walking ----------------------------------------------------------------------------------

    def _pages(self, walk: _Walk, result_type: str) -> Iterator[Page]:
        """Pages until the end sign, each with only the records not yet seen in this walk."""
        mark = _START
        for _ in range(_MOST_PAGES):
            page = self._page(walk, result_type, mark)
            keys = (*page.ids, *(record.source_id for record in page.records))
            fresh = {key for key in keys if key not in walk.ids}
            walk.ids.update(dict.fromkeys(keys))
            walk.stated = max(walk.stated, page.stated or 0)  # a later page may state none at all
            walk.translation = page.translation
            walk.warnings += page.warnings
            yield Page(
                records=tuple(record for record in page.records if record.source_id in fresh)
            )
            if not keys or page.next == mark:
                walk.ended = True
                return
            if page.next is None:  # no known end sign: believed only when all is there
                walk.ended = len(walk.ids) >= walk.stated
                return
            mark = page.next
        raise IncompleteError(self.name, f"no end of the list after {_MOST_PAGES} pages")

    def _page(self, walk: _Walk, result_type: str, mark: str) -> Page:
        def read(body: bytes) -> Page:
            page = europepmc_payload.read(body)
            if page.stated is None:
                raise IncompleteError(self.name, "the result states no hit count")
            if mark == _START and page.stated and not (page.ids or page.records):
                raise IncompleteError(self.name, f"{page.stated:,} hits are stated, none is given")
            return page

        page = self._search(walk.query, result_type, mark, read)
        if page.translation is not None and not _same(page.translation, walk.query):
            raise QueryAlteredError(
                self.name,
                f"it searched for {page.translation[:200]!r}",
                "mend the query: Europe PMC did not take it as it stands",
            )
        return page

    def _search(
        self, query: str, result_type: str, mark: str, read: Callable[[bytes], Page]
    ) -> Page:
        values = {
            "query": query,
            "resultType": result_type,
            "format": "json",
            "pageSize": str(self._page_size),
            "cursorMark": mark,
        }
        if self._email:
            values["email"] = self._email
        as_form = len(query) > _LONG_QUERY
        return self._http.fetch(
            self._base + ("searchPOST" if as_form else "search"),
            read=lambda reply: read(reply.body),
            params=None if as_form else values,
            form=values if as_form else None,
        )

    def _by_id(self, keys: Sequence[str], gone: list[str]) -> Iterator[Batch]:
        """The records of `keys`; those that no longer come go to `gone`."""
        for chunk in counting.chunks(keys, _BY_ID):
            parts = (key.partition("/") for key in chunk)
            terms = (number_term(source, number) for source, _, number in parts)
            walk = _Walk(" OR ".join(terms))
            for page in self._pages(walk, "core"):
                yield from _batches(
                    [record for record in page.records if record.source_id in chunk]
                )
            gone += [key for key in chunk if key not in walk.ids]

    # -- reconciling ------------------------------------------------------------------------------

    def _reconcile(self, walk: _Walk, sweep: Sweep) -> str | None:
        """The gap of a finished walk. A small shortfall costs a second walk, of ids alone."""
        if not walk.ended:
            return "the list broke off without its end sign"
        if not walk.stated and not walk.ids:
            return self._implausible_zero(walk, sweep)
        gap = counting.shortfall(walk.stated, len(walk.ids))
        if gap is None or walk.stated - len(walk.ids) > walk.stated * _TOLERATED:
            return gap
        again = _Walk(walk.query)
        for _ in self._pages(again, "idlist"):
            pass
        if again.ids.keys() != walk.ids.keys():
            return f"{gap}, and a second walk gave others"
        walk.warnings.append(f"{gap}, twice the same: the source over-counts")
        return None

    def _implausible_zero(self, walk: _Walk, sweep: Sweep) -> str | None:
        """The gap when a fault is easier to believe than nothing at all."""
        again = _Walk(walk.query)
        for _ in self._pages(again, "idlist"):
            pass
        if again.ids or again.stated:
            return "nothing was given, and a second walk gave some"
        today: date = sweep.window.end
        if not counting.has_weekday(sweep.window, today):
            return None
        if self._wide:
            return "no record at all on working days, for a query that always has some"
        dates = _dates(sweep.kind, sweep.window)
        whole = f"({self._only}) AND {dates}" if self._only else dates
        page = self._search(whole, "idlist", _START, europepmc_payload.read)
        return None if page.stated else "it shows no entry at all on working days: it is behind"


def _kept(
    kind: SweepKind, records: Sequence[Record], unknown: Callable[[Sequence[str]], set[str]]
) -> list[Record]:
    if kind is not SweepKind.REVISED or not records:
        return list(records)
    new = unknown([record.source_id for record in records])
    return [record for record in records if record.source_id not in new]


def _batches(records: Sequence[Record]) -> Iterator[Batch]:
    for part in counting.chunks(records, _BATCH):
        yield Batch(part)


def _dates(kind: SweepKind, window: Window) -> str:
    return f"({_FIELDS[kind]}:[{window.start} TO {window.end}])"


def _same(echoed: str, sent: str) -> bool:
    """Whether an echoed query is the sent one, apart from spacing and percent-encoding."""
    flat = " ".join(sent.split())
    return flat in {" ".join(echoed.split()), " ".join(unquote_plus(echoed).split())}
