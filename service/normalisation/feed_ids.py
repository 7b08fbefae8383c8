"""Which paper a feed entry is: its identifiers, the server it is on, its safe addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.normalisation import fields, identifiers, servers
from service.normalisation.text import clean
from service.records import Identifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSIONED = re.compile(r"(?:10\.\d{4,9}/[\w.()/-]+?|/\d{5,})v(\d+)(?:[.?#/]|$)")
_PREPRINT = re.compile(r"10\.64898/|10\.1101/(?:\d{6}$|20\d\d\.\d\d\.\d\d\.)")
_MEDRXIV = re.compile(r"10\.\d{4,9}/20\d\d\.\d\d\.\d\d\.\d{8}$")
_HTTP = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
_IN_PATH = re.compile(
    r"https?://[^/]+/(?:[^?#]*/)?(?:doi(?:/(?:abs|full|pdf|epdf|10))?|content|articles?|abs)/"
    r"(?P<doi>10\.\d{4,9}/[^?#\s]+)",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:v\d+)?(?:\.(?:abstract|full|full\.pdf|full-text|short)|/(?:abstract|full|fulltext|pdf))?/?$"
)
_ONLINE = re.compile(
    r"Published online:.{0,60}?doi:\s*(?:<[^>]*>\s*)*(10\.\d{4,9}/[^\s<\"]+)", re.I | re.S
)
_PUBMED = re.compile(
    r"pubmed:|pmid:|https?://(?:pubmed|www)\.ncbi\.nlm\.nih\.gov/(?:pubmed/)?\d", re.I
)


@dataclass(frozen=True, slots=True)
class Named:
    """`server` is "" for what is no preprint; addresses are http(s) or ""."""

    ids: Identifiers
    version: str
    server: str
    url: str
    pdf_url: str


def identify(said: dict[str, object], version: str = "") -> Named:
    """What the entry's fields and addresses tell. Never takes a DOI out of running text, except
    Nature's "Published online: ...; doi:...", because a text also names other papers."""
    addresses = _addresses(said)
    url = next((a for a in addresses if _HTTP.fullmatch(a)), "")
    found = next(
        (f for a in addresses if (f := identifiers.arxiv(a)) and "rxiv" in a.lower()), None
    )
    if found is not None:
        return _arxiv(found[0], version or found[1])
    doi = next(_dois(said, addresses), None)
    marked = next((m.group(1) for a in addresses if (m := _VERSIONED.search(a))), "")
    server = _server(doi, addresses)
    if server in {"bioRxiv", "medRxiv"} and doi:
        version = version or marked
        site = f"https://www.{server.lower()}.org/content/{doi}" + (
            f"v{version}" if version else ""
        )
        return Named(Identifiers(doi=doi), version, server, site, f"{site}.full.pdf")
    pmid = next((p for a in addresses if _PUBMED.match(a) and (p := identifiers.pmid(a))), None)
    pmcid = next((p for a in addresses if "pmc" in a.lower() and (p := identifiers.pmcid(a))), None)
    return Named(Identifiers(doi=doi, pmid=pmid, pmcid=pmcid), version, server, url, "")


def _arxiv(name: str, version: str) -> Named:
    page = name + (f"v{version}" if version else "")
    return Named(
        Identifiers(doi=f"10.48550/arxiv.{name}", arxiv=name),
        version,
        "arXiv",
        f"https://arxiv.org/abs/{page}",
        f"https://arxiv.org/pdf/{page}",
    )


def _addresses(said: dict[str, object]) -> list[str]:
    names = ("link", "id", "prism_url", "dc_identifier")
    found = [fields.text(said, name) for name in names]
    return [a for a in dict.fromkeys((*found, *fields.texts(said, "links"))) if a]


def _dois(said: dict[str, object], addresses: list[str]) -> Iterator[str]:
    for name in ("prism_doi", "dc_identifier", "citation_doi", "dcterms_identifier", "id"):
        if doi := identifiers.doi(fields.text(said, name)):
            yield doi
    for address in addresses:
        match = _IN_PATH.match(address)
        path = _PAGE.sub("", clean(match["doi"])) if match else ""
        if doi := identifiers.doi(address) or identifiers.doi(path):
            yield doi
    for name in ("summary", "content"):
        if (match := _ONLINE.search(fields.text(said, name))) and (
            doi := identifiers.doi(match.group(1))
        ):
            yield doi


def _server(doi: str | None, addresses: list[str]) -> str:
    hosts = " ".join(addresses).lower()
    if doi and _PREPRINT.match(doi):
        return "medRxiv" if "medrxiv.org" in hosts or _MEDRXIV.match(doi) else "bioRxiv"
    return servers.server_of(doi) if doi else ""
