"""What the page's template is filled with: values as plain text and checked addresses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from service.digest import additions, layout, news_words, passages, summary, words
from service.digest.safe import shorten
from service.records.watching import PieceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.digest.reading import Reading
    from service.records import DigestChange, DigestContent, DigestItem, DigestSection
    from service.records.watching import Piece

_LEGEND = "Words struck out are gone, words underlined are new."
_MARKUP = {
    PieceKind.GONE: Markup("<del>{}</del>"),
    PieceKind.NEW: Markup("<ins>{}</ins>"),
}
_WIDE, _HIGH = 180, 150  # of a figure, in a page's pixels
_DOTS = ((0.8, "●●●"), (0.6, "●●○"), (0.0, "●○○"))  # from which relevance on


@dataclass(frozen=True, slots=True)
class Room:
    """How much is shown; None is all. `quotes` are those of abstracts and what else is said of a
    work in more than a line; `similar` and `works` are titles of one work and works of one topic,
    `news` entries under one heading; `judge_below` says whether what is below the line can be
    judged from here. `edits` are characters of each text that was edited."""

    quotes: bool = True
    each_vote: bool = True  # a link for each judgement, else one for all
    below: bool = True
    judge_below: bool = True
    similar: int | None = None
    works: int | None = None
    news: int | None = None
    topics: int | None = None
    sources: int = 40
    edits: int = 0


def sections(reading: Reading, room: Room) -> list[dict[str, Any]]:
    """Each topic that has something to show."""
    told = [part for part in reading.content.sections if part.items or part.below]
    return [_section(part, reading, room) for part in told[: room.topics]]


def unlisted_topics(content: DigestContent, room: Room) -> str:
    """ "3 more topics", or ""."""
    told = sum(1 for part in content.sections if part.items or part.below)
    more = told - room.topics if room.topics is not None else 0
    return words.counted(more, "more topic") if more > 0 else ""


def news(content: DigestContent, room: Room) -> list[dict[str, Any]]:
    """What became of works of earlier digests, under its headings."""
    told = layout.news(content)
    # What struck out and underlined words mean is told once, where they first occur.
    first = next((h for h, changes in told if room.edits and any(e.edits for e in changes)), "")
    return [
        {
            "heading": heading,
            "alarming": any(news_words.grave(each) for each in changes),
            "changes": [_change(each, room) for each in changes[: room.news]],
            "more": _more(len(changes), room.news),
            "legend": _LEGEND if heading == first else "",
        }
        for heading, changes in told
    ]


def watched(content: DigestContent) -> bool:
    """Whether anything is shown that digests did not show when they only ranked: the styles of a
    page are kept beside it where they change with the time of day."""
    items = [one for part in content.sections for one in (*part.sent, *part.below)]
    return any(one.ranked.signals or one.entities or one.figure for one in items) or any(
        news_words.explained(each) for each in content.changes
    )


def sources(content: DigestContent, room: Room) -> list[str]:
    """One line for each source, and for each search; so many of either."""
    lines = [summary.source_line(one) for one in content.receipts[: room.sources]]
    if (more := len(content.receipts) - room.sources) > 0:
        lines.append(f"and {words.counted(more, 'more source')}")
    searches = [part for part in content.sections if part.search]
    lines += [summary.search_line(part) for part in searches[: room.sources]]
    if (more := len(searches) - room.sources) > 0:
        lines.append(f"and {words.number(more)} more of your searches")
    return lines


def titled(item: Mapping[str, str]) -> Markup:
    """The title as a link, or without one."""
    if not item["url"]:
        return Markup("{}").format(item["title"])
    return Markup('<a class="title" href="{}">{}</a>').format(item["url"], item["title"])


def marked(pieces: Sequence[Piece]) -> Markup:
    """Edits as a page shows them: what is gone struck out, what is new underlined."""
    told = Markup("").join(_marked(piece) for piece in pieces)
    return told.strip()


def _marked(piece: Piece) -> Markup:
    """The space behind a word is no part of what is struck out."""
    if piece.kind is PieceKind.SAME:
        return Markup("{}").format(piece.text)
    end = " " if piece.kind is PieceKind.GONE or piece.text.endswith(" ") else ""
    return _MARKUP[piece.kind].format(piece.text.strip()) + end


def _section(section: DigestSection, reading: Reading, room: Room) -> dict[str, Any]:
    cutoffs = reading.content.cutoffs
    shown = replace(section, items=section.items[: room.works])
    shelves, below = layout.shelves(shown), _below(section, reading, room)
    return {
        "name": words.topic_name(section.name, section.topic),
        "count": summary.count(section),
        "shelves": [
            {
                "heading": shorten(shelf.heading, 80),
                "works": [_item(item, section.topic, reading, room) for item in shelf.items],
            }
            for shelf in shelves
        ],
        "more": _more(len(section.items), room.works),
        "below_heading": summary.below_heading(section, cutoffs),
        "below": below,
        "below_note": summary.below_note(section) if any(each["judge"] for each in below) else "",
    }


def _item(item: DigestItem, topic: str, reading: Reading, room: Room) -> dict[str, Any]:
    cutoffs = reading.content.cutoffs
    under = words.relevance(item.ranked, cutoffs) == words.UNDER
    listed = item.similar[: room.similar]
    return {
        **_linked(item),
        "dots": "○○○" if under else _dots(item),
        "score": words.relevance_line(item.ranked, cutoffs),
        "badges": _badges(item),
        "figure": _figure(item, reading) if room.quotes else None,
        "entities": additions.entity_groups(item.entities) if room.quotes else (),
        "authors": words.authors_line(item.work.authors),
        "venue": shorten(item.work.venue, 90),
        "day": words.day(item.work.published),
        "sentence": words.sentence(item.ranked) if room.quotes else "",
        "why": words.reasons(item) if room.quotes else (),
        "links": [{"name": name, "url": url} for name, url in words.links(item.work)],
        "votes": reading.votes(topic, item.work.id, each=room.each_vote),
        "similar_heading": words.similar_heading(item),
        "similar": [_similar(other) for other in listed],
        "unlisted": _more(len(item.similar), room.similar) if listed else "",
    }


def _dots(item: DigestItem) -> str:
    """How relevant, at a glance; "" for what a saved search found."""
    if item.ranked.search:
        return ""
    return next(dots for least, dots in _DOTS if item.ranked.relevance >= least)


def _figure(item: DigestItem, reading: Reading) -> dict[str, Any] | None:
    figure = item.figure
    if figure is None or not (address := reading.thumbnails.get(figure.digest)):
        return None
    wide = min(figure.width, _WIDE, max(1, figure.width * _HIGH // max(1, figure.height)))
    return {
        "address": address,
        "width": wide,
        "told": additions.figure_line(figure),
        "credit": additions.credit_line(figure),
    }


def _change(change: DigestChange, room: Room) -> dict[str, Any]:
    work = change.work
    return {
        "title": words.title(work, 200),
        "url": news_words.link(change),
        "change": news_words.became(change),
        "told": news_words.shown_in(change),
        "alarming": news_words.grave(change),
        "authors": words.authors_line(work.authors),
        "said": news_words.according(change),
        "notice": news_words.notice(change),
        "edits": passages.edited(change, room.edits),
    }


def _similar(item: DigestItem) -> dict[str, Any]:
    return {**_linked(item, 200), "venue": shorten(item.work.venue, 60), "badges": _badges(item)}


def _badges(item: DigestItem) -> list[dict[str, Any]]:
    return [{"word": word, "style": _style(word)} for word in words.badges_of(item)]


def _style(badge: str) -> str:
    if badge in words.ALARMING:
        return "alarm"
    return "signal" if badge in additions.SIGNALS else "badge"


def _below(section: DigestSection, reading: Reading, room: Room) -> list[dict[str, Any]]:
    return [
        {
            **_linked(item),
            "venue": shorten(item.work.venue, 60),
            "score": words.below_line(item.ranked),
            "badges": [badge for badge in _badges(item) if badge["style"] == "alarm"],
            "judge": reading.below(section, item) if room.judge_below else "",
        }
        for item in (section.below if room.below else ())
    ]


def _linked(item: DigestItem, limit: int = 400) -> dict[str, str]:
    return {"title": words.title(item.work, limit), "url": words.best_link(item.work)}


def _more(count: int, shown: int | None) -> str:
    """ "12 more" when so many are left out, else ""."""
    left = count - shown if shown is not None else 0
    return f"{words.number(left)} more" if left > 0 else ""
