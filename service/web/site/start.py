"""The way from nothing to a first digest: what is done, what is next, each a button away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from service import pipeline
from service.digest import words
from service.errors import EncoderError, StoreError
from service.web.site.door import Reading, Tuned  # noqa: TC001 - FastAPI reads the annotations
from service.web.site.shell import done, page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.bootstrap import App
    from service.records import Subscription, Topic
    from service.sources.polling import PollResult
    from service.web.site.errands import Errands, Say

_ERRAND = "fill"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is who begins."""

    topics: Sequence[Topic]
    sources: Sequence[str]
    works: int
    ranked: bool
    subscriptions: Sequence[Subscription]
    digests: int


def routes(app: App, errands: Errands) -> APIRouter:
    """/start, and POST /start/fill."""
    router = APIRouter()

    @router.get("/start")
    def show(request: Request, visitor: Reading) -> Response:
        with app.store.reading() as tx:
            far = Progress(
                topics=app.topics(tx),
                sources=app.source_names,
                works=tx.works.held(),
                ranked=bool(tx.weeks.kept()),
                subscriptions=[one for one, _ in tx.subscriptions.active()],
                digests=len(tx.listing.digests(1)),
            )
        errand = errands.of(_ERRAND)
        return page(
            request,
            visitor,
            "start.html",
            far=far,
            errand=errand,
            busy=errand is not None and errand.running,
            contact=app.settings.http.contact,
            days=app.settings.poll.first_days,
        )

    @router.post("/start/fill")
    def fill(request: Request, form: Tuned) -> Response:
        begun = errands.start(_ERRAND, "all sources", form.visitor.name, partial(_fill, app))
        told = "The sources are being asked." if begun else "They are being asked already."
        return done(request, "/start", told)

    return router


def _fill(app: App, say: Say) -> str:
    """Poll all sources, embed what came, and rank it: what `litwatch run` does by itself."""
    fetched = 0

    def progress(source: str, tally: object) -> None:
        nonlocal fetched
        fetched += tally.fetched  # type: ignore[attr-defined]  # a Tally
        say(f"{fetched:,} records so far, the last from {source}.")

    results = app.poll(app.sources, force=True, progress=progress)
    notes = [*_broken(results), *_embedded(app, say)]
    say("The papers are being ranked.")
    app.rank_weeks()
    new = sum(result.tally.new for result in results)
    return " ".join([f"{words.counted(new, 'new record')} came and were ranked.", *notes])


def _broken(results: Sequence[PollResult]) -> list[str]:
    return [f"{result.error}." for result in results if result.error]


def _embedded(app: App, say: Say) -> list[str]:
    """Vectors of what came, kept ready for searching; what is missing is told, not raised."""
    try:
        with app.model:
            waiting = pipeline.to_embed(app.parts)
            pipeline.embed(app.parts, _counting(waiting, say))
        app.neighbours.refresh(app.query_encoder.info(), lambda _done: app.go_on())
    except (EncoderError, StoreError) as error:
        return [f"Ranked by words only: {error}."]
    return []


def _counting(waiting: int, say: Say) -> Callable[[int], None]:
    read = 0

    def progress(done: int) -> None:
        nonlocal read
        read += done
        say(f"{read:,} of {waiting:,} papers read.")

    return progress
