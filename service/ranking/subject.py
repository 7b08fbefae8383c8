"""What a review is about, and in what field: read off its title by what runs through it. Pure."""

from __future__ import annotations

from collections import defaultdict
from math import log
from typing import TYPE_CHECKING

from service.ranking.commonness import is_telling, share_of
from service.ranking.words import STOP, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Set

    from service.ranking.senses import Sense
    from service.records import Facet

# A word is of the field when many works at large hold it, and it runs through the facets.
_FIELD_SHARES = (0.035, 0.2)
_FIELD_COVERAGE = 0.25  # of the facets, by weight
# A word of the title is a subject's that tells this share of what the most telling one does.
_SUBJECT = 0.6
# No phrase begins with a word that tells less than this share of it: "treat depression".
_LEADING = 0.25
# Lies between the words of common speech in every abstract and those of a field.
_NOT_A_FIELD = frozenset(
    """associated therapeutic clinical emerging review role strategy target response treatment
    patient progression dynamic development potential cell effect function mechanism understanding
    approach system type key novel future recent specific study research disease""".split()  # noqa: SIM905 (reads as a list)
)
# What a title says of the paper, not of its subject.
_OF_THE_PAPER = frozenset(
    """meta analysis systematic scoping narrative integrative comprehensive literature overview
    randomized trial current trend updated""".split()  # noqa: SIM905 (reads as a list)
)


def core(facets: Sequence[Facet], senses: Mapping[str, Sense]) -> tuple[str, ...]:
    """The terms that the facets' texts name as their subjects, none if nothing tells.

    The long forms that they define and whose telling word the title holds, and what else of the
    title runs through the facets: "curcumin" and "osteosarcoma therapy". A word tells by how rare
    it is times the share of the facets that hold it. Texts are spelled out already.
    """
    titles = [facet.text for facet in facets if facet.kind == "title"]
    title = {word for text in titles for word in words(text)}
    telling = {word for word in title if is_telling(word)}
    tells = _tells(title, facets)
    most = max(tells.values(), default=0.0)
    subjects = {word for word, much in tells.items() if much and much >= _SUBJECT * most}
    longs = [sense.long for sense in senses.values()]
    defined = [long for long in longs if not (telling | subjects).isdisjoint(words(long))]
    subjects -= {word for long in defined for word in words(long)}
    empty = _NOT_A_FIELD | _OF_THE_PAPER
    empty |= {word for word, much in tells.items() if much < _LEADING * most}
    phrases = [_from_telling(phrase, empty) for text in titles for phrase in _phrases(text)]
    others = [" ".join(phrase) for phrase in phrases if not subjects.isdisjoint(phrase)]
    return tuple(dict.fromkeys([*defined, *others]))


def field_words(facets: Sequence[Facet]) -> dict[str, float]:
    """The words of the wider field that run through the facets, by weight (largest 1); sorted."""
    low, high = _FIELD_SHARES
    found = {
        word: share * share
        for word, share in sorted(_coverage(facets).items())
        if share >= _FIELD_COVERAGE and low <= share_of(word) <= high and word not in _NOT_A_FIELD
    }
    most = max(found.values(), default=1.0)
    return {word: weight / most for word, weight in found.items()}


def _tells(title: Set[str], facets: Sequence[Facet]) -> dict[str, float]:
    """How much each word of the title tells of the subject; those that are of the wider field, or
    of none, are left out."""
    coverage = _coverage(facets)
    return {
        word: coverage.get(word, 0.0) * -log(share_of(word))
        for word in title - STOP - _NOT_A_FIELD - _OF_THE_PAPER
        if len(word) > 1 and not word.isdigit() and share_of(word) < _FIELD_SHARES[0]
    }


def _coverage(facets: Sequence[Facet]) -> Mapping[str, float]:
    """The share of the facets, by weight, that hold each word."""
    total = sum(f.weight for f in facets if f.weight > 0)
    found: dict[str, float] = defaultdict(float)
    for facet in facets:
        if facet.weight > 0:
            for word in {w for w in words(facet.text) if w not in STOP and len(w) > 1}:
                found[word] += facet.weight / total
    return found


def _phrases(title: str) -> list[list[str]]:
    """A title cut at its stop words and marks."""
    phrases: list[list[str]] = [[]]
    for word in words(title.replace(":", " and ").replace(",", " and ")):
        if word in STOP:
            phrases.append([])
        else:
            phrases[-1].append(word)
    return [phrase for phrase in phrases if phrase]


def _from_telling(phrase: Sequence[str], empty: Collection[str]) -> Sequence[str]:
    """The phrase without the empty words that it begins with."""
    start = next((at for at, word in enumerate(phrase) if word not in empty), len(phrase))
    return phrase[start:]
