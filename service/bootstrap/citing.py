"""The sources that follow citations and authors, wired to the archive and to their services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from service.bootstrap.upstreams import slashed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.bootstrap.app import App
    from service.protocols import Source
    from service.records import FollowedAuthor, Paper, Record
    from service.sources.authors import Make
    from service.sources.citing import CitedSeed, KnownPaper, WalkTimes
    from service.sources.citing_lists import CitationList
    from service.sources.citing_papers import Papers

_IDS = ("pmid", "pmcid", "doi", "arxiv")  # the best for a key first


def sources(app: App) -> list[Source]:
    """Those of the two that are enabled, over the services that are polled anyway."""
    from service.sources.authors import Authors
    from service.sources.citing import Citing

    chosen, shelf = app.settings.sources, ArchiveShelf(app)
    found: list[Source] = []
    if chosen.citing.enabled and (lists := _lists(app)):
        found.append(Citing(lists, _papers(app), shelf))
    if chosen.authors.enabled and (places := _places(app)):
        found.append(Authors(places, shelf))
    return found


def _lists(app: App) -> list[CitationList]:
    from service.bootstrap.named_papers import addresses, entrez_account
    from service.sources.citing_lists import (
        EuropePmcCitations,
        OpenAlexCitations,
        PubMedCitations,
    )

    chosen, at = app.settings.sources, addresses(app)
    found: list[CitationList] = []
    if europe := _papers(app).europepmc:
        found.append(EuropePmcCitations(europe))
    if chosen.pubmed.enabled:
        found.append(PubMedCitations(app.http, entrez_account(app), at.eutils))
    if chosen.citing.openalex_key is not None:
        key, base = chosen.citing.openalex_key.get_secret_value(), chosen.citing.openalex_url
        found.append(OpenAlexCitations(app.http, key, slashed(base)))
    return found


def _papers(app: App) -> Papers:
    from service.bootstrap.named_papers import addresses, entrez_account
    from service.normalisation import normalise
    from service.sources import pubmed
    from service.sources.citing_papers import Papers
    from service.sources.europepmc_papers import EuropePmcPapers
    from service.sources.eutils import Entrez

    at, chosen, contact = addresses(app), app.settings.sources, app.settings.http.contact
    entrez = Entrez(pubmed.DATABASE, app.http, entrez_account(app), at.eutils)
    europe = EuropePmcPapers(app.http, at.europepmc, contact, normalise)
    return Papers(
        entrez if chosen.pubmed.enabled else None, europe if chosen.europepmc.enabled else None
    )


def _places(app: App) -> list[tuple[str, Make]]:
    from service.bootstrap.named_papers import addresses, entrez_account
    from service.sources.authors import at_europepmc, at_pubmed

    chosen, at = app.settings.sources, addresses(app)
    found: list[tuple[str, Make]] = []
    if chosen.pubmed.enabled:
        found.append(("PubMed", at_pubmed(app.http, entrez_account(app), at.eutils)))
    if chosen.europepmc.enabled:
        contact = app.settings.http.contact
        found.append(("Europe PMC", at_europepmc(app.http, contact, at.europepmc)))
    return found


@dataclass(frozen=True, slots=True)
class ArchiveShelf:
    """The archive as `sources.citing.Shelf` and `sources.authors.AuthorShelf` ask it."""

    app: App

    def seeds(self) -> Sequence[CitedSeed]:
        """The seeds of all topics in force that can be looked up, each once."""
        from service.sources.citing import CitedSeed

        with self.app.store.reading() as tx:
            topics = self.app.topics(tx)
        seeds = {seed.cited_as: seed.ids for topic in topics for seed in topic.seeds}
        return [CitedSeed(key, ids) for key, ids in seeds.items() if key]

    def followed(self) -> Sequence[FollowedAuthor]:
        """The authors that topics in force follow, each once."""
        with self.app.store.reading() as tx:
            topics = self.app.topics(tx)
        return list({each.key: each for topic in topics for each in topic.authors}.values())

    def walked(self) -> Mapping[str, WalkTimes]:
        """The citation lists that were walked, by the query of their receipts."""
        from service.sources.citing import NAME

        with self.app.store.reading() as tx:
            return tx.citations.walked(NAME)

    def held(self, names: Sequence[str]) -> Mapping[str, KnownPaper]:
        """Those of the papers that the archive holds, by name."""
        from service.sources.citing import KnownPaper

        with self.app.store.reading() as tx:
            found = tx.citations.held(names)
        return {
            name: KnownPaper(paper.key, last_day(paper.published, paper.entered))
            for name, paper in found.items()
        }

    def papers(self, author: FollowedAuthor) -> frozenset[str]:
        """The keys of what is known to be by the author."""
        with self.app.store.reading() as tx:
            return frozenset(tx.citations.papers(author.key))

    def read(self, record: Record) -> KnownPaper | None:
        """What a record is of; None where it cannot be understood."""
        from service.normalisation import paper_of
        from service.sources.citing import KnownPaper

        paper = paper_of(record)
        if paper is None:
            return None  # taking it in keeps it raw, with the reason
        key = key_of(paper)
        return KnownPaper(key, last_day(paper.published, paper.entered)) if key else None


def key_of(paper: Paper) -> str:
    """What a paper is kept under: its best id, else its title; "" for one that has neither."""
    from service.deduplication.keys import id_keys, keys

    found = {key.partition(":")[0]: key for key in id_keys(paper.ids)}
    best = next((found[kind] for kind in _IDS if kind in found), "")
    return best or min(keys(paper), default="")


def last_day(*dates: str | None) -> date | None:
    """The last day that the latest of some partial ISO dates can mean; None without any."""
    days = [f"{each}-12-31" if len(each) == 4 else each for each in dates if each]
    found = [_day(each) for each in days]
    return max((each for each in found if each), default=None)


def _day(text: str) -> date | None:
    from calendar import monthrange

    try:
        if len(text) == len("2026-11"):
            year, month = map(int, text.split("-"))
            return date(year, month, monthrange(year, month)[1])
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
