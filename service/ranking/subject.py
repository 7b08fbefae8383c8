"""What a review is about, and in what field: read off its title by what runs through it. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import dropwhile
from math import log
from typing import TYPE_CHECKING

from service.ranking.commonness import is_telling, share_of
from service.ranking.other_names import in_molecules_alone
from service.ranking.words import STOP, counted, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

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
# Nor is what a title says of the paper a subject.
_NO_SUBJECT = _NOT_A_FIELD | frozenset(
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
    tells = _tells(title, facets)
    most = max(tells.values(), default=0.0)
    subjects = {word for word, much in tells.items() if much >= _SUBJECT * most}
    named = subjects | {word for word in title if is_telling(word)}
    defined = [each.long for each in senses.values() if named.intersection(words(each.long))]
    others = subjects.difference(*map(words, defined))
    empty = _NO_SUBJECT | {word for word, much in tells.items() if much < _LEADING * most}
    phrases = [list(dropwhile(empty.__contains__, each)) for t in titles for each in _phrases(t)]
    besides = [" ".join(phrase) for phrase in phrases if others.intersection(phrase)]
    return tuple(dict.fromkeys([*defined, *besides]))


def field_words(facets: Sequence[Facet]) -> dict[str, float]:
    """The words of the wider field that run through the facets, by weight (largest 1); sorted."""
    low, high = _FIELD_SHARES
    found = {
        word: share * share
        for word, share in sorted(_coverage(facets, _speaks_of).items())
        if share >= _FIELD_COVERAGE and low <= share_of(word) <= high and word not in _NOT_A_FIELD
    }
    most = max(found.values(), default=1.0)
    return {word: weight / most for word, weight in found.items()}


def _words(text: str) -> Set[str]:
    return set(counted(words(text)))


def _speaks_of(text: str) -> Set[str]:
    """Its words, without those that it has in the names of molecules alone."""
    flat = f" {' '.join(words(text))} "
    return {word for word in _words(text) if not in_molecules_alone(word, flat)}


def _tells(title: Set[str], facets: Sequence[Facet]) -> dict[str, float]:
    """How much each word of the title tells of the subject; those that are of the wider field, or
    of none, are left out."""
    return {
        word: share * -log(share_of(word))
        for word, share in _coverage(facets).items()
        if word in title
        and word not in _NO_SUBJECT
        and not word.isdigit()
        and share_of(word) < _FIELD_SHARES[0]
    }


def _coverage(
    facets: Sequence[Facet], told: Callable[[str], Set[str]] = _words
) -> Mapping[str, float]:
    """The share of the facets, by weight, in which each word is `told`."""
    total = sum(f.weight for f in facets if f.weight > 0)
    found: dict[str, float] = defaultdict(float)
    for facet in facets:
        if facet.weight > 0:
            for word in told(facet.text):
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
