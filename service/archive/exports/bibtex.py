"""BibTeX, in UTF-8: for biblatex, and for BibTeX with `inputenc`.

Each field stands on one line, in balanced braces. Nothing that a title says is a command, ends
its field or begins an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from service.archive.exports.entry import TYPES
from service.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.archive.exports.entry import Entry
    from service.records import Author

_KINDS = {
    Kind.PREPRINT: "misc",
    Kind.BOOK: "book",
    Kind.DATASET: "misc",
    Kind.OTHER: "misc",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# BibTeX counts braces, escaped or not, so that none may stand for itself; an @ in braces begins
# no entry, even for readers that know no nesting.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"$\lbrace$",
    "}": r"$\rbrace$",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    '"': '{"}',
    "@": "{@}",
    **{sign: f"\\{sign}" for sign in "%$&#_"},
}
_SIGN = re.compile(r"""[\\{}<>|^~"@%$&#_]""")
# Where TeX would make one character of two: dashes, quotes, guillemets, Spanish marks.
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)|(?<=,)(?=,)|(?<=[!?])(?=`)")
# Words that styles must not put in lower case: TGF, mRNA, iPSC, PD-L1, but not "Stromal".
_CASED = re.compile(r"[^\W\d_]*(?:[^\W_]|(?<=\w)-)+", re.UNICODE)
_NAME_SYNTAX = re.compile(r",|\band\b|^others$", re.IGNORECASE)


def written(entries: Iterable[Entry]) -> Iterator[str]:
    """One BibTeX entry a chunk."""
    for entry in entries:
        kind = _KINDS.get(entry.work.kind, "article")
        fields = [f"  {name} = {value}" for name, value in _fields(entry, kind)]
        yield f"@{kind}{{{entry.key},\n" + ",\n".join(fields) + "\n}\n\n"


def escaped(text: str) -> str:
    """One line of text as LaTeX that is set as it reads."""
    return _SIGN.sub(lambda found: _SPECIAL[found.group()], _LIGATURE.sub("\0", text)).replace(
        "\0", "{}"
    )


def _fields(entry: Entry, kind: str) -> Iterator[tuple[str, str]]:
    work, ids = entry.work, entry.work.ids
    published = {"misc": "howpublished", "book": "publisher"}.get(kind, "journal")
    own_type = "" if work.kind is Kind.ARTICLE else TYPES.get(work.kind, "")
    told = (
        ("title", _title(entry.title)),
        ("author", " and ".join(map(_author, entry.people))),
        (published, escaped(entry.venue)),
        ("publisher", escaped(entry.venue) if kind == "misc" else ""),
        *_date(entry.date),
        ("type", own_type),
        ("doi", _verbatim(ids.doi or "")),
        ("pmid", _verbatim(ids.pmid or "")),
        ("pmcid", _verbatim(ids.pmcid or "")),
        ("eprint", _verbatim(ids.arxiv or "")),
        ("archiveprefix", "arXiv" if ids.arxiv else ""),
        ("issn", escaped(entry.issn or "")),
        ("url", _verbatim(entry.urls[0] if entry.urls else "")),
        ("keywords", ", ".join(map(_keyword, entry.subjects))),
        ("note", entry.note),
        ("abstract", escaped(entry.abstract)),
    )
    for name, value in told:
        if value:
            yield name, value if name == "month" else f"{{{value}}}"


def _date(date: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = ("year", "month", "day")
    for name, digits in zip(names, date, strict=False):
        known = name == "month" and digits.isdecimal() and 1 <= int(digits) <= 12
        yield name, _MONTHS[int(digits) - 1] if known else escaped(digits)


def _title(text: str) -> str:
    """Escaped, with braces around words that are not to lose their capitals."""
    pieces: list[str] = []
    end = 0
    for found in _CASED.finditer(text):
        word = found.group()
        if any(letter.isupper() for letter in word[1:]) or (len(word) == 1 and word.isupper()):
            pieces += [escaped(text[end : found.start()]), f"{{{escaped(word)}}}"]
            end = found.end()
    return "".join([*pieces, escaped(text[end:])])


def _author(person: Author) -> str:
    """ "Family, Given"; a group, or a name that would be read as two, in braces."""
    if person.collective:
        return f"{{{escaped(person.collective)}}}"
    parts = [_name(person.family), _name(person.given)]
    if not person.given and " " in person.family:
        return f"{{{escaped(person.family)}}}"
    return ", ".join(filter(None, parts))


def _name(text: str) -> str:
    return f"{{{escaped(text)}}}" if _NAME_SYNTAX.search(text) else escaped(text)


def _keyword(word: str) -> str:
    return f"{{{escaped(word)}}}" if "," in word else escaped(word)


def _verbatim(text: str) -> str:
    """An address or id: set as it is, so that what would need escaping is percent-encoded."""
    return quote(text, safe="!#$%&'()*+,/:;=?@[]~_.-<>")
