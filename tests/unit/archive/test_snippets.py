from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import parse
from service.archive.snippets import PASSAGE, Sought, snippets, sought, stem
from service.records.queries import AllOf, Part
from tests.factories import work

if TYPE_CHECKING:
    from service.records.findings import Snippet

ENDS = ("ing", "ed", "ions", "ic", "s", "ses", "ation", "")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def asked(text: str) -> Sought:
    return sought(parse(text, NOW, UTC).term or AllOf(()))


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.marks]


def found(query: str, **fields: object) -> dict[Part, list[str]]:
    values = {"title": "", "abstract": "", "authors": (), "venue": ""} | fields
    return {each.part: marked(each) for each in snippets(work(1, **values), asked(query))}


def test_words_are_marked_in_all_their_forms_wherever_they_stand() -> None:
    told = found(
        "neutrophil trap",
        title="Neutrophils and TRAPS",
        abstract="Trapping is what a neutrophil does. Others do not.",
    )
    assert told == {Part.TITLE: ["Neutrophils", "TRAPS"], Part.ABSTRACT: ["Trapping", "neutrophil"]}


def test_accents_do_not_count() -> None:
    assert found("muller", authors=("Müller A", "Okafor C")) == {Part.AUTHOR: ["Müller"]}


def test_a_tagged_word_is_marked_in_its_part_alone() -> None:
    told = found("title:lung", title="Lung stroma", abstract="The lung.", venue="Lung")
    assert told == {Part.TITLE: ["Lung"]}


def test_the_words_of_a_phrase_are_marked() -> None:
    assert found('"tumour stroma"', title="The tumour stroma") == {Part.TITLE: ["tumour", "stroma"]}


def test_a_prefix_marks_every_word_that_begins_so() -> None:
    told = found("fibro*", title="Fibroblasts, fibrosis and the fiber")
    assert told == {Part.TITLE: ["Fibroblasts", "fibrosis"]}


def test_what_is_excluded_is_not_marked() -> None:
    assert found("stroma -mouse", title="Stroma of the mouse") == {Part.TITLE: ["Stroma"]}


def test_headings_and_keywords_that_answer_are_listed() -> None:
    told = snippets(
        work(1, title="", abstract="", mesh=("Mice", "Neutrophils"), keywords=("NETs", "trap")),
        asked("neutrophil nets"),
    )
    assert [(each.part, each.text) for each in told] == [
        (Part.MESH, "Neutrophils"),
        (Part.KEYWORD, "NETs"),
    ]


def test_the_sentence_with_the_most_words_is_shown() -> None:
    told = snippets(
        work(1, title="", abstract="Nets and nets. Traps of nets here. Traps."), asked("nets traps")
    )
    assert [each.text for each in told] == ["Traps of nets here."]


def test_a_long_sentence_is_cut_at_words_around_what_is_marked() -> None:
    sentence = "filler " * 100 + "traps of nets " + "filler " * 100
    (told,) = snippets(work(1, title="", abstract=sentence), asked("nets traps"))
    assert len(told.text) <= PASSAGE + 4
    assert told.text.startswith("… filler ")
    assert told.text.endswith("filler …")
    assert marked(told) == ["traps", "nets"]


def test_other_spellings_are_marked_too() -> None:
    told = snippets(
        work(1, title="Neutrophils", abstract=""),
        sought(parse("neutrofil", NOW, UTC).term or AllOf(()), ["neutrophil"]),
    )
    assert [marked(each) for each in told] == [["Neutrophils"]]


def test_a_work_without_any_of_the_words_has_no_snippets() -> None:
    assert snippets(work(1, title="Stroma", abstract="Niches."), asked("osteoclast")) == ()


@pytest.mark.parametrize("query", ["neutrophil", "x*", '"a b" c', "mesh:x author:y"])
@given(text=st.text(max_size=600))
def test_marks_lie_in_the_text_in_order_and_apart(query: str, text: str) -> None:
    for each in snippets(work(1, title=text, abstract=text * 3, authors=(text,)), asked(query)):
        ends = [place for mark in each.marks for place in mark]
        assert ends == sorted(ends)
        assert all(0 <= start < end <= len(each.text) for start, end in each.marks)


WORDS = ("trap", "contraption", "entrap", "tra", "TRAPS", "traps_", "_traps", "studying", "study")
FITTING = {"trap", "traps", "contraption", "studying", "study"}


@given(words=st.lists(st.sampled_from(WORDS), max_size=9), gap=st.sampled_from([" ", "-", ", "]))
def test_words_are_marked_alike_beside_letters_beyond_ascii(words: list[str], gap: str) -> None:
    text, query = gap.join(words), asked("traps studies cont*")
    expected = [word for word in words if word.lower() in FITTING]
    assert [text[start:end] for start, end in query.marks(Part.TITLE, text)] == expected
    assert query.marks(Part.TITLE, f"{text} – β") == query.marks(Part.TITLE, text)


@given(begun=st.text("aeioubcdnrstxy", min_size=2, max_size=8))
def test_no_form_of_a_word_is_passed_over_for_its_first_letters(begun: str) -> None:
    for word in (begun + end for end in ENDS):
        query = asked(f'"{word}"')
        alike = [begun + end for end in ENDS if stem(begun + end) == stem(word)]
        marks = query.marks(Part.TITLE, " ".join(alike))
        assert len(marks) == len(alike)


def test_words_keep_their_stems_when_several_are_asked_for_at_once() -> None:
    words = [start + end for start in ("metasta", "activat", "neutrophil") for end in ENDS]
    alone = [stem(word) for word in words]
    stem.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(stem, words * 20))
    assert together == alone * 20
