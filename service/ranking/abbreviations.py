"""Short forms and what a text says they stand for. Pure.

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (Pac Symp Biocomput 2003): a short form in brackets is matched, letter by letter
from its end, with the words before it. Initials are tried first, which mends its best-known fault
("time to next treatment (TTNT)" gave "to next treatment").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.sense_letters import is_telling, match_letters, skeleton
from service.ranking.words import STOP

if TYPE_CHECKING:
    from collections.abc import Iterator

_EDGES = re.compile(r"[()\[\]]")
_CLOSED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
# Before this a long form does not begin: another sentence, clause or heading.
# One character first and what surrounds it after: that scans faster than alternatives do.
_CLAUSE_END = re.compile(
    r"[.?!;:/\n–—-](?:(?<=\n)|(?<=\s[–—-])\s|"
    r"(?<=[.?!;:/])\s(?<!\bvs.\s)(?<!\be\.g.\s)(?<!\bi\.e.\s)(?<!\bsubsp.\s)(?<!\bsp.\s))"
)
_PIECES = re.compile(r"\s*[;,]\s*|\s+(?:or|and)\s+|\s*=\s*")
_LEAD = re.compile(
    r"(?:(?:i\.?\s?e|e\.?\s?g)\b[.,:]*|(?:also|here|hereafter|henceforth|hereinafter|herein|or|the|"
    r"an?|and|abbreviated|abbreviation|known|called|named|termed|denoted|referred|to|as|namely|"
    r"that|is|short|for|formerly|previously)\b,?)\s*",
    re.IGNORECASE,
)
_SHORT = re.compile(r"[^\W_](?:[\w+*'’./&‐‑‒–−-]|\s(?=\S))*", re.UNICODE)
_LAST_WORD = re.compile(r"[^\s()\[\],;:\"“”]+$")
_OPENING = re.compile(r"[^\s()\[\],;:]+")
_NOT_SHORT = frozenset(
    """fig figs figure table tab ref refs eq no vol see supp suppl left right mean range total
    usa uk""".split()  # noqa: SIM905 (reads as a list)
)
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–−", "-"))
_ONES = re.compile(r"I+|[ivx]+")
_CAPITAL = re.compile(r"[A-Z]")
_LONGEST_SHORT = 10
_WORD_REACH = 16
_REACH = 300  # characters before a bracket that are looked at


@dataclass(frozen=True, slots=True)
class Definition:
    """`text[start:end]` says that `short` (singular: "NET" for "NETs") stands for `long`.

    `long` is as the text spells it, white space and inner brackets apart.
    """

    short: str
    long: str
    start: int
    end: int


def definitions(text: str) -> tuple[Definition, ...]:
    """What `text` defines, in the order in which brackets close: "long form (SHORT)", "SHORT (long
    form)" and "(long form, SHORT)", in square brackets too, with asides ("(TME; 34 %)").
    """
    found: list[Definition] = []
    for start, end, enclosing in _brackets(text):
        content = text[start + 1 : end]
        defined = _before(text, start, end, enclosing, content)
        if defined is None and _CAPITAL.search(text, max(0, start - _WORD_REACH), end):
            defined = _reversed(text, start, end, content) or _inside(start, content)
        if defined is not None:
            found.append(defined)
    return tuple(found)


def singular(short: str) -> str:
    """How a short form is looked up: NET for "NETs" and "NET's", with plain hyphens."""
    short = short.translate(_HYPHENS)
    bare = short[:-1].rstrip("'’") if short.endswith("s") else ""
    return bare if bare[-1:].isupper() or bare[-1:].isdigit() else short


def _brackets(text: str) -> Iterator[tuple[int, int, int]]:
    """(where it opens, where it closes, where the text before it begins), inner ones first."""
    opened: list[int] = []
    for edge in _EDGES.finditer(text):
        at = edge.start()
        if edge.group() in "([":
            opened.append(at)
        elif opened:
            start = opened.pop()
            yield start, at, opened[-1] + 1 if opened else 0


def _before(text: str, start: int, end: int, enclosing: int, content: str) -> Definition | None:
    """`long form (SHORT)`."""
    shorts = list(_shorts_in(content))
    if not shorts or start == 0:
        return None
    begin = max(enclosing, start - _REACH)
    window = _without_brackets(text[begin:start])
    clause = 0
    for boundary in _CLAUSE_END.finditer(window):
        clause = boundary.end()
    for short in shorts:
        at = match_letters(short, window, clause)
        if at is not None:
            return _checked(short, window[at:], begin + at, end + 1)
    return None


def _reversed(text: str, start: int, end: int, content: str) -> Definition | None:
    """`SHORT (long form)`; the brackets hold the long form from their first word on."""
    word = _LAST_WORD.search(text[max(0, start - _WORD_REACH) : start].rstrip())
    if word is None or not _is_short(word.group()) or not is_telling(word.group()):
        return None
    short = singular(word.group())
    long = _without_brackets(_unled(content).split(";")[0])
    for piece in dict.fromkeys((long, long.split(",")[0])):
        if match_letters(short, piece, 0) == 0:
            begin = text.rindex(word.group(), 0, start)
            return _checked(short, piece, begin, end + 1)
    return None


def _inside(start: int, content: str) -> Definition | None:
    """`(long form, SHORT)`."""
    head, comma, tail = content.rpartition(",")
    if not comma or not (_is_short(tail.strip()) and is_telling(tail.strip())):
        return None
    short = singular(tail.strip())
    window = _without_brackets(head)
    clause = max(window.rfind(","), window.rfind(";")) + 1
    at = match_letters(short, window, clause)
    if at is None:
        return None
    return _checked(short, window[at:], start + 1 + at, start + 1 + len(content))


def _shorts_in(content: str) -> Iterator[str]:
    """What may be a short form among the pieces of a bracket, first the one that leads."""
    for piece in _PIECES.split(content)[:3]:
        bare = _unled(piece).strip(" .\"'“”‘’*")
        if _is_short(bare):
            yield singular(bare)


def _unled(piece: str) -> str:
    """Without "i.e.,", "hereafter" and the like in front, as long as something is left."""
    piece = piece.strip()
    while (lead := _LEAD.match(piece)) and lead.end() < len(piece):
        piece = piece[lead.end() :]
    return piece


def _is_short(word: str) -> bool:
    if not 2 <= len(word) <= _LONGEST_SHORT + word.endswith("s") or not _SHORT.fullmatch(word):
        return False
    opening = _OPENING.match(word)
    if opening is None or opening.group().lower().rstrip(".") in _NOT_SHORT:
        return False
    letters = skeleton(word)
    return len(letters) >= 2 and letters.isdigit() is False and not _ONES.fullmatch(word)


def _without_brackets(text: str) -> str:
    """Closed brackets blanked, places kept."""
    while (shorter := _CLOSED.sub(lambda found: " " * len(found.group()), text)) != text:
        text = shorter
    return text


def _checked(short: str, long: str, start: int, end: int) -> Definition | None:
    """The definition, unless what was found is the short form again or no words at all."""
    long = " ".join(long.split()).strip(" ,\"'“”‘’")
    words = {singular(word).lower() for word in re.split(r"[\W_]+", long)} - STOP - {""}
    if len(long) <= len(short) or not words or short.lower() in words:
        return None
    return Definition(short, long, start, end)
