"""Undo what HighWire's export did to bioRxiv and medRxiv abstracts.

Tags became words (O_LI, C_SCPLOW), Greek became {beta}, headings were glued to their text.
Letters that the export lost altogether ("5 x 105", "-synuclein") cannot be brought back.
Nothing is removed from "<" to ">": abstracts say "P < 0.001 and n > 3".
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING

from service.normalisation.text import clean, unescape_entities
from service.records import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

# -- characters -----------------------------------------------------------------------------------

_NAMES = {
    "+/-": "±", "+-": "±", "-/+": "∓", "degrees": "°", "degree": "°", "infty": "∞", "o": "º",
    "middle dot": "·", "micro": "µ", "paragraph": "¶", "inverted exclamation": "¡",
    "triangleup": "Δ", "whitebullet": "◦", "varepsilon": "ε", "varphi": "φ", "epsilon": "ε",
    "phi": "φ", "superscript 1": "¹", "superscript 2": "²", "superscript 3": "³",
}  # fmt: skip
_BRACKETED = {
    "~": "~", "->": "→", "<-": "←", "~=": "≃", "-": "-", "bullet": "•", "isin": "∈", "+/-": "±",
    "<=": "≤", ">=": "≥", "tpltrtarr": "➢",
}  # fmt: skip
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|"
    "sigma|tau|upsilon|phi|chi|psi|omega",
    re.IGNORECASE,
)
_BRACED = re.compile(r"\{([A-Za-z]{2,20}|o|[+/-]{2,3}|[a-z]+ [a-z0-9]+)\}")
_LATEX = re.compile(r"(?:[_^{\\]|\\[A-Za-z]+(?:\{[^{}]*\})*)$")
_ENTITY = re.compile(r"\[(&#?\w{1,10};)\]")
_SIGN = re.compile(r"\[([A-Za-z]{2,10}|[-<>~+/=]{1,3})\]")


def _braced(match: re.Match[str]) -> str:
    """The character, unless the brace is LaTeX's: after "_", "^", another brace or a command."""
    if _LATEX.search(match.string[max(0, match.start() - 40) : match.start()]):
        return match.group()
    name = match.group(1)
    return _NAMES.get(name) or html5.get(f"{name};") or match.group()


def _bracketed(match: re.Match[str]) -> str:
    name = match.group(1)
    if _GREEK.fullmatch(name):
        return html5[f"{name};"] if f"{name};" in html5 else match.group()
    return _BRACKETED.get(name, match.group())


def restored(text: str) -> str:
    """`text` with {beta}, [&le;] and the like as characters; unknown names stay as they are."""
    if "{" in text:
        text = _BRACED.sub(_braced, text)
    if "[" in text:
        text = _ENTITY.sub(r"\1", text)
        text = _SIGN.sub(_bracketed, unescape_entities(text))
    return text


# -- blocks and marks -----------------------------------------------------------------------------

_FIGURE = re.compile(
    r"(?:graphical abstract|toc graphic|table of contents graphic)?\s*"
    r"O_(?P<what>FIG_DISPLAY|FIG|TBL)(?:_L)?\b.{0,4000}?C_(?P=what)\b",
    re.DOTALL | re.IGNORECASE,
)
_MACHINERY = re.compile(
    r"WIDTH=\d+ HEIGHT=\d+ SRC=\"FIGDIR[^\">]*\"(?: ALT=\"[^\"]*\")?>?"
    r"|View (?:larger version|this table)[^\n:]{0,40}:"
    r"|(?:org\.highwire\.dtl\.DTLVardef@[0-9a-f]+?)+(?=org|_HPS|\s|$)|_HPS_FORMAT_FIGEXP"
)
_SMALL_CAPS = re.compile(r"[OC]_SCP(?:LOW|CAP)")
_ITEM_END = re.compile(r"(?P<last>[.!?:;,])?\s*C_LI(?:\s*O_LI)?")
_MARKS = re.compile(
    r"[OCM]_(?:ST_ABS|ST|LINKSMALLFIG|LI|FIG_DISPLAY(?:_L)?|FIG|TBL|BL|QD|FD|INLINEFIG|FLOATNO|"
    r"TABLECAPTION)"
)
_LABELLED = re.compile(r"O_ST_ABS(.{0,120}?):?\s*C_ST_ABS", re.DOTALL)
_EXPLICIT = "\x1e"  # a record separator: stands after a heading that was marked as one


def _without_blocks(text: str) -> str:
    """Figures and tables dropped with their captions, small capitals joined to their word."""
    text = re.sub(r"[OC]_TEXTBOX", "\n\n", _SMALL_CAPS.sub("", text))
    if "_FIG" in text or "_TBL" in text or "DTLVardef" in text:
        text = _MACHINERY.sub(" ", _FIGURE.sub("\n\n", text))
    return text


def _without_marks(text: str) -> str:
    if "_" not in text:
        return text
    text = _ITEM_END.sub(lambda m: f"{m['last'] or '.'} ", text)
    return _MARKS.sub(" ", text)


