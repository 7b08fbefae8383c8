"""A hundred hostile texts in every field of a paper, in everything that is sent: nothing runs, is
loaded, calls people, or stands where the program's own words stand."""

from __future__ import annotations

import importlib.util
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from service.digest.email import Letterhead
from service.digest.render import (
    AppriseRenderer,
    AtomRenderer,
    EmailRenderer,
    FileRenderer,
    SlackRenderer,
)
from service.records import Author, DigestItem, Identifiers
from service.store import Store
from tests.edited_news import FIGURE, kept
from tests.factories import digest_content, facet, ranked, receipt, section, work
from tests.fakes_links import FakeLinks
from tests.hostile_texts import ELEMENTS, HANDLERS, PAYLOADS
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

    from service.records import DigestContent
    from tests.site_visits import Visits

LINKS = FakeLinks()
HEAD = Letterhead("Litwatch <litwatch@example.org>", "example.org")
LURES = (  # beside what a browser would run: what mail, Slack, terminals and readers would obey
    "<!channel>",
    "<!here> <@U0123> <#C0123|x> <!subteam^S1>",
    "&lt;!channel&gt; &amp;lt;!channel&amp;gt;",
    "<https://evil.example.org|PubMed>",
    "@channel @here @everyone",
    "*bold* _it_ ~no~ `code` ```block``` > quoted :warning:",
    "x\r\nBcc: eve@evil.example.org\r\n\r\n<h1>another mail</h1>",
    "x\nBcc: eve@evil.example.org",
    "x\r\n.\r\nMAIL FROM:<eve@evil.example.org>",
    "x\u2028Bcc: eve\u2029y\x85z",
    "=?utf-8?q?=0d=0aBcc:_eve@evil.example.org?=",
    "\x1b[2J\x1b[31mred\x1b]8;;https://evil.example.org\x07link\x1b]8;;\x07",
    "\u202eevil\u202c \u2066x\u2069 a\u200bb \ufeff\U000e0041",
    "a" + "\u0301" * 400,
    "\ud800 lone",
    "]]><script>alert(1)</script>",
    "%0d%0aSet-Cookie: x=y",
)
TEXTS = (*PAYLOADS, *LURES)
_CHUNK = 12


def hostile(number: int, text: str) -> DigestItem:
    """A work of which every text is hostile, as is all that explains it."""
    one = work(
        number,
        title=f"T {text}",
        abstract=f"Niches of fibroblasts. {text}",
        authors=(text, f"A {text}"),
        venue=text,
        url=text,
        pdf_url=f"https://x.example.org/{text}",
        ids=Identifiers(doi=f"10.5555/{text}", pmid=text, pmcid=text, arxiv=text),
    )
    rank = ranked(
        number,
        facet=facet(text=text, seed=text),
        terms=(text, f"m {text}"),
        weights=(0.5, 0.4),
        sentences=(text,),
        reference=text,
        senses=(f"{text}: {text}",),
    )
    figure = replace(FIGURE, label=text, caption=text, credit=text)
    return DigestItem(one, rank, figure=figure)


def digest(texts: Sequence[str]) -> DigestContent:
    first = texts[0]
    items = [hostile(at, text) for at, text in enumerate(texts, start=1)]
    return digest_content(
        section(*items[:-1], name=f"Topic {first}", below=(items[-1],)),
        subscription=f"Lab {first}",
        label=f"Week {first}",
        banner=f"Note {first}",
        receipts=(receipt(first, gaps=(first,)),),
        encoder=first,
        aims={"stroma": first},
    )


DIGESTS = [digest(TEXTS[at : at + _CHUNK]) for at in range(0, len(TEXTS), _CHUNK)]


# -- a reading of our own ---------------------------------------------------------------------------------

_FORBIDDEN = {
    "script", "iframe", "frame", "object", "embed", "applet", "base", "form", "input", "button", "textarea",
    "select", "svg", "math", "video", "audio", "source", "template", "noscript", "xmp", "marquee", "link",
    "details", "foreignobject", "animate", "set", "use", "image", "isindex", "plaintext", "listing",
}  # fmt: skip
_ADDRESSED = {"href", "src", "action", "formaction", "data", "poster", "background", "xlink:href", "srcset", "ping", "longdesc", "cite"}  # fmt: skip


