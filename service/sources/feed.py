"""Poll one RSS, Atom or RDF feed. A feed can wake a reader early and can prove nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from service.errors import NotFoundError
from service.records import Batch, Page, SweepKind, Validators, WindowReport
from service.sources import counting, feeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from service.protocols import Http, Response
    from service.records import Sweep

ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"
BATCH = 200
_NOT_MODIFIED = 304
_GONE = 410


class Feed:
    """The `Source` of one address. Its report is complete when the feed was read whole; that
    nothing appeared and vanished between two polls it cannot know."""

    sweeps = frozenset((SweepKind.RECENT,))

    def __init__(self, http: Http, *, name: str, url: str) -> None:
        self._http = http
        self._name = name
        self._url = url

    @property
    def name(self) -> str:
        """The source's name as configured; the records carry it."""
        return self._name

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        """Yield all entries, changed or not, then the report with the validators to keep.

        The report comes last, so that validators are kept only once the entries are. Raises
        `NotFoundError` for a feed that is gone (410).
        """
        page, validators = self._http.fetch(
            self._url,
            read=partial(_read, name=self._name, sent=sweep.validators),
            headers=_conditions(sweep.validators),
            accept_status=frozenset((_NOT_MODIFIED, _GONE)),
        )
        for part in counting.chunks(page.records, BATCH):
            yield Batch(part)
        yield WindowReport(
            window=sweep.window,
            kind=sweep.kind,
            query=self._url,
            translation=None,
            stated=None,
            fetched=len(page.records),
            end_sign=True,
            warnings=page.warnings,
            validators=validators,
        )


def _conditions(validators: Validators) -> dict[str, str]:
    sent = {"Accept": ACCEPT}
    if validators.etag:
        sent["If-None-Match"] = validators.etag
    if validators.last_modified:
        sent["If-Modified-Since"] = validators.last_modified
    return sent


def _read(response: Response, *, name: str, sent: Validators) -> tuple[Page, Validators]:
    if response.status == _GONE:
        raise NotFoundError(name, "the feed is gone for good (410)", "remove it or correct it")
    given = Validators(
        etag=response.headers.get("etag") or None,
        last_modified=response.headers.get("last-modified") or None,
    )
    if response.status == _NOT_MODIFIED:
        kept = Validators(given.etag or sent.etag, given.last_modified or sent.last_modified)
        return Page(), kept
    page = feeds.read(response.body, name)
    if not page.records and not page.warnings:
        page = Page(warnings=("the feed has no entries",))
    return page, given
