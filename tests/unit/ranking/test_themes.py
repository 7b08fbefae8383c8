"""Every text here was written for these tests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ranking.themes import LEAST, themes
from service.records import Candidate

NETS = (
    "Neutrophil extracellular traps (NETs) wake dormant tumour cells. NETs bind laminin and the "
    "cells grow again. Digesting NETs with DNase kept lungs clear of metastases.",
    "Chromatin webs of neutrophil extracellular traps snare circulating tumour cells in the liver. "
    "DNase freed them, and metastases in liver and lungs were fewer without neutrophil "
    "extracellular traps.",
)
CXCL12 = (
    "Fibroblasts coat nests with CXCL12, and T cells stay outside. Blocking CXCL12 signalling by a "
    "CXCR4 antagonist let T cells in within days.",
    "CXCL12 signalling through CXCR4 keeps T cells in the stroma. An antagonist of CXCR4 ended "
    "CXCL12 signalling, and T cells entered the nests.",
    "A map of CXCL12 signalling shows which T cells wait at the border; a CXCR4 antagonist moved "
    "them across it.",
)
WORKS = [
    Candidate(1, "Extracellular traps wake dormant cells in the lung", NETS[0]),
    Candidate(2, "CXCL12 signalling keeps T cells out", CXCL12[0]),
    Candidate(3, "Antagonists of CXCR4 end CXCL12 signalling", CXCL12[1]),
    Candidate(4, "Neutrophil extracellular traps snare tumour cells in the liver", NETS[1]),
    Candidate(5, "A map of CXCL12 signalling in pancreatic nests", CXCL12[2]),
    Candidate(
        6,
        "Sea urchins count their spines",
        "Spines of urchins regrow after storms; we counted them on two shelves for nine years.",
    ),
    Candidate(
        7,
        "How to read a pathology slide by telephone",
        "Readers were given a lens and a telephone. Their verdicts were compared with a panel.",
    ),
]


def shared(works: list[Candidate], *known: str) -> dict[str, list[int]]:
    """The works of each theme."""
    found: dict[str, list[int]] = {}
    for number, theme in themes(works, known).items():
        found.setdefault(theme, []).append(number)
    return {theme: sorted(numbers) for theme, numbers in found.items()}


def test_works_about_the_same_are_named_by_what_they_share() -> None:
    assert shared(WORKS) == {
        "Neutrophil extracellular traps": [1, 4],
        "CXCL12 signalling": [2, 3, 5],
        "": [6, 7],
    }


def test_a_short_form_is_the_same_as_what_it_stands_for() -> None:
    written = [
        Candidate(work.work_id, work.title, work.abstract.replace("extracellular traps", "webs"))
        for work in WORKS
    ]
    assert "Neutrophil extracellular traps" not in shared(written)
    assert "NETs" in NETS[0]
    assert "NETs" not in NETS[1]


def test_a_few_works_have_no_themes() -> None:
    few = WORKS[: LEAST - 1]
    assert themes(few) == dict.fromkeys((1, 2, 3, 4), "")
    assert themes([]) == {}
    assert any(themes(WORKS[:LEAST]).values())


def test_the_order_of_works_decides_nothing() -> None:
    assert themes(WORKS[::-1]) == themes(WORKS)


def test_what_the_topic_is_called_is_no_theme_of_it() -> None:
    found = shared(WORKS, "CXCL12 signalling in stroma")
    assert "CXCL12 signalling" not in found
    assert "Neutrophil extracellular traps" in found


def test_what_most_of_a_section_is_about_is_no_theme() -> None:
    works = [
        Candidate(at, f"CXCL12 signalling in {organ}", f"CXCL12 signalling was seen in {organ}.")
        for at, organ in enumerate(("lung", "skin", "liver", "brain", "kidney"))
    ]
    assert set(themes(works).values()) == {""}


def about(*titles: str) -> list[Candidate]:
    """Works that say their titles twice, among others that have nothing in common."""
    said = [Candidate(n, t, f"{t}. Mice were kept warm.") for n, t in enumerate(titles)]
    others = (Candidate(50 + work.work_id, work.title, work.abstract) for work in WORKS[5:])
    tides = Candidate(60, "Tides", "Water rose at noon along both harbours.")
    owls = Candidate(61, "Owls at dusk", "Barns with owls had fewer voles than barns without.")
    return [*said, *others, tides, owls]


@pytest.mark.parametrize(
    ("one", "other", "theme"),
    [
        ("Hepatic stellate cell activation in rats", "Hepatic stellate cell activation by alcohol",
         "Hepatic stellate cell activation"),
        ("Organoids of head and neck cancer", "Radiotherapy for head and neck cancer",
         "Head and neck cancer"),
        ("WNT SIGNALLING IN CRYPTS", "Wnt signalling and crypts", "Wnt signalling"),
        ("Mice with asthma", "Children with asthma", "Asthma"),
    ],
)  # fmt: skip
def test_a_theme_is_a_whole_phrase_as_people_write_it(one: str, other: str, theme: str) -> None:
    assert set(shared(about(one, other))) == {theme, ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Efficacy and tolerability of pelitinib", "Efficacy and tolerability of sertolib"),
        ("Voles in Japan", "Beetles of Japan"),
        ("A recurrent sarcoma", "A recurrent glioma"),
        ("The landscape of voles", "The landscape of beetles"),
        ("Results of a study in patients", "Results of the study of patients"),
        ("In 2026 voles slept", "In 2026 beetles flew"),
    ],
)
def test_no_theme_is_better_than_one_that_says_nothing(one: str, other: str) -> None:
    assert set(shared(about(one, other))) == {""}


TEXT = st.lists(
    st.sampled_from(
        ["CXCL12", "signalling", "T", "cells", "traps", "and", "of", "(NETs)", "<b>", "\x00", "β."]
    ),
    max_size=25,
).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT | st.text(max_size=40), TEXT), max_size=8))
def test_every_work_gets_a_theme_that_others_share_or_none(texts: list[tuple[str, str]]) -> None:
    works = [Candidate(at, *text) for at, text in enumerate(texts)]
    found = themes(works)
    assert sorted(found) == list(range(len(works)))
    told = [theme for theme in found.values() if theme]
    assert all(told.count(theme) > 1 for theme in told)
    assert all(theme.isprintable() and "<" not in theme for theme in told)
