from __future__ import annotations

import time

import pytest

from service.normalisation.highwire import restored, sections
from service.records import Section


def pairs(text: str) -> list[tuple[str, str]]:
    return [(section.label, section.text) for section in sections(text)]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("TGF-{beta} and {Delta}F508", "TGF-β and ΔF508"),
        ("{gamma}{delta} T cells", "γδ T cells"),
        ("5 {+/-} 2 {micro}m at 37{degrees}C", "5 ± 2 µm at 37°C"),
        ("m{superscript 2}", "m²"),
        ("P [&le;] 0.05", "P ≤ 0.05"),
        ("G[-&gt;]A", "G→A"),
        ("[~]10 cells and TGF[beta]", "~10 cells and TGFβ"),
        ("d_{beta} and \\frac{a}{beta}", "d_{beta} and \\frac{a}{beta}"),
        ("x in {0, 1}, the {frobnicate}", "x in {0, 1}, the {frobnicate}"),
        ("[18F]FDG, [Ca2+], [A]", "[18F]FDG, [Ca2+], [A]"),
    ],
)
def test_named_characters_are_restored_and_nothing_else(raw: str, shown: str) -> None:
    assert restored(raw) == shown


def test_inequalities_are_not_markup() -> None:
    text = "Risk fell (P < 0.001) where n > 30 and age < 5 years; R<sub> was > 2."
    assert pairs(text) == [("", text)]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("AbstractTumours grow.", [("", "Tumours grow.")]),
        ("AO_SCPLOWBSTRACTC_SCPLOWTumours grow.", [("", "Tumours grow.")]),
        ("BackgroundA.\n\nMethodsB.", [("Background", "A."), ("Methods", "B.")]),
        ("Structured abstractO_ST_ABSAimsC_ST_ABSTo see.", [("Aims", "To see.")]),
        ("O_ST_ABSUnusual labelC_ST_ABSText.", [("Unusual label", "Text.")]),
        ("Background: A. Methods: B.", [("Background", "A."), ("Methods", "B.")]),
        ("We saw. ResultsCells died.", [("", "We saw."), ("Results", "Cells died.")]),
        ("In short.\n\nResults\nCells died.", [("", "In short."), ("Results", "Cells died.")]),
        ("A.\n\nResultssDII fell.", [("", "A."), ("Results", "sDII fell.")]),
        ("A.\n\nResults50% died.", [("", "A."), ("Results", "50% died.")]),
        ("A.\n\nAimSGLT2 works.", [("", "A."), ("Aim", "SGLT2 works.")]),
        ("SIGNIFICANCEUntil now.", [("SIGNIFICANCE", "Until now.")]),
        ("Core message of paperprg-1 lives.", [("Core message of paper", "prg-1 lives.")]),
        ("MethodsO_LIOne\nC_LIO_LITwo.\nC_LI", [("Methods", "One. Two.")]),
    ],
)
def test_headings_are_parted_from_their_text(raw: str, found: list[tuple[str, str]]) -> None:
    assert pairs(raw) == found


@pytest.mark.parametrize(
    "raw",
    [
        "AIM2 senses DNA.",
        "Results were robust.",
        "IMPACTS of light.",
        "Designer nucleases cut.",
        "We queried ResultsDB entries.",
        "AlphaFold3 predicts it.",
    ],
)
def test_a_word_that_only_begins_like_a_heading_is_text(raw: str) -> None:
    assert pairs(raw) == [("", raw)]


def test_paragraphs_without_a_heading_join_the_one_before() -> None:
    assert pairs("A.\n\nB.\n\nResultsC.\n\nD.") == [("", "A. B."), ("Results", "C. D.")]


FIGURE = (
    'O_FIG O_LINKSMALLFIG WIDTH=200 HEIGHT=70 SRC="FIGDIR/small/1v1_ufig1.gif" ALT="Figure 1">\n'
    "View larger version (18K):\norg.highwire.dtl.DTLVardef@5e41c0org.highwire.dtl.DTLVardef"
    "@2ed9c8_HPS_FORMAT_FIGEXP  M_FIG C_FIG"
)


def test_a_figure_goes_with_its_machinery_and_its_heading() -> None:
    assert pairs(f"Cells move.\n\nGraphical abstract\n\n{FIGURE}") == [("", "Cells move.")]


def test_text_after_a_figure_stays() -> None:
    assert pairs(f"Cells move.\n\n{FIGURE}\n\nThey stop.") == [("", "Cells move. They stop.")]


def test_a_figure_that_never_closes_loses_only_its_machinery() -> None:
    text = f"Cells move.\n\n{FIGURE.removesuffix('C_FIG')} They stop."
    assert pairs(text) == [("", "Cells move. They stop.")]


def test_a_mark_glued_to_a_word_does_not_take_the_word_along() -> None:
    assert pairs("A tool named PO_SCPLOWEAFOWLC_SCPLOW.\n\nKey PointsO_LIMOSim runs.\nC_LI") == [
        ("", "A tool named PEAFOWL."),
        ("Key Points", "MOSim runs."),
    ]


def test_a_box_is_a_paragraph() -> None:
    assert pairs("A.\n\nO_TEXTBOXSIGNIFICANCENiches matter.\n\nC_TEXTBOX") == [
        ("", "A."),
        ("SIGNIFICANCE", "Niches matter."),
    ]


def test_nothing_is_no_section() -> None:
    assert sections("") == ()
    assert sections("Abstract") == ()


def test_sections_are_plain_values() -> None:
    assert sections("Tumours grow.") == (Section("", "Tumours grow."),)


def test_hostile_text_takes_no_long_time() -> None:
    began = time.process_time()
    for text in (
        "O_FIG " * 20_000,
        "O_ST_ABS" * 20_000,
        "{" * 50_000,
        "[" * 50_000,
        "\n\n" * 50_000,
    ):
        sections(text)
    assert time.process_time() - began < 15
