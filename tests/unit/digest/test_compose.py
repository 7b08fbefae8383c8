from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from service.digest import compose
from service.records import DigestContent, WeekFigures
from service.records.digests import Asks
from tests.factories import digest_content, item, ranked, work
from tests.factories import section as made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.records import RankedWork


@dataclass
class Selected:
    """A topic's selection, as far as composing reads it."""

    chosen: tuple[RankedWork, ...] = ()
    below: tuple[RankedWork, ...] = ()
    similar: Mapping[int, tuple[RankedWork, ...]] = field(default_factory=dict)
    topic: str = "stroma"
    unsure: bool = False


WORKS = {number: work(number) for number in range(1, 6)}


def test_each_chosen_work_carries_those_that_are_listed_with_it() -> None:
    other = ranked(3, topic="neutrophils")
    selected = Selected((ranked(1), ranked(2)), (ranked(4),), {1: (other, ranked(5))})
    section = compose.section(selected, "Stroma", WORKS, late={5})
    assert [one.work.id for one in section.items] == [1, 2]
    assert [one.work.id for one in section.items[0].similar] == [3, 5]
    assert [one.late for one in section.items[0].similar] == [False, True]
    assert section.items[0].similar[0].ranked is other
    assert section.items[1].similar == ()
    assert [one.work.id for one in section.below] == [4]


def test_what_is_listed_is_sent_with_its_lead_and_what_is_below_is_not() -> None:
    selected = Selected((ranked(1), ranked(2)), (ranked(4),), {1: (ranked(3),)})
    section = compose.section(selected, "Stroma", WORKS, late=())
    assert [one.work.id for one in section.sent] == [1, 3, 2]
    content = digest_content(section, section)
    assert (content.shown, content.similar) == (4, 2)


def test_a_frozen_digest_comes_back_as_it_was_and_an_old_one_has_nothing_similar() -> None:
    stored = TypeAdapter(DigestContent)
    content = digest_content(made(replace(item(1), similar=(item(2), item(3)))))
    frozen = stored.dump_python(content, mode="json")
    assert stored.validate_python(frozen) == content
    del frozen["sections"][0]["items"][0]["similar"]
    assert stored.validate_python(frozen).similar == 0


def test_a_theme_is_given_to_the_works_that_share_it() -> None:
    selected = Selected((ranked(1), ranked(2)), (ranked(4),), {1: (ranked(3),)})
    themes = {1: "NETs", 3: "NETs", 4: "NETs"}
    section = compose.section(selected, "Stroma", WORKS, (), themes)
    assert [one.theme for one in section.items] == ["NETs", ""]
    assert section.items[0].similar[0].theme == ""
    assert section.below[0].theme == ""


@pytest.mark.parametrize(
    ("topic", "unsure", "asks"),
    [
        ("stroma", False, Asks.VOTES),
        ("stroma", True, Asks.DOUBTS),
        ("search:nets", False, Asks.NOTHING),
    ],
)
def test_votes_are_asked_for_topics_only(topic: str, asks: Asks, *, unsure: bool) -> None:
    selected = Selected((ranked(1),), (ranked(4),), topic=topic, unsure=unsure)
    assert compose.section(selected, "Stroma", WORKS, late=()).asks is asks


def test_notices_stand_one_after_the_other_as_sentences() -> None:
    assert compose.banner("", "") == ""
    assert compose.banner("Ranked by words only", "") == "Ranked by words only"
    assert compose.banner("Ranked by words only", "It is late.") == (
        "Ranked by words only. It is late."
    )
    assert compose.banner("Late!", "So it is.") == "Late! So it is."


# -- figures --------------------------------------------------------------------------------------


def week(number: int, *relevances: float) -> DigestContent:
    items = (item(at, relevance=relevance) for at, relevance in enumerate(relevances, 1))
    return digest_content(
        made(items=tuple(items)), period=f"UTC:2026-W{number:02}", screened=number * 10
    )


def test_a_week_in_figures_has_the_mean_relevance_of_what_it_shows() -> None:
    assert compose.figures(week(7, 0.9, 0.6)) == WeekFigures("UTC:2026-W07", 70, 2, 0.75)
    assert compose.figures(week(8)) == WeekFigures("UTC:2026-W08", 80, 0, None)
    # Before there was relevance it was frozen as nought.
    assert compose.figures(week(9, 0.0)).relevance is None


def test_a_digest_tells_the_last_twelve_weeks_itself_last() -> None:
    before = compose.weeks([week(number, 0.5) for number in range(1, 15)])
    assert [each.screened for each in before] == [number * 10 for number in range(3, 15)]
    told = compose.completed(week(15, 0.8), before).weeks
    assert [each.screened for each in told] == [number * 10 for number in range(4, 16)]
    assert told[-1].relevance == 0.8


def test_a_digest_made_again_stands_once_among_its_weeks() -> None:
    before = compose.weeks([week(1, 0.5), week(2, 0.5)])
    told = compose.completed(week(2, 0.9), before).weeks
    assert [(each.period[-3:], each.relevance) for each in told] == [("W01", 0.5), ("W02", 0.9)]
    assert compose.completed(week(1), ()).weeks == (WeekFigures("UTC:2026-W01", 10, 0, None),)


def test_late_is_what_entered_its_source_well_before_the_last_digest() -> None:
    entered = {1: "2026-11-01", 2: "2026-11-14", 3: "2026-11", 4: "2026-11-20"}
    assert compose.late(entered, datetime(2026, 11, 20, tzinfo=UTC)) == {1}
    assert compose.late(entered, None) == frozenset()


@pytest.mark.parametrize(
    ("cutoff", "precision", "per_week", "told"),
    [
        (None, None, None, "the default"),
        (0.0, None, None, "as the topic says"),
        (None, 0.8, None, "expected precision 80 %"),
        (None, 0.825, None, "expected precision 82.5 %"),
        (None, None, 1.0, "about 1 paper a week"),
        (None, None, 0.5, "about 0.5 papers a week"),
    ],
)
def test_what_a_line_was_drawn_for_is_said_in_words(
    cutoff: float | None, precision: float | None, per_week: float | None, told: str
) -> None:
    assert compose.aim(cutoff, precision, per_week) == told
