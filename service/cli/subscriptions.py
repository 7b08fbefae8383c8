"""`litwatch subscriptions`: who is sent what and when, and who asked to be sent no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from service.cli.session import Session, json_option, pass_session, print_json, say, table
from service.records import StopReason

if TYPE_CHECKING:
    from datetime import datetime

    from service.bootstrap import App
    from service.records import Stop, Subscription

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STOPPED = {
    StopReason.UNSUBSCRIBED: "unsubscribed by its reader on",
    StopReason.BOUNCED: "mails come back since",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One subscription as listed; `next_run` None where nothing will be sent."""

    subscription: Subscription
    stop: Stop | None
    next_run: datetime | None

    @property
    def state(self) -> str:
        """The state as scripts know it."""
        if not self.subscription.active:
            return "off"
        return str(self.stop.reason) if self.stop else "active"

    @property
    def told(self) -> str:
        """The state as people read it."""
        if self.stop and self.subscription.active:
            day = self.stop.at.astimezone(ZoneInfo(self.subscription.zone)).date()
            return f"{_STOPPED[self.stop.reason]} {day}"
        return "active" if self.subscription.active else "switched off in the configuration"


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
            line.told,
        )
        for line in lines
    ]
    columns = ("subscription", "to", "topics, searches", "sent", "next", "state")
    table(columns, rows, empty="subscriptions")


def _lines(app: App) -> list[_Line]:
    """Every subscription there ever was, those that are sent first."""
    from service import periods

    now = app.clock.now()
    with app.store.reading() as tx:
        stops = tx.stops.active()
        found = []
        for subscription, _ in tx.subscriptions.all():
            stop = stops.get(subscription.name)
            last = tx.digests.last(subscription.name)
            due = periods.next_due(subscription, now, last.period if last else None).due_at
            sent = subscription.active and not stop
            found.append(_Line(subscription, stop, due if sent else None))
    return sorted(found, key=lambda line: not line.subscription.active)


def _fields(line: _Line) -> dict[str, object]:
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
        "state": line.state,
        "since": line.stop.at if line.stop else None,
        "detail": line.stop.detail if line.stop else "",
    }


def _what(one: Subscription) -> str:
    """ "stroma, search nets-pdac"."""
    return ", ".join([*one.topics, *(f"search {name}" for name in one.searches)])


def _place(one: Subscription) -> str:
    otherwise = f", else {one.fallback}" if one.fallback else ""
    return f"{one.destination} ({one.channel}){otherwise}"


def _local(line: _Line) -> str:
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
