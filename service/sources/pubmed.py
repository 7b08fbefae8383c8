"""PubMed: new records by the date they were created there, revised ones by their last revision.

The Entrez date is not used: a paper that enters more than a year after its publication gets its
publication date there, and a window on it would miss the paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import SweepKind
from service.sources import pubmed_payload
from service.sources.eutils import BASE, CAP, Account, Database
from service.sources.eutils_source import EutilsSource

if TYPE_CHECKING:
    from service.protocols import Http

DATABASE = Database(
    source="pubmed",
    db="pubmed",
    fields={
        SweepKind.RECENT: "crdt",
        SweepKind.WIDE: "crdt",
        SweepKind.REVISED: "lr",
        SweepKind.ARCHIVE: "crdt",
    },
    fetch_size=200,
    read=pubmed_payload.read,
    dropped=pubmed_payload.dropped_terms,
)


class PubMed(EutilsSource):
    """PubMed through E-utilities, for one query."""

    def __init__(
        self,
        http: Http,
        query: str,
        account: Account,
        *,
        wide: bool = False,
        base: str = BASE,
        cap: int = CAP,
    ) -> None:
        super().__init__(DATABASE, http, query, account, wide=wide, base=base, cap=cap)
