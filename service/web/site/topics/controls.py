"""What the form of a topic shows: every control as it stands, over the version it began with. Pure.

`tuning_form` reads back what a browser sends of it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.ranking.profile import senses_of
from service.topics.facets import facets
from service.topics.identity import label
from service.web.site.topics import form as tuning_form
from service.web.site.topics.packing import packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records import Facet, FollowedAuthor, Seed, Topic
    from service.web.site.door import Sent

SEEDS = 60  # on one page
TERMS = 250
_FACETS = 150  # shown of a whole topic
_BOXES = {"include.add": "include", "exclude.add": "exclude"}


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A seed at its place `n` in the form: as it was, with the weight and side it has now."""

    n: int
    seed: Seed
    label: str
    dropped: bool = False
    fresh: bool = False
    facets: tuple[Facet, ...] = ()
    more_facets: int = 0

    @property
    def most(self) -> float:
        """The end of its slider."""
        return max(tuning_form.MOST_WEIGHT, self.seed.weight)


@dataclass(frozen=True, slots=True)
class Chip:
    """A term: one that was there, and may be dropped by now, or one that is fresh."""

    term: str
    dropped: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class SenseRow:
    """What a short form stands for: `state` is "pinned", "found" (in the topic's texts), "fresh"
    (pinned, and not saved yet) or "dropped"."""

    short: str
    long: str
    state: str


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """A followed author: one who was, and may be dropped by now, or one who is fresh."""

    author: FollowedAuthor
    dropped: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Controls:
    """All controls of the form. `more` counts what is not on this page: seeds, included and
    excluded terms. `typed` is what stands in boxes and could not be taken; `wrong` as in `Edited`.
    """

    topic: Topic
    base: Topic
    seeds: Sequence[SeedRow]
    found: str
    include: Sequence[Chip]
    exclude: Sequence[Chip]
    senses: Sequence[SenseRow]
    authors: Sequence[AuthorRow] = ()
    first: int = 0
    wrong: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """Which of the ways of drawing the line is chosen; "" for the default."""
        return next(iter(tuning_form.drawn(self.topic)), "")

    @property
    def changed(self) -> bool:
        """Whether anything is not as it began."""
        return self.topic != self.base

    @property
    def pages(self) -> list[tuple[int, int]]:
        """The first and last seed of each page, from 1; none where one page shows all."""
        held = len(self.base.seeds)
        starts = range(0, held, SEEDS) if held > SEEDS else ()
        return [(start + 1, min(held, start + SEEDS)) for start in starts]


def controls(
    base: Topic,
    topic: Topic,
    *,
    first: int = 0,
    wrong: Mapping[str, str] | None = None,
    sent: Sent | None = None,
    taken: bool = False,
) -> Controls:
    """The form that shows `topic`, which was made of `base`, from seed `first` on. `sent` is what
    the form held before: what could not be done stays in its boxes; what stands in the one for
    seeds too, unless it was `taken`."""
    wrong = wrong or {}
    return Controls(
        topic=topic,
        base=base,
        seeds=_seeds(base, topic, first),
        found=packed(_fresh(base, topic)),
        include=_chips(base.include, topic.include),
        exclude=_chips(base.exclude, topic.exclude),
        senses=_senses(base, topic),
        authors=_authors(base.authors, topic.authors),
        first=first,
        wrong=wrong,
        typed=_typed(sent, wrong, taken=taken) if sent else {},
    )


def _fresh(base: Topic, topic: Topic) -> list[Seed]:
    held = {seed.key for seed in base.seeds}
    return [seed for seed in topic.seeds if seed.key not in held]


def _seeds(base: Topic, topic: Topic, first: int) -> list[SeedRow]:
    """Those of one page, and all that are fresh."""
    now = {seed.key: seed for seed in topic.seeds}
    parts: dict[str, list[Facet]] = defaultdict(list)
    for facet in facets(topic):
        parts[facet.seed].append(facet)
    fresh = _fresh(base, topic)
    shown = base.seeds[first : first + SEEDS]
    each = max(3, _FACETS // (len(shown) + len(fresh) or 1))
    rows = [
        (n, now.get(seed.key, seed), seed.key not in now, False)
        for n, seed in enumerate(shown, start=first)
    ]
    rows += [(n, seed, False, True) for n, seed in enumerate(fresh, start=len(base.seeds))]
    return [
        SeedRow(
            n,
            seed,
            label(seed),
            dropped,
            is_fresh,
            tuple(parts[seed.key][:each]),
            max(0, len(parts[seed.key]) - each),
        )
        for n, seed, dropped, is_fresh in rows
    ]


def _chips(base: Sequence[str], now: Sequence[str]) -> list[Chip]:
    there, was = set(now), set(base)
    return [
        *(Chip(term, dropped=term not in there) for term in base),
        *(Chip(term, fresh=True) for term in now if term not in was),
    ]


def _authors(base: Sequence[FollowedAuthor], now: Sequence[FollowedAuthor]) -> list[AuthorRow]:
    there, was = {each.key: each for each in now}, {each.key for each in base}
    return [
        *(AuthorRow(there.get(e.key, e), dropped=e.key not in there) for e in base),
        *(AuthorRow(each, fresh=True) for each in now if each.key not in was),
    ]


def _senses(base: Topic, topic: Topic) -> list[SenseRow]:
    rows = []
    for sense in senses_of(topic).values():
        if not sense.pinned:
            rows.append(SenseRow(sense.short, sense.long, "found"))
    for short, long in topic.senses.items():
        state = "pinned" if base.senses.get(short) == long else "fresh"
        rows.append(SenseRow(short, long, state))
    taken = {row.short for row in rows if row.state != "found"}
    rows += [
        SenseRow(short, long, "dropped")
        for short, long in base.senses.items()
        if short not in taken
    ]
    gone = {row.short for row in rows if row.state == "dropped"}
    kept = [row for row in rows if row.state != "found" or row.short not in gone]
    return sorted(kept, key=lambda row: (row.state == "found", row.short.casefold()))


def _typed(sent: Sent, wrong: Mapping[str, str], *, taken: bool) -> dict[str, str]:
    """What goes back into the boxes: what was wrong there, and what is no change of the topic."""
    kept = {name: sent.text(name) for name, asked in _BOXES.items() if asked in wrong}
    if "sense" in wrong:  # its last pair is the one that was typed; the others are hidden
        kept |= {name: (sent.texts(name) or [""])[-1] for name in ("sense.short", "sense.long")}
    if "author" in wrong:
        parts = ("author.name", "author.orcid", "author.affiliation")
        kept |= {name: (sent.texts(name) or [""])[-1] for name in parts}
    if not taken:
        kept["seeds"] = sent.text("seeds")
    return {**kept, "reason": sent.text("reason")}
