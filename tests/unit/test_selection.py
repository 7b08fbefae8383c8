from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records import SEARCH, Facet, RankedWork, Signal, SignalKind
from service.selection import (
    BELOW,
    CONTENDERS,
    NEAR,
    SIGNALLED,
    Selection,
    contenders,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACET = Facet("title", "neutrophils", "seed")
CUT = {"stroma": 0.5, "neutrophils": 0.5}


def ranked(topic: str, relevances: Mapping[int, float]) -> list[RankedWork]:
    return [RankedWork(i, topic, 0.0, FACET, each) for i, each in relevances.items()]


def choose(
    scores: Mapping[str, Mapping[int, float]],
    sent: Sequence[int] = (),
    cap: int = 15,
    floor: int = 0,
    cutoffs: Mapping[str, float] = CUT,
    alike: Sequence[Sequence[int]] = (),
) -> Selection:
    works = {topic: ranked(topic, each) for topic, each in scores.items()}
    order = ["stroma", "neutrophils"]
    return select(works, frozenset(sent), cutoffs, cap=cap, floor=floor, order=order, alike=alike)


def shown(selection: Selection) -> dict[str, list[int]]:
    return {part.topic: [work.work_id for work in part.chosen] for part in selection.topics}


# -- by example -----------------------------------------------------------------------------------


def test_what_passes_is_shown_best_first() -> None:
    selection = choose({"stroma": {1: 0.6, 2: 0.9, 3: 0.5, 4: 0.39, 5: 0.9}})
    assert shown(selection) == {"stroma": [2, 5, 1, 3], "neutrophils": []}
    assert selection.work_ids == (2, 5, 1, 3)
    assert selection.topics[0].passed == selection.shown == 4
    assert selection.filled == 0


def test_a_work_goes_to_the_topic_where_it_stands_best() -> None:
    """By margin, not by relevance: 0.6 over a line of 0.3 beats 0.8 over one of 0.7."""
    selection = choose(
        {"stroma": {1: 0.8, 2: 0.8}, "neutrophils": {1: 0.6, 2: 0.35}},
        cutoffs={"stroma": 0.7, "neutrophils": 0.3},
    )
    assert shown(selection) == {"stroma": [2], "neutrophils": [1]}


def test_a_tie_goes_to_the_earlier_topic() -> None:
    assert shown(choose({"neutrophils": {1: 0.75}, "stroma": {1: 0.75}}))["stroma"] == [1]


def test_what_was_sent_is_left_out_and_counted() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.8, 3: 0.45}}, sent=[1, 3, 99])
    assert shown(selection)["stroma"] == [2]
    assert selection.topics[0].sent_before == 2
    assert selection.topics[0].below == ()


def test_a_busy_topic_leaves_a_quiet_one_its_share() -> None:
    busy = {n: 0.99 - n / 1000 for n in range(1, 50)}
    selection = choose({"stroma": busy, "neutrophils": {101: 0.51, 102: 0.52}}, cap=6)
    assert shown(selection) == {"stroma": [1, 2, 3, 4], "neutrophils": [102, 101]}
    assert selection.topics[0].passed == 49


def test_the_last_place_goes_to_the_best_margin() -> None:
    selection = choose({"stroma": {1: 0.6, 2: 0.59}, "neutrophils": {3: 0.9, 4: 0.8}}, cap=3)
    assert shown(selection) == {"stroma": [1], "neutrophils": [3, 4]}


def test_a_thin_week_is_filled_from_just_below_the_line_and_says_so() -> None:
    selection = choose(
        {"stroma": {1: 0.9, 2: 0.42, 3: 0.2}, "neutrophils": {4: 0.45, 5: 0.41}}, floor=3
    )
    assert shown(selection) == {"stroma": [1, 2], "neutrophils": [4]}
    assert [part.filled for part in selection.topics] == [frozenset({2}), frozenset({4})]
    assert [work.work_id for work in selection.topics[1].below] == [5]
    assert selection.filled == 2


