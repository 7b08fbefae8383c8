"""Where, in the words before a bracket, the letters of a short form begin. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.ranking.words import STOP

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
# One letter each, so that places stay: "TNF-α" is matched with "factor alpha" and "factor-α".
_GREEK = str.maketrans("αβγδεζηθικλμνξπρστυφχψωµΔΩ", "abgdezetiklmnxprstupcpomdo")
# Long forms do not begin with these, unless with a capital: "The Cancer Genome Atlas".
_NOT_FIRST = frozenset(
    """a also an and are as at be by for from had has have having into is of on or over so than
    that the their then to was we were which who with""".split()  # noqa: SIM905 (reads as a list)
)
_COMPOUND = 12  # letters of a word that may stand for several words
_LEAST = 3  # letters of a short form and words of its long form, together: more than that
_FEW = 2  # words of a long form that may hold no letter of the short form


def skeleton(short: str) -> str:
    """The letters and digits of a short form, lower case, Greek by initial: "TGF-β1" is tgfb1."""
    return "".join(char for char in short.translate(_GREEK).lower() if char.isalnum())


def match_letters(short: str, window: str, floor: int) -> int | None:
    """Where in `window` the long form of `short` begins, reading back from its end; None if it
    does not. Nothing before `floor` is looked at, nor more than min(n + 5, 2 n) words for n
    letters.
    """
    letters = skeleton(short)
    lowered = window.translate(_GREEK).lower()
    if len(lowered) != len(window):  # a letter that grows when lowered (İ)
        return None
    words = [(word.start(), word.end()) for word in _WORD.finditer(lowered, floor)]
    words = words[-min(len(letters) + 5, len(letters) * 2) :]
    if not words or not letters:
        return None
    starts = {start for start, end in words if window[start:end] not in _NOT_FIRST}
    at = _by_initials(letters, lowered, words, starts, 0)
    if at is None and any(map(str.isupper, short)):
        allowed = _FEW - 1 if is_telling(short) else 0
        at = _within_words(letters, lowered, words, starts, allowed)
    if at is None and is_telling(short) and len(letters) > _FEW:
        at = _by_initials(letters, lowered, words, starts, 1)
    return at


def long_forms(short: str, terms: Sequence[str]) -> list[str]:
    """Those of `terms` that may be the long form of `short`, which stands nowhere near them.

    What brackets would tell is missing, and letters within words are met by chance ("CI" in
    "congenital"): each word of a term begins with a letter of the short form, in order, and two
    letters do not tell one word. Where the letters are the initials of some, only these are it.
    """
    letters = skeleton(short)
    fitting: dict[str, str] = {}
    for term in terms:
        words = _WORD.findall(term.translate(_GREEK).lower())
        initials = "".join(word[0] for word in words if word not in STOP)
        left = iter(letters)
        if len(letters) + len(initials) > _LEAST and all(first in left for first in initials):
            fitting[term] = initials
    found = [term for term in fitting if match_letters(short, term, 0) == 0]
    return [term for term in found if fitting[term] == letters] or found


def is_telling(short: str) -> bool:
    """Two capitals, or one and a digit: no name, no first word of a sentence."""
    capitals = sum(char.isupper() for char in short)
    return capitals >= 2 or (capitals == 1 and any(char.isdigit() for char in short))


def _by_initials(
    letters: str, text: str, words: list[tuple[int, int]], starts: set[int], passed: int
) -> int | None:
    """Every letter begins a word; stop words are passed over, and as many others as `passed`
    plus, if that is not 0, the later parts of hyphened words. The first is one of `starts`."""
    place = len(words) - 1
    hyphened = passed > 0
    for left in range(len(letters) - 1, -1, -1):
        while place >= 0:
            start, end = words[place]
            stop = text[start:end] in STOP
            if text[start] == letters[left] and (left or start in starts):
                break
            if not stop and not (hyphened and text[start - 1] == "-"):
                passed -= 1
                if passed < 0 or left == len(letters) - 1:
                    return None
            place -= 1
        if place < 0:
            return None
        place -= 1
    return words[place + 1][0]


def _within_words(
    letters: str, text: str, words: list[tuple[int, int]], starts: set[int], allowed: int
) -> int | None:
    """The published rule: the letters come in this order, the first one beginning a word."""
    at = words[-1][1] - 1
    floor = words[0][0]
    matched: list[int] = []
    for left in range(len(letters) - 1, -1, -1):
        while at >= floor and (text[at] != letters[left] or (left == 0 and at not in starts)):
            at -= 1
        if at < floor:
            return None
        matched.append(at)
        at -= 1
    return matched[-1] if _missed(matched, text, words) <= allowed else None


def _missed(matched: list[int], text: str, words: list[tuple[int, int]]) -> int:
    """How many words of the long form hold none of the letters: chance matches leave many out."""
    missed = held = longest = 0
    for start, end in words:
        if start < matched[-1] or text[start:end] in STOP:
            continue
        if any(start <= at < end for at in matched):
            held += 1
            longest = max(longest, end - start)
        elif text[start - 1] != "-":
            missed += 1
    # Of two words one may be missed if the other stands for several: "polymorphonuclear
    # leukocytes (PMN)".
    enough = held > missed or (len(matched) > _FEW and longest >= _COMPOUND)
    return missed if enough else len(words)
