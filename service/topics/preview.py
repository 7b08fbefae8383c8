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
    terms: Sequence[TermUse],
    senses: Iterable[TwoSenses],
    *,
    works: int,
    weeks: int,
) -> tuple[str, ...]:
    """Sentences, the gravest first.

    `barred` are works voted for that an excluded term newly leaves out, number and title by term,
    whether or not they are among the `works` of these weeks; `terms` are those that are new.
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
        *term_uses(terms, works, weeks),
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


def term_uses(terms: Sequence[TermUse], works: int, weeks: int) -> tuple[str, ...]:
    """Of terms that nothing matches, or nearly everything; nothing where there are no works."""
    if not works:
        return ()
    said = []
    for excluded, does, do in ((False, "matches", "match"), (True, "leaves out", "leave out")):
        idle = [each.term for each in terms if each.excluded == excluded and not each.works]
        kind = f"{'excluded' if excluded else 'included'} term{'s' * (len(idle) > 1)}"
        verb = do if len(idle) > 1 else does
        if idle:
            said.append(f"The {kind} {_named(idle)} {verb} nothing in {last(weeks)}.")
    return (*said, *(_common(each, works, weeks) for each in terms if each.works >= COMMON * works))


def looked_for(terms: Sequence[str]) -> tuple[str, ...]:
    """What a topic without included terms goes by, so that people can take it over or leave it."""
    if not terms:
        return ()
    named = _named(terms, len(terms))
    return (
        f"No terms are included. By its seeds and the archive the topic looks for {named}. Include"
        " those that are meant: with the first included term it goes by the included ones alone.",
    )


def _common(use: TermUse, works: int, weeks: int) -> str:
    share = f"{100 * use.works / works:.0f} % of the papers of {last(weeks)}"
    if use.excluded:
        return f'The excluded term "{use.term}" leaves out {share}.'
    return f'The included term "{use.term}" stands in {share}: it tells nothing.'


def _named(titles: Sequence[str], most: int = _NAMED) -> str:
    shown = [f'"{_short(title)}"' for title in titles[:most]]
    more = len(titles) - len(shown)
    return "; ".join([*shown, *([f"and {more} more"] if more else [])])


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 3].rstrip()}..."
