"""An assistant that is connected in memory to an archive of three works and two topics."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import anyio
from mcp import Client

from service.assistant.asking import Desk
from service.assistant.server import create
from service.records import EncoderInfo, Judgement, Seed, Topic
from service.records.findings import Findings, Hit, Matched, Search, Snippet
from service.records.queries import Part
from service.voting import Ballot, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp_types import CallToolResult

    from service.errors import LitwatchError
    from tests.papers import Archive

SEEDS = (Seed("review", "text", "Stroma in tumours"),)
TOPICS = (
    Topic("neutrophils", "Tumour-associated neutrophils", SEEDS, cutoff=0.9),
    Topic("stroma", "Tumour-associated stromal cells", SEEDS, exclude=("osteoclast",)),
)
INFO = EncoderInfo("mini", "r1", "title-abstract-1", 4, "float32")


@dataclass
class Model:
    """An encoder that is there, or fails."""

    error: LitwatchError | None = None
    lock: Lock = field(default_factory=Lock)
    held: bool = False

    def info(self) -> EncoderInfo:
        self.held = self.lock.locked()
        if self.error:
            raise self.error
        return INFO

    def encode(self, texts: Any, progress: Any = None) -> Any:
        raise AssertionError("the ranker of these tests does not encode")


@dataclass
class Assistant:
    """A client of the SDK on our server; each call is a session of its own."""

    archive: Archive
    model: Model = field(default_factory=Model)
    voter: str = ""
    asked: list[Search] = field(default_factory=list)
    findings: Findings | LitwatchError | None = None

    def find(self, search: Search) -> Findings:
        """All works, with a passage; or what the test says."""
        self.asked.append(search)
        if isinstance(self.findings, Exception):
            raise self.findings
        if self.findings:
            return self.findings
        with self.archive.store.reading() as tx:
            works = tx.works.many([1, 2, 3])
        passage = Snippet(Part.ABSTRACT, "Niches of fibroblasts hold.", ((0, 6), (10, 21)))
        hits = tuple(Hit(work, Matched.ALL, 0.51234, (passage,)) for work in works)
        return Findings(hits, 3, exact=True, mode=search.mode)

    def within(self, use: Callable[[Client], Awaitable[Any]]) -> Any:
        """What `use` returns, with a connected client."""
        parts = replace(self.archive.parts, encoder=self.model)
        desk = Desk(parts, self.find, self.model.lock, wait_for_model=0.05)

        async def session() -> Any:
            async with Client(create(desk, self.voter)) as client:
                return await use(client)

        return anyio.run(session)

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return self.within(lambda client: client.call_tool(tool, arguments))

    def text(self, tool: str, **arguments: Any) -> str:
        """What the model reads."""
        (block,) = self.call(tool, **arguments).content
        return block.text

    def data(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What programs read, of an answer that is no error."""
        told = self.call(tool, **arguments)
        assert not told.is_error, told.content
        assert isinstance(told.structured_content, dict)
        return told.structured_content

    def fault(self, tool: str, **arguments: Any) -> str:
        """What the model reads of an error."""
        told = self.call(tool, **arguments)
        assert told.is_error
        assert told.structured_content is None
        (block,) = told.content
        return block.text

    def votes(self, topic: str = "stroma") -> list[tuple[int, str, Judgement, str, str]]:
        with self.archive.store.reading() as tx:
            current = tx.votes.current(topic)
        return [(v.work_id, v.voter, v.judgement, v.via, v.note) for v in current]

    def vote(self, work: str, judgement: Judgement, topic: str = "stroma") -> None:
        """A vote of a reader, given elsewhere."""
        cast(self.archive.parts, topic, [Ballot(work, judgement)], voter="Ida", via="web")
