"""The first figure that may be shown, and what it says."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ParseError
from service.normalisation.jats_figure import MOST_WORDS, first_figure, may_be_shown
from tests.enrichment_payloads import FIGURE, jats


def figure(inside: str, label: str = "Figure 1") -> str:
    graphic = '<graphic xlink:href="f1"/>'
    return f"<fig><label>{label}</label>{inside}{graphic}</fig>"


def caption(text: str) -> str:
    return f"<caption><p>{text}</p></caption>"


def test_label_caption_and_picture_are_read_as_plain_text() -> None:
    found = first_figure(jats())
    assert found == ("Figure 1", "Niches. Held by TNF-α.", "stroma-f1")


def test_the_first_with_a_picture_counts() -> None:
    bare = "<fig><label>Figure 1</label></fig>"
    found = first_figure(jats(bare + figure(caption("b"), "Figure 2") + FIGURE))
    assert found is not None
    assert (found.label, found.caption, found.href) == ("Figure 2", "b", "f1")


def test_a_picture_among_alternatives_is_seen() -> None:
    inner = '<fig><alternatives><graphic xlink:href="f7.tif"/><graphic xlink:href="f7.jpg"/>'
    found = first_figure(jats(f"{inner}</alternatives></fig>"))
    assert found == ("", "", "f7.tif")


def test_a_paper_without_figures_has_none() -> None:
    assert first_figure(jats("<p>Words.</p>")) is None
    assert first_figure(jats('<p><graphic xlink:href="x"/></p>')) is None


@pytest.mark.parametrize(
    "words",
    [
        "Reproduced from Okafor et al., with permission of the publisher.",
        "Adapted with permission from Gut.",
        "Reprinted by kind permission from Gut",
        "© 2020 Elsevier",
        "Copyright 2020 the authors of the other paper",
        "(c) 2020 Elsevier",
        "Modified slightly from reference 7",
    ],
)
def test_a_figure_that_is_somebody_elses_is_passed_over(words: str) -> None:
    theirs = figure(caption(words))
    assert first_figure(jats(theirs)) is None
    ours = first_figure(jats(theirs + FIGURE))
    assert ours is not None
    assert ours.href == "stroma-f1"


@pytest.mark.parametrize(
    "words",
    [
        "(A) Control. (B) Treated. (C) Both.",
        "Samples were taken from patients with consent.",
        "Beads modified with antibodies from mice.",
    ],
)
def test_panels_and_methods_are_no_claims_of_others(words: str) -> None:
    assert first_figure(jats(figure(caption(words)))) is not None


def test_the_word_of_an_attribution_counts_too() -> None:
    assert first_figure(jats(figure("<attrib>Reprinted with permission</attrib>"))) is None


@pytest.mark.parametrize(
    ("licence", "shown"),
    [
        ('<license xlink:href="https://creativecommons.org/licenses/by-nc/4.0/"/>', True),
        ('<license xlink:href="https://creativecommons.org/licenses/by-nd/4.0/"/>', False),
        ("<copyright-holder>Elsevier</copyright-holder>", False),
    ],
)
def test_a_figures_own_licence_counts_for_it(licence: str, shown: bool) -> None:
    own = f"<permissions>{licence}</permissions>"
    assert (first_figure(jats(figure(own))) is not None) == shown


@pytest.mark.parametrize(
    ("licence", "shown"),
    [
        *((each, True) for each in ("CC0", "CC0 1.0", "CC BY 4.0", "CC BY", "CC BY-NC 4.0")),
        *((each, True) for each in ("CC BY-SA 3.0", "CC BY-NC-SA 4.0", "public domain")),
        *((each, False) for each in ("CC BY-ND 4.0", "CC BY-NC-ND 4.0", "", "open-access")),
        *((each, False) for each in ("arXiv non-exclusive", "CC BY 4.0 and more", "xCC BY")),
    ],
)
def test_only_licences_that_allow_a_smaller_copy_will_do(licence: str, shown: bool) -> None:
    assert may_be_shown(licence) == shown


def test_a_long_caption_is_cut_between_words() -> None:
    found = first_figure(jats(figure(caption("niche " * 500))))
    assert found is not None
    assert len(found.caption) <= MOST_WORDS
    assert found.caption.endswith(" niche…")


def test_markup_of_a_stranger_is_text() -> None:
    found = first_figure(jats(figure(caption("&lt;script&gt;alert(1)&lt;/script&gt; p &lt; .05"))))
    assert found is not None
    assert found.caption == "<script>alert(1)</script> p < .05"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        jats()[:-40],
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">' + b"<a>" * 5000,
    ],
)
def test_what_is_no_xml_says_so(body: bytes) -> None:
    with pytest.raises(ParseError):
        first_figure(body)


def test_entities_are_not_expanded() -> None:
    bomb = (
        b'<!DOCTYPE article [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + jats(figure(caption("x&b;x")))
    )
    found = first_figure(bomb)
    assert found is not None
    assert "aaaa" not in found.caption


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with suppress(ParseError):
        assert first_figure(body) is None
