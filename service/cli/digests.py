"""`litwatch digest` and `litwatch deliveries`: what is sent, and how that stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    DELIVERY_FAILED,
    STOPPED,
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
    write_file,
)
from service.errors import DeliveryError, InputError, LitwatchError
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.bootstrap import App
    from service.delivery.outbox import Transition
    from service.pipeline import Draft
    from service.records import Delivery, DigestContent, Subscription


@click.group()
def digest() -> None:
    """Digests: preview one, send what is due, list past ones."""


@digest.command()
@click.argument("name", metavar="SUBSCRIPTION", required=False)
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "html", "slack", "email"]),
    default="text",
    help="How to show it.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@json_option
@pass_session
def preview(session: Session, name: str | None, form: str, out: Path | None, as_json: bool) -> None:
    """Show the digest that would be sent now. Sends nothing, writes nothing to the archive."""
    with session.opened(configured=True) as app:
        subscription, drafted = draft(app, name)
        if as_json:
            print_json(drafted.content)
            return
        shown = rendered(app, drafted, subscription, form)
    if out:
        write_file(out, shown)
    else:
        click.echo(shown.decode())


def draft(app: App, name: str | None) -> tuple[Subscription, Draft]:
    """The named subscription (or the only one) and its digest as of now."""
    from service import periods, pipeline

    with app.store.reading() as tx:
        active = dict(tx.subscriptions.active())
        if name is not None:
            subscription, created = tx.subscriptions.get(name)
        elif len(active) == 1:
            subscription, created = next(iter(active.items()))
        elif active:
            known = ", ".join(s.name for s in active)
            raise InputError("SUBSCRIPTION", "is needed", f"there are: {known}")
        else:
            raise InputError("subscriptions", "there is none", "add one to litwatch.toml")
        last = tx.digests.last(subscription.name)
    now = app.clock.now()
    upcoming = periods.next_due(subscription, now, last.period if last else None)
    return subscription, pipeline.draft(app.parts, subscription, upcoming.key, created)


def rendered(app: App, drafted: Draft, subscription: Subscription, form: str) -> bytes:
    """A draft in one form, as bytes; several Slack messages are one JSON list."""
    from service.digest.page import render_html
    from service.digest.terminal import render_text

    if form == "text":
        return render_text(drafted.content).encode()
    if form == "html":
        return render_html(drafted.content, for_mail=False).encode()
    if form not in app.renderers:
        raise _not_configured(form)
    parts = app.renderers[form].render(drafted.content, subscription.destination)
    if form == "email":
        return parts[0].payload
    return b"[" + b",\n".join(part.payload for part in parts) + b"]"


def _not_configured(channel: str) -> DeliveryError:
    return DeliveryError(channel, "is not configured", "see: litwatch config check")


@digest.command()
@click.option(
    "--now", "at_once", metavar="SUBSCRIPTION", help="Send this one though it is not due."
)
@json_option
@pass_session
def send(session: Session, at_once: str | None, as_json: bool) -> int:
    """Write the digests that are due and send what is waiting. Safe to repeat: a period is sent
    once. Exits 6 if a delivery failed or is in doubt."""
    with session.opened(configured=True, stopped_status=STOPPED) as app:
        try:
            made = _made(app, at_once)
        except LitwatchError:
            app.deliver()  # what others wait for goes out all the same
            raise
        done = app.deliver()
    if as_json:
        digests = [{"id": c.digest_id, "shown": c.shown, "period": c.period} for c in made]
        deliveries = [
            {"id": d.id, "channel": d.channel, "part": d.part, "change": change}
            for d, change in done
        ]
        print_json({"digests": digests, "deliveries": deliveries})
    else:
        _show_sent(made, done)
    bad = {DeliveryState.DEAD, DeliveryState.UNKNOWN, DeliveryState.RETRY}
    return DELIVERY_FAILED if any(change.state in bad for _, change in done) else 0


def _made(app: App, at_once: str | None) -> list[DigestContent]:
    """Freeze what is due, and the digest of the subscription `at_once`."""
    from service import periods, pipeline

    made = pipeline.digest_due(app.parts)
    if at_once is None:
        return made
    with app.store.reading() as tx:
        subscription, created = tx.subscriptions.get(at_once)
    if subscription.channel not in app.channels:
        raise _not_configured(subscription.channel)
    period = periods.latest(subscription, app.clock.now())
    drafted = pipeline.draft(app.parts, subscription, period.key, created)
    if pipeline.freeze(app.parts, subscription, drafted):
        return [*made, drafted.content]
    if at_once not in {content.subscription for content in made}:
        say(f"{at_once}: the digest of {_week(period.key)} exists already; nothing was added")
    return made


def _show_sent(made: list[DigestContent], done: list[tuple[Delivery, Transition]]) -> None:
    for content in made:
        say(f"{content.subscription}: {content.label}, {content.shown} works")
    for delivery, change in done:
        target = f"{delivery.channel} {delivery.destination} {delivery.part}/{delivery.parts}"
        say(f"{target}: {change.state}" + (f" ({change.detail})" if change.detail else ""))
    if not made and not done:
        say("Nothing is due.")


@digest.command("list")
@json_option
@pass_session
def list_digests(session: Session, as_json: bool) -> None:
    """Past digests, newest first."""
    with session.opened() as app, app.store.reading() as tx:
        past = tx.digests.past()
    if as_json:
        print_json(past)
        return
    rows = [
        (d.id, f"{d.subscription} {_week(d.period)}", moment(d.frozen_at), d.shown) for d in past
    ]
    table(("digest", "of", "frozen", "works"), rows, numbers=(3,), whole=(0,), empty="digests")


def _week(period: str) -> str:
    return period.rpartition(":")[2]


@click.command()
@click.argument("identity", metavar="[DELIVERY]", required=False)
@json_option
@pass_session
def deliveries(session: Session, identity: str | None, as_json: bool) -> None:
    """Deliveries and their states; with an id, everything that happened to it."""
    with session.opened() as app, app.store.reading() as tx:
        if identity:
            events = tx.deliveries.events(identity)
            if not events:
                raise InputError(
                    f"delivery {identity!r}", "does not exist", "see: litwatch deliveries"
                )
            _show_events(events, as_json)
            return
        lines = tx.deliveries.lines()
    if as_json:
        print_json(lines)
        return
    rows = [
        (
            line.id,
            f"{line.subscription} {_week(line.period)} {line.part}/{line.parts}",
            f"{line.channel} {line.destination}",
            line.state,
            line.attempt,
        )
        for line in lines
    ]
    table(
        ("delivery", "digest", "to", "state", "tries"),
        rows,
        numbers=(4,),
        whole=(0,),
        empty="deliveries",
    )
    for line in lines:
        words = " - ".join(text for text in (line.last_error, line.remedy) if text)
        if words:
            click.echo(f"{line.id}: {words}")


def _show_events(events: Sequence[tuple[datetime, str, str, str]], as_json: bool) -> None:
    if as_json:
        names = ("at", "from", "to", "detail")
        print_json([dict(zip(names, event, strict=True)) for event in events])
        return
    rows = [(moment(at), old, new, why) for at, old, new, why in events]
    table(("at", "from", "to", "why"), rows)
