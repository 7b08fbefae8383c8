"""`litwatch subscriptions`: who is sent what and when, and who asked to be sent no more."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table
from service.records import StopReason

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.records import Subscription
    from service.subscribing import Coming

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STOPPED = {
    StopReason.UNSUBSCRIBED: "unsubscribed by its reader on",
    StopReason.BOUNCED: "mails come back since",
}


def _state(line: Coming) -> str:
    """The state as scripts know it."""
    if not line.subscription.active:
        return "off"
    return str(line.stop.reason) if line.stop else "active"


def _told(line: Coming) -> str:
    """The state as people read it."""
    if line.stop and line.subscription.active:
        day = line.stop.at.astimezone(ZoneInfo(line.subscription.zone)).date()
        return f"{_STOPPED[line.stop.reason]} {day}"
    if line.subscription.active:
        return "active"
    return "switched off in the configuration" if line.configured else "switched off"


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def subscriptions(context: click.Context, as_json: bool) -> None:
    """Subscriptions: list them with their state; stop or resume one."""
    if context.invoked_subcommand is None:
        _list(context.ensure_object(Session), as_json)


def _list(session: Session, as_json: bool) -> None:
    with session.opened(configured=True) as app:
        lines = _lines(app)
    if as_json:
        print_json([_fields(line) for line in lines])
        return
    rows = [
        (
            line.subscription.name,
            _place(line.subscription),
            _what(line.subscription),
            f"{_DAYS[line.subscription.weekday]} {line.subscription.at}, {line.subscription.zone}",
            _local(line),
            _told(line),
        )
        for line in lines
    ]
    columns = ("subscription", "to", "topics, searches", "sent", "next", "state")
    table(columns, rows, empty="subscriptions")


def _lines(app: App) -> list[Coming]:
    """Every subscription there ever was, those that are switched on first."""
    from service import subscribing

    with app.store.reading() as tx:
        found = subscribing.coming(tx, app.clock.now())
    return sorted(found, key=lambda line: not line.subscription.active)


def _fields(line: Coming) -> dict[str, object]:
    one = line.subscription
    return {
        "name": one.name,
        "channel": one.channel,
        "destination": one.destination,
        "fallback": one.fallback,
        "topics": one.topics,
        "searches": one.searches,
        "weekday": _DAYS[one.weekday].lower(),
        "at": one.at,
        "zone": one.zone,
        "next_run": line.next_run,
        "author": line.author,
        "state": _state(line),
        "since": line.stop.at if line.stop else None,
        "detail": line.stop.detail if line.stop else "",
    }


def _what(one: Subscription) -> str:
    """ "stroma, search nets-pdac"."""
    return ", ".join([*one.topics, *(f"search {name}" for name in one.searches)])


def _place(one: Subscription) -> str:
    otherwise = f", else {one.fallback}" if one.fallback else ""
    return f"{one.destination} ({one.channel}){otherwise}"


def _local(line: Coming) -> str:
    """The next digest's day in its zone; the time is that of the schedule, clock changes aside."""
    if line.next_run is None:
        return "-"
    return f"{line.next_run.astimezone(ZoneInfo(line.subscription.zone)):%Y-%m-%d %H:%M}"


@subscriptions.command()
@click.argument("name")
@pass_session
def stop(session: Session, name: str) -> None:
    """Send nothing more to NAME, for a reader who asked for it by other ways than the link.

    What waits is not sent. It holds until `resume`, or until the subscription leads elsewhere.
    """
    with session.opened(configured=True) as app, app.store.writing() as tx:
        tx.subscriptions.get(name)
        now = app.clock.now()
        changed = tx.stops.stop(name, StopReason.UNSUBSCRIBED, "on the command line", now)
    say(f"{name}: nothing more is sent" if changed else f"{name}: was stopped already")


@subscriptions.command()
@click.argument("name")
@pass_session
def resume(session: Session, name: str) -> None:
    """Send to NAME again: its reader has changed their mind, or the mail box takes mail again.

    The next digest reaches back to the last one.
    """
    with session.opened(configured=True) as app, app.store.writing() as tx:
        subscription, _ = tx.subscriptions.get(name)
        changed = tx.stops.resume(name, app.clock.now())
    say(f"{name}: is sent again" if changed else f"{name}: was not stopped")
    if not subscription.active:
        say("note: it is switched off in the configuration")
