"""Poll arXiv over two channels that do not overlap: OAI-PMH for q-bio, the search API for others.

OAI-PMH has an end sign and no totals; the API has totals and no closed windows. RSS is not
polled: it serves stale batches and proves nothing.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from service.errors import CursorLostError, IncompleteError, QueryAlteredError
from service.records import Batch, SweepKind, WindowReport
from service.sources import arxiv_payload, counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.protocols import Http, Response
    from service.records import Page, Record, Sweep, Window

OAI_URL = "https://oaipmh.arxiv.org/oai"
API_URL = "https://export.arxiv.org/api/query"
CATEGORIES = ("physics.bio-ph", "physics.med-ph", "cs.CV", "eess.IV", "stat.AP")
TERMS = ("tumor", "tumour", "cancer", "oncology", "carcinoma", "neutrophil", "fibroblast")
BATCH = 200
PAGE = 200
MOST = 30_000  # rows of one query; the API refuses to go further
IDS_PER_CALL = 100
BEFORE = timedelta(days=2)  # a datestamp is set up to two days before the record is served
RESTARTS = 2
WORKING_DAYS = 3  # q-bio without a change in so many is not believed
_TOKEN = re.compile(r"[\w.*:-]+")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


class Arxiv:
    """The `Source` "arxiv". RECENT and WIDE walk both channels. ARCHIVE lists q-bio's ids and
    fetches those unknown; it walks the API too, where a preprint that was held back for weeks
    stands among the old ones. New versions, cross-lists and bibliographic edits all move a
    record's datestamp, so there is no REVISED sweep."""

    name = "arxiv"
    sweeps = frozenset((SweepKind.RECENT, SweepKind.WIDE, SweepKind.ARCHIVE))

    def __init__(
        self,
        http: Http,
        *,
        oai_url: str = OAI_URL,
        api_url: str = API_URL,
        oai_set: str = "q-bio",
        categories: Sequence[str] = CATEGORIES,
        terms: Sequence[str] = TERMS,
    ) -> None:
        self._http = http
        self._oai_url = oai_url
        self._api_url = api_url
        self._set = oai_set
        self._query = search_query(categories, terms, without=oai_set)

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """Walk the window, one report per channel. Without categories there is no API channel.

        A lost token begins the OAI walk again, at most twice.
        """
        if sweep.kind is SweepKind.ARCHIVE:
            yield from self._archive(sweep, unknown)
        else:
            yield from self._harvest(sweep)
        if self._query:
            yield from self._search(sweep)

    # -- OAI-PMH ----------------------------------------------------------------------------------

    def _harvest(self, sweep: Sweep) -> Iterator[Batch | WindowReport]:
        seen: set[str] = set()
        stated: int | None = None
        for page in self._pages("ListRecords", sweep.window):
            seen.update(r.source_id for r in page.records)
            seen.update(page.deletions)
            stated = stated if page.stated is None else page.stated
            yield from _batches(page.records, page.deletions)
        yield self._report(sweep, "ListRecords", stated, len(seen))

    def _archive(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        seen: set[str] = set()
        warnings: list[str] = []
        stated: int | None = None
        for page in self._pages("ListIdentifiers", sweep.window):
            stated = stated if page.stated is None else page.stated
            fresh = [name for name in dict.fromkeys(page.ids) if name not in seen]
            seen.update(fresh)
            missing = sorted(unknown(fresh)) if fresh else []
            for place in range(0, len(missing), IDS_PER_CALL):
                asked = missing[place : place + IDS_PER_CALL]
                found = by_id(self._http, self._api_url, asked)
                yield from _batches(found.records, ())
                if lost := set(asked) - {r.source_id for r in found.records}:
                    warnings.append(f"{len(lost)} listed but not served: {', '.join(sorted(lost))}")
            yield from _batches((), page.deletions)
        yield self._report(sweep, "ListIdentifiers", stated, len(seen), tuple(warnings))

    def _pages(self, verb: str, window: Window) -> Iterator[Page]:
        """All pages of a list; ends only where a page without a token was read.

        Nothing is said of an end date: arXiv wants none, and what is newer does no harm.
        """
        start = {
            "verb": verb,
            "set": self._set,
            "metadataPrefix": "arXivRaw",
            "from": str(window.start - BEFORE),
        }
        given = False
        for restarts in range(RESTARTS + 1):
            params, tokens = start, set[str]()
            try:
                while True:
                    page = self._http.fetch(self._oai_url, params=params, read=_read)
                    held = bool(page.records or page.ids or page.deletions)
                    if given and not held:
                        raise CursorLostError(
                            "arXiv OAI-PMH", "a list that goes on came empty", "begin again"
                        )
                    given = given or held
                    yield page
                    if page.next is None:
                        return
                    if page.next in tokens:
                        raise CursorLostError(
                            "arXiv OAI-PMH", "the same token came twice", "begin again"
                        )
                    tokens.add(page.next)
                    params = {"verb": verb, "resumptionToken": _bare(page.next)}
            except CursorLostError:
                if restarts == RESTARTS:
                    raise

    def _report(
        self,
        sweep: Sweep,
        verb: str,
        stated: int | None,
        fetched: int,
        warnings: tuple[str, ...] = (),
    ) -> WindowReport:
        gap = None
        if stated is not None and fetched < stated:
            gap = f"{fetched} of {stated} records served"
        elif not fetched and len(counting.working_days(sweep.window)) >= WORKING_DAYS:
            gap = f"no {self._set} records: not plausible"
        return WindowReport(
            window=sweep.window,
            kind=sweep.kind,
            query=f"OAI-PMH {verb} {self._set}",
            translation=None,
            stated=stated,
            fetched=fetched,
            end_sign=True,
            gap=gap,
            warnings=warnings,
        )

    # -- the search API ---------------------------------------------------------------------------

    def _search(self, sweep: Sweep) -> Iterator[Batch | WindowReport]:
        """Rows come newest first; the first page that ends before the window is the end sign.
        A total that is reached is not, but the empty page after it: totals change."""
        seen: set[tuple[str, str]] = set()
        start, total, passed, beyond = 0, None, False, False
        while not passed and not beyond and start + PAGE <= MOST:
            page = self._page(start, total)
            total = page.stated if page.stated is not None else total
            inside = [r for r in page.records if _day(r) >= sweep.window.start]
            fresh = [r for r in inside if (r.source_id, r.version) not in seen]
            seen.update((r.source_id, r.version) for r in fresh)
            yield from _batches(fresh, ())
            start += len(page.records)
            passed = len(inside) < len(page.records)
            beyond = not page.records
        ended = passed or (beyond and total is not None and start >= total)
        yield WindowReport(
            window=sweep.window,
            kind=sweep.kind,
            query=self._query,
            translation=None,
            stated=None if passed else total,
            fetched=len(seen),
            end_sign=ended,
            gap=_search_gap(start, total, len(seen), ended, passed),
        )

    def _page(self, start: int, total: int | None) -> Page:
        params = {
            "search_query": self._query,
            "start": str(start),
            "max_results": str(PAGE),
            "sortBy": "lastUpdatedDate",
            "sortOrder": "descending",
        }
        read = partial(_read_search, query=self._query, start=start, total=total)
        return self._http.fetch(
            self._api_url, params=params, read=read, accept_status=frozenset((400,))
        )


def by_id(http: Http, api_url: str, names: Sequence[str]) -> Page:
    """Those of at most `IDS_PER_CALL` preprints that the API knows. Raises `SourceError`."""
    params = {"id_list": ",".join(names), "max_results": str(len(names))}
    return http.fetch(api_url, params=params, read=_read, accept_status=frozenset((400,)))


def search_query(categories: Sequence[str], terms: Sequence[str], without: str = "") -> str:
    """The API's query for any of `terms` in any of `categories`, less the archive `without`.

    "" when there are no categories or no terms.
    """
    if not categories or not terms:
        return ""
    where = " OR ".join(f"cat:{category}" for category in categories)
    what = " OR ".join(f'all:"{term}"' if " " in term else f"all:{term}" for term in terms)
    return f"({where}) AND ({what})" + (f" ANDNOT cat:{without}.*" if without else "")


def _read(response: Response) -> Page:
    return arxiv_payload.read(response.body)


def _read_search(response: Response, *, query: str, start: int, total: int | None) -> Page:
    page = arxiv_payload.read(response.body)
    if page.translation and _words(page.translation) != _words(query):
        raise QueryAlteredError(
            "arXiv search",
            f"asked for {query!r}, searched for {page.translation!r}",
            "correct the categories or terms; an unknown field is silently searched everywhere",
        )
    known = max(page.stated or 0, total or 0)  # what the page before said still counts
    if not page.records and start < known:
        raise IncompleteError(
            "arXiv search", f"an empty page at {start} of {known}", "it is asked again"
        )
    return page


def _words(query: str) -> list[str]:
    """The query without what may be written in several ways: spaces, quotes, brackets, case."""
    return _TOKEN.findall(unquote_plus(query).lower())


def _search_gap(rows: int, total: int | None, seen: int, ended: bool, passed: bool) -> str | None:
    """What a walk over so many rows leaves open; None when it saw them all."""
    if not ended:
        return f"stopped after {rows} of {total} rows"
    if not rows:  # the query names no days, so that old rows always fit it
        return "no row at all, of any day: not plausible"
    if not passed and seen < (total or 0):  # rows moved while we paged
        return f"{seen} of {total} rows, some of them twice"
    return None


def _bare(token: str) -> str:
    """The token as it must be before it is percent-encoded; arXiv gives it encoded already."""
    return unquote(token) if _ESCAPE.search(token) and "&" not in token else token


def _day(record: Record) -> date:
    """The day of the newest version; a row without one is taken as new."""
    try:
        return date.fromisoformat(arxiv_payload.updated(record))
    except ValueError:
        return date.max


def _batches(records: Iterable[Record], deletions: Iterable[str]) -> Iterator[Batch]:
    for part in counting.chunks(list(records), BATCH):
        yield Batch(part)
    if gone := tuple(deletions):
        yield Batch(deletions=gone)
