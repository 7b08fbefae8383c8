"""Titles, abstracts and author lists as sets that can be counted. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.records import Author

_GREEK = str.maketrans(
    {
        letter: f" {name} "
        for letter, name in zip(
            "αβγδεζηθικλμνξοπρστυφχψω",
            str.split(
                "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron "
                "pi rho sigma tau upsilon phi chi psi omega"
            ),
            strict=True,
        )
    }
)
# Words that say how a study was done or joins others: every title may have them.
_PLAIN = frozenset(
    str.split(
        "a an and are as at be by during for from has have in into is its of on or than that the "
        "their this through to under using via vs was were when which with within without between "
        "among after before study analysis based role effect effects"
    )
)
_NUMBERS = frozenset(
    str.split(
        "one two three four five six seven eight nine ten first second third fourth "
        "i ii iii iv v vi vii viii ix"
    )
)
# Names of one thing that differ in their digits.
_COVID = re.compile(r"\b(?:sars cov 2|sars cov2|sarscov2|covid ?19|2019 ncov|hcov 19)\b")
_STEM = 7
_RUN = 3
_LEAST_WORDS = 30


class Person(NamedTuple):
    """An author as far as sources agree on names: the last part of the family name, one initial
    ("" where the source gives none)."""

    family: str
    initial: str

    def may_be(self, other: Person) -> bool:
        """Whether the two names can be one person's."""
        alike = not self.initial or not other.initial or self.initial == other.initial
        return alike and self.family == other.family


def fold(text: str) -> str:
    """Lower-case letters and digits with single spaces; accents dropped, all else a space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", text.lower()))


def words(text: str) -> list[str]:
    """The folded words in their order; Greek letters by their names, one name for COVID-19."""
    folded = fold(text if text.isascii() else text.translate(_GREEK))
    return _COVID.sub("covid", folded).split()


def title_words(title: str) -> list[str]:
    """The words of a title that say what it is about, in their order."""
    return [word for word in words(title) if word not in _PLAIN]


def stems(title: str) -> frozenset[str]:
    """The beginnings of a title's words: "regulates" and "regulation" are one."""
    return frozenset(word[:_STEM] for word in title_words(title))


def numbers(title: str) -> frozenset[str]:
    """What tells the parts of a series apart: numbers, numerals, names with digits."""
    return frozenset(
        word for word in words(title) if word in _NUMBERS or any(c.isdigit() for c in word)
    )


class Text(NamedTuple):
    """An abstract: every run of three words, and its words of more than three letters."""

    runs: frozenset[tuple[str, ...]]
    words: frozenset[str]


def text(abstract: str) -> Text | None:
    """None where there are too few words to say anything."""
    found = words(abstract)
    if len(found) < _LEAST_WORDS:
        return None
    runs = frozenset(zip(*(found[i:] for i in range(_RUN)), strict=False))
    return Text(runs, frozenset(word for word in found if len(word) > _RUN))


def people(authors: Iterable[Author]) -> list[Person]:
    """The authors that are persons, in their order."""
    return [
        Person(fold(author.family).rpartition(" ")[2], fold(author.given)[:1])
        for author in authors
        if author.family
    ]


def shared(some: Iterable[Person], others: Iterable[Person]) -> int:
    """How many persons are in both lists, each counted once."""
    left: dict[str, list[Person]] = {}
    for person in others:
        left.setdefault(person.family, []).append(person)
    count = 0
    for person in some:
        same = left.get(person.family, [])
        found = next((i for i, other in enumerate(same) if person.may_be(other)), None)
        if found is not None:
            del same[found]
            count += 1
    return count
