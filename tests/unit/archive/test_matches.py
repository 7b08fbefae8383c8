"""What of a work answers to a query: the terms, where they stand, which of two answers better."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from service import archive
from service.archive.matches import Match, match
from service.archive.snippets import sought
from tests.factories import work

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def found(query: str, **changes: Any) -> Match:
    term = archive.parse(query, NOW, UTC).term
    assert term is not None
    values: dict[str, Any] = {"title": "", "abstract": "", "authors": (), "venue": ""}
    return match(work(**(values | changes)), sought(term))


def test_words_are_told_as_the_work_spells_them() -> None:
    told = found("activation neutrophil", title="Activated Neutrophils in the lung")
    assert told.terms == ("Activated Neutrophils",)


def test_words_side_by_side_are_one_term_and_the_longest_comes_first() -> None:
    told = found(
        'netosis "extracellular traps" tumor',
        title="NETosis",
        abstract="Tumor-extracellular traps. Traps of the tumor, extracellular, and netosis.",
    )
    assert told.terms == ("Tumor-extracellular traps", "NETosis")


def test_each_word_is_told_once_where_it_counts_most() -> None:
    told = found("stroma", title="Stroma", abstract="The stroma", mesh=("Stromal Cells",))
    assert told.terms == ("Stroma",)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("authors", ("Okafor Chidi", "Tanaka Rei"), "Okafor (author)"),
        ("mesh", ("Okafor Syndrome",), "Okafor (MeSH)"),
        ("keywords", ("okafor sign",), "okafor (keyword)"),
        ("venue", "The Okafor Journal", "Okafor (journal)"),
    ],
)
def test_what_stands_outside_of_title_and_abstract_says_where(
    place: str, value: Any, told: str
) -> None:
    assert found("okafor nets", title="NETs", **{place: value}).terms == ("NETs", told)


def test_a_word_of_one_part_is_not_found_in_another() -> None:
    told = found("title:nets author:okafor", title="Okafor", authors=("Net Nets",))
    assert told == Match((), "", 0.0)


def test_words_that_were_excluded_are_not_told() -> None:
    assert found("nets -mouse", title="NETs of the mouse").terms == ("NETs",)


def test_a_word_may_go_on() -> None:
    assert found("pancrea*", title="Pancreatic and pancreas").terms == ("Pancreatic", "pancreas")


def test_the_passage_is_the_sentence_with_most_of_the_words() -> None:
    told = found(
        "netosis pdac", abstract="NETosis is known. NETosis in PDAC is not. PDAC kills.", title="x"
    )
    assert told.passage == "NETosis in PDAC is not."


def test_a_query_without_words_tells_nothing() -> None:
    assert found("is:preprint source:medrxiv", title="Traps") == Match((), "", 0.0)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"title": "NETs"}, {"abstract": "NETs NETs NETs NETs NETs NETs NETs NETs."}),
        ({"title": "NETs", "abstract": "PDAC"}, {"title": "NETs"}),
        ({"mesh": ("PDAC",)}, {"abstract": "PDAC"}),
        ({"abstract": "PDAC, PDAC"}, {"abstract": "PDAC"}),
    ],
)
def test_more_words_in_more_telling_places_weigh_more(
    better: dict[str, Any], worse: dict[str, Any]
) -> None:
    assert found("nets OR pdac", **better).weight > found("nets OR pdac", **worse).weight
