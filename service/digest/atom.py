"""A digest as one entry of an Atom feed (RFC 4287). Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from lxml import etree
from markupsafe import Markup

from service.digest import additions, layout, news_words, page_parts, passages, summary, words
from service.digest.safe import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import (
        DigestChange,
        DigestContent,
        DigestItem,
        DigestSection,
        Work,
    )

ATOM = "http://www.w3.org/2005/Atom"
# The one without a prefix, which the stubs do not know.
_NAMESPACES: dict[str | None, str] = {None: ATOM}


def entry(content: DigestContent, delivery: str, page: str = "") -> bytes:
    """The entry, known by the delivery's UUID; `page` is its address on the web, "" for none.

    The same arguments give the same bytes.
    """
    at = content.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    root = etree.Element(_tag("entry"), nsmap=_NAMESPACES)  # type: ignore[arg-type]  # see there
    _add(root, "id", f"urn:uuid:{delivery}")
    _add(root, "title", heading(content), type="text")
    _add(root, "updated", at)
    _add(root, "published", at)
    author = _add(root, "author")
    _add(author, "name", "Litwatch")
    if page:
        _add(root, "link", rel="alternate", type="text/html", href=page)
    for section in content.sections:
        name = words.topic_name(section.name, section.topic)
        _add(root, "category", term=shorten(section.topic, 60) or name, label=name)
    _add(root, "summary", gist(content), type="text")
    _add(root, "content", body(content), type="html")
    return etree.tostring(root, encoding="utf-8")


def heading(content: DigestContent) -> str:
    """What the digest is called in a list: its best work, and the week."""
    return f"{summary.lead(content)} · {summary.week(content)}"


def gist(content: DigestContent) -> str:
    """The digest in a sentence: what was screened, or that there was nothing."""
    return summary.quiet(content) or summary.receipt_line(content)


def body(content: DigestContent) -> str:
    """The digest as HTML without styles or scripts: a reader of feeds sets it in its own way."""
    return "".join(_content(content))


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    added = etree.SubElement(parent, _tag(name), attributes)
    added.text = text or None
    return added


def _content(content: DigestContent) -> Iterator[Markup]:
    for notice in summary.notices(content):
        yield _paragraph(notice, strong=True)
    yield _paragraph(gist(content))
    for heading, changes in layout.news(content):
        yield Markup("<h3>{}</h3><ul>").format(heading)
        yield from (_change(change) for change in changes)
        yield Markup("</ul>")
    for section in content.sections:
        if section.items or section.below:
            yield from _section(section, content)
    yield Markup("<h3>What was screened</h3><ul>")
    lines = [summary.source_line(one) for one in content.receipts]
    lines += [summary.search_line(part) for part in content.sections if part.search]
    yield from (Markup("<li>{}</li>").format(line) for line in lines)
    yield Markup("</ul>")
    yield _paragraph(summary.model_line(content))


def _section(section: DigestSection, content: DigestContent) -> Iterator[Markup]:
    yield Markup("<h3>{}</h3>").format(words.topic_name(section.name, section.topic))
    for shelf in layout.shelves(section):
        if shelf.heading:
            yield Markup("<h4>{}</h4>").format(shelf.heading)
        for item in shelf.items:
            yield from _item(item, content)
    if section.below:
        yield Markup("<h4>{}</h4><ul>").format(summary.below_heading(section, content.cutoffs))
        for item in section.below:
            told = words.below_line(item.ranked)
            number = f" ({told})" if told else ""
            yield Markup("<li>{}{}</li>").format(_title(item.work), number)
        yield Markup("</ul>")


def _item(item: DigestItem, content: DigestContent) -> Iterator[Markup]:
    lines = (
        Markup("{}<strong>{}</strong>").format(words.marks(item), _title(item.work)),
        words.authors_line(item.work.authors),
        words.venue_line(item.work),
        words.relevance_line(item.ranked, content.cutoffs),
    )
    yield Markup("<p>{}</p>").format(Markup("<br>").join(line for line in lines if line))
    if quote := words.sentence(item.ranked):
        yield Markup("<blockquote>{}</blockquote>").format(quote)
    if why := words.reasons(item):
        yield Markup("<p>{}</p>").format(Markup("<br>").join(why))
    if named := additions.entities_line(item.entities):
        yield Markup("<p>{}</p>").format(named)
    if links := words.links(item.work):
        anchors = (Markup('<a href="{}">{}</a>').format(url, name) for name, url in links)
        yield Markup("<p>{}</p>").format(Markup(" · ").join(anchors))
    if item.similar:
        yield Markup("<p>{}:</p><ul>").format(words.similar_heading(item))
        for other in item.similar:
            yield Markup("<li>{} {}</li>").format(_title(other.work), words.similar_line(other))
        yield Markup("</ul>")


def _change(change: DigestChange) -> Markup:
    told = [
        Markup("{}: {}").format(
            news_words.change_line(change), _title(change.work, news_words.link(change))
        ),
        news_words.according(change),
    ]
    if notice := news_words.notice(change):
        told.append(Markup('<a href="{}">Read the notice</a>').format(notice))
    for text in passages.edited(change, passages.MAIL):
        marked = page_parts.marked(text.pieces)
        told.append(Markup("{}: {} {}").format(text.label, marked, text.more))
    return Markup("<li>{}</li>").format(Markup("<br>").join(filter(None, told)))


def _title(work: Work, link: str | None = None) -> Markup:
    title, link = words.title(work), words.best_link(work) if link is None else link
    made = Markup('<a href="{}">{}</a>') if link else Markup("{1}")
    return made.format(link, title)


def _paragraph(text: str, *, strong: bool = False) -> Markup:
    told = Markup("<strong>{}</strong>").format(text) if strong else text
    return Markup("<p>{}</p>").format(told) if text else Markup("")
