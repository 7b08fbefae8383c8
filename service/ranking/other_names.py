"""Names that hold a topic's word and mean something else: "neutrophil-to-lymphocyte ratio". Pure.

A name is what a text puts into a short form. It is the topic's when it ends in a word of the
topic's own ("low-density neutrophils"), in what one of its terms ends in, or is a term in other
words. The rest is something else ("gastrointestinal stromal tumor", "fibroblast growth factor"): a
text that has the word in such names alone does not speak of the topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.ranking.sense_forms import form_words, same_form
from service.ranking.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from service.ranking.abbreviations import Definition


def without_other_names(
    flat: str, defined: Sequence[Definition], terms: Sequence[str], own: Set[str]
) -> str:
    """The folded text, its words between spaces, without the names among those that it defines
    which hold one of the `own` words of the terms and mean something else."""
    for each in defined:
        if _is_something_else(each.long, terms, own):
            name = f" {' '.join(words(each.long))} "
            while name in flat:  # twice in a row they share a space
                flat = flat.replace(name, " ")
    return flat


def _is_something_else(long: str, terms: Sequence[str], own: Set[str]) -> bool:
    its = form_words(long)
    first = next((at for at, word in enumerate(its) if word in own), None)
    if first is None or its[-1] in own:
        return False
    head = its[first:]
    if any(form_words(term)[-len(head) :] == head for term in terms):
        return False
    return not any(same_form(long, term) for term in terms)
