"""This week: what came, ranked by a topic; judged and read here."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from service import ballots, voting
from service.digest import compose, words
from service.errors import InputError
from service.records import Judgement
from service.sifting import Show
from service.web.site import week_list
from service.web.site.door import Marked, Posted, Reading  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import back, done, page
from service.web.site.week_list import SHOWN
from service.web.site.week_view import Asked
from service.web.votes import NOTE

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.web.site.door import Visitor
    from service.web.site.errands import Errands, Say
    from service.web.site.week_view import View

_ERRAND = "week"
_TOLD = {
    Judgement.RELEVANT: "Relevant",
    Judgement.NOT_RELEVANT: "Not relevant",
    Judgement.SAVED: "Saved",
    Judgement.WITHDRAWN: "Taken back",
}
_PAUSE = timedelta(minutes=1)  # after a ranking that came to nothing
_MOST_READ = 1_000  # works that one form may mark


def routes(app: App, errands: Errands) -> APIRouter:
    """/ and /week lead to the first topic's week, or to where one begins; /week/TOPIC. POST /votes
    and /read are for any page: they lead back to where the form asks to go."""
    router = APIRouter()

    @router.get("/")
    @router.get("/week")
    def first(_visitor: Reading) -> Response:
        with app.store.reading() as tx:
            topics = tx.topics.current()
            begun = topics and tx.works.sequence()
        return RedirectResponse(f"/week/{topics[0].slug}" if begun else "/start", 303)

    @router.get("/week/{topic}")
    def show(request: Request, visitor: Reading, topic: str) -> Response:
        asked = _asked(topic, dict(request.query_params))
        with app.store.reading() as tx:
            topics = app.topics(tx)
            if all(each.slug != topic for each in topics):
                raise HTTPException(404)
            view = week_list.look(app, tx, visitor, topics, asked)
        if view.age is None or view.age.stale or view.undrawn:
            _begin(app, errands, visitor, view)
        return page(request, visitor, "week.html", **_values(app, errands, view))

    _acts(router, app)
    return router


def _acts(router: APIRouter, app: App) -> None:
    @router.post("/votes")
    def vote(request: Request, form: Posted) -> Response:
        topic, note = form.text("topic"), form.text("note")
        if len(note) > NOTE:
            told = f"is longer than {NOTE:,} characters"
            raise InputError("the note", told, "go back and shorten it")
        ballot = voting.Ballot(form.text("work"), ballots.judgement(form.text("say")), note=note)
        [counted] = voting.cast(app.parts, topic, [ballot], voter=form.visitor.name, via="web")
        told = f"{_TOLD[ballot.judgement]}: {words.title(counted.work, 90)}"
        return done(request, _staying(form.text("back"), topic, counted.work.id), told)

    @router.post("/read")
    def read(request: Request, form: Marked) -> Response:
        works = [int(text) for text in form.texts("work") if text.isdecimal() and len(text) < 19]
        unread = form.text("say") == "unread"
        if not works or len(works) > _MOST_READ:
            told = f"names {len(works):,} works"
            raise InputError("the form", told, f"mark from 1 to {_MOST_READ:,}")
        with app.store.writing() as tx:
            there = [work.id for work in tx.works.many(works)]
            if unread:
                tx.readings.unmark(form.visitor.name, there)
            else:
                tx.readings.mark(form.visitor.name, there, app.clock.now())
        told = "Marked as unread." if unread else "Marked as read."
        one = works[0] if form.text("one") else None
        return done(request, _staying(form.text("back"), form.text("topic"), one), told)


def _begin(app: App, errands: Errands, visitor: Visitor, view: View) -> None:
    """Rank beside what the page does, unless that has just come to nothing."""
    last = errands.of(_ERRAND)
    if last and last.ended_at and app.clock.now() - last.ended_at < _PAUSE:
        vain = view.undrawn and view.age and not view.age.stale
        if last.failed or vain:
            return
    errands.start(_ERRAND, "new papers", visitor.name, partial(_rank, app))


def _rank(app: App, _say: Say) -> str:
    return f"{words.counted(app.rank_weeks(), 'list')} ranked anew"


def _values(app: App, errands: Errands, view: View) -> dict[str, Any]:
    week, errand = view.week, errands.of(_ERRAND)
    return {
        "view": view,
        "asked": view.asked,
        "topic": view.topic,
        "week": week,
        "shows": tuple(Show),
        "back": view.asked.address(),
        "shown": SHOWN,
        "ago": _ago(app.clock.now() - week.at) if week else "",
        "missing": compose.degraded(week.missing) if week else "",
        "errand": errand,
    }


def _asked(topic: str, query: dict[str, str]) -> Asked:
    """What an address asks for; what it cannot mean is left out."""
    shows = {str(each): each for each in Show}
    start, keep = query.get("from", ""), query.get("with", "")
    return Asked(
        topic,
        shows.get(query.get("show", ""), Show.UNREAD),
        kind=query.get("type", ""),
        source=query.get("source", ""),
        start=int(start) if start.isdecimal() and len(start) < 6 else 0,
        keep=frozenset({int(keep)} if keep.isdecimal() and len(keep) < 19 else ()),
    )


def _staying(wanted: str, topic: str, work: int | None) -> str:
    """Where a form asks to go back to; on a page of a week with the work that it was about, which
    may not belong to that part of the list any more."""
    parts = urlsplit(back(wanted, f"/week/{topic}"))
    if not parts.path.startswith("/week/") or work is None:
        return parts.geturl()
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "with"]
    there = parts._replace(query=urlencode([*query, ("with", work)]), fragment=f"work-{work}")
    return there.geturl()


def _ago(passed: timedelta) -> str:
    """ "just now", "3 minutes ago", "2 days ago"."""
    minutes = int(passed.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{words.counted(minutes // size, unit)} ago"
    return "just now"