def test_the_nearest_misses_fill_whatever_their_topic() -> None:
    selection = choose({"stroma": {1: 0.42}, "neutrophils": {2: 0.44, 3: 0.43}}, floor=2)
    assert shown(selection) == {"stroma": [], "neutrophils": [2, 3]}


def test_works_far_below_the_line_never_fill() -> None:
    selection = choose({"stroma": {1: 0.5 - NEAR - 0.01, 2: 0.1}}, floor=3)
    assert selection.shown == 0
    assert selection.topics[0].below == ()


def test_enough_above_the_line_means_no_filling() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.8, 3: 0.49}}, floor=2)
    assert shown(selection)["stroma"] == [1, 2]


def test_near_misses_are_told_up_to_five_those_cut_by_the_cap_first() -> None:
    selection = choose({"stroma": {n: 0.62 - n / 100 for n in range(1, 25)}}, cap=10)
    below = [work.work_id for work in selection.topics[0].below]
    assert below == [11, 12, 13, 14, 15]
    assert selection.topics[0].passed == 12


def test_the_rest_is_what_the_topic_shows_nowhere_however_far_from_its_line() -> None:
    scores = {"stroma": {1: 0.9, 2: 0.8, 3: 0.49, 4: 0.1, 5: 0.0, 6: 0.7}, "neutrophils": {7: 0.3}}
    selection = choose(scores, sent=[6], cap=1)
    assert [[work.work_id for work in part.rest] for part in selection.topics] == [[2, 3, 4], [7]]
    assert not any(part.unsure for part in selection.topics)


def test_topics_that_were_not_asked_for_are_ignored() -> None:
    works = {"stroma": ranked("stroma", {1: 0.9}), "other": ranked("other", {2: 0.9})}
    selection = select(works, frozenset(), CUT, cap=5, floor=0, order=["neutrophils", "stroma"])
    assert [part.topic for part in selection.topics] == ["neutrophils", "stroma"]
    assert selection.work_ids == (1,)


def test_of_equal_relevance_the_higher_score_goes_first() -> None:
    works = [RankedWork(n, "stroma", score, FACET, 0.9) for n, score in ((1, 4.0), (2, 9.0))]
    selection = select({"stroma": works}, frozenset(), CUT, cap=1, floor=0, order=["stroma"])
    assert shown(selection)["stroma"] == [2]
    assert contenders({"stroma": works}, frozenset(), CUT, order=["stroma"]) == (2, 1)


def test_a_work_with_an_excluded_term_is_never_shown_even_without_a_line() -> None:
    selection = choose({"stroma": {1: 0.0, 2: 0.01}}, floor=2, cutoffs=dict.fromkeys(CUT, 0.0))
    assert shown(selection)["stroma"] == [2]
    assert selection.topics[0].below == ()


def test_what_is_no_number_is_never_shown() -> None:
    assert shown(choose({"stroma": {1: math.nan, 2: 0.6}}, floor=2))["stroma"] == [2]


def test_nothing_ranked_is_nothing_shown() -> None:
    assert choose({}, floor=3).shown == 0


def test_a_topic_without_a_cutoff_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        choose({"stroma": {1: 0.9}}, cutoffs={})


# -- works that are alike -------------------------------------------------------------------------


def listed(selection: Selection) -> dict[int, list[int]]:
    """The works listed with another, by that one's id."""
    return {
        lead: [work.work_id for work in members]
        for part in selection.topics
        for lead, members in part.similar.items()
    }


def test_works_that_are_alike_take_one_place_and_the_best_leads() -> None:
    scores = {1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6}
    selection = choose({"stroma": scores}, cap=2, alike=[(1, 2, 4)])
    assert shown(selection)["stroma"] == [1, 3]
    assert listed(selection) == {1: [2, 4]}
    assert selection.work_ids == (1, 2, 4, 3)
    assert selection.shown == selection.topics[0].passed == 2


def test_a_member_goes_with_its_lead_whatever_its_own_topic() -> None:
    selection = choose({"stroma": {1: 0.9}, "neutrophils": {2: 0.8, 3: 0.7}}, alike=[(1, 2)])
    assert shown(selection) == {"stroma": [1], "neutrophils": [3]}
    [member] = selection.topics[0].similar[1]
    assert (member.work_id, member.topic) == (2, "neutrophils")


