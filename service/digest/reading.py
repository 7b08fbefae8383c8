"""A digest as one reader gets it: with the addresses by which that reader, and nobody else, judges
its works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.digest.safe import web_url
from service.records import search_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.protocols import Links
    from service.records import DigestContent, DigestItem, DigestSection

_SAY = (("Relevant", "relevant"), ("Not relevant", "not-relevant"), ("Save", "save"))


@dataclass(frozen=True, slots=True)
class Reading:
    """A digest, and for whom its `links` are; `thumbnails` are the addresses of works' figures, by
    digest."""

    content: DigestContent
    links: Links | None = None
    reader: str = ""
    thumbnails: Mapping[str, str] = field(default_factory=dict)

    def votes(self, topic: str, work_id: int, *, each: bool) -> list[dict[str, str]]:
        """Name and address of each way to judge a work, or of one for all; none where it cannot be
        judged."""
        if not (safe := self._address(topic, work_id)):
            return []
        if not each:
            return [{"name": "Vote or save", "url": safe}]
        return [{"name": name, "url": f"{safe}?say={say}"} for name, say in _SAY]

    def below(self, section: DigestSection, item: DigestItem) -> str:
        """Where a work below the line is judged; "" in digests that ask for nothing."""
        return self._address(section.topic, item.work.id) if section.asks else ""

    def _address(self, topic: str, work_id: int) -> str:
        """ "" where there are no pages, or no topic that the work could be judged for."""
        if self.links is None or search_of(topic):
            return ""
        return web_url(self.links.feedback(self.content, self.reader, topic, work_id))
