"""A work as a block of text in a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.archive import card
from service.records import Flag, Identifiers
from tests.factories import AUTHORS, NOW, work

BARE = {
    "authors": (),
    "venue": "",
    "published": "",
    "abstract": "",
    "ids": Identifiers(),
    "url": "",
}


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_card_holds_what_is_known_of_a_work() -> None:
    text = flat(card(work(7, flags=frozenset({Flag.RETRACTED}))))
    for part in (
        "7 Stromal niche 7 shields tumour cells",
        *AUTHORS,
        "Journal of Stromal Biology",
        "2026-11-18",
        "10.5555/stroma.7",
        "40000007",
        "https://journal.example.org/articles/7",
        "retracted",
        "Niches of fibroblasts hold neutrophils back.",
    ):
        assert part in text


def test_what_is_not_known_leaves_no_empty_line_behind() -> None:
    text = card(work(3, **BARE))
    assert text.startswith("3  Stromal niche 3")
    assert all(line.strip() for line in text.splitlines())
    assert not text.endswith("\n")
    assert "doi" not in text


def test_a_work_without_an_abstract_ends_with_its_facts() -> None:
    assert "\n\n" not in card(work(abstract=""))
    assert "\n\n" in card(work())


def test_long_fields_are_wrapped_for_a_terminal() -> None:
    made = work(title="stroma " * 60, abstract="Cells move. " * 90, authors=AUTHORS * 20)
    text = card(made)
    assert max(map(len, text.splitlines())) <= 78
    assert text.count("Cells move.") + text.count("Cells\nmove.") == 90
    assert flat(text).count("stroma") >= 60


def test_sections_of_an_abstract_begin_on_lines_of_their_own() -> None:
    lines = card(work(abstract="BACKGROUND: Why.\nMETHODS: How.")).splitlines()
    assert "BACKGROUND: Why." in lines
    assert "METHODS: How." in lines


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_title_and_abstract_make_a_card(title: str, abstract: str) -> None:
    text = card(work(5, title=title, abstract=abstract))
    assert text.startswith("5")
    seen = flat(text).replace(" ", "")
    assert flat(title).replace(" ", "") in seen
    assert flat(abstract).replace(" ", "") in seen


def test_the_time_of_entry_is_not_part_of_a_card() -> None:
    assert str(NOW.year) + "-11-23" not in card(work())
