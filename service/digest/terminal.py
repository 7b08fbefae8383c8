"""A digest as plain text: for the terminal, for files, and as the mail's first part.

Complete: every work that any renderer shows is here, with its address. Lines keep to 78 columns
except addresses, which are never broken.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from service.digest import additions, layout, news_words, passages, summary, words
from service.digest.charts import charts
from service.digest.reading import Reading
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.protocols import Links
    from service.records import DigestChange, DigestContent, DigestItem, DigestSection

WIDTH = 78
_INDENT = "    "
_LEGEND = "[-…-] is gone from the text, {+…+} is new in it."


def render_text(
    content: DigestContent, *, links: Links | None = None, reader: str = "", unsubscribe: str = ""
) -> str:
    """The whole digest; ends with a line feed. Contains no control characters besides it.

    `reader` is whom its `links` are for. The works in full are judged on the web's digest, whose
    address stands at the end: three under each work would drown it. Those below the line, which are
    titles only, have one each.
    """
    reading = Reading(content, links, reader)
    lines = [*_head(content), *_news(content)]
    place = 1
    for section in content.sections:
        if section.items or section.below:
            told, place = _section(section, reading, place)
            lines += told
    lines += [*_figures(content), *_receipt(content)]
    lines += _ways(content, summary.whole(content, links, reader), unsubscribe)
    return "\n".join(lines) + "\n"


def _head(content: DigestContent) -> Iterator[str]:
    yield from wrap(f"LITWATCH  {shorten(content.label, 120)}")
    yield "=" * WIDTH
    for notice in summary.notices(content):
        yield from wrap("! " + notice, hanging="  ")
        yield ""
    lead, headline = summary.lead(content), summary.headline(content)
    yield from wrap(lead)
    yield ""
    if lead != headline:
        yield from wrap(headline + ".")
    yield from wrap(summary.quiet(content) or summary.receipt_line(content))


def _heading(text: str, line: str = "-") -> list[str]:
    return ["", "", *wrap(text), line * WIDTH]


def _news(content: DigestContent) -> Iterator[str]:
    explained = False
    for heading, changes in layout.news(content):
        yield from _heading(heading)
        for change in changes:
            yield ""
            yield from _change(change)
        if not explained and any(change.edits for change in changes):
            explained = True
            yield ""
            yield from wrap(_LEGEND)


def _change(change: DigestChange) -> Iterator[str]:
    mark = "!!! " if news_words.grave(change) else "  * "
    told = news_words.change_line(change)
    said = told.upper() if news_words.grave(change) else told
    yield from wrap(said, first=mark, hanging=_INDENT)
    yield from wrap(words.title(change.work, 200), first=_INDENT, hanging=_INDENT)
    yield from wrap(words.authors_line(change.work.authors), first=_INDENT, hanging=_INDENT)
    if link := news_words.link(change):
        yield _INDENT + link
    yield from wrap(news_words.according(change), first=_INDENT, hanging=_INDENT)
    if notice := news_words.notice(change):
        yield f"{_INDENT}The notice: {notice}"
    for text in passages.edited(change, passages.LINE):
        told = f"{text.label}: {passages.in_words(text.pieces)} {text.more}"
        yield from wrap(told.rstrip(), first=_INDENT, hanging=_INDENT)


def _section(section: DigestSection, reading: Reading, place: int) -> tuple[list[str], int]:
    """The topic's lines, and the number of the work that comes after it."""
    cutoffs = reading.content.cutoffs
    name = words.topic_name(section.name, section.topic)
    lines = _heading(f"{name} ({summary.count(section)})")
    for shelf in layout.shelves(section):
        if shelf.heading:
            heading = shorten(shelf.heading, WIDTH // 2)
            lines += ["", heading, "~" * columns(heading)]
        for item in shelf.items:
            lines += ["", *_item(item, cutoffs, place)]
            place += 1
    if section.below:
        lines += ["", f"{summary.below_heading(section, cutoffs)}:"]
        ways = [reading.below(section, item) for item in section.below]
        lines += wrap(summary.below_note(section)) if any(ways) else []
        for item, way in zip(section.below, ways, strict=True):
            lines += _short(item, way)
    return lines, place


def _item(item: DigestItem, cutoffs: Mapping[str, float], place: int) -> Iterator[str]:
    yield from wrap(
        words.marks(item) + words.title(item.work), first=f"{place:>2}. ", hanging=_INDENT
    )
    told = (
        words.authors_line(item.work.authors),
        words.venue_line(item.work),
        words.relevance_line(item.ranked, cutoffs),
    )
    for line in told:
        yield from wrap(line, first=_INDENT, hanging=_INDENT)
    if quote := words.sentence(item.ranked):
        yield from wrap(f"“{quote}”", first=f"{_INDENT}> ", hanging=f"{_INDENT}> ")
    beside = [additions.entities_line(item.entities)]
    beside += [additions.figure_line(item.figure)] if item.figure else []
    for reason in (*words.reasons(item), *beside):
        yield from wrap(reason, first=_INDENT, hanging=_INDENT)
    best = words.best_link(item.work)
    if best:
        yield _INDENT + best
    for name, link in words.links(item.work):
        if link != best:
            yield f"{_INDENT}{name}: {link}"
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


def _short(item: DigestItem, judge: str) -> Iterator[str]:
    grave = "".join(f"[{badge}] " for badge in words.badges(item.work) if badge in words.ALARMING)
    told = words.below_line(item.ranked)
    text = f"{grave}{words.title(item.work, 200)}" + (f" ({told})" if told else "")
    yield from wrap(text, first="  - ", hanging=_INDENT)
    if link := words.best_link(item.work):
        yield _INDENT + link
    if judge:
        yield f"{_INDENT}Judge it: {judge}"


def _figures(content: DigestContent) -> Iterator[str]:
    """What the charts show, in words."""
    shown = charts(content)
    if shown:
        yield from _heading("In figures")
    for chart in shown:
        yield from wrap(f"{chart.title}: {shorten(chart.alt, 400)}", hanging="  ")


def _receipt(content: DigestContent) -> Iterator[str]:
    yield from _heading("What was screened")
    if summary.quiet(content):
        yield from wrap(summary.receipt_line(content))
    for one in content.receipts:
        yield from wrap(summary.source_line(one), hanging="  ")
    for part in content.sections:
        if part.search:
            yield from wrap(summary.search_line(part), hanging="  ")
    yield from wrap(summary.model_line(content))


def _ways(content: DigestContent, whole: str, unsubscribe: str) -> Iterator[str]:
    if whole or unsubscribe:
        yield ""
        yield from wrap(summary.because(content))
    if whole:
        topical = any(part.items and not part.search for part in content.sections)
        yield f"{'To vote or save, open' if topical else 'Read'} it on the web: {whole}"
    if unsubscribe:
        yield f"Unsubscribe: {unsubscribe}"


def wrap(text: str, first: str = "", hanging: str = "", width: int = WIDTH) -> list[str]:
    """Lines of at most `width` columns (East Asian letters take two); "" gives no line.

    A word longer than a line is broken, so that nothing hostile can make a line long.
    """
    lines: list[str] = []
    line, used, empty = first, columns(first), True
    for word in re.split(r"\s+(?!%)", text):  # a percent sign stays with its number
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
