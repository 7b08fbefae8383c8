"""Single papers and lists of one paper from Europe PMC's web service, beside what is polled."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from service.errors import ParseError
from service.sources import counting, europepmc_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from service.protocols import Http
    from service.records import Paper, Record

    Normalise = Callable[[Record], Paper]

T = TypeVar("T")
log = logging.getLogger(__name__)

_TOGETHER = 40  # papers in one query


@dataclass(frozen=True, slots=True)
class EuropePmc:
    """Europe PMC behind the polite client, at the address `base`, which ends in /. What it raises
    is `SourceError`."""

    http: Http
    base: str
    email: str

    def any_of(self, terms: Sequence[str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of the papers that answer to any of the terms, 100 at most."""
        query = " OR ".join(terms)
        asked = {"query": query, "resultType": "core", "format": "json", "pageSize": "100"}
        return self.asked("search", asked, read)

    def asked(self, path: str, asked: dict[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of the reply to a request below the base address."""
        told = {"email": self.email} if self.email else {}
        return self.http.fetch(
            self.base + path, read=lambda reply: read(reply.body), params=asked | told
        )


@dataclass(frozen=True, slots=True)
class EuropePmcPapers(EuropePmc):
    """Europe PMC's papers; `normalise` understands its records."""

    normalise: Normalise

    def searched(self, *terms: str) -> list[Paper]:
        """What answers to any of the terms, 100 at most."""
        page = self.any_of(terms, europepmc_payload.read)
        return list(understood(page.records, self.normalise))

    def named(self, terms: Sequence[str]) -> Iterator[Paper]:
        """What answers to any of the terms, each of which one paper answers to."""
        for chunk in counting.chunks(terms, _TOGETHER):
            yield from self.searched(*chunk)


def number_term(source: str, number: str) -> str:
    """The condition that a paper has this number in one of Europe PMC's sources ("MED", "PPR")."""
    return f"(EXT_ID:{number} AND SRC:{source})"


def doi_term(doi: str) -> str:
    """The condition that a paper has this DOI."""
    bare = doi.replace("\\", "").replace('"', "")
    return f'DOI:"{bare}"'


def understood(records: Iterable[Record], normalise: Normalise) -> Iterator[Paper]:
    """The papers of those records that can be understood; the rest is logged."""
    for record in records:
        try:
            yield normalise(record)
        except ParseError as error:
            log.warning("%s", error)
