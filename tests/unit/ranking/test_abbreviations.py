from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ranking.abbreviations import definitions, singular


def pairs(text: str) -> list[tuple[str, str]]:
    return [(each.short, each.long) for each in definitions(text)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        (
            "We studied neutrophil extracellular traps (NETs).",
            "NET",
            "neutrophil extracellular traps",
        ),
        ("a tumour-associated neutrophil (TAN) is", "TAN", "tumour-associated neutrophil"),
        (
            "architects of the tumor microenvironment (TME), playing",
            "TME",
            "tumor microenvironment",
        ),
        (
            "pancreatic neuroendocrine tumors (PanNETs)",
            "PanNET",
            "pancreatic neuroendocrine tumors",
        ),
        ("Polymorphonuclear leukocytes (PMN)", "PMN", "Polymorphonuclear leukocytes"),
        ("tumor necrosis factor-α (TNF-α)", "TNF-α", "tumor necrosis factor-α"),
        ("tumour necrosis factor alpha (TNFα)", "TNFα", "tumour necrosis factor alpha"),
        ("the α-smooth muscle actin (α-SMA)", "α-SMA", "α-smooth muscle actin"),
        ("in vitro fertilisation (IVF)", "IVF", "in vitro fertilisation"),
        ("data of The Cancer Genome Atlas (TCGA)", "TCGA", "The Cancer Genome Atlas"),
        ("time to next treatment (TTNT)", "TTNT", "time to next treatment"),
        (
            "total progressive motile sperm count (TPMC)",
            "TPMC",
            "total progressive motile sperm count",
        ),
        ("zinc (Zn) was", "Zn", "zinc"),
        ("the quality of life (QoL)", "QoL", "quality of life"),
        ("myeloid-derived suppressor cells (MDSC’s)", "MDSC", "myeloid-derived suppressor cells"),
        ("base pairs (bp)", "bp", "base pairs"),
        (
            "Mycobacterium avium subsp. hominissuis (MAH)",
            "MAH",
            "Mycobacterium avium subsp. hominissuis",
        ),
    ],
)
def test_a_long_form_before_the_bracket_is_found(text: str, short: str, long: str) -> None:
    assert pairs(text) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "NETs (neutrophil extracellular traps) are webs",
        "NETs (i.e., neutrophil extracellular traps) are webs",
        "NETs [neutrophil extracellular traps] are webs",
        "NETs (neutrophil extracellular traps; 34 % of all) are webs",
        "neutrophil extracellular traps (hereafter NETs) are webs",
        "neutrophil extracellular traps (also known as NETs) are webs",
        "neutrophil extracellular traps (NETs; 34 %) are webs",
        "neutrophil extracellular traps (NETs, n = 5) are webs",
        "neutrophil extracellular traps [NETs] are webs",
        "webs (neutrophil extracellular traps, NETs) are",
        "webs (neutrophil extracellular traps [NETs]) are",
        "neutrophil (white cell) extracellular traps (NETs) are webs",
    ],
)
def test_either_order_and_asides_are_understood(text: str) -> None:
    assert pairs(text) == [("NET", "neutrophil extracellular traps")]


@pytest.mark.parametrize(
    "text",
    [
        "number of mice in all groups (n = 5)",
        "a perceptible effect (p < 0.05)",
        "as the figure shows (Fig. 1)",
        "iron ions were seen (II)",
        "copper(II) and platinum(IV) complexes",
        "an increased risk in older age (OR 2.1, 95% CI 1.2-3.4)",
        "patients who had better outcome (HR, 0.7)",
        "in the past three years (2019)",
        "women and men in India (Indian subcontinent)",
        "a company (Roche, Basel, Switzerland)",
        "neutrophils were counted. Traps (NETs) were not",
        "NETs (NETs) and more",
        "nothing closes (NETs",
        "nothing opens NETs)",
        "()",
        "(NET)",
        "",
    ],
)
def test_what_defines_nothing_yields_nothing(text: str) -> None:
    assert pairs(text) == []


def test_a_long_form_does_not_reach_over_a_sentence_or_a_title() -> None:
    assert pairs("Neutrophil counts\nExtracellular traps (NETs) are") == []
    assert pairs("A neutrophil; extracellular traps (NETs)") == []


def test_each_definition_says_where_it_stands() -> None:
    text = "Of tumor-associated neutrophils (TANs) and traps."
    (found,) = definitions(text)
    assert text[found.start : found.end] == "tumor-associated neutrophils (TANs)"
    text = "Few NETs (neutrophil extracellular traps) remain."
    (found,) = definitions(text)
    assert text[found.start : found.end] == "NETs (neutrophil extracellular traps)"


def test_several_definitions_of_a_text_come_in_order() -> None:
    text = (
        "Cancer-associated fibroblasts (CAFs) shape the tumor microenvironment (TME) with "
        "interleukin-6 (IL-6) and C-X-C motif chemokine ligand 8 (CXCL8)."
    )
    assert [short for short, _ in pairs(text)] == ["CAF", "TME", "IL-6", "CXCL8"]


def test_a_plural_is_looked_up_as_its_singular_and_hyphens_are_plain() -> None:
    assert [singular(short) for short in ("NETs", "NET's", "NET’s", "NET", "Ras", "IFN-γs")] == [
        *["NET"] * 4,
        "Ras",
        "IFN-γs",
    ]
    assert singular("PMN‑MDSCs") == "PMN-MDSC"
    assert singular("s") == "s"


@given(st.text(st.sampled_from("NETnet ()[];,.-α1\nİ"), max_size=60))
def test_any_text_is_read_and_every_definition_lies_in_it(text: str) -> None:
    for found in definitions(text):
        assert 0 <= found.start < found.end <= len(text)
        assert found.short
        assert len(found.long) > len(found.short)
