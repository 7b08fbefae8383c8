"""Text to words as ranking compares them: case, plurals, Greek and spelling folded. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

_GREEK_LETTERS = "αβγδεζηθικλμνξοπρστυφχψως"
_GREEK_NAMES = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron
    pi rho sigma tau upsilon phi chi psi omega sigma"""
_GREEK = dict(zip(_GREEK_LETTERS, _GREEK_NAMES.split(), strict=True))
_GREEK |= {"µ": "mu", "ϕ": "phi", "ϵ": "epsilon"}
_FOLDS = str.maketrans(
    {**_GREEK, **{k.upper(): v for k, v in _GREEK.items() if k.upper() != "Μ"}, "Μ": "mu"}
    | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("’ʼ", "'")
)
WORD = re.compile(r"[^\W_]+(?:[-‐‑‒–−][^\W_]+)*")
_HYPHENS = re.compile(r"[-‐‑‒–−]")
# Capitals tell these from the plain word: NET and net, TAN and tan, MET and met.
_ALSO_WORDS = frozenset(
    """ACE AIM ALL ARM CAN CAP CAST CAT CHIP FAST FIT HAD HER KIT MAP MET NET PET REST SET STAR
    STING TAN TEN TRAP WAS""".split()  # noqa: SIM905 (reads as a list)
)
# British to American, as far as our field's words need it.
_SPELLINGS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"tumour", "tumor"),
        (r"(?<=[a-z])aemi", "emi"),
        (r"haem(?=[ao])", "hem"),
        (r"oedema", "edema"),
        (r"oesoph", "esoph"),
        (r"oestr", "estr"),
        (r"signalling", "signaling"),
        (r"(?<=mod)elling", "eling"),
        (r"labell", "label"),
        (r"(?<=[a-z]{4})isation", "ization"),
        (r"(?<=[a-z]{4})ising$", "izing"),
        (r"(?<=[a-z]{4})ised$", "ized"),
        (r"fibre", "fiber"),
        (r"behaviour", "behavior"),
        (r"neutrophilic$", "neutrophil"),
        (r"^stromal$", "stroma"),
        (r"^fibroblastic$", "fibroblast"),
    )
)
_BRITISH = re.compile("|".join(pattern.pattern for pattern, _ in _SPELLINGS))
STOP = frozenset(
    """a about after all also an and any are as at be been before being between both but by can
    could did do does due during each few for from further had has have having here how however i if
    in into is it its itself may more most no nor not of on only or other our out over own per same
    she should so some such than that the their them then there these they this those through thus
    to too under up upon using very via was we were what when where whether which while who whose
    will with within without would yet you your""".split()  # noqa: SIM905 (reads as a list)
)


def words(text: str) -> list[str]:
    """The folded words of `text`, in order, stop words among them."""
    return [part for raw in WORD.findall(text) for part in fold(raw)]


def counted(folded: Iterable[str]) -> list[str]:
    """Those of the folded words that count: no stop words, no single letters."""
    return [word for word in folded if word not in STOP and len(word) > 1]


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Each folded word with the range of `text` that it stands for."""
    for match in WORD.finditer(text):
        parts = fold(match.group())
        if len(parts) == 1:
            yield parts[0], *match.span()
            continue
        start = match.start()
        for part, raw in zip(parts, _HYPHENS.split(match.group()), strict=True):
            yield part, start, start + len(raw)
            start += len(raw) + 1


def spellings(written: Iterable[str], wanted: AbstractSet[str]) -> dict[str, str]:
    """The `wanted` ones of the folded words of a text, with how each is `written` where it comes
    first. What is written are the finds of `WORD`, in order."""
    found: dict[str, str] = {}
    for raw in written:
        parts = fold(raw)
        if wanted.isdisjoint(parts):
            continue
        for at, part in enumerate(parts):
            if part in wanted and part not in found:
                found[part] = raw if len(parts) == 1 else _HYPHENS.split(raw)[at]
    return found


@lru_cache(maxsize=1 << 17)  # a memo of a pure function; 131,072 words of about 200 bytes
def fold(raw: str) -> tuple[str, ...]:
    """One run of letters, digits and hyphens to folded words: IL-6 one, tumour-associated two."""
    parts = raw.translate(_FOLDS).split("-")
    has_digit = any(char.isdigit() for part in parts for char in part)
    if len(parts) > 1 and has_digit and all(len(part) <= 4 for part in parts):
        return ("".join(parts).lower(),)
    return tuple(_fold_part(part) for part in parts)


def _fold_part(part: str) -> str:
    capitals = part.removesuffix("s")
    if capitals in _ALSO_WORDS:
        return capitals
    word = part.lower()
    if _BRITISH.search(word):
        for pattern, to in _SPELLINGS:
            word = pattern.sub(to, word)
    return _singular(word)


def _singular(word: str) -> str:
    if len(word) < 4 or word[-1] != "s" or word[-2:] in ("ss", "us", "is") or word[-2].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]
