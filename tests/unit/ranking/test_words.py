from __future__ import annotations

import pytest

from service.ranking.words import WORD, spans, spellings, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("neutrophils", "Neutrophil"),
        ("tumour-associated", "tumor associated"),
        ("TGF-β", "TGF-beta"),
        ("IL-6", "IL6"),
        ("PD‑L1", "PD-L1"),
        ("therapies", "therapy"),
        ("stromal", "stroma"),
        ("leukaemia", "leukemia"),
        ("polarisation", "polarization"),
        ("signalling", "signaling"),
        ("µm", "μm"),
        ("CAFs", "CAF"),
    ],
)
def test_spellings_of_one_thing_are_one(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NET", "net"),
        ("NETs", "nets"),
        ("TAN", "tan"),
        ("IL-6", "IL-8"),
        ("T cell", "T-cells of"),
        ("virus", "viru"),
        ("analysis", "analysi"),
    ],
)
def test_different_things_stay_apart(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_a_span_is_the_text_that_its_word_stands_for() -> None:
    text = "Tumour-associated NETs, IL-6 and α-SMA."
    found = [(word, text[start:end]) for word, start, end in spans(text)]
    assert found == [
        ("tumor", "Tumour"),
        ("associated", "associated"),
        ("NET", "NETs"),
        ("il6", "IL-6"),
        ("and", "and"),
        ("alpha", "α"),
        ("sma", "SMA"),
    ]


def test_each_word_that_is_asked_for_is_told_as_it_is_written_first() -> None:
    text = "NETs, tumour-associated NET and Tumor; IL-6, il6, PD‑L1"
    first: dict[str, str] = {}
    for word, start, end in spans(text):
        first.setdefault(word, text[start:end])
    written = WORD.findall(text)
    assert spellings(written, set(first)) == first
    assert first["tumor"] == "tumour"
    assert spellings(written, {"tumor", "il6", "absent"}) == {"tumor": "tumour", "il6": "IL-6"}
    assert spellings((), {"tumor"}) == {}
