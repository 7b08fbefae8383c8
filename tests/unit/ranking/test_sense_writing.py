from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.sense_writing import mentions, read_writing, replaced, spell, spell_parts


def test_a_paper_gives_its_own_long_forms_in_order() -> None:
    paper = read_writing(
        "Small-cell carcinoma (SCC)", "Spinal cord compression (SCC) in lung cancer (LC)."
    )
    assert paper.defined("SCC") == ("Small-cell carcinoma", "Spinal cord compression")
    assert paper.defined("LC") == ("lung cancer",)
    assert paper.defined("CC") == ("cell carcinoma", "cord compression")
    assert paper.defined("NET") == ()


def test_a_compound_whose_tail_is_something_else_gives_nothing() -> None:
    paper = read_writing("", "Metal organic frameworks (MOFs).")
    assert paper.defined("NET") == ()
    assert paper.defined("MOF") == ("Metal organic frameworks",)


def test_a_short_form_of_several_parts_is_found_with_any_hyphen() -> None:
    paper = read_writing("", "PMN-MDSCs, PMN‑MDSC and PMN MDSC")
    assert mentions(paper, "PMN-MDSC") == [1, 12]


def test_of_two_long_forms_the_first_is_used_throughout() -> None:
    paper = read_writing("SCC", "Small-cell carcinoma (SCC); spinal cord compression (SCC).")
    assert spell(paper, {})[0] == "Small-cell carcinoma"


def test_what_the_caller_says_goes_before_what_the_paper_says() -> None:
    paper = read_writing("NETs", "Neuroendocrine tumors (NETs) grow.")
    assert spell(paper, {"NET": "trap"}) == ("trap", "Neuroendocrine tumors grow.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NETs", "trap"),
        ("the NET's wall", "the trap wall"),
        ("anti-NET, NET-like", "anti-trap, trap-like"),
        ("GEP-NETs", "GEP-trap"),
        ("NETosis and net and Net", "NETosis and net and Net"),
        ("KNET NET1 xNET", "KNET NET1 xNET"),
        ("NET/NET", "trap/trap"),
        ("(NET)", "(trap)"),
        ("XNET-2", "pair"),
        ("gone OUT now", "gone  now"),
    ],
)
def test_short_forms_are_replaced_as_papers_write_them(text: str, said: str) -> None:
    assert replaced(text, {"NET": "trap", "XNET-2": "pair", "OUT": None}) == said


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_paper_without_brackets_stays_as_it_is(title: str, abstract: str) -> None:
    title, abstract = (
        "".join(char for char in each if char not in "()[]") for each in (title, abstract)
    )
    assert spell(read_writing(title, abstract), {}) == (title.replace("\n", " "), abstract)


def test_a_sentence_reads_as_it_does_in_the_whole_text() -> None:
    sentences = [
        "Neutrophil extracellular  traps (NETs; 34 %) form.",
        "Anti-NET, PMN‑NETs and NET [a web] last.",
        "Here nothing is short.",
    ]
    paper = read_writing("NETs in cancer (C)", " ".join(sentences))
    title, abstract = spell(paper, {"PMN": None})
    folded = [" ".join(each.split()) for each in sentences]
    first, *parts = spell_parts(["NETs in cancer (C)", *folded], paper, {"PMN": None})
    assert first == title
    assert " ".join(parts) == " ".join(abstract.split())
    assert "NET" not in " ".join(parts)
