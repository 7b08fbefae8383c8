from __future__ import annotations

from service.ranking.passages import carrying_sentence, matched_terms
from service.records import Candidate

PULL = {"neutrophil": 5.0, "NET": 4.0, "tumor": 1.0, "the": 9.0, "dust": 0.01}


def test_the_sentence_with_the_most_telling_words_carries_the_match() -> None:
    sentences = ["Tumours grow.", "Neutrophils cast NETs.", "Mice were kept."]
    assert carrying_sentence(sentences, PULL, ()) == "Neutrophils cast NETs."


def test_length_alone_does_not_win() -> None:
    long = "Neutrophils " + "were counted in every field of view by two readers " * 5 + "tumors."
    assert carrying_sentence([long, "Neutrophils it is."], PULL, ()) == "Neutrophils it is."


def test_an_included_phrase_lifts_its_sentence() -> None:
    sentences = ["Neutrophils cast NETs.", "Tumor neutrophils came by recruitment."]
    assert carrying_sentence(sentences, PULL, ("tumor neutrophil",)) == sentences[1]


def test_no_overlap_gives_no_sentence() -> None:
    assert carrying_sentence(["Mice were kept."], PULL, ()) == ""
    assert carrying_sentence([], PULL, ()) == ""


def test_terms_are_spelled_as_in_the_work_strongest_first() -> None:
    work = Candidate(1, "Tumours and the NETs", "Neutrophils and dust in tumours.")
    assert matched_terms(work, PULL, ()) == ("Neutrophils", "NETs", "Tumours")


def test_a_phrase_comes_first_and_its_words_are_not_repeated() -> None:
    work = Candidate(1, "Tumour neutrophils", "NETs.")
    assert matched_terms(work, PULL, ("tumor neutrophil",)) == ("Tumour neutrophils", "NETs")
