"""What a change of a topic moves, and the sentences about what a reader would regret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.records.tuning import Shift
from service.topics import preview
from service.topics.preview import MOVED, Moves, TermUse, TwoSenses, compare
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTS = st.lists(st.integers(1, 40), unique=True, max_size=30)


def shift(number: int, **changes: Any) -> Shift:
    """A work that drops out."""
    values: dict[str, Any] = {
        "work_id": number,
        "title": f"Paper {number}",
        "ranked": factories.ranked(number),
        "relevance": (0.8, 0.2),
        "place": (number, None),
    }
    return Shift(**(values | changes))


def warned(
    *dropped: Shift,
    barred: dict[str, dict[int, str]] | None = None,
    terms: Sequence[TermUse] = (),
    senses: Sequence[TwoSenses] = (),
    works: int = 1000,
    weeks: int = 8,
) -> list[str]:
    told = preview.warnings(dropped, barred or {}, terms, senses, works=works, weeks=weeks)
    return list(told)


# -- what moves -----------------------------------------------------------------------------------


@given(LISTS, LISTS)
def test_every_work_enters_or_drops_or_is_shown_both_times(
    before: list[int], after: list[int]
) -> None:
    moves = compare(before, after)
    assert set(moves.entered) == set(after) - set(before)
    assert set(moves.dropped) == set(before) - set(after)
    assert set(moves.moved) <= set(before) & set(after)
    every = [*moves.entered, *moves.dropped, *moves.moved]
    assert len(every) == len(set(every))


@given(LISTS, LISTS)
def test_each_list_keeps_the_order_it_comes_from(before: list[int], after: list[int]) -> None:
    moves = compare(before, after)
    for works, order in ((moves.entered, after), (moves.dropped, before), (moves.moved, after)):
        places = [order.index(work) for work in works]
        assert places == sorted(places)


@given(LISTS)
def test_identical_lists_give_nothing(works: list[int]) -> None:
    assert compare(works, works) == Moves()


@given(LISTS, LISTS)
def test_there_and_back_swaps_what_enters_and_what_drops(
    before: list[int], after: list[int]
) -> None:
    there, back = compare(before, after), compare(after, before)
    assert (there.entered, there.dropped) == (back.dropped, back.entered)
    assert set(there.moved) == set(back.moved)


@given(LISTS.filter(bool), st.data())
def test_works_that_enter_above_move_nothing(works: list[int], data: st.DataObject) -> None:
    new = data.draw(st.lists(st.integers(100, 120), unique=True, max_size=9))
    assert compare(works, [*new, *works]).moved == ()


def test_a_work_moves_by_the_least_number_of_places_and_not_by_fewer() -> None:
    before = list(range(10))
    assert compare(before, [1, 2, 0, *before[3:]]).moved == ()
    further = compare(before, [1, 2, 3, 0, *before[4:]])
    assert (further.moved, MOVED) == ((0,), 3)


# -- warnings -------------------------------------------------------------------------------------


def test_nothing_to_regret_is_not_spoken_of() -> None:
    held = TermUse("niche", excluded=False, works=40)
    assert warned(shift(1), shift(2, verdict="not relevant"), terms=[held]) == []


def test_works_voted_relevant_or_saved_that_drop_are_counted_and_named() -> None:
    voted = [shift(1, verdict="relevant"), shift(2, verdict="saved"), shift(3)]
    assert warned(*voted) == [
        'Would leave out 2 papers voted relevant: "Paper 1"; "Paper 2".',
    ]


def test_three_are_named_and_the_rest_counted() -> None:
    (told,) = warned(*[shift(n, verdict="relevant") for n in range(1, 7)])
    assert told.startswith("Would leave out 6 papers voted relevant:")
    assert told.endswith('"Paper 3"; and 3 more.')


def test_what_an_excluded_term_takes_is_told_with_the_term_and_not_again() -> None:
    told = warned(
        shift(1, verdict="relevant"),
        shift(2, verdict="relevant"),
        barred={"mice": {1: "Paper 1", 9: "An old paper"}},
    )
    assert told == [
        'The excluded term "mice" would leave out 2 papers voted relevant: '
        '"Paper 1"; "An old paper".',
        'Would leave out 1 paper voted relevant: "Paper 2".',
    ]


def test_what_a_digest_has_shown_is_told_unless_readers_voted_on_it() -> None:
    told = warned(
        shift(1, digested=True),
        shift(2, digested=True, verdict="not relevant"),
        shift(3, digested=True, verdict="saved"),
    )
    assert told == [
        'Would leave out 1 paper voted relevant: "Paper 3".',
        'Would leave out 1 paper that a digest has shown: "Paper 1".',
    ]


def test_a_long_title_is_cut() -> None:
    (told,) = warned(shift(1, verdict="saved", title="On " + "niches " * 40))
    assert "..." in told
    assert len(told) < 150


@pytest.mark.parametrize(
    ("excluded", "works", "said"),
    [
        (False, 0, 'The included term "niche" matches nothing in the last 8 weeks.'),
        (True, 0, 'The excluded term "niche" leaves out nothing in the last 8 weeks.'),
        (
            False,
            412,
            'The included term "niche" stands in 41 % of the papers of the last 8 weeks: '
            "it tells nothing.",
        ),
        (
            True,
            100,
            'The excluded term "niche" leaves out 10 % of the papers of the last 8 weeks.',
        ),
    ],
)
def test_a_term_that_matches_nothing_or_nearly_all_is_told(
    excluded: bool, works: int, said: str
) -> None:
    assert warned(terms=[TermUse("niche", excluded, works)]) == [said]


def test_terms_that_match_nothing_are_told_together() -> None:
    idle = [TermUse(f"term {n}", excluded=False, works=0) for n in range(1, 6)]
    barred = [TermUse("mice", excluded=True, works=0), TermUse("rats", excluded=True, works=0)]
    assert warned(terms=[*idle, *barred]) == [
        'The included terms "term 1"; "term 2"; "term 3"; and 2 more match nothing in the last 8 '
        "weeks.",
        'The excluded terms "mice"; "rats" leave out nothing in the last 8 weeks.',
    ]


def test_a_term_that_a_tenth_of_the_papers_hold_is_common_and_one_fewer_is_not() -> None:
    assert warned(terms=[TermUse("niche", excluded=False, works=99)]) == []
    assert warned(terms=[TermUse("niche", excluded=False, works=100)])


def test_a_term_is_spelled_as_it_is() -> None:
    (told,) = warned(terms=[TermUse("100 % oxygen", excluded=False, works=0)])
    assert '"100 % oxygen"' in told


def test_without_any_work_no_term_is_blamed() -> None:
    assert warned(terms=[TermUse("niche", excluded=False, works=0)], works=0) == []


def test_a_short_form_with_two_senses_is_to_be_pinned() -> None:
    senses = TwoSenses("NET", "neutrophil extracellular trap", "neuroendocrine tumor", 31)
    assert warned(senses=[senses]) == [
        '"NET" stands for "neuroendocrine tumor" in 31 papers of the archive, not for '
        '"neutrophil extracellular trap": pin its sense.',
    ]


def test_a_line_that_nothing_reaches_is_told_with_the_best() -> None:
    assert preview.nothing_shown(0.95, 0.814, 8) == (
        "No paper of the last 8 weeks reaches the line of 0.95; the best stands at 0.81."
    )
    assert preview.nothing_shown(0.95, None, 1) == "No paper came in the last week."
