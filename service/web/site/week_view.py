"""What the page of a week shows, as values: what is asked for, the next digests, the entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from service.digest import words
from service.sifting import Show

if TYPE_CHECKING:
    from datetime import datetime

    from service.records import DigestItem, Judgement, Topic
    from service.records.weeks import Placed, Week
    from service.sifting import Sifted
    from service.weekly import Age

_EXCLUDED = "excluded: "  # begins the terms of a work that the ranker leaves out
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a topic's week is looked at: from which entry on, and which works stay where they
    were, though they belong to another part by now."""

    topic: str
    show: Show = Show.UNREAD
    kind: str = ""
    source: str = ""
    start: int = 0
    keep: frozenset[int] = frozenset()

    def address(self, **changes: object) -> str:
        """Where this is looked at, or the same with changes, then from its beginning; `keep` is no
        part of it."""
        wanted = replace(self, **({"start": 0} | changes if changes else {}))  # type: ignore[arg-type]  # by name
        told = {
            "show": "" if wanted.show is Show.UNREAD else str(wanted.show),
            "type": wanted.kind,
            "source": wanted.source,
            "from": wanted.start or "",
        }
        query = urlencode({name: value for name, value in told.items() if value})
        return f"/week/{wanted.topic}?{query}" if query else f"/week/{wanted.topic}"


@dataclass(frozen=True, slots=True)
class Next:
    """A subscription's next digest: when it comes, by its own clock, and what it would show, each
    work followed by those listed with it."""

    name: str
    topics: tuple[str, ...]
    at: datetime
    works: tuple[Placed, ...]

    @property
    def day(self) -> str:
        """The day of the week."""
        return _DAYS[self.at.weekday()]

    @property
    def shown(self) -> int:
        """How many works it would show in full."""
        return sum(each.alike is None for each in self.works)

    def of(self, topic: str) -> tuple[Placed, ...]:
        """What it would show for a topic."""
        return tuple(each for each in self.works if self.sections[each.ranked.work_id] == topic)

    @property
    def sections(self) -> dict[int, str]:
        """The topic, or what stands for a search, under which it would show each work."""
        own = {each.ranked.work_id: each.ranked.topic for each in self.works}
        return {
            each.ranked.work_id: own.get(each.alike or each.ranked.work_id, each.ranked.topic)
            for each in self.works
        }


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is shown: `item` is the lead with those folded under it. `said` is what this
    reader voted, `others` are the votes of other people, `marks` tell which digests will show it;
    `below` says that it is the first one under the line."""

    item: DigestItem
    read: bool
    said: Judgement | None
    others: tuple[tuple[Judgement, tuple[str, ...]], ...]
    marks: tuple[str, ...]
    below: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it stands where it stands; nothing for works far down, which are not explained, and
        for one that is left out the term that it holds."""
        ranked = self.item.ranked
        if ranked.terms and ranked.terms[0].startswith(_EXCLUDED):
            terms = ", ".join(f"“{term.removeprefix(_EXCLUDED)}”" for term in ranked.terms)
            return (f"Left out: it holds the excluded {terms}",)
        explained = ranked.terms or ranked.sentences or ranked.reference or ranked.signals
        return words.reasons(self.item) if explained else ()


@dataclass(frozen=True, slots=True)
class View:
    """All that the page shows. Without a `week` nothing was ranked for the topic yet."""

    topics: tuple[Topic, ...]
    topic: Topic
    asked: Asked
    coming: tuple[Next, ...]
    undrawn: bool  # whether a subscription's next digest has never been drawn up
    week: Week | None = None
    age: Age | None = None
    sifted: Sifted | None = None
    rows: tuple[Row, ...] = ()

    @property
    def digests(self) -> list[Next]:
        """The next digests that the topic has a part in."""
        return [each for each in self.coming if self.topic.slug in each.topics]

    @property
    def ahead(self) -> int:
        """How many entries come after those shown."""
        return len(self.sifted.entries) - self.asked.start - len(self.rows) if self.sifted else 0
