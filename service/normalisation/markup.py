"""Plain text out of XML elements and HTML fragments, without gluing words or eating formulae.

Only known tags are markup: in "P < 0.001 and n > 3" nothing is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from service.normalisation.html_tokens import BLOCKS, TAG, Token, decoded, plain_tokens
from service.normalisation.text import clean
from service.records import Section
from service.safe_xml import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml import etree

# -- XML -----------------------------------------------------------------------------------------


def element_text(element: etree._Element) -> str:
    """Return all text in `element` on one line, cleaned. Its own tail is not part of it.

    Nothing is added around inline tags; a space parts blocks (p, sec, title, list items).
    MathML gives its alttext or annotation, else its letters, digits and operators.
    """
    if not len(element):
        return clean(element.text or "")
    parts: list[str] = []
    _gather(element, parts)
    return clean("".join(parts))


def _gather(element: etree._Element, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text)
    for child in element:
        if name := local_name(child).lower():
            _gather_child(child, name, parts)
        elif (child.text or "").startswith("&"):  # an entity, kept as its name; not a comment
            parts.append(child.text or "")
        if child.tail:
            parts.append(child.tail)


def _gather_child(child: etree._Element, name: str, parts: list[str]) -> None:
    if name == "math":
        parts.append(_math(child))
    elif name == "alternatives":
        _gather_child(*_best_alternative(child), parts)
    elif name == "tex-math":
        parts.append(_tex("".join(_strings(child))))
    elif name in BLOCKS:
        parts.append(" ")
        _gather(child, parts)
        parts.append(" ")
    else:
        _gather(child, parts)


def _strings(element: etree._Element) -> Iterator[str]:
    return (str(text) for text in element.itertext())


def _best_alternative(element: etree._Element) -> tuple[etree._Element, str]:
    """The same formula written several ways: MathML before TeX before anything else."""
    named = {local_name(child).lower(): child for child in element}
    for name in ("math", "tex-math", "textual-form"):
        if name in named:
            return named[name], name
    return element, ""


def _math(element: etree._Element) -> str:
    """The formula in one line: alttext, else a TeX annotation, else its characters."""
    if alttext := (element.get("alttext") or "").strip():
        return alttext
    characters: list[str] = []
    for node in element.iter():
        name = local_name(node).lower()
        if name == "annotation" and node.text and node.text.strip():
            return node.text.strip()
        if name in ("mi", "mn", "mo", "mtext", "ms"):
            characters.append("".join(_strings(node)).strip("\t\n\r "))
    return "".join(characters) or "".join("".join(_strings(element)).split())


_TEX_BODY = re.compile(r"\\begin\{document\}(.*)\\end\{document\}", re.DOTALL)


def _tex(text: str) -> str:
    """The formula of a whole LaTeX document, without its preamble and dollars."""
    body = _TEX_BODY.search(text)
    return (body.group(1) if body else text).strip().strip("$").strip()


# -- HTML ----------------------------------------------------------------------------------------


def html_text(fragment: str) -> str:
    """Return the text of an HTML or JATS fragment, cleaned, tags encoded or not.

    Script and style are dropped with their content; unknown tags and lone "<" stay as text.
    """
    if "<" not in fragment and "&" not in fragment:
        return clean(fragment)
    return _text(decoded(fragment))


def _text(tokens: Iterable[Token]) -> str:
    joined = clean("".join(t.text if not t.tag else " " * (t.tag in BLOCKS) for t in tokens))
    if TAG.search(joined):  # an encoded tag beside plain ones
        again = plain_tokens(joined)
        joined = clean("".join(t.text if not t.tag else " " * (t.tag in BLOCKS) for t in again))
    return joined


# -- labelled sections ---------------------------------------------------------------------------

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "title"))
_BOLD = frozenset(("strong", "b", "bold"))
_LABELS = re.compile(
    r"(?:background|objectives?|aims?|introduction|purpose|rationale|context|importance|hypothesis"
    r"|(?:materials?|patients|subjects|study|design|data)?(?:\s*(?:and|&|,)?\s*)methods?|design"
    r"|setting|participants|results?|findings|(?:main\s+)?outcomes?(?:\s+measures?)?|conclusions?"
    r"|discussion|interpretation|significance|funding|motivation|availability|trial registration"
    r"|methodology|(?:author\s+)?summary|limitations|implications|experimental design)"
    r"(?:\s*(?:and|&|/)\s*\w+)?",
    re.IGNORECASE,
)


def html_sections(fragment: str) -> tuple[Section, ...]:
    """Cut an abstract at its headings: h1-h6, JATS titles, and bold words that open a paragraph.

    Text before the first heading gets the label ""; a heading "Abstract" is dropped; a section
    without text is dropped. A fragment without headings is one section, an empty one none.
    """
    tokens = decoded(fragment)
    found: list[tuple[str, list[Token]]] = [("", [])]
    place = 0
    while place < len(tokens):
        end = _heading_end(tokens, place)
        if end is None:
            found[-1][1].append(tokens[place])
            place += 1
        else:
            found.append((_label(_text(tokens[place:end])), []))
            place = end
    sections = (Section(label, _after_label(label, _text(body))) for label, body in found)
    return tuple(section for section in sections if section.text)


def _heading_end(tokens: list[Token], start: int) -> int | None:
    """The place after the heading that opens at `start`, or None when none does."""
    token = tokens[start]
    if token.close or token.tag not in _HEADINGS | _BOLD:
        return None
    if token.tag in _BOLD and not _at_block_start(tokens, start):
        return None
    for end in range(start + 1, min(start + 40, len(tokens))):
        if tokens[end].tag == token.tag and tokens[end].close:
            if token.tag in _HEADINGS or _reads_as_heading(tokens, start, end):
                return end + 1
            return None
    return None


def _at_block_start(tokens: list[Token], place: int) -> bool:
    for token in reversed(tokens[max(0, place - 12) : place]):
        if token.tag in BLOCKS:
            return True
        if not token.tag and token.text.strip():
            return False
    return True


def _reads_as_heading(tokens: list[Token], start: int, end: int) -> bool:
    """Bold words are a heading when they end in a colon, fill their line, or are a usual label."""
    words = _text(tokens[start:end])
    if not words or len(words) > 80:
        return False
    if words.endswith(":") or _LABELS.fullmatch(words.rstrip(" .")):
        return True
    following = tokens[end + 1] if end + 1 < len(tokens) else None
    if following is None:
        return False
    return following.tag in BLOCKS or following.text.lstrip().startswith(":")


def _label(text: str) -> str:
    label = text.strip(" :.")
    return "" if label.lower() in ("abstract", "graphical abstract") else label


def _after_label(label: str, text: str) -> str:
    return text.removeprefix(":").lstrip() if label else text


def join_sections(sections: Iterable[Section]) -> str:
    """Return "LABEL: text" per section, one paragraph each, parted by newlines."""
    return "\n".join(f"{s.label}: {s.text}" if s.label else s.text for s in sections if s.text)
