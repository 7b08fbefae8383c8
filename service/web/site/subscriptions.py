"""Subscriptions: who is sent what and when, in the person's own time; making and changing them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from fastapi import APIRouter, Request, Response

from service import subscribing
from service.bootstrap import trying
from service.errors import InputError, LitwatchError
from service.records import StopReason
from service.web.site import subscribing_form
from service.web.site.door import Reading, Tuned, Tuning  # noqa: TC001 - FastAPI reads them
from service.web.site.shell import done, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.bootstrap import App
    from service.store import Unit
    from service.subscribing import Coming
    from service.web.site.door import Filled, Visitor
    from service.web.site.errands import Errands, Say


def listed(app: App, tx: Unit) -> list[Coming]:
    """Every subscription there ever was, those that are sent first."""
    return sorted(subscribing.coming(tx, app.clock.now()), key=lambda each: not each.runs)


def _found(app: App, name: str) -> Coming:
    """One of them. Raises `InputError`."""
    with app.store.reading() as tx:
        return subscribing.coming_of(tx, name, app.clock.now())


def routes(app: App, errands: Errands) -> APIRouter:
    """/subscriptions, /subscriptions/new, /subscriptions/NAME and what is done there."""
    router = APIRouter()

    @router.get("/subscriptions")
    def show_all(request: Request, visitor: Reading) -> Response:
        with app.store.reading() as tx:
            found = listed(app, tx)
        return page(request, visitor, "subscriptions.html", subscriptions=found)

    @router.get("/subscriptions/new")
    def fresh(request: Request, visitor: Tuning) -> Response:
        given = request.query_params
        fields = subscribing_form.empty(given.get("channel", ""), given.get("to", ""))
        return _edited(app, request, visitor, None, fields)

    @router.post("/subscriptions/new")
    def make(request: Request, form: Tuned) -> Response:
        return _kept(app, request, form, None)

    @router.get("/subscriptions/{name}")
    def show(request: Request, visitor: Reading, name: str) -> Response:
        found = _found(app, name)
        fields = subscribing_form.shown(found.subscription)
        errand = errands.of(f"test {name}")
        return _edited(app, request, visitor, found, fields, errand=errand)

    @router.post("/subscriptions/{name}")
    def change(request: Request, form: Tuned, name: str) -> Response:
        return _kept(app, request, form, name)

    _acts(router, app, errands)
    return router


def _acts(router: APIRouter, app: App, errands: Errands) -> None:
    @router.post("/subscriptions/{name}/stop")
    def stop(request: Request, form: Tuned, name: str) -> Response:
        with app.store.writing() as tx:
            tx.subscriptions.get(name)
            why = f"by {form.visitor.name} (web)"
            tx.stops.stop(name, StopReason.UNSUBSCRIBED, why, app.clock.now())
        return done(request, f"/subscriptions/{name}", f"Nothing more is sent to {name}.")

    @router.post("/subscriptions/{name}/resume")
    def resume(request: Request, form: Tuned, name: str) -> Response:
        with app.store.writing() as tx:
            tx.subscriptions.get(name)
            tx.stops.resume(name, app.clock.now())
        told = f"{name} is sent again; the next digest reaches back to the last one."
        return done(request, f"/subscriptions/{name}", told)

    @router.post("/subscriptions/{name}/end")
    def end(request: Request, form: Tuned, name: str) -> Response:
        with app.store.writing() as tx:
            subscribing.end(tx, name, app.clock.now())
        return done(request, "/subscriptions", f"{name} is switched off; its digests are kept.")

    @router.post("/subscriptions/{name}/now")
    def now(request: Request, form: Tuned, name: str) -> Response:
        """This week's digest, though it is not due: it is made once, and counts."""
        with app.store.reading() as tx:
            tx.subscriptions.get(name)
        begun = errands.start(
            f"test {name}", "now", form.visitor.name, partial(_send_now, app, name)
        )
        told = "The digest is being made and sent." if begun else "One is being made already."
        return done(request, f"/subscriptions/{name}", told)

    @router.post("/subscriptions/{name}/test")
    def test(request: Request, form: Tuned, name: str) -> Response:
        """A digest is drafted and sent as a test: both take a while."""
        with app.store.reading() as tx:
            one, _ = tx.subscriptions.get(name)
        to = form.text("to", one.destination)
        channel = one.channel if to == one.destination else None
        work = partial(_test, app, name, to, channel)
        begun = errands.start(f"test {name}", f"to {to}", form.visitor.name, work)
        told = f"A test is being made and sent to {to}." if begun else "A test is under way."
        return done(request, f"/subscriptions/{name}", told)


def _send_now(app: App, name: str, say: Say) -> str:
    say("The digest is being made.")
    with app.model:
        made = trying.make_now(app, name)
    if made is None:
        return "This week's digest was made before: it is among the digests."
    app.deliver()
    return f"Made, with {made.shown} works: it is among the digests, with what became of it."


def _test(app: App, name: str, to: str, channel: str | None, say: Say) -> str:
    say("The digest is being made.")
    with app.model:
        content, sent = trying.send_test(app, name, to, channel)
    last = sent[-1]
    if last.arrived:
        place = f": {last.outcome.provider_id}" if last.delivery.channel == "file" else ""
        return f"Sent, with {content.shown} works{place}."
    remedy = last.outcome.remedy or "mend the cause and try again"
    raise InputError(f"the test to {to}", last.outcome.detail or str(last.outcome.state), remedy)


def _kept(app: App, request: Request, form: Filled, name: str | None) -> Response:
    """Keep what was filled in, or show it again with what is wrong."""
    fields = subscribing_form.Fields.of(form, name)
    try:
        subscription = subscribing_form.read(fields)
        with app.store.writing() as tx:
            if name is not None:
                tx.subscriptions.get(name)
            subscribing.keep(
                tx,
                subscription,
                channels=app.channels,
                author=form.visitor.name,
                now=app.clock.now(),
                anew=name is None,
            )
    except LitwatchError as error:
        found = None if name is None else _found(app, name)
        return _edited(app, request, form.visitor, found, fields, trouble=str(error), status=422)
    told = "is made" if name is None else "is changed"
    return done(request, f"/subscriptions/{subscription.name}", f"{subscription.name} {told}.")


def _edited(
    app: App,
    request: Request,
    visitor: Visitor,
    found: Coming | None,
    fields: subscribing_form.Fields,
    *,
    status: int = 200,
    trouble: str = "",
    errand: object = None,
) -> Response:
    with app.store.reading() as tx:
        topics: Mapping[str, str] = {topic.slug: topic.name for topic in app.topics(tx)}
        searches = [saved.name for saved in tx.searches.list()]
    return page(
        request,
        visitor,
        "subscription.html",
        status=status,
        found=found,
        fields=fields,
        topics=topics,
        searches=searches,
        channels=sorted(app.channels),
        zones=sorted(available_timezones()),
        weekdays=subscribing_form.WEEKDAYS,
        trouble=trouble,
        errand=errand,
        busy=errand is not None and errand.running,  # type: ignore[attr-defined]  # an Errand
    )
