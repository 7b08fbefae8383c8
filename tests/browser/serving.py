"""The site as a server on this machine, and a Chromium that looks at it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn

from service import bootstrap
from service.config import Settings
from service.web.app import create
from tests import site_visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from service.bootstrap import App

SCHEMES = ("light", "dark")
WIDTHS = (360, 1280)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No pages of the site: files, and what is shown in a frame exactly as it was sent.
_NO_PAGES = {
    "/pictures/{digest}",
    "/static/{digest}/{name}",
    "/digests/{digest_id}/page",
    "/deliveries/{delivery_id}/sent",
}
_NO_PAGES_END = ("/export", "/cite")  # files


def executable() -> str | None:
    """The Chromium of this machine; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def paths() -> list[str]:
    """Every page of the site, as its routes have it: what others add is among them."""
    app = bootstrap.build(Settings())
    found = {route.path for route in site_visits.routes(app) if route.method == "GET"}
    return sorted(each for each in found - _NO_PAGES if not each.endswith(_NO_PAGES_END))


@contextmanager
def serving(app: App, *, at_home: bool = True) -> Iterator[str]:
    """The address at which a site is served on this machine, for as long as the context lasts;
    without `at_home`, as one that others reach."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(
            create(app, at_home=at_home), log_config=None, access_log=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=executable(), args=args)
        yield browser
        browser.close()


@dataclass
class Look:
    """One page in one way of looking at it, and what happened while it was looked at."""

    page: Page
    origin: str
    scripts: bool = True
    agrees: bool = False  # what is answered to a dialog
    strayed: list[str] = field(default_factory=list)  # requests to elsewhere
    said: list[str] = field(default_factory=list)  # errors in the console, and dialogs

    def __post_init__(self) -> None:
        self.page.on("request", self._requested)
        self.page.on("console", self._spoke)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("dialog", self._asked)

    def go(self, address: str) -> int:
        """Open a page of the site; returns its status."""
        answer = self.page.goto(self.origin + address, wait_until="load")
        assert answer is not None
        self.page.wait_for_timeout(50)  # what scripts do at once
        self.settled()
        return answer.status

    def settled(self) -> None:
        """Wait for what the page's script is still fetching."""
        if self.scripts:
            # No function of ours: the page's own policy lets nothing be evaluated while it waits.
            self.page.wait_for_selector("[aria-busy=true]", state="detached")

    @property
    def size(self) -> int:
        """The bytes of all that the page was made of, frames among it."""
        told = self.page.evaluate(
            """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
                .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
        )
        return int(told)

    def _requested(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.strayed.append(request.url)

    def _spoke(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(f"{message.type}: {message.text}")

    def _asked(self, dialog: Any) -> None:
        self.said.append(f"dialog: {dialog.message}")
        if self.agrees:
            dialog.accept()
        else:
            dialog.dismiss()


@contextmanager
def looking(
    browser: Browser, origin: str, *, scheme: str = "light", width: int = 1280, **more: Any
) -> Iterator[Look]:
    """A fresh window of some width, its system set to light or dark."""
    context: BrowserContext = browser.new_context(
        color_scheme=scheme,  # type: ignore[arg-type]  # one of SCHEMES
        viewport={"width": width, "height": 900},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        **more,
    )
    context.set_default_timeout(20_000)
    try:
        yield Look(context.new_page(), origin, scripts=more.get("java_script_enabled", True))
    finally:
        context.close()
