"""What was edited between two states of a paper, as a word diff that reads well. Pure.

Bounded whatever the texts are: texts that differ in too much are compared by sentences, and in
the end shown as replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.records.watching import Edits, Piece, PieceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST = 100_000  # characters of both texts that are compared; what is longer counts as replaced
_MOST_EDITS = 400  # tokens gone and new, at most: the cost of a comparison grows with its square
_ISLAND = 5  # words that stayed, and yet are shown as replaced with what surrounds them
_SHARED = 0.25  # of the shorter text's words; below it the whole text counts as replaced
# A heading inside an abstract ("RESULTS:" at the start of a line), and its words; words with what
# holds them together ("IL-6", "0.05", "5/12"); what ends a sentence.
_LABEL = re.compile(r"[^\s:.;,][^:.;,]{1,58}:\s+")
_TOKEN = re.compile(r"\w+(?:[-\u2010-\u2015'’.,/]\w+)*%?\s*|[^\w\s]\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?]\s)")
_WORD = re.compile(r"\w")
_LIKE = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), "’": "'", "‘": "'", "“": '"', "”": '"'})


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, a mark or a sentence with the space behind it; `key` is what is compared of it."""

    text: str
    key: str


@dataclass(slots=True)
class _Stretch:
    """What stayed (`new` has it) or was changed, in tokens of the earlier and the later text."""

    same: bool
    old: list[_Token] = field(default_factory=list)
    new: list[_Token] = field(default_factory=list)


def edits(
    before_title: str, before_abstract: str, after_title: str, after_abstract: str
) -> Edits | None:
    """The edits of both texts; None where nothing differs but white space, the final full stop, the
    case of a title or of an abstract's headings, or the form of dashes and quotation marks.

    SAME and GONE pieces joined give the earlier text, SAME and NEW ones the later, but for those
    differences; a text that either state lacks has no edits.
    """
    title = _changed(before_title, after_title, folded=True)
    abstract = _changed(before_abstract, after_abstract)
    return Edits(title, abstract) if title or abstract else None


def _changed(before: str, after: str, *, folded: bool = False) -> tuple[Piece, ...]:
    old, new = before.strip(), after.strip()
    if old.endswith(".") != new.endswith("."):
        old, new = old.removesuffix("."), new.removesuffix(".")
    return _compared(_labelled(old, folded=folded), _labelled(new, folded=folded))


def _labelled(text: str, *, folded: bool) -> list[tuple[str, bool]]:
    """The text in stretches, each with whether its case counts for nothing."""
    found: list[tuple[str, bool]] = []
    for line in text.splitlines(keepends=True):
        label = _LABEL.match(line)
        end = label.end() if label else 0
        found += [(line[:end], True), (line[end:], folded)]
    return found


def _compared(old: list[tuple[str, bool]], new: list[tuple[str, bool]]) -> tuple[Piece, ...]:
    if sum(len(text) for text, _ in (*old, *new)) > LONGEST:
        return _replaced(old, new)
    before, after = _words(old), _words(new)
    if not before or not after or [t.key for t in before] == [t.key for t in after]:
        return ()
    matches = _matches(before, after)
    if matches is None:
        before, after = _sentences(old), _sentences(new)
        matches = _matches(before, after) or []
    stretches = _without_islands(_stretches(before, after, matches))
    stayed = sum(_size(each.new) for each in stretches if each.same)
    if stayed < _SHARED * min(_size(before), _size(after)):
        return _replaced(old, new)
    return tuple(_pieces(stretches))


# -- tokens ---------------------------------------------------------------------------------------


def _words(text: list[tuple[str, bool]]) -> list[_Token]:
    return [_token(word, folded=folded) for part, folded in text for word in _TOKEN.findall(part)]


def _sentences(text: list[tuple[str, bool]]) -> list[_Token]:
    return [
        _token(sentence, folded=folded)
        for part, folded in text
        for sentence in _SENTENCE_END.split(part)
        if sentence.strip()
    ]


def _token(text: str, *, folded: bool) -> _Token:
    bare = " ".join(text.split())
    key = bare.translate(_LIKE)
    return _Token(bare + " " if text[-1:].isspace() else bare, key.casefold() if folded else key)


def _size(tokens: Iterable[_Token]) -> int:
    """Words; a sentence has some."""
    return sum(1 + token.key.count(" ") for token in tokens if _WORD.search(token.key))


def _joined(tokens: Iterable[_Token]) -> str:
    return "".join(token.text for token in tokens)


# -- comparing ------------------------------------------------------------------------------------


