"""What the page of a week shows, read from what is kept: no ranking is made here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from service import sifting, voting, weekly
from service.records import DigestItem, Judgement, search_of
from service.records.weeks import Listed, Placed
from service.sifting import Entry, Marks, Show, Sifted
from service.web.site.subscriptions import coming

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from service.bootstrap import App
    from service.records import RankedWork, Topic, Vote, Work
    from service.records.weeks import Week
    from service.store import Unit
    from service.web.site.door import Visitor
    from service.weekly import Age

SHOWN = 40  # entries of one page: it must stay well below 200 kB
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


def look(app: App, tx: Unit, visitor: Visitor, topics: tuple[Topic, ...], asked: Asked) -> View:
    """What the visitor sees of the topic that they ask for, one of `topics`."""
    topic = next(each for each in topics if each.slug == asked.topic)
    view = View(topics, topic, asked, *_coming(app, tx))
    week = tx.weeks.kept().get(topic.slug)
    if week is None:
        return view
    digested = {one.ranked.work_id: one for each in view.coming for one in each.of(topic.slug)}
    listed, coming_up = tx.weeks.listed(topic.slug), _listed(tx, digested)
    known = _known(tx, visitor, topic.slug, [*listed, *coming_up])
    marks = Marks(week.line, known.done, known.refused, sifting.fold(coming_up))
    kind, source, keep = asked.kind, asked.source, asked.keep
    entries = sifting.fold(listed)
    sifted = sifting.sift(entries, marks, asked.show, kind=kind, source=source, keep=keep)
    shown = sifted.entries[asked.start : asked.start + SHOWN]
    leads = [one.lead.work_id for one in shown]
    ranked = {number: one.ranked for number, one in digested.items()}
    items = _items(tx, shown, ranked | tx.weeks.ranked(topic.slug, leads))
    rows = [known.row(item, _in_digests(item, view)) for item in items]
    if rows and asked.show is not Show.DIGEST:
        above = sifted.entries[asked.start - 1].lead.relevance if asked.start else 1.0
        rows = _lined(rows, week.line, above)
    age = weekly.age(app.parts, tx, week)
    return replace(view, week=week, age=age, sifted=sifted, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Known:
    """What people did with the works: `me` is who looks, by the name they go by."""

    visitor: Visitor
    me: str
    marked: frozenset[int]
    votes: Mapping[int, Sequence[Vote]]

    @property
    def done(self) -> frozenset[int]:
        """What the visitor has read or judged."""
        mine = (number for number, told in self.votes.items() if self._said(told))
        return self.marked | frozenset(mine)

    @property
    def refused(self) -> frozenset[int]:
        """What the topic's readers voted against."""
        said = voting.verdicts(vote for told in self.votes.values() for vote in told)
        return frozenset(number for number, (weight, _) in said.items() if weight < 0)

    def row(self, item: DigestItem, marks: tuple[str, ...]) -> Row:
        """The entry, with what people said of its lead."""
        told, others = self.votes.get(item.work.id, ()), dict[Judgement, list[str]]()
        for vote in told:
            if vote.whose != self.me:
                others.setdefault(vote.judgement, []).append(self.visitor.told(vote.whose))
        return Row(
            item,
            item.work.id in self.marked,
            self._said(told),
            tuple((judgement, tuple(names)) for judgement, names in others.items()),
            marks,
        )

    def _said(self, told: Sequence[Vote]) -> Judgement | None:
        return next((vote.judgement for vote in told if vote.whose == self.me), None)


def _known(tx: Unit, visitor: Visitor, topic: str, works: Iterable[Listed]) -> _Known:
    numbers = list({work.work_id for work in works})
    votes = {
        number: [vote for vote in told if vote.topic == topic]
        for number, told in tx.votes.of_works(numbers).items()
    }
    marked = frozenset(tx.readings.of(visitor.name, numbers))
    return _Known(visitor, tx.aliases.person_of(visitor.name), marked, votes)


def _coming(app: App, tx: Unit) -> tuple[tuple[Next, ...], bool]:
    """The next digests that have been drawn up, and whether there are others."""
    kept, sent = tx.weeks.upcoming(), [one for one in coming(app, tx) if one.runs]
    found = tuple(
        Next(name, one.subscription.topics, one.runs[0], kept[name].works)
        for one in sent
        if (name := one.subscription.name) in kept
    )
    return found, len(found) < len(sent)


def _listed(tx: Unit, digested: Mapping[int, Placed]) -> list[Listed]:
    """What the next digests would show, as works of a list."""
    return [
        Listed(
            work.id,
            digested[work.id].ranked.relevance,
            digested[work.id].alike,
            work.kind,
            work.sources,
        )
        for work in tx.works.many(list(digested))
    ]


def _items(
    tx: Unit, entries: Sequence[Entry], ranked: Mapping[int, RankedWork]
) -> list[DigestItem]:
    works = {
        work.id: work for work in tx.works.many([one.work_id for each in entries for one in each])
    }
    return [
        replace(
            _item(works, ranked[entry.lead.work_id], entry.lead.work_id),
            similar=tuple(
                _item(works, ranked[entry.lead.work_id], one.work_id) for one in entry.alike
            ),
        )
        for entry in entries
    ]


def _item(works: Mapping[int, Work], ranked: RankedWork, number: int) -> DigestItem:
    return DigestItem(works[number], ranked)


def _in_digests(item: DigestItem, view: View) -> tuple[str, ...]:
    names = {topic.slug: topic.name for topic in view.topics}
    told = []
    for each in view.coming:
        section = each.sections.get(item.work.id)
        if section is None:
            continue
        whose = f" ({each.name})" if len(view.coming) > 1 else ""
        under = "" if section == view.topic.slug else f", under {_section(section, names)}"
        told.append(f"In {each.day}’s digest{whose}{under}")
    return tuple(told)


def _section(section: str, names: Mapping[str, str]) -> str:
    return f"“{search_of(section)}”" if search_of(section) else names.get(section, section)


def _lined(rows: Sequence[Row], line: float, above: float) -> list[Row]:
    """The rows, the first one under the line marked; `above` is the relevance of the one before."""
    standing = [above, *(row.item.ranked.relevance for row in rows)]
    return [
        replace(row, below=over >= line > own)
        for row, over, own in zip(rows, standing, standing[1:], strict=False)
    ]
