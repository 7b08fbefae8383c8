"""Titles, abstracts and author lists as sets that can be counted. Pure."""

from __future__ import annotations

import re
import unicodedata
from string import ascii_lowercase
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
_RUNS = re.compile(r"[0-9]+[a-z]*")
# Names of one thing that differ in their digits.
_COVID = re.compile(r"\b(?:sars cov 2|sars cov2|sarscov2|covid ?19|2019 ncov|hcov 19)\b")
# What British and American spelling differ in: tumour, anaemia, oedema, signalling, randomised.
_BRITISH = re.compile("our|[ao]e|ll|z")
_AMERICAN = {"our": "or", "ae": "e", "oe": "e", "ll": "l", "z": "s"}
_STEM = 7
_RUN = 3
_LEAST_WORDS = 30


class Person(NamedTuple):
    """An author as far as sources agree on names: the last part of the family name, one initial,
    and the last part of the given names ("" where the source gives none)."""

    family: str
    initial: str
    given: str = ""

    def may_be(self, other: Person) -> bool:
        """Whether the two names can be one person's."""
        alike = not self.initial or not other.initial or self.initial == other.initial
        return (alike and self.family == other.family) or self.crossed(other)

    def crossed(self, other: Person) -> bool:
        """Whether one name is the other with the family name in the given one's place, as papers
        are entered now and then."""
        return bool(self.given) and (self.family, self.given) == (other.given, other.family)


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
    return frozenset(_spelled(word)[:_STEM] for word in title_words(title))


def solid(title: str) -> str:
    """The title without what joins and parts its words: "anti-cancer" and "anticancer" are one."""
    return _spelled("".join(words(title)))


def _spelled(word: str) -> str:
    """The word in a spelling that British and American ones share."""
    return _BRITISH.sub(lambda found: _AMERICAN[found[0]], word)


def numbers(title: str) -> frozenset[str]:
    """What tells the parts of a series apart: numerals and numbers, those in names with the letters
    behind them ("IL-17A" and "IL17A" have 17a)."""
    found = words(title)
    runs = {run for word in found for run in _RUNS.findall(word)}
    return frozenset({word for word in found if word in _NUMBERS} | runs)


def parted_by_numbers(one: str, other: str) -> bool:
    """Whether each title has a number that the other has not. One without a letter may be that of
    any name: "HIF-1α" is "HIF1A", but miR-200a is not miR-200b."""
    mine, theirs = numbers(one), numbers(other)
    return _unmet(mine, theirs) and _unmet(theirs, mine)


def _unmet(some: frozenset[str], others: frozenset[str]) -> bool:
    return not all(_is_among(run, others) for run in some)


def _is_among(run: str, others: frozenset[str]) -> bool:
    digits = run.rstrip(ascii_lowercase)  # "" of a numeral
    if run in others or digits in others:
        return True
    return run == digits and any(each.rstrip(ascii_lowercase) == digits for each in others)


class Text(NamedTuple):
    """An abstract: every run of three words, its words of more than three letters, and its figures
    (numbers of two digits and more: single ones are in every abstract)."""

    runs: frozenset[tuple[str, ...]]
    words: frozenset[str]
    figures: frozenset[str]


def text(abstract: str) -> Text | None:
    """None where there are too few words to say anything."""
    found = [*map(_spelled, words(abstract))]
    if len(found) < _LEAST_WORDS:
        return None
    runs = frozenset(zip(*(found[i:] for i in range(_RUN)), strict=False))
    figures = frozenset(word for word in found if word.isdecimal() and len(word) > 1)
    return Text(runs, frozenset(word for word in found if len(word) > _RUN), figures)


def people(authors: Iterable[Author]) -> list[Person]:
    """The authors that are persons, in their order."""
    return [
        Person(last_part(author.family), fold(author.given)[:1], last_part(author.given))
        for author in authors
        if author.family
    ]


def last_part(name: str) -> str:
    """The last word of a folded name."""
    return fold(name).rpartition(" ")[2]


def shared(some: Iterable[Person], others: Iterable[Person]) -> int:
    """How many persons are in both lists, each counted once."""
    left: dict[str, list[Person]] = {}
    for person in others:
        left.setdefault(person.family, []).append(person)
    count = 0
    for person in some:
        for name in (person.family, person.given):
            same = left.get(name, [])
            found = next((i for i, other in enumerate(same) if person.may_be(other)), None)
            if found is not None:
                del same[found]
                count += 1
                break
    return count
