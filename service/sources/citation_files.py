"""RIS and BibTeX files that a person exports: one record per entry, its text untouched.

These are the user's files, so what is wrong is an `InputError` that names the line.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bibtexparser.exceptions import ParserStateException
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
    String,
)
from bibtexparser.splitter import Splitter

from service.errors import InputError
from service.records import Page, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bibtexparser.model import Block

RIS = "ris"
BIBTEX = "bibtex"
_TAG = re.compile(r"([A-Z][A-Z0-9])\s{1,2}-(?:\s(.*))?$")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{},;]+")


def read_ris(body: bytes) -> Page:
    """Read a RIS file. A record's id is its DOI, else its accession number, else a hash.

    Raises `InputError` for a file without entries, text outside of entries, and an entry that
    is not closed.
    """
    lines = re.split(r"\r\n|\r|\n", _decoded(body))
    entries = list(_ris_entries(lines))
    if not entries:
        raise InputError(
            "RIS file, line 1", 'no entry begins ("TY  - ")', "export the references as RIS"
        )
    return _page(RIS, [(_ris_id(entry), "\n".join(entry) + "\n") for entry in entries])


def read_bibtex(body: bytes) -> Page:
    """Read a BibTeX file. A record's id is its DOI, else its key, else a hash.

    The @string definitions that an entry uses go before it in its payload. Raises `InputError`
    for a file without entries and for an entry that is not closed or has no key.
    """
    blocks = _bibtex_blocks(_decoded(body))
    warnings: list[str] = []
    entries = [e for e in (_entry(block, warnings) for block in blocks) if e is not None]
    if not entries:
        raise InputError(
            "BibTeX file, line 1", "no entry begins (@article{...)", "export it as BibTeX"
        )
    strings = _strings(blocks)
    page = _page(BIBTEX, [(_bibtex_id(e), _with_strings(e, strings)) for e in entries])
    return Page(records=page.records, warnings=tuple(warnings))


# -- RIS ------------------------------------------------------------------------------------------


def _ris_entries(lines: list[str]) -> Iterator[list[str]]:
    entry: list[str] = []
    begun = 0
    for number, line in enumerate(lines, 1):
        found = _TAG.match(line.lstrip("\ufeff"))
        tag = found[1] if found else ""
        if tag == "TY":
            if entry:
                raise _unclosed(begun, number)
            entry, begun = [line.lstrip("\ufeff")], number
        elif entry and tag == "ER":
            yield [*entry, line]
            entry = []
        elif entry:
            entry.append(line)
        elif tag:
            raise InputError(
                f"RIS file, line {number}",
                f"the tag {tag} stands outside of an entry",
                'an entry begins with a line "TY  - " and ends with "ER  - "',
            )
    if entry:
        raise _unclosed(begun, len(lines))


def _unclosed(begun: int, end: int) -> InputError:
    return InputError(
        f"RIS file, line {begun}",
        f'the entry that begins here is not closed before line {end}: no "ER  - "',
        "the file may be cut off; export it again, or add the line",
    )


def _ris_id(entry: list[str]) -> str:
    """The DOI, else the accession number, else the reference's ID, else a hash."""
    told: dict[str, str] = {}
    for line in entry:
        found = _TAG.match(line)
        if found and (found[2] or "").strip():
            told.setdefault(found[1], found[2].strip())
    for tag in ("DO", "UR", "M3", "L3", "N1"):
        if doi := _DOI.search(told.get(tag, "")):
            return _bare(doi.group())
    return told.get("AN") or told.get("ID") or _digest("\n".join(entry))


# -- BibTeX ---------------------------------------------------------------------------------------


def _bibtex_blocks(text: str) -> list[Block]:
    try:
        return list(Splitter(text).split().blocks)
    except ParserStateException as error:
        raise InputError(
            "BibTeX file", f"it cannot be cut into entries: {error.message}", "export it again"
        ) from None


def _entry(block: Block, warnings: list[str]) -> Entry | None:
    """The entry in a block, None for a comment or a definition; doubles are told in `warnings`."""
    inner: Block | None = block
    if isinstance(block, DuplicateFieldKeyBlock):
        warnings.append(f"line {_line(block)}: a field is there twice; the last one counts")
        inner = block.ignore_error_block
    elif isinstance(block, DuplicateBlockKeyBlock):
        warnings.append(f"line {_line(block)}: the key {block.key} is there twice")
        inner = block.ignore_error_block
    elif isinstance(block, ParsingFailedBlock):
        raise InputError(
            f"BibTeX file, line {_line(block)}",
            f"the entry cannot be read: {_cause(block)}",
            "check its braces, quotes and commas",
        )
    return inner if isinstance(inner, Entry) else None


def _line(block: Block) -> int:
    return (block.start_line or 0) + 1


def _cause(block: ParsingFailedBlock) -> str:
    return " ".join(str(getattr(block.error, "abort_reason", block.error)).split())


def _bibtex_id(entry: Entry) -> str:
    """The DOI, else the entry's key, else a hash."""
    told = {field.key.lower(): str(field.value).replace("\\", "") for field in entry.fields}
    for name in ("doi", "url"):
        if doi := _DOI.search(told.get(name, "")):
            return _bare(doi.group())
    return entry.key or _digest(entry.raw or "")


def _strings(blocks: Iterable[Block]) -> dict[str, tuple[str, str]]:
    """Every @string by its key in lower case: (its value, its whole text)."""
    return {b.key.lower(): (b.value, b.raw or "") for b in blocks if isinstance(b, String)}


def _with_strings(entry: Entry, strings: dict[str, tuple[str, str]]) -> str:
    """The entry's text after the definitions that it uses, directly or through another."""
    used: dict[str, str] = {}
    values = [str(field.value) for field in entry.fields]
    while values:
        for word in _bare_words(values.pop()):
            if word in strings and word not in used:
                used[word] = strings[word][1]
                values.append(strings[word][0])
    return "\n".join([*reversed(used.values()), entry.raw or ""]) + "\n"


def _bare_words(value: str) -> list[str]:
    """The words of a field's value that are neither in braces nor in quotes."""
    if value.startswith("{") and "#" not in value:
        return []
    bare = re.sub(r'"[^"]*"|\{[^{}]*\}', " ", value)
    return [word.strip().lower() for word in bare.split("#") if word.strip()]


# -- both -----------------------------------------------------------------------------------------


def _decoded(body: bytes) -> str:
    """The file's text: UTF-8 or UTF-16 by its mark, else the Windows encoding of old programs."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _page(form: str, entries: list[tuple[str, str]]) -> Page:
    return Page(
        records=tuple(
            Record(form, identifier, "", form, text.encode("utf-8", "replace"))
            for identifier, text in entries
        )
    )


def _bare(doi: str) -> str:
    return doi.rstrip(".,;)").lower()


def _digest(text: str) -> str:
    return f"sha256-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"
