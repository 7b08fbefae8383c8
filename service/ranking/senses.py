"""What a topic's short forms stand for, and whether a paper means the same by them. Pure.

NET is a neutrophil extracellular trap to one topic and a neuroendocrine tumor to many papers. What
the paper says itself decides; where it says nothing, the words that it holds do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.ranking.abbreviations import definitions, singular
from service.ranking.sense_context import by_context
from service.ranking.sense_forms import same_form
from service.ranking.sense_inventory import Usage, usage_of
from service.ranking.sense_letters import long_forms
from service.ranking.sense_writing import mentions, read_writing, replaced, spell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.ranking.sense_inventory import Inventory
    from service.ranking.sense_writing import Writing

_TOKEN = re.compile(r"[^\W_]+(?:[-‐‑‒–−][^\W_]+)*")
_TERM_WORDS = 8  # texts up to this long may be the long form of a short form used elsewhere


@dataclass(frozen=True, slots=True)
class Sense:
    """What `short` (singular) stands for in a topic. `also` are further long forms of the topic
    that count as ours; `usage` is how the topic's own texts write about it."""

    short: str
    long: str
    pinned: bool = False
    also: tuple[str, ...] = ()
    usage: Usage = field(default=Usage(""), compare=False, repr=False)

    def means(self, long: str) -> bool:
        """Whether `long` is this sense, spelling and word order aside."""
        return any(same_form(ours, long) for ours in (self.long, *self.also))


@dataclass(frozen=True, slots=True)
class Reading:
    """What `short` stands for in one paper: `long` (None: not known), whether that is the topic's
    sense (None: cannot be told), and why, in words for a reader."""

    short: str
    long: str | None
    ours: bool | None
    because: str


def topic_senses(texts: Sequence[str], pinned: Mapping[str, str]) -> dict[str, Sense]:
    """The short forms that a topic's own texts use, by short form (singular), sorted.

    `texts` are the texts of its seeds (those for it) and its included terms, each by itself. A
    long form comes from a definition in them, or from a term with those letters; `pinned` wins.
    Short forms that nothing explains are left out.
    """
    longs: dict[str, list[str]] = {}
    for text in texts:
        for each in definitions(text):
            longs.setdefault(each.short, []).append(each.long)
    terms = [text for text in texts if len(text.split()) <= _TERM_WORDS]
    for short in _used(texts) - longs.keys():
        if fitting := long_forms(short, [term for term in terms if short not in term]):
            longs[short] = fitting
    given = {singular(short): long for short, long in pinned.items()}
    longs |= {short: [long] for short, long in given.items()}
    whole = {short: _expanded(forms[0], short, longs) for short, forms in longs.items()}
    return {
        short: Sense(
            short,
            whole[short],
            pinned=short in given,
            also=tuple(dict.fromkeys(forms[1:])),
            usage=usage_of(whole[short], [" ".join(texts)]),
        )
        for short, forms in sorted(longs.items())
    }


def _used(texts: Sequence[str]) -> set[str]:
    """What looks like a short form in the texts: two capitals in a run of letters."""
    runs = {singular(run) for text in texts for run in _TOKEN.findall(text)}
    return {run for run in runs if any(sum(map(str.isupper, part)) > 1 for part in run.split("-"))}


def _expanded(long: str, short: str, longs: Mapping[str, list[str]]) -> str:
    """The long form with other short forms in it spelled out: "inflammatory CAF"."""
    return replaced(long, {key: forms[0] for key, forms in longs.items() if key != short})


def read_sense(writing: Writing, sense: Sense, inventory: Inventory) -> Reading | None:
    """What the paper means by the short form; None when it does not use it."""
    short = sense.short
    places = mentions(writing, short)
    if not places:
        return None
    if stated := writing.defined(short):
        ours = next((long for long in stated if sense.means(long)), None)
        long = ours or stated[0]
        return Reading(short, long, ours is not None, f"the paper says {short} is {long}")
    others = [each for each in inventory.usages.get(short, ()) if not sense.means(each.long)]
    own = [each for each in inventory.usages.get(short, ()) if sense.means(each.long)]
    verdict = by_context(
        writing.text,
        places,
        short=short,
        ours=(sense.long, *sense.also),
        own=[sense.usage, *own],
        others=others,
    )
    return Reading(
        short, sense.long if verdict.ours else verdict.long, verdict.ours, verdict.because
    )


def read_senses(
    writing: Writing, senses: Mapping[str, Sense], inventory: Inventory
) -> tuple[Reading, ...]:
    """A reading of each of the topic's short forms that the paper uses."""
    read = (read_sense(writing, sense, inventory) for sense in senses.values())
    return tuple(reading for reading in read if reading is not None)


def foreign_forms(
    title: str, abstract: str, senses: Mapping[str, Sense], inventory: Inventory
) -> tuple[Reading, ...]:
    """The readings in which the paper means something else than the topic does."""
    found = read_senses(read_writing(title, abstract), senses, inventory)
    return tuple(reading for reading in found if reading.ours is False)


def spelled_out(writing: Writing, readings: Iterable[Reading] = ()) -> tuple[str, str]:
    """Title and abstract with every short form that the paper defines replaced by its long form;
    those of `readings` too: ours by our long form, foreign ones by theirs, or left out when
    theirs is not known; what could not be told stays as it is.
    """
    return spell(writing, {each.short: each.long for each in readings if each.ours is not None})


def spelled_term(term: str, senses: Mapping[str, Sense]) -> str:
    """An included or excluded term in full: "NET formation" by the topic's sense of NET."""
    return replaced(term, {sense.short: sense.long for sense in senses.values()})
