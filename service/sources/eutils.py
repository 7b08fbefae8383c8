"""NCBI's E-utilities as requests: one search, one fetch, and what makes a reply a valid one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.errors import BadRequestError, FetchRefusedError, IncompleteError, NotFoundError
from service.records import Page
from service.sources import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from service.protocols import Http
    from service.records import Record, SweepKind

log = logging.getLogger(__name__)

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
CAP = 9_999  # the most ids that a search gives, whatever is asked
_LONG_TERM = 1_500  # a longer query goes as a form: addresses have a limit


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. NCBI wants `tool` and `email` always; a key allows 10 requests a second, not 3."""

    tool: str = "litwatch"
    email: str = ""
    api_key: str = field(default="", repr=False)

    def params(self) -> dict[str, str]:
        """What goes with every request; nothing that is not set."""
        values = {"tool": self.tool, "email": self.email, "api_key": self.api_key}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Database:
    """One Entrez database as a source: `fields` are its date fields, by kind of sweep.

    `read` reads its replies, `dropped` says which terms of a query a search left out;
    `prefix` is what the source's ids have and Entrez's numbers have not.
    """

    source: str
    db: str
    fields: Mapping[SweepKind, str]
    fetch_size: int
    read: Callable[[bytes], Page]
    dropped: Callable[[Page], Sequence[str]]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Entrez:
    """One database behind the polite client; a reply that is not valid is asked for again."""

    database: Database
    http: Http
    account: Account
    base: str = BASE

    def search(self, term: str, ids: int) -> Page:
        """The count of `term` and its first `ids` ids."""

        def read(body: bytes) -> Page:
            page = self.database.read(body)
            if page.stated is None:
                raise IncompleteError(self.database.source, "the search result states no count")
            if ids and page.stated and not page.ids:
                cause = f"{page.stated:,} hits are stated, no id is given"
                raise IncompleteError(self.database.source, cause)
            return page

        asked = {"term": term, "retmode": "json", "retmax": str(ids), "usehistory": "y"}
        return self._ask("esearch.fcgi", asked, read, as_form=len(term) > _LONG_TERM)

    def fetch(self, ids: Sequence[str], gone: list[str]) -> Iterator[Page]:
        """The records of `ids`, some at a time; what does not come even when asked for alone
        goes to `gone` (withdrawn since the search, or too large for our limits)."""
        for chunk in counting.chunks(ids, self.database.fetch_size):
            page = self._lot(chunk, some=True) if len(chunk) > 1 else Page()
            if len(chunk) > 1 and not page.records:
                raise self._nothing(chunk)
            records = list(page.records)
            for identifier in _missing(chunk, records):
                alone = self._lot((identifier,), some=False).records
                records += (record for record in alone if record.source_id == identifier)
            gone += _missing(chunk, records)
            yield Page(records=tuple(records), deletions=page.deletions)

    def held(self, ids: Sequence[str]) -> Iterator[Page]:
        """The records of those of `ids` that are there, some at a time. For ids that no search has
        listed: one that does not come is none."""
        for chunk in counting.chunks(ids, self.database.fetch_size):
            yield self._lot(chunk, some=False)

    def _lot(self, ids: Sequence[str], *, some: bool) -> Page:
        """The records of `ids` in one request; in two halves when it is refused as a whole, for its
        size or for one bad id. `some` says that an empty reply cannot be right."""

        def read(body: bytes) -> Page:
            page = self.database.read(body)
            if some and not page.records:
                raise self._nothing(ids)
            return page

        numbers = ",".join(identifier.removeprefix(self.database.prefix) for identifier in ids)
        try:
            page = self._ask("efetch.fcgi", {"id": numbers, "retmode": "xml"}, read, as_form=True)
        except (FetchRefusedError, BadRequestError, NotFoundError) as error:
            log.info("%s: %d records, from %s: %s", self.database.source, len(ids), ids[0], error)
            if len(ids) == 1:
                return Page()
            middle = len(ids) // 2
            first, second = (self._lot(half, some=False) for half in (ids[:middle], ids[middle:]))
            return Page(
                records=(*first.records, *second.records),
                deletions=(*first.deletions, *second.deletions),
            )
        for warning in page.warnings:
            log.debug("%s: %s", self.database.source, warning)
        return page

    def _nothing(self, ids: Sequence[str]) -> IncompleteError:
        return IncompleteError(self.database.source, f"none of {len(ids)} listed records came")

    def _ask(
        self, tool: str, asked: dict[str, str], read: Callable[[bytes], Page], *, as_form: bool
    ) -> Page:
        values = {"db": self.database.db, **asked, **self.account.params()}
        return self.http.fetch(
            self.base + tool,
            read=lambda reply: read(reply.body),
            params=None if as_form else values,
            form=values if as_form else None,
        )


def _missing(asked: Sequence[str], records: Sequence[Record]) -> list[str]:
    came = {record.source_id for record in records}
    return [identifier for identifier in asked if identifier not in came]
