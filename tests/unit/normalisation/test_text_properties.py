"""What must hold of text whatever a source writes: cleaning, folding, fragments, titles."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.normalisation.html_tokens import TAG
from service.normalisation.markup import html_sections, html_text, join_sections
from service.normalisation.mojibake import repaired
from service.normalisation.text import clean, fold, title_flags, unescape_entities
from service.records import Flag, Kind

# Text in which what matters stands close together: markup, entities, odd spaces, odd letters.
SNIPPETS = (
    "<i>", "</i>", "<p>", "</p>", "<br/>", "<sub>2</sub>", "<h4>Aim</h4>", "<script>", "</script>",
    "<!--", "-->", "<![CDATA[", "]]>", "<math alttext='x'>", "</math>", "<unknown>", "&lt;i&gt;",
    "&amp;lt;p&amp;gt;", "&amp;", "&beta;", "&#946;", "&#0;", "&#xD800;", "&nbsp;", "&", ";", "<",
    ">", " < 0.05", "\u00a0", "\u2011", "\u00ad", "\ufeff", "e\u0301", "β", "{beta}", "TP53", "\x00",
    "\x85", "\n\n", "<b>Results:</b>", '<a href="x>y">', "<jats:p>", "</jats:p>", "ﬁ", "Å",
)  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.sampled_from(SNIPPETS), max_size=12).map("".join))


@given(texts)
def test_text_without_entities_is_cleaned_once_and_for_all(text: str) -> None:
    line = clean(text)
    assert "&" in line or clean(line) == line


@given(texts)
def test_a_cleaned_line_can_be_shown_and_stored(text: str) -> None:
    line = clean(text)
    assert unicodedata.is_normalized("NFC", line)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u00a0\u00ad\u200b\u2011\ufeff\ud800-\udfff]", line)
    assert not re.search("[\ufdd0-\ufdef\ufffe\uffff]", line)
    assert "  " not in line
    assert line == line.strip()


@given(st.text(alphabet="abcXYZ019.,-+ \t\n\x00\u00a0\u00ad\u2009βß", max_size=60))
def test_cleaning_loses_no_letter_no_digit_and_no_sign(text: str) -> None:
    seen = "".join(clean(text).split())
    assert seen == "".join(text.replace("\x00", "").replace("\u00ad", "").split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("&alpha;-SMA", "α-SMA"),
        ("&#x03B1;", "α"),
        ("&#945;", "α"),
        ("&Alpha;", "Α"),
        ("p &le; 0.05", "p ≤ 0.05"),
        ("&ltgt;", "&ltgt;"),
        ("&lt", "&lt"),
        ("&;", "&;"),
        ("&#;", "&#;"),
        ("&#x;", "&#x;"),
        ("&#99999999999;", "&#99999999999;"),
        ("a &amp;amp; b", "a & b"),
        ("x&nbsp;&nbsp;y", "x y"),
        ("5&thinsp;&micro;m", "5 µm"),
        ("non&shy;sense", "nonsense"),
        ("A&ZeroWidthSpace;B", "AB"),
    ],
)
def test_entities_are_read_and_what_is_none_stays(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text(alphabet="&amp;lt#x0123;g", max_size=40))
def test_unescaping_never_makes_text_longer(text: str) -> None:
    assert len(unescape_entities(text)) <= len(text)


# -- folding -------------------------------------------------------------------------------------


@given(texts)
def test_case_does_not_matter_to_the_folded_form(text: str) -> None:
    ascii_text = text.encode("ascii", "ignore").decode()
    assert fold(ascii_text.upper()) == fold(ascii_text.lower()) or "&" in ascii_text


@given(st.text(alphabet=st.characters(exclude_characters="&{}", max_codepoint=0x24F)))
def test_folding_a_folded_latin_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "text", ["Müller–Österberg", "ﬁbroblast", "Ångström", "TGF-β₁", "İstanbul"]
)
def test_all_unicode_forms_of_one_text_fold_to_the_same(form: str, text: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("α-smooth muscle actin", "alpha-smooth muscle actin"),
        ("IFN\u2010γ", "IFN-gamma"),
        ("IL\u20111\u03b2", "IL-1beta"),
        ("{gamma}{delta} T cells", "γδ T cells"),
        ("KRAS\u2011G12D", "KRAS-G12D"),
        ("5′-UTR", "5'-UTR"),
        ("“stemness”", '"stemness"'),
        ("ΔNp63", "∆Np63"),
        ("μm", "µm"),
        ("Σ", "ς"),
        ("2 × 10", "2 x 10"),
        ("ＣＤ８", "CD8"),
        ("H₂O₂", "H2O2"),
        ("Sjögren", "Sjo\u0308gren"),
    ],
)
def test_two_spellings_of_one_term_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("CD8+", "CD8-"), ("IL-1", "IL-11"), ("α", "a"), ("TP53", "TP63"), ("a b", "ab"), ("β", "ß")],
)
def test_two_terms_stay_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


# -- fragments -----------------------------------------------------------------------------------

KNOWN = re.compile(r"</?(?:jats:)?(?:p|i|b|h4|sub|br|script|math)\b[^<>]*>")


@given(texts)
@example("&lt;i&gt;<p>")
@example("&amp;lt;p&amp;gt;Hi&amp;lt;/p&amp;gt;<b>x</b>")
@example("<<i>i>x</<i>i>")
def test_a_known_tag_never_reaches_the_reader(fragment: str) -> None:
    assert not KNOWN.search(html_text(fragment))


@given(texts)
def test_the_text_of_a_fragment_is_a_cleaned_line(fragment: str) -> None:
    line = html_text(fragment)
    assert line == " ".join(line.split())
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", line)


@given(st.text(alphabet="abc 0123456789.,<>=≤PN()", max_size=80))
def test_comparisons_are_no_markup(text: str) -> None:
    """A "<" before a number or a space is a sign."""
    if not re.search(r"<\s*/?[a-zA-Z]", text):
        assert html_text(text) == clean(text)


@given(texts)
def test_sections_hold_text_and_nothing_of_the_whole_is_in_two(fragment: str) -> None:
    sections = html_sections(fragment)
    assert all(section.text for section in sections)
    assert not any(TAG.search(s.text) and KNOWN.search(s.text) for s in sections)
    words = sum(len(f"{s.label}{s.text}") for s in sections)
    assert words <= len(html_text(fragment)) + sum(len(s.label) for s in sections) + len(sections)


@given(
    st.lists(st.sampled_from(("Aim", "Methods", "Results")), unique=True),
    st.text("xyz ", min_size=1),
)
def test_headings_and_texts_come_back_in_their_order(labels: list[str], body: str) -> None:
    if not body.strip():
        return
    fragment = "".join(f"<h4>{label}</h4><p>{body} {label.lower()}.</p>" for label in labels)
    found = html_sections(fragment)
    assert [s.label for s in found] == labels
    assert join_sections(found).count("\n") == max(0, len(labels) - 1)


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("<P>Upper</P><BR>case", "Upper case"),
        ("<p/>empty<p></p>", "empty"),
        ("a<sup>2+</sup>", "a2+"),
        ("one<br>two<hr>three", "one two three"),
        ("<li>a</li><li>b</li>", "a b"),
        ("n<5 and p>3", "n<5 and p>3"),
        ("x <i>y", "x y"),
        ("</p>x</div>", "x"),
        ("<style>p {color: red}</style>seen", "seen"),
        ("seen<script>never closed", "seen"),
        ("seen<!-- never closed", "seen"),
        ("<![CDATA[<p>in data</p>]]>", "in data"),
        (
            "<math><semantics><mi>q</mi><annotation>\\alpha</annotation></semantics></math>",
            "\\alpha",
        ),
        ("<math><mi>a</mi>", "a"),
        ("<math><mi>a</mi><math><mi>b</mi></math>", "ab"),
        ("<img src='x' onerror='alert(1)'/>x", "x"),
        ("<p data-a='1' class=\"b\" id=c>x</p>", "x"),
    ],
)
def test_markup_in_the_wild(fragment: str, expected: str) -> None:
    assert html_text(fragment) == expected


@pytest.mark.parametrize("piece", ["<![CDATA[", "]]>", "&amp;", "&#1;", "<i a=", "<math>", "</"])
def test_a_long_run_of_one_piece_is_read_in_linear_time(piece: str) -> None:
    begun = time.process_time()
    html_text(piece * 40_000)
    assert time.process_time() - begun < 5.0


# -- titles --------------------------------------------------------------------------------------

PREFIXES: tuple[tuple[str, Flag | None, Kind | None], ...] = (
    ("RETRACTED: ", Flag.RETRACTED, None),
    ("Retracted Article: ", Flag.RETRACTED, None),
    ("(Retracted) ", Flag.RETRACTED, None),
    ("[RETRACTED] ", Flag.RETRACTED, None),
    ("WITHDRAWN: ", Flag.WITHDRAWN, None),
    ("Removed: ", Flag.WITHDRAWN, None),
    ("Withdrawn Preprint: ", Flag.WITHDRAWN, None),
    ("Corrigendum: ", None, Kind.ERRATUM),
    ("Correction: ", None, Kind.ERRATUM),
    ("Author Correction: ", None, Kind.ERRATUM),
    ("Publisher Correction: ", None, Kind.ERRATUM),
    ("Erratum for: ", None, Kind.ERRATUM),
    ("Retraction Note: ", None, Kind.RETRACTION),
    ("Retraction: ", None, Kind.RETRACTION),
    ("Partial Retraction: ", None, Kind.RETRACTION),
    ("Notice of Retraction: ", None, Kind.RETRACTION),
    ("Expression of Concern: ", None, Kind.CONCERN),
    ("Editorial Expression of Concern: ", None, Kind.CONCERN),
)
names = st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{2,8}){1,6}", fullmatch=True)


@pytest.mark.parametrize(("prefix", "flag", "kind"), PREFIXES)
@given(name=names)
def test_a_prefix_is_read_off_any_title(
    prefix: str, flag: Flag | None, kind: Kind | None, name: str
) -> None:
    if title_flags(name) != (name, frozenset(), None):
        return  # by chance a prefix itself
    assert title_flags(prefix + name) == (name, frozenset({flag} if flag else ()), kind)


@given(texts)
def test_a_title_is_never_emptied(text: str) -> None:
    title = clean(text)
    rest, _flags, _notice = title_flags(title)
    assert bool(rest) == bool(title)
    assert len(rest) <= len(title)


# -- UTF-8 that was read as Latin-1 --------------------------------------------------------------


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, exclude_categories=["Cs"]), min_size=1))
def test_a_broken_text_is_mended(text: str) -> None:
    if any(repaired(c) != c for c in (text, *text)):
        return
    assert repaired(text.encode("utf-8").decode("latin-1")) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RamÃ\xadrez", "Ramírez"),
        ("Î²-catenin", "β-catenin"),
        ("â\x80\x9cx", "“x"),
        ("ð\x9f\x98\x80", "😀"),
        ("plain ASCII", "plain ASCII"),
        ("Ramírez", "Ramírez"),
        ("Ã", "Ã"),
        ("Ã x", "Ã x"),
        ("à\x80\x80", "à\x80\x80"),  # no UTF-8: an overlong form
        ("í\xa0\x80", "í\xa0\x80"),  # no UTF-8: half a surrogate pair
        ("ô\x90\x80\x80", "ô\x90\x80\x80"),  # no UTF-8: beyond Unicode
    ],
)
def test_only_what_can_be_nothing_else_is_mended(text: str, expected: str) -> None:
    assert repaired(text) == expected
