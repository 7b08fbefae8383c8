"""A reference list that a person hands in as a file: JATS full text, or any file of citations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import InputError, ParseError, SourceError
from service.records import Reference
from service.sources import importing, pubmed_split
from service.sources import references_payload as payload
from service.sources.cited import distinct
from service.sources.references import SeedReferences

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.records import Paper, Record
    from service.sources.references_payload import Identify

_JATS_ROOTS = frozenset((b"article", b"pmc-articleset"))
_LARGEST = 64 << 20
_TOLD = 5  # entries that are named; the rest are counted


def read_file(
    path: Path, identify: Identify, normalise: Callable[[Record], Paper]
) -> SeedReferences:
    """The references in a file: of a JATS article those that it cites, else all its entries
    (BibTeX, RIS, nbib, PubMed XML). What cannot be understood is told in `notes`.

    Raises `InputError` for a file that cannot be read, is of no known form, or names no paper.
    """
    body = _jats(path)
    if body is not None:
        found = _from_article(path, body, identify)
    else:
        found = _from_entries(path, normalise)
    if not found.references:
        raise InputError(str(path), "names no paper with a title or an id", "check the file")
    return found


def _jats(path: Path) -> bytes | None:
    """The file's bytes if it is a JATS article, or several in a set."""
    try:
        with path.open("rb") as file:
            head = file.read(8192)
            if pubmed_split.root_name(head.lstrip()) not in _JATS_ROOTS:
                return None
            body = head + file.read(_LARGEST)
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error}") from None
    if len(body) > _LARGEST:
        raise InputError(str(path), "is larger than an article can be")
    return body


def _from_article(path: Path, body: bytes, identify: Identify) -> SeedReferences:
    try:
        listing = payload.jats(body, identify)
    except SourceError as error:
        raise InputError(str(path), error.cause, "get the file again") from None
    if not listing.stated:
        raise InputError(str(path), "the article has no reference list", "it needs the full text")
    return SeedReferences(f"file {path.name}", listing.stated, distinct(listing.references))


def _from_entries(path: Path, normalise: Callable[[Record], Paper]) -> SeedReferences:
    found: list[Reference] = []
    broken: list[str] = []
    for batch in importing.batches(path):
        for record in batch.records:
            try:
                paper = normalise(record)
            except ParseError as error:
                broken.append(str(error))
            else:
                year = paper.published or ""
                known = int(year[:4]) if year[:4].isdecimal() else None
                found.append(Reference(paper.title, paper.ids, paper.abstract, known))
    notes = [*broken[:_TOLD], *([f"and {len(broken) - _TOLD} more"] if len(broken) > _TOLD else [])]
    stated = len(found) + len(broken)
    return SeedReferences(f"file {path.name}", stated, distinct(found), tuple(notes))
