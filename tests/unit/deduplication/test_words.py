from __future__ import annotations

import pytest

from service.deduplication import words
from service.deduplication.words import Person
from service.records import Author


def test_greek_letters_and_their_names_are_one_word() -> None:
    assert words.words("TGF-β1 and α-SMA") == words.words("TGF-beta 1 and alpha-SMA")


@pytest.mark.parametrize("name", ["SARS-CoV-2", "COVID-19", "COVID19", "2019-nCoV", "SARS-CoV2"])
def test_the_names_of_one_virus_are_one_word_and_no_number(name: str) -> None:
    assert words.words(f"Outcomes of {name} infection") == ["outcomes", "of", "covid", "infection"]
    assert words.numbers(name) == frozenset()


def test_a_title_is_its_words_but_those_that_every_title_has() -> None:
    assert words.title_words("The role of the stroma: a study") == ["stroma"]


def test_words_of_one_beginning_are_one_stem() -> None:
    assert words.stems("Regulates neutrophils") == words.stems("Regulation of neutrophil")


@pytest.mark.parametrize(
    ("title", "numbers"),
    [
        ("Beds for ulcers, part II", {"ii"}),
        ("Generation of three iPSC lines (EHTJUi003-A)", {"three", "003"}),
        ("Stage 1 registered report", {"1"}),
        ("IL-17A and IL17F by CYP3A4", {"17a", "17f", "3a", "4"}),
        ("Stroma in cancer", set()),
    ],
)
def test_numbers_tell_the_parts_of_a_series_apart(title: str, numbers: set[str]) -> None:
    assert words.numbers(title) == numbers


def test_a_text_of_few_words_says_nothing() -> None:
    assert words.text("This corrects the article.") is None


def test_a_text_is_its_runs_of_three_words_and_its_longer_words() -> None:
    found = words.text(" ".join(f"word{n}" for n in range(30)))
    assert found is not None
    assert len(found.runs) == 28
    assert ("word0", "word1", "word2") in found.runs
    assert len(found.words) == 30


def test_a_person_is_the_last_part_of_the_family_name_and_one_initial() -> None:
    authors = [Author("van der Bérg", "Piet K"), Author(collective="The Group"), Author("Li", "")]
    assert words.people(authors) == [Person("berg", "p", "k"), Person("li", "")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person("li", "w"), Person("li", "w"), True),
        (Person("li", ""), Person("li", "w"), True),
        (Person("li", "x"), Person("li", "w"), False),
        (Person("wu", "w"), Person("li", "w"), False),
    ],
)
def test_names_that_can_be_one_persons(one: Person, other: Person, same: bool) -> None:
    assert one.may_be(other) is same
    assert other.may_be(one) is same


def test_a_name_entered_the_wrong_way_round_is_the_same_persons() -> None:
    right = words.people([Author("Levanon Arbel", "Nurit"), Author("Adesina", "Ola")])
    wrong = words.people([Author("Nurit", "Levanon Arbel"), Author("Ola", "Adesina")])
    assert words.shared(right, wrong) == words.shared(wrong, right) == 2
    strangers = words.people([Author("Nurit", "Adesina"), Author("Ola", "Levanon Arbel")])
    assert words.shared(right, strangers) == 0
    assert not Person("li", "").crossed(Person("", "", "li"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Randomised trial of anti-cancer drugs", "Randomized trial of anticancer drugs"),
        ("Tumour signalling in paediatric leukaemia", "Tumor signaling in pediatric leukemia"),
        ("Oedema of the oesophagus", "Edema of the esophagus"),
    ],
)
def test_spelling_and_hyphens_make_no_other_title(one: str, other: str) -> None:
    assert words.solid(one) == words.solid(other)


def test_british_and_american_words_are_the_same_words() -> None:
    assert words.stems("Behaviour of tumour cells") == words.stems("Behavior of tumor cells")
    british, american = (
        words.text(f"{word} " + " ".join(f"word{n}" for n in range(30)))
        for word in ("haemoglobin", "hemoglobin")
    )
    assert british == american


def test_each_person_is_counted_once() -> None:
    twins = [Person("wang", "y"), Person("wang", "y")]
    assert words.shared(twins, [Person("wang", "y"), Person("li", "w")]) == 1
    assert words.shared(twins, twins) == 2
    assert words.shared([], twins) == 0
