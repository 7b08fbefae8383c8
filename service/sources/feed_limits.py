"""How much of what a feed may have: feedparser takes time with the square of some of it.

Looked at in the text, before any parser sees it. A journal's feed is hundreds of times below each.
"""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise

LENGTH = 16_000_000  # characters
MARKS = 250_000  # tags, comments and attributes together; 5,000 rich entries have fewer
ATTRIBUTES = 300  # of one tag
WORD = 200  # characters of a word where people are named

_ATTRIBUTE = re.compile(r"""=\s*["']""")
_SECTION = re.compile(r"<!\[CDATA\[|\]\]>")
_TAG = re.compile(r"<[^<>]*>")
# What feedparser looks through for a mail address: a word is read again from each of its letters.
_PERSON = re.compile(
    r"<(/?)(?:[\w.-]+:)?"
    r"(?:author|creator|managingeditor|webmaster|publisher|owner|name|email)\b[^<>]*(?<!/)>",
    re.IGNORECASE,
)
_LONG_WORD = re.compile(rf"(?<![\w.+-])[\w.+-]{{{WORD + 1}}}", re.ASCII)


def excess(text: str) -> str:
    """What `text` has too much of to be parsed in sensible time; "" for any sensible feed."""
    if len(text) > LENGTH:
        return f"more than {LENGTH:,} characters"
    if text.count("<") + sum(1 for _ in _ATTRIBUTE.finditer(text)) > MARKS:
        return f"more than {MARKS:,} tags and attributes"
    # Well-formed attributes cannot hold a "<", so each tag's are all before the next one.
    if any(_attributes(part) > ATTRIBUTES for part in text.split("<")):
        return f"more than {ATTRIBUTES} attributes in one tag"
    if any(_LONG_WORD.search(named) for named in _named(text)):
        return f"a name with a word of more than {WORD} characters"
    return ""


def _attributes(part: str) -> int:
    few = part.count("=") <= ATTRIBUTES
    return 0 if few else sum(1 for _ in _ATTRIBUTE.finditer(part))


def _named(text: str) -> list[str]:
    """The texts where people are named, as feedparser will see them: without tags and entities."""
    found = []
    marks = [*_PERSON.finditer(text), None]
    for mark, following in pairwise(marks):
        if mark is not None and not mark[1]:
            inside = text[mark.end() : following.start() if following else len(text)]
            found.append(unescape(_TAG.sub("", _SECTION.sub("", inside))))
    return found
