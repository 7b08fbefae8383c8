"""Text as people read it, as machines compare it, and titles that say what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.normalisation.text import clean, fold, title_flags
from service.records import Flag, Kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a \n\t b  ", "a b"),
        ("a\u00a0b\u2009c\u202fd\u3000e", "a b c d e"),
        ("non\u2011small", "non-small"),
        ("can\u00adcer\u200b cell\ufeff", "cancer cell"),
        ("can\ufdd0cer cell\uffff", "cancer cell"),
        ("a\x00b\x07c\x9fd", "abcd"),
        ("e\u0301", "é"),
        ("&lt;0.05 &amp;gt; &#x3b2; &nbsp;x", "<0.05 > β x"),
        ("&amp;amp;amp;", "&amp;"),
        ("R&D, Q&A; &copy2 &unknown; AT&T", "R&D, Q&A; &copy2 &unknown; AT&T"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("IL-1⍺ and TGFβ", "IL-1⍺ and TGFβ"),
        ("", ""),
    ],
)
def test_text_is_made_plain(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_cleaned_text_is_one_line_and_can_be_written(text: str) -> None:
    line = clean(text)
    assert line == " ".join(line.split())
    assert line.encode("utf-8") is not None


@given(st.text(alphabet=st.characters(exclude_characters="&")))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["TGF-β1", "tgf‐beta1", "TGF–{beta}1", "TGF−Β1"])
def test_ways_of_writing_one_name_fold_to_the_same(text: str) -> None:
    assert fold(text) == "tgf-beta1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Škoda, Müller & Øre", "skoda, muller & ore"),
        ("Straße", "strasse"),
        ("CD8⁺ {+/-} 5 µg", "cd8+ +/- 5 mug"),
        ("α-SMA", "alpha-sma"),
        ("IL-1⍺ and ∆Np63ɑ", "il-1alpha and deltanp63alpha"),
        ("“quoted” ’s", '"quoted" \'s'),
        ("Łódź Æsir", "lodz aesir"),
    ],
)
def test_folding_drops_accents_case_and_letter_shapes(text: str, expected: str) -> None:
    assert fold(text) == expected


@pytest.mark.parametrize(
    ("title", "rest", "flag"),
    [
        ("RETRACTED: A study", "A study", Flag.RETRACTED),
        ("Retracted: A study", "A study", Flag.RETRACTED),
        ("RETRACTED ARTICLE: A study", "A study", Flag.RETRACTED),
        ("[Retracted] A study", "A study", Flag.RETRACTED),
        ("WITHDRAWN: A study", "A study", Flag.WITHDRAWN),
        ("Temporary Removal: A study", "A study", Flag.WITHDRAWN),
    ],
)
def test_a_prefix_on_the_paper_itself_becomes_a_flag(title: str, rest: str, flag: Flag) -> None:
    assert title_flags(title) == (rest, frozenset({flag}), None)


@pytest.mark.parametrize(
    ("title", "rest", "kind"),
    [
        ("Correction: A study", "A study", Kind.ERRATUM),
        ("Correction to: A study", "A study", Kind.ERRATUM),
        ('Correction to "A study".', "A study.", Kind.ERRATUM),
        ("Author Correction: A study", "A study", Kind.ERRATUM),
        ("Publisher Correction: A study", "A study", Kind.ERRATUM),
        ("Erratum: A study", "A study", Kind.ERRATUM),
        ("Erratum to: A study", "A study", Kind.ERRATUM),
        ("Erratum to A study", "A study", Kind.ERRATUM),
        ("Corrigendum to “A study” [J 12]", "“A study” [J 12]", Kind.ERRATUM),
        ("Retraction Note: A study", "A study", Kind.RETRACTION),
        ("Retraction Note to: A study", "A study", Kind.RETRACTION),
        ("RETRACTION: A study", "A study", Kind.RETRACTION),
        ('Retraction notice to "A study" [J 2]', '"A study" [J 2]', Kind.RETRACTION),
        ("Statement of Retraction: A study", "A study", Kind.RETRACTION),
        ("EXPRESSION OF CONCERN: A study", "A study", Kind.CONCERN),
        ("Editorial Expression of Concern: A study", "A study", Kind.CONCERN),
    ],
)
def test_a_notice_is_named_by_its_kind(title: str, rest: str, kind: Kind) -> None:
    assert title_flags(title) == (rest, frozenset(), kind)


@pytest.mark.parametrize(
    "title",
    ["Correction.", "Corrigendum.", "ERRATUM", "Correction to Lancet Oncol 2021; 22: 1.",
     "Correction for Smith et al., A study", "Erratum regarding missing statements"],
)  # fmt: skip
def test_a_notice_whose_words_are_needed_keeps_them(title: str) -> None:
    assert title_flags(title) == (title, frozenset(), Kind.ERRATUM)


@pytest.mark.parametrize(
    "title",
    ["Correction of scoliosis", "Correction to normal values", "Retraction of the third ventricle",
     "Expression of genes", "Removal of stents", "Retracted tissue in surgery", "Editorial: A study",
     "Corrections in vision", "Withdrawn patients: a study of them", ""],
)  # fmt: skip
def test_titles_about_such_things_are_left_alone(title: str) -> None:
    assert title_flags(title) == (title, frozenset(), None)


def test_a_notice_about_a_retracted_paper_does_not_flag_itself_further() -> None:
    assert title_flags("RETRACTED: WITHDRAWN: A study") == (
        "A study",
        frozenset({Flag.RETRACTED, Flag.WITHDRAWN}),
        None,
    )
