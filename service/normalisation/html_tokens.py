"""HTML and JATS fragments cut into tags and text. Only known tags are markup: in
"P < 0.001 and n > 3" nothing is. Linear in the length of the fragment, whatever it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from service.normalisation.text import unescape_entities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCKS = frozenset(
    str.split(
        "p sec title subtitle list list-item def-list def-item def term disp-formula disp-quote "
        "abstract abstracttext caption boxed-text verse-group verse-line fn table-wrap tr td th "
        "break br hr h1 h2 h3 h4 h5 h6 div li ul ol dl dt dd table tbody thead section article "
        "blockquote pre statement fig supplementary-material"
    )
)
_INLINES = frozenset(
    str.split(
        "i b em strong sub sup u span a font small big tt code s strike del ins italic bold sc "
        "underline monospace roman sans-serif xref ext-link named-content styled-content "
        "inline-formula tex-math alternatives inline-graphic graphic img abbr cite q kbd var mark "
        "label uri email institution wbr math"
    )
)
_MATHML = frozenset(
    str.split(
        "semantics annotation annotation-xml mrow mi mn mo mtext ms msup msub msubsup mfrac msqrt "
        "mroot mover munder munderover mmultiscripts mprescripts none mstyle mspace mfenced mtable "
        "mtr mtd mpadded mphantom menclose merror mlabeledtr"
    )
)
_HIDDEN = frozenset(("script", "style"))
_KNOWN = BLOCKS | _INLINES | _MATHML | _HIDDEN

TAG = re.compile(
    r"<(?P<close>/?)(?:[A-Za-z][\w.-]*:)?(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attributes>(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=]+))*)\s*/?>"
    r"|(?P<comment><!--|-->)|<!\[CDATA\[|\]\]>"
)
_ALTTEXT = re.compile(r"alttext\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


class Token(NamedTuple):
    """One piece of a fragment: text (tag ""), or a tag with its text "" or alttext."""

    tag: str
    close: bool
    text: str


def _tokens(fragment: str) -> Iterator[Token]:
    """Cut into known tags and text; an unknown tag is text. Linear in the length."""
    place = 0
    hidden = ""
    for match in TAG.finditer(fragment):
        name = (match["name"] or "").lower()
        if (name and name not in _KNOWN) or (match["comment"] == "-->" and hidden != "<!--"):
            continue
        if match.start() > place and not hidden:
            yield Token("", False, fragment[place : match.start()])
        place = match.end()
        close = match["close"] == "/"
        if hidden:
            hidden = "" if (close and name == hidden) or match["comment"] == "-->" else hidden
        elif name in _HIDDEN or match["comment"]:
            hidden = "" if close else name or "<!--"
        elif name:
            yield Token(name, close, _alttext(match["attributes"]) if name == "math" else "")
    if place < len(fragment) and not hidden:
        yield Token("", False, fragment[place:])


def _alttext(attributes: str) -> str:
    found = _ALTTEXT.search(attributes)
    return (found.group(1) or found.group(2) or "") if found else ""


def _plain_math(tokens: Iterable[Token]) -> Iterator[Token]:
    """Replace each formula by one text token: alttext, else annotation, else its characters."""
    formula: list[str] | None = None
    alttext = annotation = inside = ""
    for token in tokens:
        if token.tag == "math":
            if formula is not None:
                yield Token("", False, alttext or annotation or "".join(formula))
            formula = None if token.close else []
            alttext, annotation, inside = token.text, "", ""
        elif formula is None:
            yield token
        elif token.tag:
            inside = "" if token.close else token.tag
        elif inside == "annotation":
            annotation = annotation or token.text.strip()
        else:
            formula.append("".join(token.text.split()))
    if formula is not None:
        yield Token("", False, alttext or annotation or "".join(formula))


def plain_tokens(fragment: str) -> Iterator[Token]:
    """The tags and texts of a fragment, each formula as one text."""
    return _plain_math(_tokens(fragment))


def decoded(fragment: str) -> list[Token]:
    """The fragment's tokens; when the tags themselves were encoded once more, those inside."""
    if "<" not in fragment and "&lt;" in fragment:
        fragment = unescape_entities(fragment)
        if "<" not in fragment and "&lt;" in fragment:
            fragment = unescape_entities(fragment)
    return list(plain_tokens(fragment))
