"""What the page of a week shows, read from what is kept: no ranking is made here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service import sifting, subscribing, voting, weekly
from service.enriching import entities
from service.records import DigestItem, Judgement, search_of
from service.records.enriching import Addition
from service.records.weeks import Listed
from service.sifting import Marks, Show
from service.web.site.week_view import Next, Row, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.bootstrap import App
    from service.records import RankedWork, Topic, Vote
    from service.records.weeks import Placed
    from service.sifting import Entry
    from service.store import Unit
    from service.web.site.door import Visitor
    from service.web.site.week_view import Asked

SHOWN = 40  # entries of one page: it must stay well below 200 kB


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
    kept, sent = (
        tx.weeks.upcoming(),
        [one for one in subscribing.coming(tx, app.clock.now()) if one.runs],
    )
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
    """The entries with their works. One that another worker has just taken out is left out."""
    numbers = [one.work_id for entry in entries for one in entry]
    works = {work.id: work for work in tx.works.many(numbers)}
    additions = tx.enrichments.shown([entry.lead.work_id for entry in entries])
    items = []
    for entry in entries:
        lead = entry.lead.work_id
        if lead in works and lead in ranked:
            alike = [works[one.work_id] for one in entry.alike if one.work_id in works]
            similar = tuple(DigestItem(work, ranked[lead]) for work in alike)
            named = entities.shown(additions.get(lead, Addition()).entities, ranked[lead].terms)
            items.append(DigestItem(works[lead], ranked[lead], similar=similar, entities=named))
    return items


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
