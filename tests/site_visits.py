"""People on the site, in this process: at the machine, signed in from elsewhere, or strangers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from fastapi.testclient import TestClient

from service.web.app import create
from service.web.site import routes as site
from tests.api_office import DELIVERY, HOME, TOPIC, Office

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from httpx2 import Response

    from service.bootstrap import App

AWAY = "http://litwatch.example.org"  # as the test's browser elsewhere reaches it
OWN = {"Sec-Fetch-Site": "same-origin"}
# What stands for the parts of addresses, by what they come after; `fill` of the office has them.
SAMPLES = {
    "works": "1",
    "sources": "pubmed",
    "subscriptions": "Lab",
    "digests": "Lab:Europe",  # what its id begins with will do
    "deliveries": DELIVERY,
    "topics": TOPIC,
    "week": TOPIC,
    "searches": "nets",
}


class Route(NamedTuple):
    """One way to ask the site for something."""

    method: str
    path: str


def routes(app: App) -> list[Route]:
    """Every route of the site, as its routers have them."""
    found = [*_routes(each for router in site.routes(app) for each in router.routes)]
    assert len(found) > 5, "no routes found: what follows would hold for nothing"
    return sorted(set(found))


def _routes(held: Iterable[Any]) -> Iterator[Route]:
    for route in held:
        if hasattr(route, "methods"):
            yield from (Route(method, route.path) for method in route.methods - {"HEAD"})
        else:
            inner = getattr(route, "original_router", None) or route
            yield from _routes(inner.routes)


def address(path: str, samples: Mapping[str, str] = SAMPLES) -> str:
    """A route's path with something in the place of each of its parts."""
    parts = path.split("/")
    for at, part in enumerate(parts):
        if part.startswith("{"):
            parts[at] = quote(samples.get(parts[at - 1], "1"), safe="")
    return "/".join(parts)


class Browser(TestClient):
    """A person's browser: follows nothing by itself, and can send the forms of a page."""

    def fill(self, path: str, page: str = "/you", **fields: Any) -> Response:
        """A form as a page of ours has it: with the token that the page was given."""
        return self.post(path, data={"csrf": token_of(self.get(page).text)} | fields, headers=OWN)

    def sign_in(self, token: str, name: str = "", wanted: str = "/") -> Response:
        sent = {"access": token, "name": name, "next": wanted}
        return self.post("/login", data=sent, headers=OWN)


@dataclass
class Visits:
    """The site over the archive of an office, reached from here and from elsewhere."""

    office: Office

    def __post_init__(self) -> None:
        self.app = self.office.app

    @cached_property
    def served(self) -> Any:
        """What answers other machines."""
        return create(self.app)

    def here(self, **headers: str) -> Browser:
        """Somebody at the machine that serves."""
        web = self.office.web
        return _browser(web, HOME, "127.0.0.1", headers)

    def stranger(self, base: str = AWAY, **headers: str) -> Browser:
        """Somebody elsewhere, who has not signed in."""
        return _browser(self.served, base, "192.0.2.7", headers)

    def signed_in(self, scope: str = "read", name: str = "", **token: Any) -> Browser:
        """Somebody elsewhere, who has; with a token of their own."""
        browser = self.stranger()
        called = token.pop("called", f"{scope}-{name.lower() or 'desk'}")
        secret = self.office.token(scope, called, **token)
        assert browser.sign_in(secret, name).status_code == 303
        return browser


def _browser(web: Any, base: str, client: str, headers: dict[str, str]) -> Browser:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Browser(
        web, base_url=base, client=(client, 50_000), headers=named, follow_redirects=False
    )


def token_of(page: str) -> str:
    """What a page's forms carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found[1]


class _Elements(HTMLParser):
    """Every element with its attributes, and the text inside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.inline = ""
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"}:
            self.inline += data.strip()

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


_NONE = {
    "object",
    "embed",
    "base",
    "style",
    "applet",
    "math",
    "marquee",
    "template",
    "noscript",
    "xmp",
}
_LEADS = ("href", "src", "action", "formaction", "data", "poster", "xlink:href")


def harm(page: str) -> list[str]:
    """What of a page would run, or be fetched from elsewhere; the site's own files are none."""
    parsed = _Elements(page)
    found = [f"inline: {parsed.inline[:80]}"] if parsed.inline else []
    if "<!-" in page or "<![" in page:  # where a parser and a browser part; we write none
        found.append("a comment")
    for tag, attributes in parsed.found:
        own = attributes.get("src" if tag == "script" else "href", "").startswith("/static/")
        if tag in _NONE or "http-equiv" in attributes or (tag in {"script", "link"} and not own):
            found.append(f"<{tag} {attributes}>")
        for name, value in attributes.items():
            if name.startswith("on") or name in {"srcdoc", "style"}:
                found.append(f"{tag}[{name}={value[:80]}]")
            if name in _LEADS and not _leads_well(tag, value):
                found.append(f"{tag}[{name}={value[:80]}]")
    return found


def _leads_well(tag: str, value: str) -> bool:
    """Links lead to the web, what a page is made of lies here."""
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return False
    local = not parts.scheme and not parts.netloc
    return local or (tag == "a" and parts.scheme in {"http", "https", "mailto"})