class Page(HTMLParser):
    """What a page holds that could run, load or lead astray."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.harm: list[str] = []
        self.links: list[str] = []
        self._style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        if tag in _FORBIDDEN or ("http-equiv", "refresh") in attrs:
            self.harm.append(f"<{tag}>")
        for name, given in attrs:
            value = given or ""
            if name.startswith("on") or name == "srcdoc":
                self.harm.append(f"{tag}[{name}]")
            if name == "style" and re.search(
                r"url\(|expression|@import|behavior|-moz-binding", value
            ):
                self.harm.append(f"{tag}[style={value[:60]}]")
            if name in _ADDRESSED:
                self._address(tag, value)

    def _address(self, tag: str, value: str) -> None:
        self.links.append(value)
        scheme = re.sub(r"[\x00-\x20]", "", value).partition(":")[0].lower()
        allowed = {"http", "https", "mailto"} if tag == "a" else {"cid", "data"}
        if scheme not in allowed or (scheme == "data" and not value.startswith("data:image/png;")):
            self.harm.append(f"{tag} to {value[:60]}")
        if scheme.startswith("http") and "@" in urlsplit(value).netloc:
            self.harm.append(f"a name in {value[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._style and re.search(r"url\(|@import|expression|</", data):
            self.harm.append("a style that loads")


def hidden(text: str) -> list[str]:
    """Characters that steer terminals or reorder text."""
    odd = (
        c
        for c in text
        if c not in "\n\r\t" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return [f"U+{ord(c):04X}" for c in odd if c not in "\u200c\u200d\u00ad"]


def test_there_are_more_than_a_hundred() -> None:
    assert len({*TEXTS}) > 120


def test_what_is_harmful_is_seen() -> None:
    """The tests below can fail."""
    for text in (*ELEMENTS, *HANDLERS):
        text_ = text if "<" in text[:2] else f"<a {text}>"
        assert (
            Page(f"<p>{text_}</p>").harm or "<!" in text or "</" in text[:3] or "style" in text
        ), text
    assert Page('<a href="java\tscript:x">').harm
    assert Page('<img src="https://evil.example.org/x.png">').harm
    assert not Page('<a href="https://a.example.org">x</a><img src="cid:a@b">').harm
    assert hidden("a\x1b\u202e") == ["U+001B", "U+202E"]


# -- mail ---------------------------------------------------------------------------------------------------


def mail(content: DigestContent) -> EmailMessage:
    renderer = EmailRenderer(HEAD, LINKS, pictures=kept)
    [part] = renderer.render(content, "ida@example.org")
    assert part.payload.isascii()
    return message_from_bytes(part.payload, policy=policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize("at", range(len(DIGESTS)))
def test_no_mail_runs_or_loads_anything(at: int) -> None:
    letter = mail(DIGESTS[at])
    page = letter.get_body(("html",))
    assert page is not None
    assert Page(page.get_content()).harm == []
    assert hidden(page.get_content()) == []


@pytest.mark.parametrize("at", range(len(DIGESTS)))
def test_no_text_becomes_a_header_or_another_part(at: int) -> None:
    usual, letter = mail(digest_content()), mail(DIGESTS[at])
    assert set(letter.keys()) == set(usual.keys())
    assert letter["To"] == "ida@example.org"
    assert len(letter.keys()) == len(set(letter.keys()))
    kinds = [part.get_content_type() for part in letter.walk()]
    assert kinds[0].startswith("multipart/")
    allowed = ("multipart/", "text/plain", "text/html", "image/png")
    assert all(kind.startswith(allowed) for kind in kinds)
    assert kinds.count("text/html") == kinds.count("text/plain") == 1
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert hidden(plain.get_content()) == []
    assert not hidden(letter["Subject"])


# -- pages, feeds, files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(DIGESTS)))
def test_no_page_or_feed_runs_or_loads_anything(at: int) -> None:
    content = DIGESTS[at]
    [page] = FileRenderer(LINKS, pictures=kept).render(content, "week.html")
    assert Page(page.payload.decode()).harm == []
    [entry] = AtomRenderer(LINKS).render(content, "lab")
    root = etree.fromstring(entry.payload)
    inside = [e for e in root.iter() if e.get("type") == "html"]
    assert inside
    for element in inside:
        assert Page(element.text or "").harm == []
    for link in root.iter("{*}link"):
        assert urlsplit(link.get("href")).scheme in {"http", "https"}


@pytest.mark.parametrize("at", range(len(DIGESTS)))
def test_no_plain_text_steers_a_terminal_or_a_chat(at: int) -> None:
    content = DIGESTS[at]
    [text] = FileRenderer(LINKS).render(content, "week.txt")
    assert hidden(text.payload.decode()) == []
    [short] = AppriseRenderer(LINKS).render(content, "chat")
    told = json.loads(short.payload)
    assert told["format"] == "text"
    # A space without width is ours: it keeps "@channel" from being called.
    assert hidden((told["title"] + told["body"]).replace("\u200b", "")) == []
    assert "\n" not in told["title"]


# -- Slack --------------------------------------------------------------------------------------------------


def _values(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from _values(each)
    elif isinstance(node, list):
        for each in node:
            yield from _values(each)


_SAFE_LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>|]*>")
_CALLING = {"user", "usergroup", "broadcast", "channel", "team", "date", "color", "emoji"}


@pytest.mark.parametrize("at", range(len(DIGESTS)))
def test_no_message_calls_anybody_or_links_astray(at: int) -> None:
    for part in SlackRenderer(LINKS).render(DIGESTS[at], "C0123456789"):
        message = json.loads(part.payload)
        assert message.get("unfurl_links") is False
        assert message.get("parse", "none") == "none"
        for node in _values(message):
            if node.get("type") == "mrkdwn":
                assert not re.search(r"[<>]", _SAFE_LINK.sub("", node["text"])), node
            if "url" in node:
                assert urlsplit(node["url"]).scheme in {"http", "https"}, node
            if node.get("type") in _CALLING:
                assert node == {"type": "emoji", "name": "warning"}, node
            for key in ("text", "alt_text"):
                if isinstance(node.get(key), str):
                    assert hidden(node[key]) == [], node
        assert not re.search(r"[<>]", _SAFE_LINK.sub("", message["text"]))


# -- in a browser -------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """A window of a Chromium, and what happened in it that should not: dialogs, and requests."""

    page: Any
    seen: list[str] = field(default_factory=list)
    origin: str = "none://"

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:", "about:", "cid:")):
            self.seen.append(f"request: {request.url}")

    def shows(self, page: str) -> list[str]:
        """What happens while this page is open and its first links have the focus."""
        self.seen.clear()
        self.page.set_content(page, wait_until="load")
        for _ in range(6):
            self.page.keyboard.press("Tab")
        self.page.wait_for_timeout(60)
        return list(self.seen)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from tests.browser import serving

    if importlib.util.find_spec("playwright") is None or serving.executable() is None:
        pytest.skip("needs playwright, and chromium, chromium-browser or google-chrome on the PATH")
    with serving.chromium() as browser:
        yield browser


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:
    context = chromium.new_context()
    yield Watched(context.new_page())
    context.close()


@pytest.mark.browser
def test_a_browser_runs_and_loads_nothing_of_what_is_sent(watched: Watched) -> None:
    """Mails and pages as files, where no policy of ours protects: nothing may depend on it."""
    trap = "<img src=x onerror=alert(1)><img src=https://evil.example.org/x.png>"
    assert len(watched.shows(trap)) >= 2, "what would happen is seen"
    for content in DIGESTS:
        letter = mail(content).get_body(("html",))
        assert letter is not None
        [page] = FileRenderer(LINKS, pictures=kept).render(content, "week.html")
        assert watched.shows(letter.get_content()) == []
        assert watched.shows(page.payload.decode()) == []


@pytest.mark.browser
def test_a_browser_runs_nothing_that_the_site_shows(visits: Visits, watched: Watched) -> None:
    """Hostile texts as title, abstract, authors, journal and addresses of works. (That no page holds
    any of all the hundred is in test_door_hostile, by a parser.)"""
    from tests.browser import serving

    some = PAYLOADS[::3]
    archive = Archive(Store(visits.app.store.engine))
    archive.take_in(
        *(
            paper(
                1_000 + at,
                title=f"Stroma {text}",
                abstract=f"Niches {text}",
                authors=(Author(text, text), Author(collective=text)),
                venue=text,
                url=text,
                pdf_url=f"https://x.example.org/{text}",
            )
            for at, text in enumerate(some)
        )
    )
    with serving.serving(visits.app) as origin:
        watched.origin = origin
        for at in range(len(some)):
            answer = watched.page.goto(f"{origin}/works/10.5555/stroma.{1_000 + at}")
            assert answer.status == 200
        watched.page.wait_for_timeout(100)
    assert watched.seen == []
