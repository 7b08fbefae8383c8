"""Feeds that are made to take all the memory or time there is, and a program that reads them.

    python -m tests.security.hostile_feeds

The program reads each under a limit of processor time and prints what became of it, and how much
the process grew, as JSON. Without our limits each of these takes minutes to hours, or gigabytes.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import TYPE_CHECKING

from service.errors import LitwatchError
from service.normalisation import normalise
from service.sources import feeds

if TYPE_CHECKING:
    from collections.abc import Iterator

CPU_SECONDS = 60
_HEAD, _END = "<rss version='2.0'><channel><title>t</title>", "</channel></rss>"


def _rss(inside: str) -> str:
    return f"{_HEAD}{inside}{_END}"


def _item(inside: str) -> str:
    return _rss(f"<item><guid>1</guid>{inside}</item>")


def _attributes(count: int) -> str:
    return " ".join(f"a{n}=''" for n in range(count))


def hostile() -> Iterator[tuple[str, str]]:
    """Each by a name."""
    yield "elements", _rss("<a/>" * 3_000_000)
    yield "elements of an item", _item("<b>x</b>" * 1_500_000)
    yield "not well-formed", _item("<title>a & b</title>" + "<b>x</b>" * 1_500_000)
    yield "comments", _rss("<!---->" * 2_000_000)
    yield "sections", _rss("<![CDATA[]]>" * 1_200_000)
    yield "attributes", _rss(f"<item {_attributes(300_000)}/>")
    yield "attributes of many", _rss(f"<item {_attributes(299)}/>" * 3_000)
    yield "attributes behind a sign", _rss(f"<item z='>' {_attributes(100_000)}/>")
    yield "namespaces", _rss(f"<item {_attributes(100_000).replace(' a', ' xmlns:a')}/>")
    yield "entities", "<!DOCTYPE rss [" + "<!ENTITY e 'x'>" * 300_000 + "]>" + _rss("")
    yield "entities that grow", "<!DOCTYPE rss [<!ENTITY a 'xxxxxxxxxxxxxxxx'>]>" + _rss("&a;" * 9)
    yield "references", "<!DOCTYPE rss [<!ENTITY a 'x'>]>" + _rss("&a;" * 3_000_000)
    yield "depth", "<rss>" + "<a>" * 200_000
    yield "items", _rss("<item><title>x</title></item>" * 120_000)
    yield "spaces", _rss(" " * 8_000_000)
    yield "spaces before", " " * 8_000_000 + _rss("")
    yield "comments without end", "<rss>" + "<!--" * 2_000_000
    yield "tags without end", "<rss " * 2_000_000
    yield "a long name", _item(f"<author>{'a' * 3_000_000}</author>")
    yield "a long creator", _item(f"<x:creator>{'a' * 3_000_000}</x:creator>")
    yield "a long name in a section", _item(f"<author><![CDATA[{'a' * 900_000}]]></author>")
    yield "a long name in pieces", _item(f"<author>{'aaaaaaaaa<b/>' * 50_000}</author>")
    yield "a long name as signs", _item(f"<author>{'&#97;' * 500_000}</author>")
    yield "a long name that is open", _item(f"<author>{'a' * 3_000_000}")
    yield "too long", _item(f"<description>{'x ' * 9_000_000}</description>")
    yield "long", _item(f"<description>{'x ' * 4_000_000}</description>")
    for word in ("x", "\u0301", "<", "&amp;", "$", "(", "10.1/", "a@", "\u202e"):
        text = (word * (19_000 // len(word))).replace("<", "&lt;")
        yield f"a title of {word!r}", _item(f"<title>{text}</title>")
        yield f"a text of {word!r}", _item(f"<title>t</title><description>{text * 9}</description>")


def outcome(text: str) -> str:
    """What became of a feed: the number of its papers, or the code of our error."""
    try:
        page = feeds.read(text.encode(), "hostile")
        return str(len([normalise(record) for record in page.records]))
    except LitwatchError as error:
        return error.code


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    outcome(_item("<title>warm</title>"))
    for name, text in hostile():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = outcome(text)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        sys.stdout.write(json.dumps([name, told, grown // 1024, len(text) >> 20]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