def _matches(old: Sequence[_Token], new: Sequence[_Token]) -> list[tuple[int, int]] | None:
    """Places of tokens that stayed, by the fewest edits (Myers 1986); None beyond the most."""
    a, b = [token.key for token in old], [token.key for token in new]
    reach = {1: 0}  # by diagonal: how far into `a` so many edits lead
    trail: list[dict[int, int]] = []
    for cost in range(min(len(a) + len(b), _MOST_EDITS) + 1):
        trail.append(reach.copy())
        for diagonal in range(-cost, cost + 1, 2):
            x = _after(reach, diagonal, _before(reach, diagonal, cost))
            while x < len(a) and x - diagonal < len(b) and a[x] == b[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= len(a) and x - diagonal >= len(b):
                return _traced(trail, len(a), len(b))
    return None


def _before(reach: dict[int, int], diagonal: int, cost: int) -> int:
    """The diagonal that the last edit came from: above it a token is new, below it one is gone."""
    if diagonal == -cost or (diagonal != cost and reach[diagonal - 1] < reach[diagonal + 1]):
        return diagonal + 1
    return diagonal - 1


def _after(reach: dict[int, int], diagonal: int, before: int) -> int:
    """Where that edit led to on this diagonal."""
    return reach[before] + (before < diagonal)


def _traced(trail: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The way back from the end of both texts: the pairs that were met, in order."""
    pairs: list[tuple[int, int]] = []
    for cost in reversed(range(len(trail))):
        reach, diagonal = trail[cost], x - y
        before = _before(reach, diagonal, cost)
        start = _after(reach, diagonal, before)
        pairs += [(place - 1, place - 1 - diagonal) for place in range(x, start, -1)]
        x = reach[before]
        y = x - before
    return pairs[::-1]


# -- reading well ---------------------------------------------------------------------------------


def _stretches(
    old: Sequence[_Token], new: Sequence[_Token], matches: Iterable[tuple[int, int]]
) -> list[_Stretch]:
    """The texts as what stayed and what was changed, in turn."""
    found: list[_Stretch] = []
    i = j = 0
    for x, y in (*matches, (len(old), len(new))):
        if x > i or y > j:
            found.append(_Stretch(False, list(old[i:x]), list(new[j:y])))
        if x < len(old):
            if not found or not found[-1].same:
                found.append(_Stretch(True))
            found[-1].old.append(old[x])
            found[-1].new.append(new[y])
        i, j = x + 1, y + 1
    return found


def _without_islands(stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Few words that stayed between larger changes become part of them: a reader cannot follow a
    text that changes sides at every word."""
    found: list[_Stretch] = []
    for each in stretches:
        if not each.same and len(found) > 1 and _is_island(found[-2], found[-1], each):
            island = found.pop()
            for part in (island, each):
                found[-1].old += part.old
                found[-1].new += part.new
        else:
            found.append(each)
    return found


def _is_island(before: _Stretch, stayed: _Stretch, after: _Stretch) -> bool:
    letters = len(_joined(stayed.new))
    larger = min(_letters(before), _letters(after))
    return _size(stayed.new) <= _ISLAND and letters <= larger


def _letters(changed: _Stretch) -> int:
    return max(len(_joined(changed.old)), len(_joined(changed.new)))


def _pieces(stretches: Sequence[_Stretch]) -> Iterator[Piece]:
    """A space that ends both sides of a change belongs to what stayed behind it."""
    lead = ""
    for each in stretches:
        gone, new = _joined(each.old), _joined(each.new)
        if each.same:
            # A space that only one state has there stands in both: it parts words, and is no edit.
            yield Piece(PieceKind.SAME, lead + _spaced(each))
            lead = ""
            continue
        lead = " " if gone.endswith(" ") and new.endswith(" ") and each is not stretches[-1] else ""
        for kind, text in ((PieceKind.GONE, gone), (PieceKind.NEW, new)):
            if text := text.removesuffix(" ") if lead else text:
                yield Piece(kind, text)


def _spaced(stayed: _Stretch) -> str:
    pairs = zip(stayed.old, stayed.new, strict=True)
    return "".join(
        new.text + " " if old.text.endswith(" ") and not new.text.endswith(" ") else new.text
        for old, new in pairs
    )


def _replaced(old: list[tuple[str, bool]], new: list[tuple[str, bool]]) -> tuple[Piece, ...]:
    gone, came = (" ".join("".join(part for part, _ in text).split()) for text in (old, new))
    return (Piece(PieceKind.GONE, gone), Piece(PieceKind.NEW, came)) if gone and came else ()