def test_a_member_just_below_the_line_is_listed_with_its_lead_and_fills_no_place() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.45, 3: 0.44}}, floor=2, alike=[(1, 2)])
    assert shown(selection)["stroma"] == [1, 3]
    assert listed(selection) == {1: [2]}
    assert selection.filled == 1


def test_with_a_lead_that_finds_no_room_nothing_is_listed_or_counted_as_sent() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.8, 3: 0.7}}, cap=1, alike=[(2, 3)])
    assert selection.work_ids == (1,)
    assert [work.work_id for work in selection.topics[0].below] == [2]


def test_a_group_whose_lead_was_sent_before_falls_apart() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.8, 3: 0.7}}, sent=[1], alike=[(1, 2, 3)])
    assert shown(selection)["stroma"] == [2, 3]
    assert listed(selection) == {}


def test_a_member_that_was_sent_before_is_none() -> None:
    selection = choose({"stroma": {1: 0.9, 2: 0.8, 3: 0.7}}, sent=[2], alike=[(1, 2, 3)])
    assert selection.work_ids == (1, 3)
    assert listed(choose({"stroma": {1: 0.9}}, sent=[2], alike=[(1, 2)])) == {}


def test_contenders_come_best_margin_first_and_only_once() -> None:
    works = {
        "stroma": ranked("stroma", {1: 0.8, 2: 0.75, 3: 0.5 - NEAR - 0.01, 4: 0.99}),
        "neutrophils": ranked("neutrophils", {1: 0.6, 5: 0.45, 6: math.nan}),
    }
    lines = {"stroma": 0.7, "neutrophils": 0.3}
    order = ["stroma", "neutrophils"]
    assert contenders(works, frozenset([4]), lines, order=order) == (1, 5, 2)
    assert contenders(works, frozenset(), lines, order=["stroma"]) == (4, 1, 2)


def test_contenders_are_kept_to_as_many_as_can_be_compared_at_once() -> None:
    works = {"stroma": ranked("stroma", dict.fromkeys(range(CONTENDERS + 100), 0.9))}
    found = contenders(works, frozenset(), CUT, order=["stroma"])
    assert found == tuple(range(CONTENDERS))


# -- saved searches -------------------------------------------------------------------------------

HUNT, OTHER = f"{SEARCH}hunt", f"{SEARCH}other"


def chosen_with(
    scores: Mapping[str, Mapping[int, float]],
    found: Mapping[str, Sequence[int]],
    *,
    sent: Sequence[int] = (),
    cap: int = 15,
    floor: int = 0,
) -> Selection:
    """Searches stand behind the topics, each with what it found, best first."""
    works = {topic: ranked(topic, each) for topic, each in scores.items()}
    for search, ids in found.items():
        works[search] = [RankedWork(i, search, -n, FACET) for n, i in enumerate(ids)]
    lines = {**CUT, **dict.fromkeys(found, 0.0)}
    return select(works, frozenset(sent), lines, cap=cap, floor=floor, order=list(lines))


def test_what_a_search_found_is_shown_in_its_order_without_relevance() -> None:
    selection = chosen_with({}, {HUNT: [3, 1, 2]}, sent=[1])
    assert shown(selection)[HUNT] == [3, 2]
    assert (selection.topics[-1].passed, selection.filled) == (2, 0)


def test_a_work_at_its_topics_line_is_the_topics() -> None:
    selection = chosen_with({"stroma": {1: 0.5, 2: 0.9}}, {HUNT: [1, 2, 3]})
    assert (shown(selection)["stroma"], shown(selection)[HUNT]) == ([2, 1], [3])


def test_a_work_under_its_topics_line_is_the_searchs_and_fills_nothing() -> None:
    selection = chosen_with({"stroma": {1: 0.49, 2: 0.0}}, {HUNT: [1, 2]}, floor=3)
    assert (shown(selection)["stroma"], shown(selection)[HUNT]) == ([], [1, 2])
    assert selection.topics[0].below == ()


