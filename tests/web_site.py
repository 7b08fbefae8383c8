"""The web face in this process, over an archive of three works and one reader's subscription."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from service.web.app import create
from tests.factories import digest_content, item, section
from tests.papers import NOW

if TYPE_CHECKING:
    from httpx2 import Response

    from service.bootstrap import App
    from service.records import DigestContent, Judgement
    from tests.fakes import FixedClock

READER = "Ida@example.org"
TOPIC = "stroma"


@dataclass
class Site:
    """The app, a browser on it, and what a digest of three works links to."""

    app: App
    time: FixedClock
    content: DigestContent = field(init=False)

    def __post_init__(self) -> None:
        items = [item(number) for number in (1, 2, 3)]
        self.content = digest_content(
            section(*items, topic=TOPIC), subscription="Lab", created_at=NOW
        )

    @cached_property
    def browser(self) -> TestClient:
        return TestClient(create(self.app))

    def vote_link(self, work: int = 1, **changes: Any) -> str:
        told = {"reader": READER, "topic": TOPIC} | changes
        return self.app.capabilities.feedback(self.content, told["reader"], told["topic"], work)

    def page_link(self) -> str:
        return self.app.capabilities.page(self.content, READER)

    def stop_link(self, reader: str = READER) -> str:
        return self.app.capabilities.unsubscribe(self.content, reader)

    def votes(self) -> list[tuple[int, str, Judgement, str]]:
        with self.app.store.reading() as tx:
            return [(v.work_id, v.voter, v.judgement, v.note) for v in tx.votes.current(TOPIC)]

    def stopped(self) -> list[str]:
        with self.app.store.reading() as tx:
            return [f"{name}: {stop.reason}" for name, stop in tx.stops.active().items()]

    def rows(self) -> dict[str, list[Any]]:
        """Everything that the archive holds, table by table."""
        from service.store.schema import Base

        with self.app.store.engine.connect() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(table.select())))
                for table in Base.metadata.sorted_tables
            }


def text(page: Response) -> str:
    """What a reader sees, on one line."""
    inline = re.sub(r"</?(?:a|b|bdi|span)\b[^>]*>", "", page.text)
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", inline, flags=re.DOTALL)
    return " ".join(unescape(shown).split())


class Tags(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harmless(page: str) -> bool:
    """Whether nothing in a page would run or be fetched."""
    for tag, attributes in Tags(page).found:
        if tag in {"script", "img", "svg", "iframe", "object", "embed", "link", "base"}:
            return False
        if any(name.startswith("on") or name in {"srcdoc", "autofocus"} for name in attributes):
            return False
        if str(attributes.get("href") or "https:").split(":")[0] not in {"https", "http"}:
            return False
    return True
