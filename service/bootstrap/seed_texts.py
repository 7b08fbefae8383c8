"""What a text is that a person gives as a seed: identifiers, a file, a name, or plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from service.bootstrap.seed_files import SUFFIXES
from service.errors import InputError, one_line

MOST_CHARACTERS = 100_000  # of one text
KINDS = (
    "give a PMID, PMCID, DOI, arXiv id or address, a file (.md, .bib, .ris, .nbib, .txt), "
    "zotero:COLLECTION, search:NAME, or a sentence or two of text"
)
_NAMED = re.compile(r"(zotero|search(?=:\s*\S*$)):\s*(.*)", re.IGNORECASE)
_FEWEST_WORDS = 4  # of a text that tells what to look for


@dataclass(frozen=True, slots=True)
class Told:
    """What a text was taken for: "papers" (`names`), "file", "zotero", "search" or "text"."""

    kind: str
    text: str
    names: tuple[str, ...] = ()


def parted(text: str) -> list[str]:
    """The texts that a text is: its lines, where one of them names a collection or a search."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if any(map(_NAMED.fullmatch, lines)) else [text.strip()] if lines else []


def recognised(text: str, *, files: bool) -> Told:
    """What a text is; with `files` it may name one. Raises `InputError` for what is nothing."""
    from service.normalisation.paper_names import paper_names

    check_length(text, text)
    is_file = files and _is_file(text)
    try:
        names = paper_names(text)
    except InputError:
        if not is_file:  # whose name may look like anything
            raise
        names = ()
    if names:
        return Told("papers", text, names)
    if is_file:
        return Told("file", text)
    if named := _NAMED.fullmatch(text):
        return Told(named[1].lower(), named[2])
    _refuse_a_word(text, files=files)
    return Told("text", text)


def check_length(name: str, text: str) -> None:
    """Refuse a text that is longer than any that tells what to look for. Raises `InputError`."""
    if len(text) > MOST_CHARACTERS:
        cause = f"has {len(text):,} characters, at most {MOST_CHARACTERS:,} are read"
        raise InputError(shown(name), cause, "give a part of it")


def _is_file(text: str) -> bool:
    try:
        return "\n" not in text and Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False


def _refuse_a_word(text: str, *, files: bool) -> None:
    """A word or two tell too little, and are rather a file that is not there or a wrong id."""
    words = text.split()
    if len(words) >= _FEWEST_WORDS and any(char.isalpha() for char in text):
        return
    if len(words) == 1 and Path(text).suffix.lower() in SUFFIXES:
        cause = "is a file that is not there" if files else "is the name of a file"
        raise InputError(shown(text), cause, "check the path" if files else "hand in the file")
    if text.isdecimal():
        raise InputError(shown(text), "is a number", f"write pmid:{text[:9]} for a PMID; {KINDS}")
    remedy = f"{KINDS}; a term is added as an included term instead"
    raise InputError(shown(text), "is neither an identifier nor a text of some words", remedy)


def shown(text: str) -> str:
    """How a text begins, on one line, as a message names it."""
    line = one_line(text[:200])
    return repr(line if len(line) <= 60 else f"{line[:59]}…")
