"""Whatever comes when: a flag once stated stays, and news of it is told once to who had the work."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import news, normalisation, refreshing
from service.records import Change, Flag, Kind, Relation
from tests.papers import Archive, paper, preprint, states, understood
from tests.sent_digests import WEEKLY, freeze_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records import Paper

STEPS = (
    "article",
    "retracted article",
    "article again, unmarked",
    "preprint",
    "preprint that says which article it became",
    "retraction notice",
    "concern about the preprint",
    "refresh",
    "digest of weekly",
    "digest of other",
)
TELLING = {Change.RETRACTED: Flag.RETRACTED, Change.CONCERN: Flag.CONCERN}
NUMBERS = itertools.count(1)


@dataclass
class Course:
    """One article and its preprint, and two subscriptions; `stated` is what was ever said of each
    by now, `seen` what a work was flagged with when a subscription was sent it."""

    archive: Archive
    number: int
    stated: dict[str, set[Flag]] = field(default_factory=dict)
    told: dict[str, Counter[Change]] = field(default_factory=dict)
    seen: dict[str, list[tuple[int, frozenset[Flag]]]] = field(default_factory=dict)
    digests: int = 0

    def __post_init__(self) -> None:
        self.subscriptions = {
            name: replace(WEEKLY, name=f"{name}-{self.number}") for name in ("weekly", "other")
        }
        with self.archive.store.writing() as tx:
            every = [s for s, _ in tx.subscriptions.all()]
            tx.subscriptions.sync([*every, *self.subscriptions.values()], self.archive.now)
        for name in self.subscriptions:
            self.told[name], self.seen[name] = Counter(), []

    @property
    def pmid(self) -> str:
        return f"{40_000_000 + self.number}"

    @property
    def doi(self) -> str:
        return f"10.1101/2026.{self.number:06}"

    def step(self, name: str) -> None:
        # A subscription has one digest a week.
        self.archive.now += timedelta(days=7 if name.startswith("digest") else 1)
        if name.startswith("digest of "):
            return self.digest(name.removeprefix("digest of "))
        if name == "refresh":
            refreshing.refresh(self.archive.parts, lambda _done: None)
            return None
        self.archive.take_in(self._paper(name))
        if "retract" in name:
            self.stated.setdefault(self.pmid, set()).add(Flag.RETRACTED)
        if "concern" in name:
            self.stated.setdefault(self.doi, set()).add(Flag.CONCERN)
        return None

    def _paper(self, name: str) -> Paper:
        number, named = self.number, {"pmid": self.pmid}
        match name:
            case "retracted article":
                return paper(number, flags=frozenset({Flag.RETRACTED}))
            case "article again, unmarked":
                return paper(number, abstract="Revised.")
            case "preprint":
                return preprint(number, title=f"Early draft {number} on what stroma does to cells")
            case "preprint that says which article it became":
                link = states(Relation.PREPRINT_OF, **named)
                return replace(self._paper("preprint"), links=(link,))
            case "retraction notice":
                kind, link = Kind.RETRACTION, states(Relation.RETRACTION_OF, **named)
            case "concern about the preprint":
                kind, link = Kind.CONCERN, states(Relation.CONCERN_FOR, doi=self.doi)
            case _:
                return paper(number)
        title = f"Notice of {kind} number {number} about somebody else"
        return paper(900_000 + number + len(name), title=title, kind=kind, links=(link,))

    def works(self) -> dict[str, tuple[int, frozenset[Flag]]]:
        """The works that answer to the article and to the preprint, where they are there."""
        with self.archive.store.reading() as tx:
            keyed = tx.works.keyed([f"pmid:{self.pmid}", f"doi:{self.doi}"])
            works = {work.id: work for work in tx.works.many(list(keyed.values()))}
        return {
            key.partition(":")[2]: (number, works[number].flags) for key, number in keyed.items()
        }

    def digest(self, name: str) -> None:
        """Send what this subscription has not had, and what is news."""
        subscription = self.subscriptions[name]
        with self.archive.store.reading() as tx:
            had = tx.digests.sent_works(subscription.name)
            changes = news.told(tx, subscription)
        fresh = {number: flags for number, flags in self.works().values() if number not in had}
        self.digests += 1
        key = f"{self.number}-{self.digests}"
        freeze_digest(self.archive, subscription, list(fresh), key=key, changes=changes)
        self.seen[name] += fresh.items()
        self.told[name].update(each.change for each in changes)

    def check(self) -> None:
        """No flag that was stated is missing."""
        for key, (_, flags) in self.works().items():
            assert self.stated.get(key, set()) <= flags


def orders() -> st.SearchStrategy[Sequence[str]]:
    """All steps in some order, and some of them again."""
    again = st.lists(st.sampled_from(STEPS), max_size=4)
    return again.flatmap(lambda more: st.permutations([*STEPS, *more]))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=orders())
def test_a_flag_stays_and_is_told_once(
    archive: Archive, order: Sequence[str], patched: None
) -> None:
    course = Course(archive, next(NUMBERS))
    for name in order:
        course.step(name)
        course.check()
    for name in ("weekly", "other"):
        course.step(f"digest of {name}")
    ((_, flags),) = set(course.works().values())  # the preprint's link made them one
    assert flags == {Flag.RETRACTED, Flag.CONCERN}
    for name, told in course.told.items():
        unmarked = any(Flag.RETRACTED not in flags for _, flags in course.seen[name])
        assert told[Change.RETRACTED] == unmarked
        assert told[Change.CONCERN] <= 1  # of what is void, nothing less is told
    before = dict(course.told["weekly"])
    course.step("digest of weekly")
    assert dict(course.told["weekly"]) == before


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are `tests.papers` everywhere."""
    monkeypatch.setattr(normalisation, "normalise", understood)
