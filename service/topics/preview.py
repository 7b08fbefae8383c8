"""What a change of a topic moves, and what of it a reader would regret. Pure.

Handed how works stand before and after; who ranks them, and where they come from, is not said here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.records.tuning import Shift

MOVED = 3  # places among those shown both times: fewer say nothing
COMMON = 0.1  # of all works: a term that more of them hold parts nothing
_NAMED = 3  # works that a sentence names; the rest are counted
_TITLE = 80  # characters of a title in a sentence
_WANTED = ("relevant", "saved")


@dataclass(frozen=True, slots=True)
class Moves:
    """Works by what a change does to them: the most relevant first, by how they stand after (the
    dropped ones before). Whatever is shown before or after and in none of them stays as it is."""

    entered: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    moved: tuple[int, ...] = ()


def compare(before: Sequence[int], after: Sequence[int], least: int = MOVED) -> Moves:
    """Two lists of the works shown, each best first, no work twice.

    A work has moved when it passed, or was passed by, at least `least` places of the works shown
    both times: that others enter above it moves nothing.
    """
    then, now = set(before), set(after)
    stayed = {work: place for place, work in enumerate(w for w in before if w in now)}
    kept = [work for work in after if work in then]
    return Moves(
        entered=tuple(work for work in after if work not in then),
        dropped=tuple(work for work in before if work not in now),
        moved=tuple(w for place, w in enumerate(kept) if abs(place - stayed[w]) >= least),
    )


@dataclass(frozen=True, slots=True)
class TermUse:
    """A term and how many of the previewed works hold it, of an excluded one how many it leaves
    out."""

    term: str
    excluded: bool
    works: int


@dataclass(frozen=True, slots=True)
class TwoSenses:
    """A short form that papers define in the topic's sense (`ours`) and, so many of them, in
    another."""

    short: str
    ours: str
    other: str
    papers: int


def warnings(
    dropped: Sequence[Shift],
    barred: Mapping[str, Mapping[int, str]],
    terms: Iterable[TermUse],
    senses: Iterable[TwoSenses],
    *,
    works: int,
    weeks: int,
) -> tuple[str, ...]:
    """Sentences, the gravest first.

    `barred` are works voted for that an excluded term newly leaves out, number and title by term,
    whether or not they are among the `works` of these weeks.
    """
    known = {work for titles in barred.values() for work in titles}
    wanted = [s.title for s in dropped if s.verdict in _WANTED and s.work_id not in known]
    sent = [s.title for s in dropped if s.digested and s.verdict == ""]
    lost = [
        (f'The excluded term "{term}" would', list(titles.values()), "voted relevant")
        for term, titles in barred.items()
    ]
    lost += [("Would", wanted, "voted relevant"), ("Would", sent, "that a digest has shown")]
    return (
        *(
            f"{who} leave out {papers(len(titles))} {whose}: {_named(titles)}."
            for who, titles, whose in lost
            if titles
        ),
        *filter(None, (_of_term(use, works, last(weeks)) for use in terms)),
        *(
            f'"{each.short}" stands for "{each.other}" in {papers(each.papers)} of the archive, '
            f'not for "{each.ours}": pin its sense.'
            for each in senses
        ),
    )


def nothing_shown(line: float, best: float | None, weeks: int) -> str:
    """That no work reaches the line; `best` is the highest relevance, None without any work."""
    if best is None:
        return f"No paper came in {last(weeks)}."
    told = f"No paper of {last(weeks)} reaches the line of {line:.2f}"
    return f"{told}; the best stands at {best:.2f}."


def last(weeks: int) -> str:
    """The weeks in words."""
    return "the last week" if weeks == 1 else f"the last {weeks} weeks"


def papers(count: int) -> str:
    """So many papers, in words."""
    return "1 paper" if count == 1 else f"{count:,} papers"


def _of_term(use: TermUse, works: int, span: str) -> str:
    kind = "excluded" if use.excluded else "included"
    if not works:
        return ""
    if not use.works:
        told = "it leaves out" if use.excluded else "it matches"
        return f'The {kind} term "{use.term}": {told} nothing in {span}.'
    share = use.works / works
    if share < COMMON:
        return ""
    told = "leaves out" if use.excluded else "stands in"
    end = "." if use.excluded else ": it tells nothing."
    return f'The {kind} term "{use.term}" {told} {100 * share:.0f} % of the papers of {span}{end}'


def _named(titles: Sequence[str]) -> str:
    shown = [f'"{_short(title)}"' for title in titles[:_NAMED]]
    more = len(titles) - len(shown)
    return "; ".join([*shown, *([f"and {more} more"] if more else [])])


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 3].rstrip()}..."
