"""Entries to export, and texts that try to break out of their field."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from service.archive.exports import Entry
from service.normalisation.markup import html_text
from service.normalisation.pubmed_title import title as pubmed_title
from service.normalisation.text import title_flags
from service.records import Author
from tests.factories import work

PEOPLE = (
    Author("Lindqvist", "Maja", orcid="0000-0002-1825-0097"),
    Author("van der Okafor", "Chidi B"),
    Author(collective="RECOVERY Group, and Friends"),
)
PLAIN = (Author("Lindqvist", "Maja"), Author("Okafor", "Chidi"))

_PIECES = st.sampled_from(
    [
        "@article{x,", "@", "@string(", "\\input{/etc/passwd}", "\\write18", "\\", "{", "}", "$",
        "$$", "%", "&", "#", "_", "^", "~", '"', "'", "''", "``", "--", "---", "<", ">", "|", ",,",
        "!`", "?`", "\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x1c", "\nER  - ", "\r\nTY  - JOUR",
        "TI  - ", "\n\nPMID- 1", "      ", "\x00", "\ud800", "=", "+", "-", "=1+1", "TGF-β", "mRNA",
        "PD-L1", "é", "e\u0301", "中文", "😀", " and ", ",", ";", "a", "b", "Cells", "12", "\\\\", "{\\",
    ]
)  # fmt: skip
HOSTILE = st.lists(_PIECES | st.characters(), max_size=14).map("".join)


def settled(text: str) -> str:
    """The text as the archive would hold it as a title: what no reader changes any further."""
    before = None
    while before != text:
        before = text
        text = title_flags(html_text(text))[0]
        text = pubmed_title(text).text
    return text


# What the archive can hold: a title that normalisation has cleaned, and is not empty.
TITLES = HOSTILE.map(settled).filter(lambda text: any(map(str.isalnum, text)))


def entry(number: int = 1, **changes: Any) -> Entry:
    """A work by two people and a group, with keywords and a topic; `changes` go to the work."""
    return Entry(
        work(number, **changes),
        authors=PEOPLE,
        issn="2049-3630",
        keywords=("stroma", "NETs & traps"),
        topics=("tumour-stroma",),
    )
