"""Invented text: titles that are unlike each other, abstracts, people. A text is topical when it
has an illness word and a cell word, as the shipped queries ask for; the rest has neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_ON = (
    ("tumour", "fibroblasts"),
    ("cancer", "neutrophils"),
    ("melanoma", "stroma"),
    ("carcinoma", "pericytes"),
    ("tumor", "fibroblasts"),
)
_OFF = (("kidney", "podocytes"), ("maize", "stomata"), ("cornea", "keratinocytes"))
# arXiv's shipped words are fewer, so every topical abstract has these two.
_SURE = "We follow stroma and neutrophils of a tumour"
_VERBS = ("guides", "slows", "rewires", "restores", "predicts", "marks", "limits", "outlasts")
_THINGS = ("adhesion", "contraction", "glycolysis", "signalling", "migration", "ageing", "repair")
_MODES = ("in situ", "over time", "under hypoxia", "at single-cell depth", "after injury", "by age")
_SYLLABLES = ("ba", "do", "ke", "li", "mu", "na", "po", "ri", "su", "ta", "ve", "zo", "fi", "gar")
_ENDS = ("n", "x", "rin", "tide", "kin", "lase", "mer", "st")
_FAMILY = ("Aro", "Bel", "Cas", "Dun", "Eri", "Fal", "Gor", "Hal", "Ing", "Jor", "Kel", "Lor")
_FAMILY_END = ("dahl", "ez", "ford", "heim", "ini", "kov", "land", "mann", "nen", "oka", "son")
_GIVEN = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Femi", "Gita", "Hugo", "Ines", "Jan", "Kira")
JOURNALS = (
    ("Example Journal of Tumour Biology", "Ex J Tumour Biol", "0000-0019"),
    ("Example Archives of Vascular Oncology", "Ex Arch Vasc Oncol", "0000-0027"),
    ("Example Letters in Cell Physics", "Ex Lett Cell Phys", "0000-0035"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """An invented author."""

    family: str
    given: str

    @property
    def initials(self) -> str:
        """The first letter of the given name."""
        return self.given[0]


def _name(rng: Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(3)) + rng.choice(_ENDS)


def title(rng: Random, *, topical: bool) -> str:
    """A title that nobody else has: three of its words are made anew each time."""
    illness, cells = rng.choice(_ON if topical else _OFF)
    thing, verb, mode = rng.choice(_THINGS), rng.choice(_VERBS), rng.choice(_MODES)
    first, second, third = (_name(rng) for _ in range(3))
    return f"{first.capitalize()} {verb} {thing} of {illness} {cells} through {second} and {third} {mode}"


def reworded(rng: Random, text: str) -> str:
    """The title as it reads in a later version."""
    return rng.choice((f"{text}: a revised account", f"How {text[0].lower()}{text[1:]}"))


def abstract(rng: Random, *, topical: bool) -> str:
    """Four sentences."""
    illness, cells = rng.choice(_ON if topical else _OFF)
    names = [_name(rng) for _ in range(6)]
    sure = f"{_SURE} with {names[0]}." if topical else f"We follow {names[0]}."
    return (
        f"The role of {names[1]} in {illness} {cells} is unclear. {sure} "
        f"Loss of {names[2]} changed {rng.choice(_THINGS)} in {rng.randint(12, 900)} samples "
        f"(P < 0.0{rng.randint(1, 4)}), and {names[3]} restored it. "
        f"Thus {names[4]} {rng.choice(_VERBS)} {names[5]}."
    )


def people(rng: Random) -> tuple[Person, ...]:
    """Two to six authors."""
    return tuple(
        Person(
            rng.choice(_FAMILY) + rng.choice(_FAMILY_END) + rng.choice(("", "", "-Ost", "-Vik")),
            rng.choice(_GIVEN),
        )
        for _ in range(rng.randint(2, 6))
    )
