"""The tools, as a server of the Model Context Protocol. What they answer is in `asking`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from service import __version__
from service.assistant import answers, guidance, telling
from service.errors import InputError, LitwatchError, QueryError
from service.records.findings import Search
from service.records.queries import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.assistant.asking import Desk

Answer = TypeVar("Answer", bound=BaseModel)

MOST = 50  # works or digests in one answer
_QUERY, _CURSOR, _NAME, _NOTE = 2_000, 4_000, 300, 500  # characters
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_VOTES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

Work = Annotated[str, Field(max_length=_NAME, description=guidance.WORK)]
Topic = Annotated[str, Field(max_length=_NAME, description=guidance.TOPIC)]


def create(desk: Desk, voter: str = "") -> MCPServer:
    """The server over a desk; with a `voter` it also takes votes, in that name."""
    server = MCPServer(
        "litwatch", title="Litwatch", instructions=guidance.INSTRUCTIONS, version=__version__
    )
    tools = _Tools(desk, voter)
    for tool, title, description in (
        (tools.search, "Search the archive", guidance.SEARCH),
        (tools.get_work, "Read a work", guidance.GET_WORK),
        (tools.explain_relevance, "Why a work stands where it does", guidance.EXPLAIN),
        (tools.list_topics, "List topics", guidance.LIST_TOPICS),
        (tools.list_digests, "List digests", guidance.LIST_DIGESTS),
        (tools.get_digest, "Read a digest", guidance.GET_DIGEST),
    ):
        server.add_tool(tool, title=title, description=description, annotations=_READS)
    if voter:
        server.add_tool(
            tools.vote, title="Record a vote", description=guidance.VOTE, annotations=_VOTES
        )
    server.resource(
        "litwatch://works/{number}",
        name="work",
        title="A work",
        description=guidance.GET_WORK,
        mime_type="text/plain",
    )(tools.read_work)
    return server


@dataclass(frozen=True, slots=True)
class _Tools:
    """What can be called: arguments as an assistant gives them, answers as types and as text."""

    desk: Desk
    voter: str

    def search(
        self,
        query: Annotated[str, Field(max_length=_QUERY, description=guidance.QUERY)],
        mode: Annotated[
            Literal["hybrid", "lexical", "semantic"], Field(description=guidance.MODE)
        ] = "hybrid",
        limit: Annotated[int, Field(ge=1, le=MOST, description="Works of one page")] = 10,
        cursor: Annotated[
            str | None, Field(max_length=_CURSOR, description=guidance.CURSOR)
        ] = None,
    ) -> Annotated[CallToolResult, answers.SearchAnswer]:
        asked = Search(query, Mode(mode), limit, cursor)
        return _answered(lambda: self.desk.search(asked), telling.found)

    def get_work(self, name: Work) -> Annotated[CallToolResult, answers.WorkAnswer]:
        return _answered(lambda: self.desk.work(name), telling.whole)

    def explain_relevance(
        self, work: Work, topic: Topic | None = None
    ) -> Annotated[CallToolResult, answers.Explanation]:
        return _answered(lambda: self.desk.explain(work, topic), telling.explained)

    def list_topics(self) -> Annotated[CallToolResult, answers.TopicsAnswer]:
        return _answered(self.desk.topics, telling.topics)

    def list_digests(
        self,
        subscription: Annotated[
            str | None, Field(max_length=_NAME, description="Only those of this subscription")
        ] = None,
        limit: Annotated[int, Field(ge=1, le=MOST, description="The newest so many")] = 20,
    ) -> Annotated[CallToolResult, answers.DigestsAnswer]:
        return _answered(lambda: self.desk.digests(subscription, limit), telling.digests)

    def get_digest(
        self, id: Annotated[str, Field(max_length=_NAME, description=guidance.DIGEST)]
    ) -> Annotated[CallToolResult, answers.DigestAnswer]:
        return _answered(lambda: self.desk.digest(id), telling.digest)

    def vote(
        self,
        topic: Topic,
        work: Work,
        judgement: Annotated[
            Literal["relevant", "not-relevant", "save", "withdraw"],
            Field(description=guidance.JUDGEMENT),
        ],
        note: Annotated[str, Field(max_length=_NOTE, description="Why, in their words")] = "",
    ) -> Annotated[CallToolResult, answers.VoteAnswer]:
        return _answered(
            lambda: self.desk.vote(topic, work, judgement, note, self.voter), telling.voted
        )

    def read_work(self, number: str) -> str:
        try:
            return telling.whole(self.desk.work(number))
        except InputError as error:
            raise ResourceNotFoundError(_fault(error)) from None


def _answered(ask: Callable[[], Answer], told: Callable[[Answer], str]) -> CallToolResult:
    """The answer as text and as data. What goes wrong is an answer too: thing, cause, remedy."""
    try:
        answer = ask()
    except LitwatchError as error:
        return CallToolResult(content=[_text(_fault(error))], is_error=True)
    return CallToolResult(
        content=[_text(told(answer))], structured_content=answer.model_dump(mode="json")
    )


def _fault(error: LitwatchError) -> str:
    place = f"\n{error.here}" if isinstance(error, QueryError) and error.query else ""
    return f"{error}{place}"


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
