"""`litwatch status`: what needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from service import periods
from service.cli.deliveries import digest_of, week_of, why
from service.cli.session import Session, json_option, moment, pass_session, print_json
from service.records import DeliveryState, StopReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from service.bootstrap import App
    from service.store import Unit

_RECENT = timedelta(days=14)
_LATE = timedelta(hours=3)  # a worker makes a digest within minutes


@click.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """What needs a person: sources that fail, deliveries in doubt or dead, digests in part or
    overdue, subscriptions that cannot be sent to, and saved searches that are gone.

    What failed is shown for two weeks, what is in doubt until it is resolved.
    """
    with session.opened() as app, app.store.reading() as tx:
        found = _found(app, tx)
        counts = tx.deliveries.counts()
    if as_json:
        print_json({**found, "deliveries": counts})
        return
    for line in _told(found):
        click.echo(line)
    click.echo("deliveries: " + (", ".join(f"{n} {s}" for s, n in counts.items()) or "none yet"))
    if not any(found.values()):
        click.echo("Nothing needs you.")


def _found(app: App, tx: Unit) -> Mapping[str, Sequence[Any]]:
    """What needs a person, by kind."""
    since = app.clock.now() - _RECENT
    bad = (DeliveryState.UNKNOWN, DeliveryState.DEAD)
    lines = tx.deliveries.lines(limit=None, states=bad)
    return {
        "failing": [state for state in tx.sources.states() if state.failures],
        "urgent": [
            line for line in lines if line.state is DeliveryState.UNKNOWN or line.created_at > since
        ],
        "partial": [each for each in tx.deliveries.partial() if each.frozen_at > since],
        "bounced": [
            stop for stop in tx.stops.active().values() if stop.reason is StopReason.BOUNCED
        ],
        "unconfigured": [
            subscription
            for subscription, _ in tx.subscriptions.active()
            if subscription.channel not in app.channels
        ],
        "overdue": list(_overdue(tx, app.clock.now())),
        "unasked": list(_unasked(tx, app.clock.now())),
    }


def _overdue(tx: Unit, now: datetime) -> Iterator[Mapping[str, Any]]:
    """Digests that should have been made hours ago: no worker runs, or it cannot make them."""
    for subscription, created in tx.subscriptions.active():
        last = tx.digests.last(subscription.name)
        period = periods.due(subscription, now, last.period if last else None, created)
        if period is not None and period.due_at < now - _LATE:
            yield {"subscription": subscription.name, "due_at": period.due_at}


def _unasked(tx: Unit, now: datetime) -> Iterator[Mapping[str, Any]]:
    """Saved searches that digests are to be made of, and cannot."""
    from service import saved_searches

    readers = saved_searches.readers(tx)
    held = {saved.name: saved for saved in tx.searches.list()} if readers else {}
    for name, sent in readers.items():
        fault = saved_searches.fault(held[name], now) if name in held else "is gone"
        if fault:
            yield {"search": name, "fault": fault, "subscriptions": sent}


def _told(found: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for source in found["failing"]:
        yield f"source {source.name}: failed {source.failures} times: {source.error}"
    for line in found["urgent"]:
        told = "in doubt" if line.state is DeliveryState.UNKNOWN else "dead"
        yield f"{told}: {line.id[:8]} {digest_of(line)} to {line.channel} {line.destination}"
        yield f"  {why(line)}"
    for part in found["partial"]:
        missing = ", ".join(map(str, part.missing))
        which = f"{part.subscription} {week_of(part.period)}"
        yield f"partial: {which} is in {part.channel} {part.destination} without part {missing}"
    for stop in found["bounced"]:
        yield f"stopped: {stop.subscription}, for its mails come back: {stop.detail}"
        yield f"  mend the address, or: litwatch subscriptions resume {stop.subscription}"
    for subscription in found["unconfigured"]:
        yield f"not configured: {subscription.channel}, where {subscription.name} is to be sent"
        yield "  see: litwatch config check"
    for digest in found["overdue"]:
        yield f"overdue: the digest of {digest['subscription']}, due {moment(digest['due_at'])}"
        yield "  see whether litwatch run is running, and what it logs"
    for search in found["unasked"]:
        sent = ", ".join(search["subscriptions"])
        yield f"search {search['search']}, which is to be sent to {sent}: {search['fault']}"
        yield f"  litwatch searches save {search['search']} QUERY, or end the subscription to it"
