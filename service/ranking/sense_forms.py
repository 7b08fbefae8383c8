"""Whether two long forms are the same, spelling, word endings and order aside. Pure."""

from __future__ import annotations

from functools import lru_cache

from service.ranking.words import STOP, words

_STEM = 5  # letters that two forms of a word share: "neutrophil", "neutrophilic"
_SHARED = 2 / 3  # of the words of the shorter form, and ...
_HALF = 0.5  # ... of the longer one, if it has that many


@lru_cache(maxsize=1 << 14)  # a memo of a pure function
def form_words(long: str) -> tuple[str, ...]:
    """The folded words of a long form, stop words left out."""
    return tuple(word for word in words(long) if word not in STOP)


@lru_cache(maxsize=1 << 14)
def same_form(one: str, other: str) -> bool:
    """ "tumour-associated neutrophils" and "tumor associated neutrophil" are, "cancer-associated
    fibroblast" and "carcinoma-associated fibroblast" too; "neuroendocrine tumor" and "neutrophil
    extracellular trap" are not.
    """
    mine, others = form_words(one), form_words(other)
    if not mine or not others:
        return False
    if "".join(mine) == "".join(others):  # "micro-environment"
        return True
    shorter, longer = sorted((set(mine), set(others)), key=len)
    shared = sum(any(_akin(word, its) for its in longer) for word in shorter)
    return shared >= _SHARED * len(shorter) and shared > _HALF * len(longer)


def _akin(one: str, other: str) -> bool:
    """The same word with another ending: the letters in which they agree are most of both."""
    if one == other:
        return True
    agreed = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        agreed += 1
    return agreed >= max(_STEM, 0.7 * max(len(one), len(other)))
