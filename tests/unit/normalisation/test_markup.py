"""Plain text out of XML elements and HTML fragments."""

from __future__ import annotations

import time

import pytest

from service.normalisation.markup import element_text, html_sections, html_text, join_sections
from service.records import Section
from service.safe_xml import parse

MATH = "http://www.w3.org/1998/Math/MathML"


def _element_text(xml: str) -> str:
    return element_text(parse(f'<r xmlns:m="{MATH}">{xml}</r>'.encode()))


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("plain", "plain"),
        ("at the<i>TERT</i>gene", "at theTERTgene"),
        ("H<sub>2</sub>O and 10<sup>-6</sup> M", "H2O and 10-6 M"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("<sec><title>Aim</title><p>To see.</p></sec>", "Aim To see."),
        ("<list><list-item><p>a</p></list-item><list-item><p>b</p></list-item></list>", "a b"),
        ("a<!-- hidden -->b", "ab"),
        ("P &lt; 0.001", "P < 0.001"),
        ("a<m:math><m:msub><m:mi>T</m:mi><m:mn>2</m:mn></m:msub></m:math>b", "aT2b"),
        ("<m:math alttext='x^2'><m:mi>q</m:mi></m:math>", "x^2"),
        ("<m:math><m:semantics><m:mi>q</m:mi><m:annotation>q_1</m:annotation></m:semantics></m:math>", "q_1"),
        ("<m:math><m:ci>odd</m:ci></m:math>", "odd"),
        ("<alternatives><tex-math>$x$</tex-math><m:math><m:mi>x</m:mi></m:math></alternatives>", "x"),
        (r"<tex-math>\usepackage{a}\begin{document}$$\beta$$\end{document}</tex-math>", r"\beta"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_of_an_element(xml: str, expected: str) -> None:
    assert _element_text(xml) == expected


def test_the_tail_of_an_element_is_not_its_text() -> None:
    root = parse(b"<r><a>in <b>side</b></a> outside</r>")
    assert element_text(root[0]) == "in side"


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("plain &amp; simple", "plain & simple"),
        ("<p>One <i>two</i>.</p><p>Three</p>", "One two. Three"),
        ("P < 0.001 and n > 3", "P < 0.001 and n > 3"),
        ("P <0.001; <i>n</i> >3 <unknown> x", "P <0.001; n >3 <unknown> x"),
        ("&lt;p&gt;Hi &lt;i&gt;x&lt;/i&gt;&lt;/p&gt;", "Hi x"),
        ("&amp;lt;p&amp;gt;Hi&amp;lt;/p&amp;gt;", "Hi"),
        ("<p>plain &lt;b&gt;bold&lt;/b&gt;</p>", "plain bold"),
        ("a<br/>b", "a b"),
        ("<jats:p>a <jats:italic>b</jats:italic></jats:p>", "a b"),
        ('<a href="http://x/?a>b">link</a>', "link"),
        ("a<script>alert('<b>x</b>')</script>b", "ab"),
        ("a<!-- <p>x</p> -->b --> c", "ab --> c"),
        ('x <mml:math alttext="a+b"><mml:mi>q</mml:mi></mml:math> y', "x a+b y"),
        ("<math><mi>a</mi> <mo>=</mo> <mn>1</mn></math>", "a=1"),
    ],
)
def test_text_of_a_fragment(fragment: str, expected: str) -> None:
    assert html_text(fragment) == expected


@pytest.mark.parametrize("piece", ["<b>", "<!--", "<p ", '<p a="', "<math>", "&lt;", "<h4>"])
def test_a_hostile_fragment_takes_no_time(piece: str) -> None:
    begun = time.process_time()  # not the wall's: the machine may be busy
    html_sections(piece * 50_000)
    assert time.process_time() - begun < 5.0


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("<h4>Aim</h4>To <i>see</i> P < 0.001.<h4>Results</h4>Seen.",
         [("Aim", "To see P < 0.001."), ("Results", "Seen.")]),
        ("Before.<h3>Aim:</h3>To see.", [("", "Before."), ("Aim", "To see.")]),
        ("<jats:sec><jats:title>Aim</jats:title><jats:p>a</jats:p></jats:sec>", [("Aim", "a")]),
        ("<jats:title>Abstract</jats:title><jats:p>a</jats:p>", [("", "a")]),
        ("<p><strong>Aim:</strong> a</p><p><b>Methods</b> b <b>bold</b> c</p>",
         [("Aim", "a"), ("Methods", "b bold c")]),
        ("<p><b>An odd heading</b></p><p>a</p>", [("An odd heading", "a")]),
        ("<p><b>Bold</b> words begin a sentence.</p>", [("", "Bold words begin a sentence.")]),
        ("<p>a</p><p>b</p>", [("", "a b")]),
        ("<h4>Empty</h4>", []),
        ("", []),
    ],
)  # fmt: skip
def test_an_abstract_is_cut_at_its_headings(fragment: str, expected: list[tuple[str, str]]) -> None:
    assert [(s.label, s.text) for s in html_sections(fragment)] == expected


def test_sections_are_joined_as_labelled_paragraphs() -> None:
    sections = (Section("AIM", "To see."), Section("", "Loose."), Section("NONE", ""))
    assert join_sections(sections) == "AIM: To see.\nLoose."
