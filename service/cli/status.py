"""`litwatch status`: what needs a person, and who works."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import click

from service import claims
from service.cli import workers
from service.cli.deliveries import digest_of, week_of, why
from service.cli.session import Session, json_option, moment, pass_session, print_json
from service.records import DeliveryState
from service.records.gaps import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.needs import Needs


@click.command()
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """What needs a person: sources that fail, deliveries in doubt or dead, digests in part or
    overdue, subscriptions that cannot be sent to, saved searches that are gone, seeds that were
    retracted, and alarms. Then who works on the archive, what each worker does, and what those that
    are gone had claimed.

    What failed is shown for two weeks, what is in doubt until it is resolved.
    """
    from service import needs

    with session.opened() as app:
        now = app.store.now()
        with app.store.reading() as tx:
            found = needs.read(tx, app.channels, app.clock.now())
            counts = tx.deliveries.counts()
            alarms = tx.alarms.open()
            crew = claims.crew(tx.workers.list(), tx.claims.held(), now)
    if as_json:
        told = {each.name: getattr(found, each.name) for each in fields(found)}
        crowd = {each.name: getattr(crew, each.name) for each in fields(crew)}
        print_json({**told, "alarms": alarms, "deliveries": counts, "workers": crowd})
        return
    for line in _told(found):
        click.echo(line)
    if alarms:
        click.echo(f"alarms: {len(alarms)}; see: litwatch alarms")
    click.echo("deliveries: " + (", ".join(f"{n} {s}" for s, n in counts.items()) or "none yet"))
    for line in workers.lines(crew, now):
        click.echo(line)
    if not found and not alarms:
        click.echo("Nothing needs you.")


def _told(found: Needs) -> Iterator[str]:
    for source in found.failing:
        often = "once" if source.failures == 1 else f"{source.failures} times"
        yield f"source {source.name}: failed {often}: {plain(source.error or '')}"
    for line in found.urgent:
        told = "in doubt" if line.state is DeliveryState.UNKNOWN else "dead"
        yield f"{told}: {line.id[:8]} {digest_of(line)} to {line.channel} {line.destination}"
        yield f"  {why(line)}"
    for part in found.partial:
        missing = ", ".join(map(str, part.missing))
        which = f"{part.subscription} {week_of(part.period)}"
        yield f"partial: {which} is in {part.channel} {part.destination} without part {missing}"
    for stop in found.bounced:
        yield f"stopped: {stop.subscription}, for its mails come back: {stop.detail}"
        yield f"  mend the address, or: litwatch subscriptions resume {stop.subscription}"
    for subscription in found.unconfigured:
        yield f"not configured: {subscription.channel}, where {subscription.name} is to be sent"
        yield "  see: litwatch config check"
    for digest in found.overdue:
        yield f"overdue: the digest of {digest.subscription}, due {moment(digest.due_at)}"
        yield "  see whether litwatch run is running, and what it logs"
    for search in found.unasked:
        sent = ", ".join(search.subscriptions)
        yield f"search {search.search}, which is to be sent to {sent}: {search.fault}"
        yield f"  litwatch searches save {search.search} QUERY, or end the subscription to it"
    for seed in found.doubted:
        yield f'seed "{seed.title}" of topic {seed.topic}: {seed.fault}'
        yield f"  litwatch topics seed remove {seed.topic} {seed.seed}"
