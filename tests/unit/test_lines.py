from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from service.lines import MOST_WORKS, Recent, draw, recent
from service.records import Facet, RankedWork, Seed, Topic

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
TOPIC = Topic("caf", "Fibroblasts", (Seed("s", "text", "Fibroblasts"),))


@dataclass(frozen=True)
class Past:
    window_hi: int
    frozen_at: datetime


def weekly(*sequences: int) -> list[Past]:
    """Digests of the last weeks, the newest first, each up to its sequence number."""
    return [Past(hi, NOW - (n + 1) * WEEK) for n, hi in enumerate(sequences)]


def ranked(*relevances: float, start: int = 1) -> dict[str, list[RankedWork]]:
    facet = Facet("title", "", "s")
    works = [RankedWork(n, "caf", 10 * r, facet, r) for n, r in enumerate(relevances, start)]
    return {"caf": works}


# -- how far back -----------------------------------------------------------------------------------


def test_papers_a_week_are_counted_over_four_weeks_of_digests() -> None:
    past = weekly(900, 800, 700, 600, 500, 400)
    assert recent(past, (900, 1000), NOW - WEEK, NOW) == Recent(600, 4.0)


def test_a_digest_that_was_frozen_some_hours_early_still_counts_its_week() -> None:
    past = [Past(600, NOW - 4 * WEEK - timedelta(hours=20)), Past(500, NOW - 5 * WEEK)]
    assert recent(past, (900, 1000), NOW - WEEK, NOW).start == 600


def test_a_first_digest_counts_its_own_window() -> None:
    assert recent([], (0, 1000), NOW - 2 * WEEK, NOW) == Recent(0, 2.0)


def test_a_window_of_days_counts_as_a_week() -> None:
    """Else a preview on the day after a digest would let next to nothing pass."""
    assert recent([], (900, 1000), NOW - timedelta(days=1), NOW).weeks == 1.0


def test_more_works_than_can_be_ranked_at_leisure_are_left_out() -> None:
    past = weekly(MOST_WORKS, 0)
    assert recent(past, (MOST_WORKS, MOST_WORKS + 5), NOW - WEEK, NOW).start == MOST_WORKS
    assert recent(past, (MOST_WORKS, MOST_WORKS), NOW - WEEK, NOW).start == 0


def test_a_digest_that_was_lost_leaves_its_works_in_the_window() -> None:
    """The window then begins before the newest digest ended, and the count with it."""
    assert recent(weekly(900), (800, 1000), NOW - 2 * WEEK, NOW) == Recent(800, 2.0)


# -- where the line is ------------------------------------------------------------------------------


def test_a_topic_that_says_nothing_has_the_default() -> None:
    assert draw([TOPIC], 0.5, ranked(0.9)) == {"caf": 0.5}


def test_a_cutoff_is_taken_as_it_is() -> None:
    assert draw([replace(TOPIC, cutoff=0.0)], 0.5, ranked(0.9)) == {"caf": 0.0}


def test_an_expected_precision_lets_surer_works_make_up_for_others() -> None:
    topic = replace(TOPIC, precision=0.8)
    assert draw([topic], 0.5, ranked(0.9, 0.85, 0.66, 0.2)) == {"caf": 0.66}
    assert draw([topic], 0.5, ranked()) == {"caf": 0.8}


def test_no_work_is_shown_that_is_far_less_likely_than_the_precision_asked_for() -> None:
    topic = replace(TOPIC, precision=0.8)
    [line] = draw([topic], 0.5, ranked(*[0.99] * 9, 0.41, 0.1)).values()
    assert 0.1 < line <= 0.41


def test_what_was_sent_makes_up_for_nothing() -> None:
    topic = replace(TOPIC, precision=0.8)
    works = ranked(0.99, 0.7)
    assert draw([topic], 0.5, works) == {"caf": 0.7}
    assert draw([topic], 0.5, works, frozenset([1])) == {"caf": 0.8}


def test_papers_a_week_are_those_of_an_average_week() -> None:
    """Four weeks with two papers each: this one has the best, and shows more than two of them."""
    topic = replace(TOPIC, per_week=2.0)
    now = ranked(0.9, 0.8, 0.7)
    before = ranked(0.75, 0.6, 0.55, 0.5, 0.45, 0.4, start=11)
    assert draw([topic], 0.5, now, before=before, weeks=4.0) == {"caf": 0.45}
    assert draw([topic], 0.5, now, weeks=1.0) == {"caf": 0.8}


def test_a_part_of_a_paper_a_week_is_one_in_several_weeks() -> None:
    topic = replace(TOPIC, per_week=0.5)
    now = ranked(0.9, 0.8)
    assert draw([topic], 0.5, now, before=ranked(0.95, 0.1, start=9), weeks=4.0) == {"caf": 0.9}


@pytest.mark.parametrize("relevances", [(), (0.0, 0.0)])
def test_without_works_to_count_papers_a_week_have_the_default(
    relevances: tuple[float, ...],
) -> None:
    """Works with an excluded term are not counted."""
    assert draw([replace(TOPIC, per_week=5.0)], 0.5, ranked(*relevances)) == {"caf": 0.5}


def test_each_topic_has_its_own_line() -> None:
    other = replace(TOPIC, slug="tan", cutoff=0.7)
    works = {**ranked(0.9), "tan": []}
    assert draw([TOPIC, other], 0.5, works) == {"caf": 0.5, "tan": 0.7}