# -- headings -------------------------------------------------------------------------------------

_HEADINGS = """abstract; structured abstract; background; backgrounds; background and aims;
background and objectives; background and purpose; background & aims; objective; objectives; aim;
aims; aims and objectives; purpose; introduction; rationale; hypothesis; context; motivation; goal;
goals; method; methods; materials and methods; material and methods; materials & methods;
methods and results; methods and findings; methods and analysis; methodology; approach;
study design; design; setting; settings; participants; patients and methods; subjects; data sources;
interventions; intervention; exposure; exposures; measurements; main outcome measures;
main outcomes and measures; outcome measures; outcomes; primary outcome; results; result; findings;
principal findings; key findings; main results; results and discussion; results and conclusions;
discussion; limitations; conclusion; conclusions; conclusions and relevance;
conclusions and significance; interpretation; implications; relevance; significance;
significance statement; statement of significance; importance; impact statement; impact; summary;
summary statement; author summary; lay summary; plain language summary; one sentence summary;
one-sentence summary; in brief; teaser; key points; key point; key messages; key message;
highlights; highlight; new & noteworthy; new and noteworthy; novelty; keywords; key words;
funding; funding statement; trial registration; clinical trial registration; registration;
prospero registration; ethics; ethics and dissemination; data availability; availability;
availability and implementation; implementation; code availability; contact;
supplementary information; withdrawal statement; graphical abstract; evidence before this study;
added value of this study; implications of all the available evidence; translational statement;
what is already known on this topic; what this study adds; core message of paper""".replace(
    "\n", " "
)


def _spellings(heading: str) -> set[str]:
    """As sentence, as title (small words small or large) and in capitals."""
    title = " ".join(
        w if w in {"and", "of", "on", "this"} else w.capitalize() for w in heading.split()
    )
    large = " ".join(w.capitalize() for w in heading.split())
    return {heading[0].upper() + heading[1:], title, large, heading.upper()}


_SPELLED = {spelt for h in _HEADINGS.split(";") for spelt in _spellings(h.strip())}
_LONGEST = sorted(map(re.escape, _SPELLED), key=len, reverse=True)
_UPPER = "|".join(h for h in _LONGEST if h.isupper())
_MIXED = "|".join(h for h in _LONGEST if not h.isupper())
# Glued: what follows opens a sentence, or is a name such as miRNA, prg-1 or sDII. "AIM2" is a
# gene, and "IMPACTS" is one word.
_GLUED = re.compile(
    rf"(?P<heading>(?:{_MIXED})(?=[A-Z(\"'“‘]|[a-z]{{1,4}}[A-Z]|[a-z]{{1,5}}-?\d|(?<!m)\d)"
    rf"|(?:{_UPPER})(?=[A-Z](?:[a-z]|-|[A-Z]*-?\d)|[AI]\s|[(\"'“‘]|[a-z]|(?<!M)(?<!MS)\d)"
    rf"|(?:{_UPPER}|{_MIXED})(?=\s*:|\s*\n))[\s:]*"
)
_MARKED = re.compile(rf"(?P<heading>[^{_EXPLICIT}]{{1,120}}){_EXPLICIT}\s*")
# Within a paragraph only the five that no sentence ends with, and only before a whole word.
_INLINE = re.compile(
    r"(?<=[.!?)\]])\s*(?=(?:Background|Objectives?|Methods?|Results?|Conclusions?|"
    r"BACKGROUND|OBJECTIVES?|METHODS?|RESULTS?|CONCLUSIONS?)(?:[A-Z][a-z]|:))"
)
_DROPPED = frozenset(("abstract", "structured abstract", "graphical abstract"))


def sections(abstract: str) -> tuple[Section, ...]:
    """The abstract as labelled sections; text under no heading has the label "".

    Paragraphs without a heading join the one before them. A heading without text, "Abstract" and
    figures are dropped.
    """
    text = _LABELLED.sub(lambda m: f"\n\n{m[1]}{_EXPLICIT}", _without_blocks(abstract))
    found: list[tuple[str, list[str]]] = []
    for paragraph in _paragraphs(text):
        label, rest = _split(paragraph)
        while label is not None and label.lower() in _DROPPED:
            label, rest = _split(rest) if rest else (None, "")
            label = label or ""
        body = clean(restored(_without_marks(rest)))
        if label is not None:
            found.append((label, [body]))
        elif found:
            found[-1][1].append(body)
        else:
            found.append(("", [body]))
    joined = (Section(label, " ".join(filter(None, bodies))) for label, bodies in found)
    return tuple(section for section in joined if section.text)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        for part in _INLINE.split(paragraph):
            if part.strip():
                yield part.strip()


def _split(paragraph: str) -> tuple[str | None, str]:
    """(heading, rest), or (None, paragraph) when it opens with none."""
    match = _MARKED.match(paragraph) or _GLUED.match(paragraph)
    if match is None:
        alone = paragraph.strip(" :")
        return (alone, "") if alone in _SPELLED else (None, paragraph)
    return clean(match["heading"]).strip(" :"), paragraph[match.end() :]
