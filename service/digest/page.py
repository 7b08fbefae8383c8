"""A digest as one HTML page: the mail's second part, and the file to open in a browser.

Makes no outside request and tracks nobody: no image, no font, no script, no click redirect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from service.digest import words
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from service.records import DigestContent, DigestItem, DigestSection

MAIL_BYTES = 95_000  # Gmail hides the end of a mail whose HTML is longer than about 102 kB
_SOURCES_SHOWN = 40
_SIMILAR_SHOWN = 5  # titles under one work in a mail; a file lists all

# Ink, muted, accent, alarm and link keep 4.5:1 or more on card, paper and notice.
LIGHT = {
    "paper": "#f3f1ec",
    "card": "#ffffff",
    "ink": "#1d2327",
    "muted": "#59626a",
    "accent": "#0b6468",
    "link": "#0d4f7c",
    "alarm": "#a3261a",
    "notice": "#fbf1dc",
    "rule": "#d9d6ce",
}
DARK = {
    "paper": "#111417",
    "card": "#1a1f24",
    "ink": "#e8e6e1",
    "muted": "#a6adb4",
    "accent": "#6cc5c1",
    "link": "#8fc3ee",
    "alarm": "#ff9a8c",
    "notice": "#33291a",
    "rule": "#3a4148",
}
_DOTS = ((0.8, "●●●"), (0.6, "●●○"), (0.0, "●○○"))  # from which relevance on


@dataclass(frozen=True, slots=True)
class _Room:
    """How much is shown: given up in this order when the page would be too long."""

    quotes: bool = True
    below: bool = True
    similar: int | None = None  # titles listed with one work; None lists all
    per_section: int | None = None


def render_html(content: DigestContent, *, for_mail: bool, unsubscribe: str = "") -> str:
    """The whole page. A mail stays under `MAIL_BYTES`: first the quoted sentences go, then the
    titles below the line, the titles of similar works, and then the last works of each topic
    ("more in the archive")."""
    if not for_mail:
        return _page(content, _Room(), for_mail, unsubscribe)
    least = _Room(quotes=False, below=False, similar=0)
    full = _Room(similar=_SIMILAR_SHOWN)
    for room in (full, replace(full, quotes=False), replace(least, similar=_SIMILAR_SHOWN), least):
        page = _page(content, room, for_mail, unsubscribe)
        if _fits(page):
            return page
    # Bisect the number of works per topic: `low` is known to fit (nothing but the receipt).
    low, high = 0, max(len(part.items) for part in content.sections)
    best = _page(content, replace(least, per_section=0), for_mail, unsubscribe)
    while high - low > 1:
        middle = (low + high) // 2
        page = _page(content, replace(least, per_section=middle), for_mail, unsubscribe)
        if _fits(page):
            low, best = middle, page
        else:
            high = middle
    return best


def _fits(page: str) -> bool:
    return len(page.encode()) + page.count("\n") < MAIL_BYTES  # a mail's lines end in CR LF


def _page(content: DigestContent, room: _Room, for_mail: bool, unsubscribe: str) -> str:
    markup = _template().render(
        c=LIGHT,
        d=DARK,
        for_mail=for_mail,
        titled=_titled,
        headline=words.headline(content),
        label=shorten(content.label, 120),
        banner=shorten(content.banner, 400),
        quiet=words.quiet(content),
        receipt=words.receipt_line(content) + ".",
        sections=[
            _section(part, content.cutoffs, room)
            for part in content.sections
            if part.items or part.below
        ],
        sources=_sources(content),
        model=words.model_line(content),
        subscription=shorten(content.subscription, 100),
        unsubscribe=unsubscribe,
    )
    tight = "\n".join(line for raw in markup.splitlines() if (line := raw.strip()))
    inliner = CSSInliner(load_remote_stylesheets=False, minify_css=True)
    return inliner.inline(tight).replace(' data-css-inline="keep"', "") + "\n"


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


def _section(section: DigestSection, cutoffs: Mapping[str, float], room: _Room) -> dict[str, Any]:
    shown = section.items[: room.per_section]
    return {
        "name": words.topic_name(section.name, section.topic),
        "count": words.counted(len(section.items), "paper")
        if section.items
        else "nothing above the line",
        "works": [_item(item, cutoffs, room) for item in shown],
        "more": words.number(more) if (more := len(section.items) - len(shown)) else "",
        "below_heading": words.below_heading(section, cutoffs),
        "below": [_below(item) for item in section.below] if room.below else [],
    }


def _item(item: DigestItem, cutoffs: Mapping[str, float], room: _Room) -> dict[str, Any]:
    under = words.relevance(item.ranked, cutoffs) == words.UNDER
    listed = item.similar[: room.similar]
    more = len(item.similar) - len(listed)
    return {
        **_linked(item),
        "dots": "○○○" if under else next(d for r, d in _DOTS if item.ranked.relevance >= r),
        "score": words.relevance_line(item.ranked, cutoffs),
        "badges": _badges(item),
        "authors": words.authors_line(item.work.authors),
        "venue": shorten(item.work.venue, 90),
        "day": words.day(item.work.published),
        "sentence": words.sentence(item.ranked) if room.quotes else "",
        "why": _reasons(item) if room.quotes else [],
        "links": [{"name": name, "url": url} for name, url in words.links(item.work)],
        "similar_heading": words.similar_heading(item),
        "similar": [_similar(other) for other in listed],
        "unlisted": f"and {words.number(more)} more" if more and listed else "",
    }


def _reasons(item: DigestItem) -> list[str]:
    why, terms = words.why(item.ranked), words.terms_line(item.ranked)
    said = (
        why[:1].upper() + why[1:],
        f"Matched: {terms}" if terms else "",
        words.near_to(item.ranked),
        words.senses_line(item),
    )
    return [told for told in said if told]


def _similar(item: DigestItem) -> dict[str, Any]:
    venue = shorten(item.work.venue, 60)
    return {**_linked(item, 200), "venue": venue, "badges": _badges(item)}


def _badges(item: DigestItem) -> list[dict[str, Any]]:
    return [{"word": word, "alarming": word in words.ALARMING} for word in words.badges(item)]


def _below(item: DigestItem) -> dict[str, Any]:
    venue = shorten(item.work.venue, 60)
    return {**_linked(item), "venue": venue, "score": words.number_line(item.ranked)}


def _linked(item: DigestItem, limit: int = 400) -> dict[str, str]:
    return {"title": words.title(item.work, limit), "url": words.best_link(item.work)}


def _titled(item: Mapping[str, str]) -> Markup:
    if not item["url"]:
        return Markup("{}").format(item["title"])
    return Markup('<a class="title" href="{}">{}</a>').format(item["url"], item["title"])


def _sources(content: DigestContent) -> list[str]:
    lines = [words.source_line(one) for one in content.receipts[:_SOURCES_SHOWN]]
    more = len(content.receipts) - len(lines)
    return [*lines, f"and {words.counted(more, 'more source')}"] if more > 0 else lines
