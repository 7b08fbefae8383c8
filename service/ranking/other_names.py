"""Names that hold a topic's word and mean something else: "neutrophil-to-lymphocyte ratio". Pure.

A name is what a text puts into a short form. It is the topic's when it ends in a word of the
topic's own ("low-density neutrophils"), in what one of its terms ends in, or is a term in other
words. The rest is something else ("gastrointestinal stromal tumor", "fibroblast growth factor"): a
text that has the word in such names alone does not speak of the topic. Nor does a text that has a
word of the topic's field in a molecule's name alone ("tumor necrosis factor") speak of that field.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from service.ranking.sense_forms import form_words, same_form
from service.ranking.words import STOP

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from service.ranking.abbreviations import Definition

# What was named after where it was found, and is met everywhere; folded.
_MOLECULES = ("tumor necrosis factor", "brain natriuretic peptide")
_REACH = 2  # stop words that may stand within a name: "neutrophil to the lymphocyte"


def without_other_names(
    flat: str, defined: Sequence[Definition], terms: Sequence[str], own: Set[str]
) -> str:
    """The folded text, its words between spaces, without those `own` words of the terms that stand
    in a name which it defines for something else, be that named in full or by what the word begins:
    "neutrophil counts" beside "absolute neutrophil count (ANC)"."""
    begun = {
        (word, after)
        for each in defined
        if _is_something_else(each.long, terms, own)
        for word, after in pairwise(form_words(each.long))
        if word in own
    }
    if not begun:
        return flat
    told = flat.split()
    kept = [w for at, w in enumerate(told) if w not in own or (w, _after(told, at)) not in begun]
    return f" {' '.join(kept)} "


def molecules(word: str) -> tuple[str, ...]:
    """The names of molecules that hold the folded word, folded."""
    return tuple(name for name in _MOLECULES if word in name.split())


def in_molecules_alone(word: str, flat: str) -> bool:
    """Whether the folded text, its words between spaces, has the word in such names alone."""
    for name in molecules(word):
        flat = flat.replace(f" {name}", "")
    return f" {word} " not in flat


def _after(told: Sequence[str], at: int) -> str:
    """The next word that is no stop word; "" where none is near."""
    return next((word for word in told[at + 1 : at + 2 + _REACH] if word not in STOP), "")


def _is_something_else(long: str, terms: Sequence[str], own: Set[str]) -> bool:
    its = form_words(long)
    first = next((at for at, word in enumerate(its) if word in own), None)
    if first is None or its[-1] in own:
        return False
    head = its[first:]
    if any(form_words(term)[-len(head) :] == head for term in terms):
        return False
    return not any(same_form(long, term) for term in terms)
