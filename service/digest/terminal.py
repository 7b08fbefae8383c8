"""A digest as plain text: for the terminal, for files, and as the mail's first part.

Complete: every work that any renderer shows is here, with its address. Lines keep to 78 columns
except addresses, which are never broken.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from service.digest import words
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.records import DigestContent, DigestItem, DigestSection

WIDTH = 78
_INDENT = "    "


def render_text(content: DigestContent) -> str:
    """The whole digest; ends with a line feed. Contains no control characters besides it."""
    lines = [*_head(content)]
    numbered = 1
    for section in content.sections:
        if section.items or section.below:
            lines += _section(section, content.cutoffs, numbered)
        numbered += len(section.items)
    lines += _foot(content)
    return "\n".join(lines) + "\n"


def _head(content: DigestContent) -> Iterator[str]:
    yield from wrap(f"LITWATCH  {shorten(content.label, 120)}")
    yield "=" * WIDTH
    if content.banner:
        yield from wrap("! " + shorten(content.banner, 400), hanging="  ")
        yield ""
    yield from wrap(words.quiet(content) or words.receipt_line(content) + ".")


def _section(section: DigestSection, cutoffs: Mapping[str, float], first: int) -> Iterator[str]:
    yield ""
    yield ""
    name = words.topic_name(section.name, section.topic)
    count = (
        words.counted(len(section.items), "paper") if section.items else "nothing above the line"
    )
    yield from wrap(f"{name} ({count})")
    yield "-" * WIDTH
    for place, item in enumerate(section.items, first):
        yield ""
        yield from _item(item, cutoffs, place)
    if section.below:
        yield ""
        yield f"{words.below_heading(section, cutoffs)}:"
        for item in section.below:
            yield from _short(item)


def _item(item: DigestItem, cutoffs: Mapping[str, float], place: int) -> Iterator[str]:
    marks = "".join(f"[{badge}] " for badge in words.badges(item))
    lead = f"{place:>2}. "
    yield from wrap(marks + words.title(item.work), first=lead, hanging=_INDENT)
    for line in (words.authors_line(item.work.authors), words.venue_line(item.work)):
        yield from wrap(line, first=_INDENT, hanging=_INDENT)
    reasons = (words.relevance_line(item.ranked, cutoffs), words.why(item.ranked))
    yield from wrap("; ".join(filter(None, reasons)), first=_INDENT, hanging=_INDENT)
    if quote := words.sentence(item.ranked):
        yield from wrap(f"“{quote}”", first=f"{_INDENT}> ", hanging=f"{_INDENT}> ")
    if terms := words.terms_line(item.ranked):
        yield from wrap(f"Matched: {terms}", first=_INDENT, hanging=_INDENT)
    for told in (words.near_to(item.ranked), words.senses_line(item)):
        yield from wrap(told, first=_INDENT, hanging=_INDENT)
    if link := words.best_link(item.work):
        yield _INDENT + link
    if item.similar:
        yield f"{_INDENT}{words.similar_heading(item)}:"
        for other in item.similar:
            yield from _similar(other)


def _similar(item: DigestItem) -> Iterator[str]:
    told = words.similar_line(item)
    text = words.title(item.work, 200) + (f" ({told})" if told else "")
    yield from wrap(text, first=f"{_INDENT}- ", hanging=f"{_INDENT}  ")
    if link := words.best_link(item.work):
        yield f"{_INDENT}  {link}"


def _short(item: DigestItem) -> Iterator[str]:
    text = f"{words.title(item.work, 200)} ({words.number_line(item.ranked)})"
    yield from wrap(text, first="  - ", hanging=_INDENT)
    if link := words.best_link(item.work):
        yield _INDENT + link


def _foot(content: DigestContent) -> Iterator[str]:
    yield ""
    yield ""
    yield "What was screened"
    yield "-" * WIDTH
    if words.quiet(content):
        yield from wrap(words.receipt_line(content) + ".")
    for one in content.receipts:
        yield from wrap(words.source_line(one), hanging="  ")
    yield from wrap(words.model_line(content))


def wrap(text: str, first: str = "", hanging: str = "", width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns (East Asian letters take two); "" gives no line.

    A word longer than a line is broken, so that nothing hostile can make a line long.
    """
    lines: list[str] = []
    line, used, empty = first, columns(first), True
    for word in text.split():
        rest = word
        while rest:
            need = columns(rest) + (0 if empty else 1)
            if used + need <= width:
                line, used, empty = line + ("" if empty else " ") + rest, used + need, False
                rest = ""
            elif empty:
                head = _fitting(rest, width - used)
                lines.append(line + head)
                rest = rest[len(head) :]
                line, used = hanging, columns(hanging)
            else:
                lines.append(line)
                line, used, empty = hanging, columns(hanging), True
    return lines if empty else [*lines, line]


def columns(text: str) -> int:
    """How many columns a terminal gives to the text."""
    return sum(_column(char) for char in text)


def _column(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _fitting(word: str, room: int) -> str:
    taken = 0
    for place, char in enumerate(word):
        taken += _column(char)
        if taken > room and place:
            return word[:place]
    return word
