"""Advice on a topic, as its pages give it: made in the background, and kept while it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import guidance
from service.digest import words
from service.topics import editing
from service.web.site.topics.made import Beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.records import Topic
    from service.records.guidance import Advice, MonthlyDoubts, SeedAdvice, TermAdvice
    from service.web.site.errands import Errands
    from service.web.site.topics.held import Held
    from service.web.site.topics.made import Made


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
    """Gives advice that is at hand, and has newer made where it no longer fits."""

    def __init__(self, app: App, errands: Errands) -> None:
        self._app = app
        self._advice: Beside[Advice] = Beside(errands, "advice")
        self._doubts: Beside[MonthlyDoubts] = Beside(errands, "doubts")

    def advice(self, held: Held, topic: Topic, by: str) -> Shown:
        """What there is to say on `held`, without what `topic`, which was made of it, has taken
        up already."""
        app, slug = self._app, held.slug
        state = (held.topic.version, held.voted, held.week.state if held.week else "")
        made = self._advice.of(
            slug, state, by, lambda: guidance.advice(app.parts, slug, model=app.model)
        )
        if made.value is None:
            return Shown(coming=made.coming)
        return _shown(made.value, topic, coming=made.coming)

    def doubts(self, held: Held, by: str) -> Made[MonthlyDoubts]:
        """The works of the last month that most need a vote."""
        app, slug = self._app, held.slug
        now = app.clock.now()
        state = (held.topic.version, now.year, now.month)
        return self._doubts.of(
            slug, state, by, lambda: guidance.unsure(app.parts, slug, model=app.model)
        )


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
