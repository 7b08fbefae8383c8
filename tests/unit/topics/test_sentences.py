from __future__ import annotations

import pytest

from service.topics.sentences import split_sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "Lv et al. Described stromal cells in 12 cancers.",
        "As Fig. 1 shows, NETs (see Figs. 2 and 3) were rare.",
        "Survival differed (P < 0.05, n = 12; HR 0.71, 95% CI 0.58-0.87).",
        "Cytokines (e.g. IL-6, i.e. the classical one) and TGF-β vs. Control were measured.",
        "The enzymes of T. reesei and of E. Coli differ.",
        "Tumours of ca. 3.5 mm were treated with approx. 2.0 mg/kg.",
        "Dr. Smith and J. A. Garcia agreed, cf. Table 2.",
        "Grade No. 3 was assigned to Streptococcus spp. and others.",
    ],
)
def test_dots_inside_a_sentence_do_not_end_it(sentence: str) -> None:
    assert split_sentences(sentence) == [sentence]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("NETs trap cells.", "TANs do not."),
        ("Is it so?", "It is."),
        ("The dose was 5.", "Mice survived."),
        ("P was 0.05.", "CAFs differ."),
        ('They call it "stroma."', "We do not."),
        ("Mice lacked it (all of them).", "Others did not."),
        ("We gave vitamin C.", "The tumours shrank."),
        ("Cells were CD8+.", "iCAFs were not."),
        ("Expression fell.", "p53 was mutated."),
        ("It was given i.v.", "Mice recovered."),
        ("We found no.", "The effect was nil."),
        ("A heading\n\n", "Then a text."),
    ],
)
def test_sentences_are_told_apart(first: str, second: str) -> None:
    assert split_sentences(f"{first} {second}") == [first.strip(), second]


def test_white_space_is_folded_and_blank_text_has_no_sentence() -> None:
    assert split_sentences("  One\n line. \t Two. ") == ["One line.", "Two."]
    assert split_sentences(" \n ") == []


def test_nothing_but_space_is_lost() -> None:
    text = "BACKGROUND: CAFs (n=3) vs. TANs... Why? Nobody knows! 5-FU et al. ended. α-SMA rose."
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
