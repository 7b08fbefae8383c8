"""Advice on a topic, as its pages give it: made in the background, and kept while it holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from service import guidance
from service.digest import words
from service.topics import editing

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.guidance import Advice, MonthlyDoubts, SeedAdvice, TermAdvice
    from service.web.site.errands import Errands, Say
    from service.web.site.topics_held import Held


@dataclass(frozen=True, slots=True)
class Term:
    """A term that might be included (or excluded), and why."""

    term: str
    excluded: bool
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What is suggested; `coming` says that newer advice is being made. `moved` tells how the
    topic's literature moves; "" where it does not, or where that is not known."""

    terms: Sequence[Term] = ()
    seeds: Sequence[SeedAdvice] = ()
    moved: str = ""
    notes: Sequence[str] = ()
    coming: bool = False


class Advisor:
    """Gives advice that is at hand, and has newer made where it no longer fits: a page never waits
    for it. Of each topic the last is kept, with what it hangs on."""

    def __init__(self, app: App, errands: Errands) -> None:
        self._app = app
        self._errands = errands
        self._advice: dict[str, tuple[Hashable, Advice | None]] = {}
        self._doubts: dict[str, tuple[Hashable, MonthlyDoubts | None]] = {}

    def advice(self, held: Held, topic: Topic, by: str) -> Shown:
        """What there is to say on `held`, without what `topic`, which was made of it, has taken
        up already."""
        slug = held.slug
        with self._app.store.reading() as tx:
            voted = tx.weeks.last_votes().get(slug, 0)
        state = (held.topic.version, voted, held.week.state if held.week else "")
        before, known = self._advice.get(slug, (None, None))
        if before != state:
            self._errands.start(f"advice {slug}", "advice", by, partial(self._advise, slug, state))
        coming = self._running(f"advice {slug}")
        return Shown(coming=coming) if known is None else _shown(known, topic, coming=coming)

    def doubts(self, held: Held, by: str) -> tuple[MonthlyDoubts | None, str]:
        """The works of the last month that most need a vote; None, and why, while they are being
        chosen or where they cannot be."""
        slug, name = held.slug, f"doubts {held.slug}"
        today = self._app.clock.now()
        state = (held.topic.version, today.year, today.month)
        before, known = self._doubts.get(slug, (None, None))
        if before != state:
            self._errands.start(name, "doubts", by, partial(self._doubt, slug, state))
        errand = self._errands.of(name)
        failed = errand.told if errand is not None and errand.failed else ""
        return (known if before == state else None), failed

    def _running(self, name: str) -> bool:
        errand = self._errands.of(name)
        return errand is not None and errand.running

    def _advise(self, slug: str, state: Hashable, _say: Say) -> str:
        self._advice[slug] = state, self._advice.get(slug, (None, None))[1]  # tried once, at least
        self._advice[slug] = state, guidance.advice(self._app.parts, slug, model=self._app.model)
        return ""

    def _doubt(self, slug: str, state: Hashable, _say: Say) -> str:
        self._doubts[slug] = state, None
        self._doubts[slug] = state, guidance.unsure(self._app.parts, slug, model=self._app.model)
        return ""


def _shown(advice: Advice, topic: Topic, *, coming: bool) -> Shown:
    taken = {editing.folded(term) for term in (*topic.include, *topic.exclude)}
    offered = [
        *(_term(each, excluded=False) for each in advice.include),
        *(_term(each, excluded=True) for each in advice.exclude),
    ]
    names = {value for seed in topic.seeds for value in (seed.ids.doi, seed.ids.pmid) if value}
    titles = {seed.title for seed in topic.seeds}
    return Shown(
        [each for each in offered if editing.folded(each.term) not in taken],
        [
            each
            for each in advice.seeds
            if each.name and each.name not in names and each.title not in titles
        ],
        _moved(advice),
        advice.notes,
        coming,
    )


def _term(advice: TermAdvice, *, excluded: bool) -> Term:
    side = "not wanted" if excluded else "wanted"
    why = f"in {advice.hits} of {advice.of} papers {side}, {advice.others} of {advice.of_others}"
    return Term(advice.term, excluded, f"{why} others")


def _moved(advice: Advice) -> str:
    drift = advice.drift
    if drift is None:
        return ""
    told = []
    if drift.explained is not None:
        told.append("The seeds explain what is wanted of late less well than before")
    if drift.terms:
        named = ", ".join(each.term for each in drift.terms[:5])
        told.append(f"New in what is wanted of late: {named}")
    papers = f"{words.counted(drift.recent, 'paper')}, after {words.number(drift.before)} before"
    return f"{'. '.join(told)} ({papers})." if told else ""
