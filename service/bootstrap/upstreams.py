"""The sources that are enabled, and the rules that their hosts ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from service.errors import ConfigError

if TYPE_CHECKING:
    from service.config import Settings
    from service.config.source_settings import EuropePmc, Pmc, PubMed
    from service.protocols import Source
    from service.sources.http import PoliteClient

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def local(url: str) -> bool:
    """Whether an address is this machine's, where no rule of politeness holds."""
    return urlsplit(url).hostname in _LOOPBACK


def slashed(url: str) -> str:
    """A base address as the clients join it: it ends in one /."""
    return url.rstrip("/") + "/"


def sources(settings: Settings, http: PoliteClient) -> list[Source]:
    """Every enabled source."""
    from service.sources import europepmc, pmc, pubmed
    from service.sources.arxiv import Arxiv
    from service.sources.biorxiv import Biorxiv
    from service.sources.eutils import Account
    from service.sources.feed import Feed

    chosen, email = settings.sources, settings.http.contact
    found: list[Source] = []
    for entrez, make in ((chosen.pubmed, pubmed.PubMed), (chosen.pmc, pmc.Pmc)):
        key = entrez.api_key or chosen.pubmed.api_key
        account = Account(email=email, api_key=key.get_secret_value() if key else "")
        if entrez.enabled:
            base = slashed(entrez.base_url)
            found.append(make(http, entrez.query, account, wide=_broad(entrez), base=base))
    for server, rxiv in (("biorxiv", chosen.biorxiv), ("medrxiv", chosen.medrxiv)):
        if rxiv.enabled:
            found.append(Biorxiv(http, server=server, base_url=rxiv.base_url))
    if chosen.arxiv.enabled:
        arxiv = chosen.arxiv
        found.append(
            Arxiv(
                http,
                oai_url=arxiv.oai_url,
                api_url=arxiv.api_url,
                oai_set=arxiv.oai_set,
                categories=arxiv.categories,
                terms=arxiv.terms,
            )
        )
    if chosen.europepmc.enabled:
        base = slashed(chosen.europepmc.base_url)
        query, broad = chosen.europepmc.query, _broad(chosen.europepmc)
        found.append(europepmc.EuropePmc(http, query, email=email, wide=broad, base=base))
    found += [Feed(http, name=feed.name, url=feed.url) for feed in chosen.feeds if feed.enabled]
    return found


def _broad(source: PubMed | Pmc | EuropePmc) -> bool:
    """Whether the query is the shipped one, which has hits on every working day. Of a query that
    the user narrowed, an empty window is believed more easily."""
    default: object = type(source).model_fields["query"].default
    return source.query == default


def broad(settings: Settings) -> frozenset[str]:
    """The sources whose query is the shipped one."""
    chosen = settings.sources
    queried: dict[str, PubMed | Pmc | EuropePmc] = {
        "pubmed": chosen.pubmed,
        "pmc": chosen.pmc,
        "europepmc": chosen.europepmc,
    }
    return frozenset(name for name, source in queried.items() if _broad(source))


def names(settings: Settings) -> list[str]:
    """What the enabled sources are called, without making them; in the order of `App.sources`."""
    chosen = settings.sources
    last = ["citing", "authors"]
    beside = ["feeds", "crossref", *last]  # Crossref is asked about papers, not polled
    if not (chosen.pubmed.enabled or chosen.europepmc.enabled):  # those two are asked through these
        last = ["citing"] if chosen.citing.openalex_key else []
    fixed = [name for name, part in chosen if name not in beside and part.enabled]
    last = [name for name in last if getattr(chosen, name).enabled]
    return [*fixed, *(feed.name for feed in chosen.feeds if feed.enabled), *last]


def host_rules(settings: Settings) -> dict[str, float]:
    """Seconds between requests by host. Where a source's address is not the usual one, its rule
    goes along; of several sources on one host the slowest rule holds. Raises `ConfigError`."""
    from service.sources.pacing import rule_for, rules

    pace = settings.http.pace
    if pace < 1 and not all(host in _LOOPBACK for host in _hosts(settings)):
        raise ConfigError(
            "http.pace",
            f"{pace:g} would be impolite to the sources' own servers",
            "below 1 is for servers on this machine only",
        )
    keyed = settings.sources.pubmed.api_key or settings.sources.pmc.api_key
    usual = rules(ncbi_key=keyed is not None)
    found = dict(usual)
    for domain, url in _addresses(settings):
        host = urlsplit(url).hostname or ""
        if rule_for(host, usual, -1.0)[1] < 0:
            found[host] = max(found.get(host, 0.0), usual[domain])
    return {host: seconds * pace for host, seconds in found.items()}


def _bases(settings: Settings) -> list[tuple[str, str]]:
    """Each source's usual domain, and the address it is polled at."""
    sources = settings.sources
    return [
        ("ncbi.nlm.nih.gov", sources.pubmed.base_url),
        ("ncbi.nlm.nih.gov", sources.pmc.base_url),
        ("biorxiv.org", sources.biorxiv.base_url),
        ("medrxiv.org", sources.medrxiv.base_url),
        ("arxiv.org", sources.arxiv.oai_url),
        ("arxiv.org", sources.arxiv.api_url),
        ("ebi.ac.uk", sources.europepmc.base_url),
    ]


def _addresses(settings: Settings) -> list[tuple[str, str]]:
    """Likewise, with what is not polled."""
    chosen = settings.enrichment
    told = [
        ("zotero.org", settings.zotero.base_url),
        ("crossref.org", settings.sources.crossref.base_url),
        ("openalex.org", settings.sources.citing.openalex_url),
        ("ebi.ac.uk", chosen.annotations_url),
        ("ncbi.nlm.nih.gov", chosen.pubtator_url),
        *(("europepmc.org", url) for url in chosen.pictures),
    ]
    return [*_bases(settings), *((domain, url) for domain, url in told if url)]


def _hosts(settings: Settings) -> set[str]:
    urls = [url for _, url in _bases(settings)] + [feed.url for feed in settings.sources.feeds]
    urls += [settings.sources.crossref.base_url] if settings.sources.crossref.enabled else []
    citing = settings.sources.citing
    urls += [citing.openalex_url] if citing.openalex_key else []
    return {urlsplit(url).hostname or "" for url in urls}


def own_hosts(settings: Settings) -> frozenset[str]:
    """Hosts of the operator's own base addresses: they may be private (a local replay)."""
    return frozenset(urlsplit(url).netloc for _, url in _addresses(settings))
