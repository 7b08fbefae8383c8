"""Works as files for reference managers, spreadsheets and programs. Pure: entries in, text out.

Every format is one function from entries to chunks of text, so that a hundred thousand works
need no more memory than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.archive.exports import bibtex, csl, jsonl, nbib, ris, table
from service.archive.exports.entry import Entry
from service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def _all(_entry: Entry) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its media type, the endings of its files (the usual one first), how entries are
    written, and which of them it can hold at all. Text is to be encoded as UTF-8."""

    media_type: str
    endings: tuple[str, ...]
    written: Callable[[Iterable[Entry]], Iterator[str]]
    fits: Callable[[Entry], bool] = _all


FORMATS: Mapping[str, Format] = {
    "bibtex": Format("application/x-bibtex", ("bib", "bibtex"), bibtex.written),
    "ris": Format("application/x-research-info-systems", ("ris",), ris.written),
    "csl": Format("application/vnd.citationstyles.csl+json", ("json",), csl.written),
    "csv": Format("text/csv; charset=utf-8; header=present", ("csv",), table.written),
    "jsonl": Format("application/jsonl", ("jsonl", "ndjson"), jsonl.written),
    "nbib": Format("application/nbib", ("nbib",), nbib.written, nbib.fits),
}


def format_of(file_name: str) -> str:
    """The name of the format that a file's ending stands for. Raises `InputError`."""
    ending = file_name.rpartition(".")[2].lower()
    for name, each in FORMATS.items():
        if "." in file_name and ending in each.endings:
            return name
    known = ", ".join(f".{each.endings[0]}" for each in FORMATS.values())
    raise InputError(file_name, f"has none of the endings {known}", "or say which: --format")


__all__ = ["FORMATS", "Entry", "Format", "format_of"]
