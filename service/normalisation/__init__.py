"""Normalise: what a record says, as a paper. Pure: values in, values out."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from service.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Paper, Record

log = logging.getLogger(__name__)

# Characters. The longest real abstracts have some ten thousand; beyond this it is a whole book, and
# PostgreSQL, whose index takes a megabyte of one work, would refuse it with all that came with it.
MOST_TITLE, MOST_ABSTRACT = 10_000, 200_000

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
    """Return what `record` says; of texts that are longer than any title or abstract, the
    beginning. Raises `ParseError`, and nothing else, for one it cannot read."""
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
        return _bounded(reader(record))
    except ParseError:
        raise
    except _UNEXPECTED as error:
        raise ParseError(
            record.key,
            f"its {record.format} payload has an unexpected form: {type(error).__name__}: {error}",
            "its raw payload is kept; please report it",
        ) from error


def _bounded(paper: Paper) -> Paper:
    title, abstract = _begun(paper.title, MOST_TITLE), _begun(paper.abstract, MOST_ABSTRACT)
    kept = title is paper.title and abstract is paper.abstract
    return paper if kept else replace(paper, title=title, abstract=abstract)


def _begun(text: str, most: int) -> str:
    """The text, or as many whole words of it as are no more than that."""
    return text if len(text) <= most else text[:most].rpartition(" ")[0] or text[:most]


def paper_of(record: Record) -> Paper | None:
    """What `record` says; None, with the reason in the log, for one that cannot be read."""
    try:
        return normalise(record)
    except ParseError as error:
        log.debug("%s", error)
        return None
