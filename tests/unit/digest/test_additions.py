"""What is added to a work beside what its sources say, in words."""

from __future__ import annotations

from dataclasses import replace

from service.digest import additions, words
from service.records.watching import Entity, EntityKind, Signal, SignalKind
from tests.edited_news import ENTITIES, FIGURE, SIGNALS, dressed
from tests.factories import item


def test_signals_are_short_as_badges_and_whole_among_the_reasons() -> None:
    one = dressed()
    assert words.badges_of(one) == ("Review", "Cites your seed", "By an author you follow")
    assert words.marks(one) == "[Review] [Cites your seed] [By an author you follow] "
    assert words.reasons(one)[:2] == (
        "Cites your seed “A framework of fibroblasts” and 1 more",
        "By Okafor Chidi, whom you follow",
    )


def test_a_late_arrival_keeps_its_badge_beside_those_of_its_signals() -> None:
    assert words.badges_of(replace(dressed(), late=True))[1:3] == (
        "Late arrival",
        "Cites your seed",
    )


def test_two_authors_are_told_as_two() -> None:
    names = tuple(Signal(SignalKind.AUTHOR, name) for name in ("Okafor Chidi", "Kim Jun", "Lee S"))
    assert additions.signal_lines(names) == ("By Okafor Chidi and 2 more, whom you follow",)


def test_the_same_name_twice_or_none_is_told_once_or_not() -> None:
    same = (SIGNALS[0], SIGNALS[0], Signal(SignalKind.AUTHOR, " "))
    assert additions.signal_lines(same) == ("Cites your seed “A framework of fibroblasts”",)


def test_a_work_without_additions_says_nothing_of_them() -> None:
    plain = item()
    assert additions.signal_badges(plain.ranked.signals) == ()
    assert additions.signal_lines(plain.ranked.signals) == ()
    assert additions.entities_line(plain.entities) == ""


def test_names_are_told_by_kind() -> None:
    assert additions.entities_line(ENTITIES) == "Genes: CXCL12, TGFB1 · Cells: neutrophil"


def test_few_names_are_told_and_each_once() -> None:
    names = [Entity(EntityKind.DISEASE, name) for name in ("Flu", "flu", "FLU ", *"abcdefgh")]
    [(kind, told)] = additions.entity_groups(names)
    assert (kind, told) == ("Diseases", ("Flu", "a", "b", "c", "d", "e"))
    assert len(additions.entity_groups(names, 24)[0][1]) == 9


def test_another_name_of_what_is_named_is_not_told() -> None:
    assert additions.entity_groups([Entity(EntityKind.CELL, "PMN", "", 0)]) == ()


def test_a_figure_is_told_by_its_label_and_caption() -> None:
    assert additions.figure_line(FIGURE) == "Figure 1. Myofibroblastic cells surround tumour nests."
    assert additions.figure_line(replace(FIGURE, label="")) == FIGURE.caption
    assert len(additions.figure_line(replace(FIGURE, caption="cells " * 90))) <= 240
    assert additions.credit_line(FIGURE) == "Okafor et al. 2026, CC BY 4.0"
