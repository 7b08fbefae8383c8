"""What a person sees of a kept ranking: near-duplicates folded, what they ask for sifted out. Pure.

Near-duplicates are one entry of the list, led by the best of them: where one of them is wanted, all
are shown; who has read the lead has read them all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from service.records.weeks import Listed


class Show(StrEnum):
    """Which part of a ranking: what a reader has neither read nor judged, what reaches the line,
    what the next digests would show, or all."""

    UNREAD = "unread"
    WANTED = "wanted"
    DIGEST = "digest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Entry:
    """A work of the list, and those that are folded under it."""

    lead: Listed
    alike: tuple[Listed, ...] = ()

    def __iter__(self) -> Iterator[Listed]:
        yield self.lead
        yield from self.alike


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of the works of a ranking besides it, by number: `done` the reader has read or
    judged, `refused` are those that the topic's readers voted against. `line` is the relevance from
    which a work is wanted, `coming` what the next digests would show for the topic, some of which
    may be older than the ranking."""

    line: float
    done: AbstractSet[int] = frozenset()
    refused: AbstractSet[int] = frozenset()
    coming: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left, best first. `counts` are the entries of each part; `kinds` and `sources` those
    that the part asked for has of each, the commonest first."""

    entries: tuple[Entry, ...]
    counts: Mapping[Show, int]
    kinds: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, int] = field(default_factory=dict)


def fold(listed: Sequence[Listed]) -> list[Entry]:
    """The works as entries, in their order. One whose lead is not there stands for itself."""
    there = {work.work_id for work in listed}
    behind: dict[int, list[Listed]] = {}
    for work in listed:
        if work.alike in there:
            behind.setdefault(work.alike or 0, []).append(work)
    return [
        Entry(work, tuple(behind.get(work.work_id, ())))
        for work in listed
        if work.alike not in there
    ]


def sift(
    entries: Sequence[Entry],
    marks: Marks,
    show: Show,
    *,
    kind: str = "",
    source: str = "",
    keep: AbstractSet[int] = frozenset(),
) -> Sifted:
    """The entries of the part asked for, of a kind of work and of a source where these are named.

    Those led by one to `keep` stay where they were, whatever part they belong to: what a reader has
    just judged does not vanish under their hands.
    """
    parts = {each: [one for one in entries if _belongs(one, each, marks)] for each in Show}
    parts[Show.DIGEST] = [*marks.coming]
    chosen = parts[show]
    if keep and show is not Show.DIGEST:
        kept = {one.lead.work_id for one in chosen} | keep
        chosen = [one for one in entries if one.lead.work_id in kept]
    return Sifted(
        tuple(
            one
            for one in chosen
            if not (kind and all(work.kind != kind for work in one))
            and not (source and all(source not in work.sources for work in one))
        ),
        {each: len(found) for each, found in parts.items()},
        _counted({str(work.kind) for work in one} for one in parts[show]),
        _counted({name for work in one for name in work.sources} for one in parts[show]),
    )


def _belongs(entry: Entry, show: Show, marks: Marks) -> bool:
    lead = entry.lead
    match show:
        case Show.UNREAD:
            return lead.work_id not in marks.done
        case Show.WANTED:
            return lead.relevance >= marks.line and lead.work_id not in marks.refused
        case _:
            return True


def _counted(found: Iterable[AbstractSet[str]]) -> dict[str, int]:
    counts = Counter(name for names in found for name in sorted(names))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
