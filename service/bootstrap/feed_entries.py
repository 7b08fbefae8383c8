"""Works and digests as entries of feeds. Takes values, gives values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from service.archive.feeds import Category, Entry
from service.digest import atom, words
from service.digest.safe import clean
from service.records import Flag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from service.records import DigestContent, Work

_AUTHORS = 50  # told of one work
_PARAGRAPHS = 40  # of one abstract
_FATE = frozenset({Flag.RETRACTED, Flag.WITHDRAWN, Flag.CONCERN, Flag.CORRECTED})


def tag(url: str, *names: str) -> str:
    """A tag: URI (RFC 4151) of the installation at `url`: for ever the same as long as that is."""
    parts = urlsplit(url)
    host = re.sub(r"[^a-z0-9.-]+", "-", (parts.hostname or "localhost").lower()).strip("-")
    folders = [part for part in parts.path.split("/") if part]
    return f"tag:{host},2026:" + "/".join(quote(name, safe="") for name in (*folders, *names))


def of_work(
    identity: str, work: Work, since: datetime, changed: datetime, topics: Iterable[Category]
) -> Entry:
    """A work that a feed has `since` then, and of which something `changed` last.

    What becomes of a paper is told as an update; that its record is better known is not: a reader
    of feeds would show the paper again each time.
    """
    badges, links = words.badges(work), dict(words.links(work))
    alarms = "".join(f"[{badge}] " for badge in badges if badge in words.ALARMING)
    return Entry(
        id=identity,
        title=alarms + words.title(work),
        published=since,
        updated=since if _FATE.isdisjoint(work.flags) else max(since, changed),
        summary=" · ".join(filter(None, (*badges, words.venue_line(work)))),
        html="".join(_html(work.abstract, links.items())),
        link=links.get("DOI") or words.best_link(work),
        authors=work.authors[:_AUTHORS],
        categories=tuple(topics),
    )


def _html(abstract: str, links: Iterable[tuple[str, str]]) -> Iterator[Markup]:
    """The abstract and the ways to the paper; all that others wrote is escaped."""
    paragraphs = [text for part in abstract.splitlines() if (text := clean(part))]
    for text in paragraphs[:_PARAGRAPHS] or ["No abstract is known."]:
        yield Markup("<p>{}</p>").format(text)
    anchors = [Markup('<a href="{}">{}</a>').format(url, name) for name, url in links]
    if anchors:
        yield Markup("<p>{}</p>").format(Markup(" · ").join(anchors))


def of_digest(identity: str, content: DigestContent) -> Entry:
    """A digest as it was frozen, without anybody's links to vote with."""
    return Entry(
        id=identity,
        title=atom.heading(content),
        published=content.created_at,
        updated=content.created_at,
        summary=atom.gist(content),
        html=atom.body(content),
        categories=tuple(
            Category(section.topic, words.topic_name(section.name, section.topic))
            for section in content.sections
        ),
    )
