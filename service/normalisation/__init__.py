"""Normalise: what a record says, as a paper. Pure: values in, values out."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, cast

from service.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Paper, Record

log = logging.getLogger(__name__)

_FORMATS: dict[str, tuple[str, str]] = {
    "pubmed-xml": ("pubmed", "article"),
    "pubmed-esummary": ("esummary", "article"),
    "medline": ("medline", "article"),
    "jats": ("jats", "article"),
    "europepmc-json": ("europepmc", "article"),
    "europepmc-xml": ("europepmc", "article"),
    "europepmc-dc": ("europepmc", "article"),
    "crossref-json": ("crossref", "article"),
    "openalex-json": ("openalex", "article"),
    "datacite-json": ("datacite", "article"),
    "biorxiv-json": ("biorxiv", "article"),
    "biorxiv-pub-json": ("biorxiv", "publication"),
    "arxiv-atom": ("arxiv", "entry"),
    "arxiv-oai": ("arxiv", "oai"),
    "feed-json": ("feed", "entry"),
    "ris": ("ris", "article"),
    "bibtex": ("bibtex", "article"),
}

# What a normaliser trips over when a payload has not the form it reads.
_UNEXPECTED = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)


def normalise(record: Record) -> Paper:
    """Return what `record` says. Raises `ParseError`, and nothing else, for one it cannot read."""
    try:
        module, function = _FORMATS[record.format]
    except KeyError:
        raise ParseError(
            record.key, f"no normaliser for the format {record.format!r}", "upgrade Litwatch"
        ) from None
    reader = cast(
        "Callable[[Record], Paper]",
        getattr(import_module(f"service.normalisation.{module}"), function),
    )
    try:
        return reader(record)
    except ParseError:
        raise
    except _UNEXPECTED as error:
        raise ParseError(
            record.key,
            f"its {record.format} payload has an unexpected form: {type(error).__name__}: {error}",
            "its raw payload is kept; please report it",
        ) from error


def paper_of(record: Record) -> Paper | None:
    """What `record` says; None, with the reason in the log, for one that cannot be read."""
    try:
        return normalise(record)
    except ParseError as error:
        log.debug("%s", error)
        return None
