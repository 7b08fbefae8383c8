"""/exports: works as files for reference managers, spreadsheets and programs."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

from service import archive, replay
from service.archive.exports import FORMATS
from service.bootstrap import exported
from service.errors import InputError
from service.web.api import models
from service.web.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable, Sequence

    from service.archive.exports import Format
    from service.bootstrap import App
    from service.store import Unit

    Choice = Callable[[Unit], Iterable[int]]

Form = Literal["bibtex", "ris", "csl", "csv", "jsonl", "nbib"]
In = Annotated[Form, Query(description="nbib leaves out works without a PMID")]
Text = Annotated[
    str | None,
    Query(max_length=models.LONGEST_QUERY, description="all works that answer to this whole query"),
]
Topic = Annotated[
    str | None,
    Query(max_length=models.LONGEST_NAME, description="relevant or saved for this topic"),
]
Digest = Annotated[str | None, Query(max_length=300, description="works of the digest of this id")]
Saved = Annotated[bool, Query(description="works saved for any topic")]
Named = Annotated[
    list[str] | None, Query(max_length=models.MOST, description="the works with these names")
]
_LIKE = 1_000  # works, of those like one: likeness has no end
_PIECE = 65_536  # characters
_CONTENT = {
    kind: {"schema": {"type": "array" if kind.endswith("+json") else "string"}}
    for kind in (each.media_type.partition(";")[0] for each in FORMATS.values())
}


def routes(app: App) -> APIRouter:
    """Works by search, topic, digest, saved, or name: exactly one of them."""
    router = APIRouter(tags=["exports"])

    @router.get(
        "/exports",
        response_class=Response,
        responses={200: {"content": _CONTENT}, 400: {}, 404: {}},
    )
    def export(
        caller: Reader,
        request: Request,
        *,
        format: In,
        q: Text = None,
        topic: Topic = None,
        digest: Digest = None,
        saved: Saved = False,
        work: Named = None,
    ) -> Response:
        """Works as a file, of any length: it is sent as it is written."""
        form = FORMATS[format]
        chunks = _written(app, form, _choice(app, q, topic, digest, work, saved=saved))
        with looking_up():
            first = next(chunks, b"")  # what cannot be done is told before an answer begins
        if request.state.head:  # the body would be left out: it is not even written
            chunks.close()
        return _file(form, first, chunks)

    return router


def found_file(app: App, form: Format, q: str) -> StreamingResponse:
    """All works that answer to a query, as a file. Raises `QueryError`, `InputError`."""
    chunks = _written(app, form, _searched(app, q))
    return _file(form, next(chunks, b""), chunks)


def _file(form: Format, first: bytes, rest: Generator[bytes]) -> StreamingResponse:
    named = f'attachment; filename="litwatch.{form.endings[0]}"'
    return StreamingResponse(
        _sent(first, rest),
        media_type=form.media_type,
        headers={"Content-Disposition": named},
    )


async def _sent(first: bytes, rest: Generator[bytes]) -> AsyncIterator[bytes]:
    """All pieces; where the asker leaves before the end, the transaction behind them ends too."""
    with closing(rest):
        yield first
        async for piece in iterate_in_threadpool(rest):
            yield piece


def _choice(
    app: App,
    q: str | None,
    topic: str | None,
    digest: str | None,
    work: Sequence[str] | None,
    *,
    saved: bool,
) -> Choice:
    """Which works are meant. Raises `InputError` unless one thing is."""
    if sum((q is not None, topic is not None, digest is not None, saved, bool(work))) != 1:
        told = "is of one thing"
        raise InputError("an export", told, "give one of q, topic, digest, saved and work")
    if q is not None:
        return _searched(app, q)
    if topic is not None:
        return lambda tx: exported.wanted(tx, topic)
    if digest is not None:
        return lambda tx: exported.sent(tx, replay.find(tx, digest).id)
    return lambda tx: exported.named(tx, work) if work else exported.saved(tx)


def _searched(app: App, q: str) -> Choice:
    query = archive.parse(q, app.clock.now(), UTC)
    if query.likes:
        near = exported.alike(app, q, _LIKE)
        return lambda _: near
    return lambda tx: exported.found(tx, query)


def _written(app: App, form: Format, choice: Choice) -> Generator[bytes]:
    """The file, in pieces. Raises what the choice raises before the first."""
    with app.store.reading() as tx:
        entries = exported.entries(tx, choice(tx), lambda _: None)
        piece = ""
        for text in form.written(entry for entry in entries if form.fits(entry)):
            piece += text
            if len(piece) >= _PIECE:
                yield piece.encode()
                piece = ""
        yield piece.encode()
