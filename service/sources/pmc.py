"""PMC: articles by the day they became available there.

Revisions are not swept: the name of a date field for them is not established, and what matters
of them (retractions, corrections) reaches the same work through PubMed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.records import SweepKind
from service.sources import pmc_payload
from service.sources.eutils import BASE, CAP, Account, Database
from service.sources.eutils_source import EutilsSource

if TYPE_CHECKING:
    from service.protocols import Http

LIVE_DATE = "pmclivedate"
_KINDS = (SweepKind.RECENT, SweepKind.WIDE, SweepKind.ARCHIVE)
DATABASE = Database(
    source="pmc",
    db="pmc",
    fields=dict.fromkeys(_KINDS, LIVE_DATE),
    fetch_size=50,
    read=pmc_payload.read,
    dropped=lambda _: (),  # its reader refuses altered queries by itself
    prefix="PMC",
)


class Pmc(EutilsSource):
    """PMC through E-utilities, for one query. `live_date` is the name of the search field."""

    def __init__(
        self,
        http: Http,
        query: str,
        account: Account,
        *,
        wide: bool = False,
        base: str = BASE,
        cap: int = CAP,
        live_date: str = LIVE_DATE,
    ) -> None:
        database = replace(DATABASE, fields=dict.fromkeys(_KINDS, live_date))
        super().__init__(database, http, query, account, wide=wide, base=base, cap=cap)
