"""Phrases that tell some papers from others."""

from __future__ import annotations

import math

import pytest

from service.ranking import phrases
from service.records import Candidate
from tests.abstracts import at_large


def papers(*texts: str, title: str = "") -> list[Candidate]:
    return [Candidate(at, title, text) for at, text in enumerate(texts, 1)]


def told(some: list[Candidate], least: int = 3, least_z: float = 3.0) -> list[str]:
    others = phrases.read(at_large(200))
    return [each.spelled for each in phrases.telling(some, others, least=least, least_z=least_z)]


HEPATIC = [
    "We saw hepatic stellate cells in mice. Zinc fell.",
    "Activation of hepatic stellate cells, and of others.",
    "Hepatic stellate cells: a source of collagen.",
    "The hepatic stellate cell was depleted.",
]


# -- what is a phrase -----------------------------------------------------------------------------


def test_what_some_papers_say_and_others_do_not_is_found_as_it_is_spelled() -> None:
    assert told(papers(*HEPATIC)) == ["hepatic stellate cells"]


def test_each_finding_says_who_holds_it_and_how_many_others() -> None:
    beside = [Candidate(900, "Hepatic stellate cells", ""), Candidate(901, "Asthma", "")]
    (found,) = phrases.telling(
        [*papers(*HEPATIC), Candidate(9, "", "Nothing of it.")],
        phrases.read([*at_large(200), *beside]),
        least=3,
        least_z=1.0,
    )
    assert (found.papers, found.others) == ((0, 1, 2, 3), 1)


def test_a_paper_counts_once_however_often_it_says_so() -> None:
    assert told(papers(" ".join([HEPATIC[0]] * 9), "Salt.", "Bone.")) == []


@pytest.mark.parametrize(
    "text",
    [
        "We saw hepatic, stellate forms {}.",
        "We saw hepatic and stellate {}.",
        "The hepatic (stellate) {}.",
        "A hepatic/stellate {}.",
    ],
)
def test_words_that_a_mark_or_a_stop_word_parts_are_no_phrase(text: str) -> None:
    assert not any("hepatic" in each and "stellate" in each for each in told(papers(*[text] * 5)))


def test_hyphens_and_plurals_do_not_part_what_is_one() -> None:
    some = ("A pangolin-borne virus.", "The pangolin borne viruses.", "Pangolin–borne virus.")
    assert told(papers(*some, "pangolin-borne virus")) == ["pangolin-borne virus"]


def test_short_forms_are_read_as_what_they_stand_for() -> None:
    some = papers(
        "Hepatic stellate cells (HSCs) rest. HSCs wake.",
        "Of hepatic stellate cells (HSC) we know.",
        "Hepatic stellate cells grow.",
    )
    assert told(some) == ["hepatic stellate cells"]


def test_the_short_form_of_a_gene_is_a_phrase_by_itself() -> None:
    some = papers("CXCL12 binds.", "Loss of CXCL12 in mice.", "We blocked CXCL12.")
    assert told(some) == ["CXCL12"]


@pytest.mark.parametrize(
    "text", ["TGF-β rose {}.", "The niche {} grew.", "USED {} once", "In vivo."]
)
def test_parts_of_a_name_and_plain_words_are_no_short_forms(text: str) -> None:
    found = told(papers(*(text.format(word) for word in ("alpha", "beta", "delta", "gamma"))))
    assert not {"TGF", "niche", "USED", "vivo"} & set(found)


@pytest.mark.parametrize(
    "phrase",
    [
        "a systematic review of",
        "hazard ratio",
        "patient outcome",
        "cell viability",
        "of 12 pangolins",
        "squamous linings revealed",
        "p value",
    ],
)
def test_how_a_study_was_made_or_told_is_not_what_it_is_about(phrase: str) -> None:
    assert told(papers(*[f"The {phrase}."] * 6)) == []


def test_what_only_describes_the_next_word_is_no_name() -> None:
    some = papers(*(f"A clonal pangolin {noun} grew." for noun in ("toe", "ear", "eye", "leg")))
    assert not any(each.endswith("clonal pangolin") for each in told(some))


def test_of_two_phrases_that_are_part_of_each_other_the_longer_goes_if_most_hold_it() -> None:
    longer = ["Blue pangolin scale disease."] * 4
    assert told(papers(*longer)) == ["Blue pangolin scale disease"]
    mixed = papers(*longer[:1], *["Pangolin scale."] * 5)
    assert told(mixed) == ["Pangolin scale"]


def test_a_longer_phrase_may_be_held_by_fewer_where_its_part_is_held_by_enough() -> None:
    some = papers(*["A blue pangolin scale."] * 3, "The pangolin scale.")
    assert told(some, least=4) == ["blue pangolin scale"]
    assert told(papers(*["A blue pangolin scale."] * 3), least=4) == []


def test_capitals_of_headlines_are_left_out_where_other_papers_leave_them_out() -> None:
    some = papers("Liver fibrosis.", "Liver fibrosis rose.", "Liver fibrosis", "In liver fibrosis.")
    assert told(some) == ["liver fibrosis"]
    crohn = ["Crohn fistulas were seen."] * 5
    assert told(papers(*crohn)) == ["Crohn fistulas"]
    assert told(papers(*crohn, "Some crohn fistulas.")) == ["Crohn fistulas"]


def test_the_order_of_the_papers_changes_nothing() -> None:
    some = papers(*HEPATIC, "CXCL12 binds.", "Loss of CXCL12.", "We blocked CXCL12.")
    assert told(some) == told(some[::-1])


def test_nothing_is_told_of_nothing() -> None:
    assert phrases.telling([], [], least=1, least_z=0.0) == []
    assert phrases.telling([], phrases.read(at_large(5)), least=1, least_z=0.0) == []
    assert told([]) == []


# -- how sure -------------------------------------------------------------------------------------


def test_the_log_odds_are_those_of_the_paper() -> None:
    """Monroe et al. 2008: eq. 16 over the root of eq. 20, with a prior of ten papers."""
    prior = 10 * 12 / 120
    one = math.log((9 + prior) / (20 + 10 - 9 - prior))
    other = math.log((3 + prior) / (100 + 10 - 3 - prior))
    expected = (one - other) / math.sqrt(1 / (9 + prior) + 1 / (3 + prior))
    assert phrases.log_odds(9, 20, 3, 100) == pytest.approx(expected)


@pytest.mark.parametrize(
    "counts", [(0, 20, 0, 100), (0, 0, 0, 0), (5, 10, 50, 100), (4, 8, 0, 0), (9, 9, 9, 9)]
)
def test_what_is_no_commoner_is_worth_nought(counts: tuple[int, int, int, int]) -> None:
    assert phrases.log_odds(*counts) == pytest.approx(0.0, abs=1e-9)


def test_more_papers_make_it_surer_and_the_other_side_turns_the_sign() -> None:
    few, many = phrases.log_odds([2, 20], 40, [1, 10], 400)
    assert 0 < few < many
    assert phrases.log_odds(1, 400, 2, 40) == pytest.approx(-few)


def test_reading_and_counting_find_what_is_held_once_a_paper() -> None:
    read = phrases.read(papers("Pangolin scales. Pangolin scale.", "A pangolin; scale.", "Scales"))
    phrase = ("pangolin", "scale")
    assert phrases.counted(read, [phrase]) == {phrase: 1}
    assert phrases.counted(read, []) == {}