def test_what_two_searches_found_is_the_earlier_ones() -> None:
    selection = chosen_with({}, {HUNT: [1, 2], OTHER: [2, 1, 3]})
    assert (shown(selection)[HUNT], shown(selection)[OTHER]) == ([1, 2], [3])


def test_searches_and_topics_take_turns_and_the_last_place_is_a_topics() -> None:
    stroma = {n: 0.9 - n / 100 for n in range(1, 9)}
    selection = chosen_with({"stroma": stroma}, {HUNT: range(11, 19), OTHER: [21]}, cap=6)
    assert {topic: len(ids) for topic, ids in shown(selection).items()} == {
        "stroma": 3, "neutrophils": 0, HUNT: 2, OTHER: 1,
    }  # fmt: skip
    assert [work.work_id for work in selection.topics[2].below] == [13, 14, 15, 16, 17]


def test_what_a_search_found_is_among_the_contenders_before_near_misses() -> None:
    works = {
        "stroma": ranked("stroma", {1: 0.45, 2: 0.6}),
        HUNT: [RankedWork(n, HUNT, -n, FACET) for n in (5, 4)],
    }
    found = contenders(works, frozenset(), {"stroma": 0.5, HUNT: 0.0}, order=["stroma", HUNT])
    assert found == (2, 4, 5, 1)


# -- always ---------------------------------------------------------------------------------------

TOPICS = ("a", "b", "c")
scores = st.dictionaries(st.integers(1, 40), st.integers(1, 20).map(lambda n: n / 20), max_size=30)
plain_weeks = st.fixed_dictionaries(
    {
        "works": st.fixed_dictionaries(dict.fromkeys(TOPICS, scores)),
        "sent": st.frozensets(st.integers(1, 40), max_size=10),
        "cutoffs": st.fixed_dictionaries({t: st.sampled_from([0.25, 0.5, 0.75]) for t in TOPICS}),
        "cap": st.integers(1, 20),
        "floor": st.integers(0, 20),
        "alike": st.integers(1, 6).map(
            lambda size: [tuple(range(at, min(at + size, 41))) for at in range(1, 41, size)]
        ),
    }
)


def with_a_search(week: dict[str, Any]) -> dict[str, Any]:
    """The same, with a saved search that finds the last topic's works."""
    found = dict.fromkeys(week["works"]["c"], 0.0)
    return {
        **week,
        "works": {**week["works"], HUNT: found},
        "cutoffs": {**week["cutoffs"], HUNT: 0.0},
    }


def run(week: Mapping[str, Any], shuffle: int | None = None) -> Selection:
    works = {topic: ranked(topic, each) for topic, each in week["works"].items()}
    if shuffle is not None:
        for each in works.values():
            random.Random(shuffle).shuffle(each)
    rules = {name: week[name] for name in ("cap", "floor", "alike")}
    return select(works, week["sent"], week["cutoffs"], order=list(works), **rules)


weeks = plain_weeks | plain_weeks.map(with_a_search)


@given(weeks)
def test_no_work_twice_none_sent_before_never_over_the_cap(week: dict[str, Any]) -> None:
    selection = run(week)
    below = [w.work_id for part in selection.topics for w in part.below]
    told = [*selection.work_ids, *below]
    assert len(told) == len(set(told))
    assert not set(told) & week["sent"]
    assert selection.shown <= week["cap"]
    assert all(len(part.below) <= BELOW for part in selection.topics)


@given(weeks)
def test_each_work_stands_in_its_best_topic(week: dict[str, Any]) -> None:
    cutoffs, works = week["cutoffs"], week["works"]
    for part in run(week).topics:
        for work in (*part.chosen, *part.below):
            margins = [
                works[t][work.work_id] - cutoffs[t] for t in works if work.work_id in works[t]
            ]
            assert work.relevance - cutoffs[part.topic] == max(margins)


@given(weeks)
def test_shares_are_fair(week: dict[str, Any]) -> None:
    """No topic is held short while another shows two more than it."""
    parts = run(week).topics
    short = [
        len(part.chosen) for part in parts if len(part.chosen) - len(part.filled) < part.passed
    ]
    most = max(len(part.chosen) - len(part.filled) for part in parts)
    assert not short or most - min(short) <= 1


