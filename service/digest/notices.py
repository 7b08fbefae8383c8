"""What a page and a text say alike beyond the words that all renderers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.digest import words
from service.digest.safe import shorten, web_url

if TYPE_CHECKING:
    from service.protocols import Links
    from service.records import DigestContent, DigestItem, DigestSection

TEST = "This is a test digest. It was sent to you alone, and the works in it count as not sent."


def lead(content: DigestContent) -> str:
    """The title of a page, the subject of a mail: what matters most, else how much there is."""
    return shorten(words.lead(content), 200) or headline(content)


def headline(content: DigestContent) -> str:
    """ "12 papers on Tumour-associated stromal cells", beginning like a sentence."""
    told = words.headline(content)
    return told[:1].upper() + told[1:]


def notices(content: DigestContent) -> tuple[str, ...]:
    """What must be read first: that this is a test, that something was degraded."""
    return tuple(filter(None, (TEST if content.test else "", shorten(content.banner, 400))))


def count(section: DigestSection) -> str:
    """ "12 papers", or that there are none."""
    shown = len(section.items)
    return words.counted(shown, "paper") if shown else "nothing above the line"


def reasons(item: DigestItem) -> tuple[str, ...]:
    """Why a work is shown, each a line: nearest facet, matched terms, nearest example, senses."""
    why, terms = words.why(item.ranked), words.terms_line(item.ranked)
    said = (
        why[:1].upper() + why[1:],
        f"Matched: {terms}" if terms else "",
        words.near_to(item.ranked),
        words.senses_line(item),
    )
    return tuple(filter(None, said))


def whole(content: DigestContent, links: Links | None, reader: str) -> str:
    """The address of the complete digest on the web; "" where there is none."""
    return web_url(links.page(content, reader)) if links else ""


def because(content: DigestContent) -> str:
    """Why the reader gets this."""
    name = shorten(content.subscription, 100)
    if content.test:
        return f"You get this because somebody sent you a test of the digest {name}."
    return f"You get this because you are subscribed to {name}."
