"""What RIS and BibTeX entries have in common: ids hidden in notes, kinds by server, keywords."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.normalisation import identifiers, pubmed_links
from service.normalisation.choice import unique
from service.normalisation.markup import html_text
from service.normalisation.servers import server_of
from service.records import Identifiers, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{},;]+")
_PMID = re.compile(
    r"(?:\bPMID\s*:?\s*|\bPubMed\s*(?:ID)?\s*:\s*|ncbi\.nlm\.nih\.gov/(?:m?/?pubmed/)?)(\d{1,9})\b",
    re.IGNORECASE,
)
_PMCID = re.compile(r"\bPMC\s?(\d{3,10})\b", re.IGNORECASE)
_ARXIV = re.compile(
    r"arxiv(?:\.org/(?:abs|pdf)/|\s*:\s*|\.)((?:\d{4}\.\d{4,5}|[a-z-]+/\d{7})(?:v\d+)?)", re.I
)
_BIORXIV = re.compile(r"10\.(?:1101|64898)/(?:\d{4}\.\d{2}\.\d{2}\.)?\d{6,8}$")
_ISSN = re.compile(r"\b\d{4}-?\d{3}[\dxX]\b")


def ids(doi: str, pmid: str, pmcid: str, elsewhere: Iterable[str]) -> Identifiers:
    """The ids of their own fields, else those that addresses and notes contain."""
    notes = tuple(elsewhere)
    own = identifiers.doi(doi) or identifiers.doi(_found(_DOI, (doi,), 0))
    own = own or identifiers.doi(_found(_DOI, notes, 0))
    eprint = _found(_ARXIV, notes) or (own if own and "/arxiv." in own else "")
    arxiv = identifiers.arxiv(eprint)
    return Identifiers(
        doi=own,
        pmid=identifiers.pmid(pmid) or identifiers.pmid(_found(_PMID, notes)),
        pmcid=identifiers.pmcid(pmcid) or identifiers.pmcid(_found(_PMCID, notes)),
        arxiv=arxiv[0] if arxiv else None,
    )


def _found(pattern: re.Pattern[str], texts: Iterable[str], group: int = 1) -> str:
    return next((match[group] for text in texts if (match := pattern.search(text))), "")


def is_preprint(venue: str, known: Identifiers) -> bool:
    """Whether the venue or the DOI is that of a preprint server."""
    if venue and pubmed_links.is_preprint_server(venue):
        return True
    return bool(known.doi) and (
        _BIORXIV.match(known.doi or "") is not None or bool(server_of(known.doi or ""))
    )


def kind(base: Kind, notice: Kind | None, preprint: bool) -> Kind:
    """A notice's kind, else PREPRINT for what a server has, else that of the entry's type."""
    return notice or (Kind.PREPRINT if preprint and base is not Kind.DATASET else base)


def keywords(lines: Iterable[str]) -> tuple[str, ...]:
    """Keywords one per line, or many on one line parted by semicolons, else by commas."""
    found: list[str] = []
    told = [line for line in lines if line.strip()]
    for line in told:
        separator = ";" if ";" in line else "," if len(told) == 1 else "\n"
        found += [html_text(part) for part in re.split(rf"[\n{separator}]", line)]
    return unique(found)


def issn(text: str) -> str | None:
    """The first ISSN in `text`, with its hyphen; an ISBN is none."""
    match = _ISSN.search(text) if len(re.sub(r"[^\dxX]", "", text)) != 13 else None
    bare = match.group().replace("-", "").upper() if match else ""
    return f"{bare[:4]}-{bare[4:]}" if bare else None
