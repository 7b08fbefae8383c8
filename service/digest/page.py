"""A digest as one HTML page: the mail's second part, the file to open in a browser, the web's.

Makes no outside request and tracks nobody: no font, no script, no click redirect, and no image
but the charts that come with it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.digest import page_parts, passages, summary
from service.digest.page_parts import Room
from service.digest.palette import DARK, LIGHT
from service.digest.reading import Reading
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jinja2 import Template

    from service.digest.pictures import Figure
    from service.protocols import Links
    from service.records import DigestContent

MAIL_BYTES = 95_000  # Gmail hides the end of a mail whose HTML is longer than about 102 kB
_MOST = 250  # works; not one takes less than 380 bytes, so more are not even tried
_SIMILAR = 5  # titles under one work in a mail; a file lists all
_FULL = Room(similar=_SIMILAR, edits=passages.MAIL)
# So small that it fits whatever the texts are; only works and news are still to be counted out.
_LEAST = Room(quotes=False, each_vote=False, below=False, similar=0, news=10, topics=20, sources=8)


def render_html(
    content: DigestContent,
    *,
    for_mail: bool,
    links: Links | None = None,
    reader: str = "",
    unsubscribe: str = "",
    figures: Sequence[Figure] = (),
    thumbnails: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The whole page; `reader` is whom its `links` are for, `thumbnails` the addresses of works'
    figures by digest.

    A mail stays under `MAIL_BYTES`: first the quoted sentences and the figures go, then a link for
    each judgement becomes one for all, then go those of the titles below the line, these titles,
    those of similar works, what was edited, and the last works of each topic ("and 12 more: read
    the whole digest").
    """
    reading = Reading(content, links, reader, thumbnails)

    def page(room: Room) -> str:
        return _page(reading, room, for_mail=for_mail, unsubscribe=unsubscribe, figures=figures)

    if not for_mail:
        return page(Room(edits=passages.WHOLE))
    for room in _rooms() if content.shown <= _MOST else ():
        if _fits(told := page(room)):
            return told
    # Bisect the number of works per topic: `low` is known to fit, or is the least there is.
    most = min(_MOST, max((len(part.items) for part in content.sections), default=0))
    low, high = 0, most + 1
    best = page(replace(_LEAST, works=0))
    if not _fits(best):
        return page(replace(_LEAST, works=0, news=0))
    while high - low > 1:
        middle = (low + high) // 2
        told = page(replace(_LEAST, works=middle))
        low, high, best = (middle, high, told) if _fits(told) else (low, middle, best)
    return best


def _rooms() -> Iterator[Room]:
    yield _FULL
    yield (unquoted := replace(_FULL, quotes=False))
    yield (one_vote := replace(unquoted, each_vote=False))
    yield replace(one_vote, judge_below=False)
    yield replace(one_vote, below=False)
    yield (titles := replace(one_vote, below=False, similar=0))
    yield replace(titles, edits=0)


def _fits(page: str) -> bool:
    return len(page.encode()) + page.count("\n") < MAIL_BYTES  # a mail's lines end in CR LF


def _page(
    reading: Reading, room: Room, *, for_mail: bool, unsubscribe: str, figures: Sequence[Figure]
) -> str:
    content = reading.content
    lead = summary.lead(content)
    receipt = summary.receipt_line(content)
    sections, news = page_parts.sections(reading, room), page_parts.news(content, room)
    markup = _template().render(
        c=LIGHT,
        d=DARK,
        for_mail=for_mail,
        titled=page_parts.titled,
        marked=page_parts.marked,
        lead=lead,
        headline="" if lead == summary.headline(content) else summary.headline(content),
        label=shorten(content.label, 120),
        notices=summary.notices(content),
        quiet=shorten(summary.quiet(content), 600),
        receipt=receipt,
        preheader=_preheader(content, lead, receipt),
        news=news,
        sections=sections,
        watched=page_parts.watched(content),
        judged=any(each["judge"] for part in sections for each in part["below"]),
        unlisted_topics=page_parts.unlisted_topics(content, room),
        figures=[replace(one, alt=shorten(one.alt, 400)) for one in figures],
        sources=page_parts.sources(content, room),
        model=shorten(summary.model_line(content), 1000),
        because=summary.because(content),
        whole=summary.whole(content, reading.links, reading.reader),
        shortened=for_mail and room != _FULL,
        unsubscribe=unsubscribe,
    )
    tight = "\n".join(line for raw in markup.splitlines() if (line := raw.strip()))
    inliner = CSSInliner(load_remote_stylesheets=False, minify_css=True)
    return inliner.inline(tight).replace(' data-css-inline="keep"', "") + "\n"


def _preheader(content: DigestContent, lead: str, receipt: str) -> str:
    """What a mailbox shows beside the subject, which is the lead."""
    if quiet := shorten(summary.quiet(content), 600):
        return quiet
    headline = summary.headline(content)
    return receipt if headline == lead else f"{headline}. {receipt}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("service.digest"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("digest.html")
