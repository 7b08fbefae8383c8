"""Text from strangers, made harmless for formats in which a line's beginning has a meaning."""

from __future__ import annotations

import re

# Neither text nor space: controls, half surrogate pairs, non-characters.
_ODD = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def line(text: str) -> str:
    """The text on one line: every sort of line break, and every run of spaces, is one space."""
    return _ODD.sub("", " ".join(text.split())).strip()


def lines(text: str) -> str:
    """The text with its paragraphs parted by "\\n", each on one line."""
    return "\n".join(filter(None, (line(part) for part in re.split(r"\r\n?|\n", text))))
