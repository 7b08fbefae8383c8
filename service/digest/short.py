"""A digest in a few lines, for chats and services of any kind. Pure.

It is plain text, and nobody knows what the service makes of it: many read Markdown, mentions and
addresses into plain text. So what comes from strangers is broken where those begin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.digest import layout, news_words, summary, words
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.records import DigestContent, DigestItem

LONGEST = 1500  # characters, title and body together
_WORKS, _NEWS = 8, 3  # told at most
_LONGEST_LINK = 400
_GAP = "\n\n"
_MORE = 60  # characters kept for what is left out
# Where a mention (@all, <!channel>), a tag, a link ([..](..)) or an address begins, and what makes
# code of all that follows. A space of no width there is not seen.
_BEGINNINGS = re.compile(r"(?<=[@<\]`])|(?=://)|(?<=www)(?=\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Short:
    """`title` is one line. `body` is paragraphs with an empty line between, so that it can be cut
    there; what matters most comes first."""

    title: str
    body: str


def short(content: DigestContent, page: str = "") -> Short:
    """What was screened and shown, news of earlier works, the most relevant titles.

    `page` is the address of the whole digest, "" where there is none.
    """
    test = "Test: " if content.test else ""
    title = harmless(f"{test}{summary.lead(content)} · {summary.week(content)}", 160)
    body = [*_head(content, page)]
    room = LONGEST - len(title) - len(_GAP.join(body)) - _MORE
    news = _fitting(_news(content), room)
    works = _fitting(_works(content), room - len(_GAP.join(news)))
    for told, unsaid, what in (
        (news, len(content.changes) - len(news), "change"),
        (works, content.shown - len(works), "paper"),
    ):
        body += told
        if unsaid:
            body.append(f"and {words.counted(unsaid, 'more ' + what)}")
    return Short(title, _GAP.join(body))


def harmless(text: str, limit: int) -> str:
    """One line of at most `limit` characters, in which no mention, link or code begins."""
    return _BEGINNINGS.sub("\u200b", shorten(text, limit))[:limit]


def _head(content: DigestContent, page: str) -> Iterator[str]:
    for notice in summary.notices(content):
        yield harmless(notice, 200)
    told = summary.quiet(content) or summary.receipt_line(content)
    yield _linked(harmless(told, 300), page, "The whole digest: ")


def _news(content: DigestContent) -> Iterator[str]:
    changes = [change for _, under in layout.news(content) for change in under]
    for change in changes[:_NEWS]:
        told, title = news_words.change_line(change), words.title(change.work)
        line = f"{harmless(told, 140)}: {harmless(title, 100)}"
        if said := news_words.according(change):
            line += f"\n{harmless(said, 160)}"
        yield _linked(line, news_words.link(change))


def _works(content: DigestContent) -> Iterator[str]:
    """The most relevant, in the order of the digest."""
    items = [item for part in content.sections for item in part.items]
    best = sorted(items, key=lambda item: -words.standing(item.ranked))[:_WORKS]
    for place, item in enumerate((item for item in items if item in best), 1):
        yield _linked(f"{place}. {_described(item, content)}", words.best_link(item.work))


def _described(item: DigestItem, content: DigestContent) -> str:
    title = harmless(words.title(item.work), 100)
    return f"{words.marks(item)}{title} ({words.relevance_line(item.ranked, content.cutoffs)})"


def _linked(line: str, link: str, before: str = "") -> str:
    return f"{line}\n{before}{link}" if link and len(link) <= _LONGEST_LINK else line


def _fitting(paragraphs: Iterable[str], room: int) -> list[str]:
    """Those from the first on that have room, each with the gap before it."""
    taken: list[str] = []
    for paragraph in paragraphs:
        room -= len(_GAP) + len(paragraph)
        if room < 0:
            break
        taken.append(paragraph)
    return taken
