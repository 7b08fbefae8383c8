"""Links of an installation that has web pages, and of one that has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.records import DigestContent


@dataclass(frozen=True)
class FakeLinks:
    """Readable addresses under `base`; none without it. As long as real ones when `pad` says so."""

    base: str = "https://litwatch.example.org"
    pad: int = 0

    def feedback(self, content: DigestContent, reader: str, topic: str, work_id: int) -> str:
        return self._at("f", f"{content.digest_id}.{topic}.{work_id}")

    def page(self, content: DigestContent, reader: str) -> str:
        return self._at("d", content.digest_id)

    def unsubscribe(self, content: DigestContent, reader: str) -> str:
        return self._at("u", content.digest_id)

    def _at(self, kind: str, token: str) -> str:
        return f"{self.base}/{kind}/{token}{'x' * self.pad}" if self.base else ""


NO_LINKS = FakeLinks(base="")
