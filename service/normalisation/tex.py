"""Simple LaTeX in names, titles and abstracts as characters; what is not simple stays.

Only fragments are given to the LaTeX reader: it takes "%" for a comment and would drop the rest
of "5% of mice".
"""

from __future__ import annotations

import re
from functools import lru_cache

_LETTERS = r"(?:ss|aa|AA|ae|AE|oe|OE|o|O|l|L|i|j|dh|DH|th|TH)"
_ACCENT = re.compile(
    r"\{(?P<braced>\\[\"'`^~=.][^{}\\]{1,3}|\\[uvHcdbkrt]\s+\w)\}"
    r"|\\[\"'`^~=.]\s*(?:\{\\?\w{1,2}\}|\\[ij](?![A-Za-z])|\w)"
    r"|\\[uvHcdbkrt]\s*\{\\?\w{1,2}\}"
    r"|\\[uvHcdbkr]\s+[A-Za-z](?![A-Za-z])"
    rf"|\{{\\{_LETTERS}\}}|\\{_LETTERS}(?![A-Za-z])(?:\{{\}}|\s(?=[a-z]))?"
)
_MATH = re.compile(r"(?<!\\)\$(?P<body>[^$\n]{1,200})(?<!\\)\$")
_SIMPLE = re.compile(r"[\\^_{]|^[^\s$]{1,15}$")
_STYLE = re.compile(
    r"\\(?:emph|text(?:it|bf|tt|sc|rm|sf|sl)?|mathrm|mathbf|mathit|underline|mbox|url)"
    r"\{([^{}]*)\}"
)
_OLD_STYLE = re.compile(r"\{\\(?:it|bf|em|rm|sl|tt|sc)\s+([^{}]*)\}")
_ESCAPED = re.compile(r"\\([%&_#$])|\\(?=[ ,;])[ ,;]?")


def plain(text: str) -> str:
    """`text` with accents, short formulae, emphasis and escaped signs resolved."""
    if "\\" not in text and "$" not in text:
        return text
    if "$" in text:
        text = _MATH.sub(_formula, text)
    if "\\" in text:
        text = _ACCENT.sub(lambda m: _read(m["braced"] or m.group()), text)
        text = _OLD_STYLE.sub(r"\1", _STYLE.sub(r"\1", text))
        text = _ESCAPED.sub(lambda m: m.group(1) or " ", text)
    return text


def _formula(match: re.Match[str]) -> str:
    """The formula as text, unless it is two prices or too much for one line."""
    body = match["body"]
    if _SIMPLE.search(body) is None or re.search(r"\\(?:begin|frac\{[^}]{20})", body):
        return match.group()
    if re.match(r"[\d,.]+\s", body):
        return match.group()
    shown = _read(f"${body}$".replace("%", "\\%") if "\\%" not in body else f"${body}$")
    return " ".join(shown.split()) or match.group()


@lru_cache(maxsize=4096)
def _read(fragment: str) -> str:
    """One fragment, read; itself where it cannot be. pylatexenc is loaded on first need."""
    from pylatexenc.latex2text import LatexNodes2Text  # noqa: PLC0415 - only arXiv needs it

    try:
        shown: str = LatexNodes2Text(math_mode="text").latex_to_text(fragment)
    except (ValueError, IndexError, AttributeError, RecursionError):
        return fragment
    return shown if shown.strip() else fragment
