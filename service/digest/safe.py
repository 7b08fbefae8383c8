"""Hostile text made harmless for any renderer: titles and addresses come from anybody.

What is left is still untrusted as markup; each renderer escapes for its own format.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Controls, lone surrogates, what means nothing (yet), and what is not seen: bidirectional overrides
# make a line read as something it is not, tags and interlinear marks hide text. Letters of
# right-to-left scripts need none of them; the joiners change how letters look, and stay.
_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
_JOINERS = "\u200c\u200d"
_MAX_COMBINING = 4
_MAX_URL = 1000
_READ_AT_MOST = 8_000  # far above every limit that a caller shortens to


def clean(text: str) -> str:
    """One line of visible characters: no controls, no lone surrogates, no hidden or reordering
    marks, no towers of combining marks. Does not escape."""
    line = " ".join(text[:_READ_AT_MOST].split())
    if line.isascii() and line.isprintable():
        return line
    kept: list[str] = []
    tower = 0
    for char in line:
        tower = tower + 1 if unicodedata.combining(char) else 0
        wanted = char in _JOINERS or unicodedata.category(char) not in _UNWANTED
        if wanted and tower <= _MAX_COMBINING:
            kept.append(char)
    return " ".join("".join(kept).split())


def shorten(text: str, limit: int) -> str:
    """`clean(text)` in at most `limit` characters, cut between words where that loses little."""
    line = clean(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    if space > limit * 2 // 3:
        cut = cut[:space]
    return cut.rstrip(" ,;:.(-") + "…"


def web_url(url: str) -> str:
    """The address when a browser may open it, percent-encoded; "" for anything else.

    Only http and https with a host and without credentials pass; "javascript:", "data:" and
    addresses with white space or control characters inside do not.
    """
    text = url.strip()
    if not text or len(text) > _MAX_URL or any(c.isspace() or not c.isprintable() for c in text):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    if not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc):  # no "@": it hides the real host
        return ""
    encoded = quote(text, safe="/:?#[]@!$&()*+,;=%~-._")
    return encoded if len(encoded) <= _MAX_URL else ""