@given(weeks)
def test_room_is_never_left_while_works_pass(week: dict[str, Any]) -> None:
    parts = run(week).topics
    above = sum(len(part.chosen) - len(part.filled) for part in parts)
    assert above == min(week["cap"], sum(part.passed for part in parts))


@given(weeks)
def test_filling_reaches_the_floor_or_uses_all_that_is_near(week: dict[str, Any]) -> None:
    selection = run(week)
    least = min(week["floor"], week["cap"])
    if selection.shown < least:
        assert not any(part.below for part in selection.topics)
    if selection.filled:
        assert selection.shown <= least
    for part in selection.topics:
        line = week["cutoffs"][part.topic]
        assert all(
            line - NEAR <= w.relevance < line for w in part.chosen if w.work_id in part.filled
        )
        assert all(w.relevance >= line for w in part.chosen if w.work_id not in part.filled)


@given(weeks, st.integers())
def test_the_order_of_the_ranks_does_not_matter(week: dict[str, Any], seed: int) -> None:
    assert run(week) == run(week, shuffle=seed)


@given(weeks)
def test_whoever_is_listed_is_like_a_work_that_is_shown(week: dict[str, Any]) -> None:
    selection = run(week)
    chosen = {work.work_id for part in selection.topics for work in part.chosen}
    led = {member: lead for lead, *members in week["alike"] for member in members}
    for lead, members in listed(selection).items():
        assert lead in chosen
        assert members
        assert {led[member] for member in members} == {lead}


@given(weeks)
def test_every_work_shown_is_among_the_contenders(week: dict[str, Any]) -> None:
    works = {topic: ranked(topic, each) for topic, each in week["works"].items()}
    found = contenders(works, week["sent"], week["cutoffs"], order=list(works))
    shown_in_full = [w.work_id for part in run(week).topics for w in part.chosen]
    assert set(shown_in_full) <= set(found)
    assert len(found) == len(set(found))


@given(weeks)
def test_sending_the_selection_leaves_it_out_next_time(week: dict[str, Any]) -> None:
    first = run(week)
    second = run({**week, "sent": week["sent"] | set(first.work_ids)})
    assert not set(first.work_ids) & set(second.work_ids)


@given(weeks)
def test_the_rest_holds_what_is_below_and_nothing_that_is_shown_or_was_sent(
    week: dict[str, Any],
) -> None:
    selection = run(week)
    rest = [work.work_id for part in selection.topics for work in part.rest]
    assert len(rest) == len(set(rest))
    assert not set(rest) & {*selection.work_ids, *week["sent"]}
    for part in selection.topics:
        assert set(part.below) <= set(part.rest)


# -- signals --------------------------------------------------------------------------------------


def below(relevances: Mapping[int, float], signalled: Sequence[int], cap: int = 15) -> list[int]:
    works = [
        replace(work, signals=(Signal(SignalKind.CITES, "Seed"),))
        if work.work_id in signalled
        else work
        for work in ranked("stroma", relevances)
    ]
    chosen = select({"stroma": works}, set(), CUT, cap=cap, floor=0, order=["stroma"])
    return [work.work_id for work in chosen.topics[0].below]


def test_a_work_with_a_signal_is_told_of_however_far_below_the_line() -> None:
    assert below({1: 0.9, 2: 0.45, 3: 0.2, 4: 0.1}, [4]) == [2, 4]


def test_a_work_with_a_signal_takes_no_place_of_a_near_miss_and_stands_once() -> None:
    near = {number: 0.49 - number / 1000 for number in range(1, 9)}
    assert below(near | {9: 0.1}, [2, 9]) == [1, 2, 3, 4, 5, 9]


def test_of_very_many_with_a_signal_the_best_are_told() -> None:
    far = {number: 0.3 - number / 100 for number in range(1, 12)}
    assert below(far, list(far)) == list(range(1, SIGNALLED + 1))


def test_a_signal_brings_nothing_back_that_holds_an_excluded_term() -> None:
    assert below({1: 0.0}, [1]) == []
