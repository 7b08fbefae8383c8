"""Any payload of any source, read by the module that knows its form. Does not normalise."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from service.errors import InputError, QueryAlteredError
from service.sources.pubmed_payload import dropped_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Page

# source -> (module, function); imported on first use, so that naming them costs nothing.
_READERS = {
    "pubmed": ("pubmed_payload", "read"),
    "pmc": ("pmc_payload", "read"),
    "biorxiv": ("biorxiv_payload", "read"),
    "medrxiv": ("biorxiv_payload", "read"),
    "arxiv": ("arxiv_payload", "read"),
    "europepmc": ("europepmc_payload", "read"),
    "crossref": ("crossref_payload", "read"),
    "openalex": ("openalex_payload", "read"),
    "datacite": ("datacite_payload", "read"),
    "rss": ("feeds", "read"),
    "ris": ("citation_files", "read_ris"),
    "bibtex": ("citation_files", "read_bibtex"),
}
SOURCES = tuple(_READERS)
_NAMED = frozenset({"biorxiv", "medrxiv", "rss"})  # readers that are told for whom they read


def read(source: str, body: bytes) -> Page:
    """What a reply or file of `source` holds. Raises the `SourceError` that the body stands for,
    and `InputError` for an unknown source."""
    if source not in _READERS:
        raise InputError(f"source {source!r}", "is not known", f"one of: {', '.join(SOURCES)}")
    if source == "arxiv" and body.lstrip().startswith(b"{"):
        source = "datacite"  # what arXiv's own DOIs resolve to
    module, function = _READERS[source]
    reader: Callable[..., Page] = getattr(import_module(f"service.sources.{module}"), function)
    page = reader(body, source) if source in _NAMED else reader(body)
    if source == "pubmed":
        _refuse_dropped(page)
    return page


def _refuse_dropped(page: Page) -> None:
    """A search for something else than asked is no result. PMC's reader refuses by itself."""
    dropped = dropped_terms(page)
    if dropped:
        cause = f"the search left out a part of the query: {'; '.join(dropped)}"
        raise QueryAlteredError("pubmed", cause, "correct the term")
