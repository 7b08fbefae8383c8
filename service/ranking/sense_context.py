"""What an unexplained short form means, from the words of the paper. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking.commonness import share_of
from service.ranking.sense_forms import form_words
from service.ranking.sense_inventory import telling, weighted
from service.ranking.words import fold, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.ranking.sense_inventory import Usage

_RARE = 0.01  # a word in fewer abstracts than this is a long form's own ("neutrophil", "trap")
_NEAR = 150  # characters around a mention whose words count twice
_HEAD = 0.05  # what all rare words of the long form add to the likeness, some of them their share,
_HEADLESS = 0.01  # and what it takes away that a text of so many words holds none
_WORDY = 60
# Chosen on 128 short forms with several senses each (2,969 papers with the definitions taken out):
# the middle half of papers of another sense is alike by .015 to .04, of the same by .05 to .11.
_SURE = 0.05
_AHEAD = 0.015
_UNRELATED = 0.04
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ours` None where it cannot be told; `long` is the other sense, when known."""

    ours: bool | None
    long: str | None
    because: str


def by_context(
    text: str,
    places: Sequence[int],
    *,
    short: str,
    ours: Sequence[str],
    own: Sequence[Usage],
    others: Sequence[Usage],
) -> Verdict:
    """Ours or another sense: by a long form spelled out in the text, else by weighing its words.

    `places` are the mentions of `short`, `ours` our long forms, `own` how our sense is written
    about (at least one), `others` the other known senses.
    """
    run = words(text)
    spelled = _spelled(f" {' '.join(run)} ", ours, others)
    if spelled is not None:
        return spelled
    held = telling(text).difference(fold(short))
    paper = weighted(dict.fromkeys(held, 1.0), _near(text, places))
    wordy = len(run) >= _WORDY
    alike = max(_cosine(paper, usage) for usage in own)
    head = max(_head(long, held, wordy=wordy) for long in ours)
    mine, theirs, rival = alike + head, 0.0, None
    for usage in others:
        its = _cosine(paper, usage) + _head(usage.long, held, wordy=wordy)
        if its > theirs:
            theirs, rival = its, usage
    if mine >= max(_SURE, theirs + _AHEAD):
        return Verdict(True, ours[0], f"its words fit: {_telling_words(paper, own)}")
    if rival is not None and theirs >= max(_SURE, mine + _AHEAD):
        fit = _telling_words(paper, [rival])
        return Verdict(False, rival.long, f"its words fit {rival.long}: {fit}")
    if head < 0 and alike < _UNRELATED:
        return Verdict(False, None, f'it never speaks of "{ours[0]}"')
    return Verdict(None, None, "its words do not tell")


def _spelled(flat: str, ours: Sequence[str], others: Sequence[Usage]) -> Verdict | None:
    """By a long form of one sense only among the folded words of the paper."""
    mine = next((long for long in ours if _held(long, flat)), None)
    rare = (usage.long for usage in others if _own_words(usage.long))  # "patients" tells nothing
    other = next((long for long in rare if _held(long, flat)), None)
    if (mine is None) == (other is None):
        return None
    return Verdict(mine is not None, mine or other, f'the paper has "{mine or other}"')


def _held(long: str, flat: str) -> bool:
    folded = words(long)
    return bool(folded) and f" {' '.join(folded)} " in flat


def _near(text: str, places: Sequence[int]) -> set[str]:
    return telling(" ".join(text[max(0, at - _NEAR) : at + _NEAR] for at in places))


def _own_words(long: str) -> set[str]:
    return {word for word in form_words(long) if share_of(word) < _RARE}


def _head(long: str, held: set[str], *, wordy: bool) -> float:
    own = _own_words(long)
    if not own:
        return 0.0
    if own & held:
        return _HEAD * len(own & held) / len(own)
    return -_HEADLESS if wordy else 0.0


def _cosine(paper: Mapping[str, float], usage: Usage) -> float:
    row = usage.row
    return sum(number * row.get(word, 0.0) for word, number in paper.items())


def _telling_words(paper: Mapping[str, float], usages: Sequence[Usage]) -> str:
    pull = {word: max(usage.row.get(word, 0.0) for usage in usages) for word in paper}
    ordered = sorted(paper, key=lambda word: (-pull[word] * paper[word], word))
    return ", ".join(ordered[:_SHOWN])
