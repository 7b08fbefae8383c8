"""`litwatch digest send`: what is due, one at once, or a test to one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.deliveries import week_of
from service.cli.session import (
    DELIVERY_FAILED,
    STOPPED,
    Session,
    json_option,
    pass_session,
    print_json,
    say,
)
from service.errors import InputError, LitwatchError
from service.records import DeliveryState

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.delivery.outbox import Transition
    from service.records import Delivery, DigestContent
    from service.trial import Sent


@click.command()
@click.argument("name", metavar="[SUBSCRIPTION]", required=False)
@click.option(
    "--now", "at_once", metavar="SUBSCRIPTION", help="Send this one though it is not due."
)
@click.option(
    "--to",
    "destination",
    metavar="DESTINATION",
    help="Send SUBSCRIPTION's digest as it is now, as a test, to this mail address, Slack channel "
    '(C...), file (a name.html or .txt in file.folder) or Apprise target; "me" is http.contact.',
)
@click.option(
    "--channel",
    type=click.Choice(["slack", "email", "file", "apprise"]),
    help="With --to: what DESTINATION is, where it cannot be told from its form.",
)
@json_option
@pass_session
def send(
    session: Session,
    *,
    name: str | None,
    at_once: str | None,
    destination: str | None,
    channel: str | None,
    as_json: bool,
) -> int:
    """Write the digests that are due and send what is waiting. Safe to repeat: a period is sent
    once. Exits 6 if a delivery failed or is in doubt.

    With --to, one digest goes to one place as a test, marked as such: nothing is recorded, no
    period is used up, and it is tried once.
    """
    if destination is None:
        _only_with_to(name, channel)
        return _due(session, at_once, as_json)
    if at_once is not None:
        raise InputError("--now", "does not go with --to", f"write: --to {destination} {at_once}")
    return _trial(session, name, destination, channel, as_json)


def _only_with_to(name: str | None, channel: str | None) -> None:
    if name is not None:
        remedy = f"to send it though it is not due: --now {name}; as a test: --to DESTINATION"
        raise InputError(f"SUBSCRIPTION {name!r}", "is for --to", remedy)
    if channel is not None:
        raise InputError(f"--channel {channel}", "is for --to", "add --to DESTINATION")


# -- what is due ----------------------------------------------------------------------------------


def _due(session: Session, at_once: str | None, as_json: bool) -> int:
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
    from service.bootstrap import trying

    made = pipeline.digest_due(app.parts)
    if at_once is None:
        return made
    content = trying.make_now(app, at_once)
    if content is not None:
        return [*made, content]
    if at_once not in {each.subscription for each in made}:
        with app.store.reading() as tx:
            subscription, _ = tx.subscriptions.get(at_once)
        week = week_of(periods.latest(subscription, app.clock.now()).key)
        say(f"{at_once}: the digest of {week} exists already; nothing was added")
    return made


def _show_sent(made: list[DigestContent], done: list[tuple[Delivery, Transition]]) -> None:
    for content in made:
        say(f"{content.subscription}: {content.label}, {content.shown} works")
    for delivery, change in done:
        say(f"{_target(delivery)}: {change.state}" + (f" ({change.detail})" * bool(change.detail)))
    if not made and not done:
        say("Nothing is due.")


def _target(delivery: Delivery) -> str:
    return f"{delivery.channel} {delivery.destination} {delivery.part}/{delivery.parts}"


# -- a test ---------------------------------------------------------------------------------------


def _trial(
    session: Session, name: str | None, wanted: str, channel: str | None, as_json: bool
) -> int:
    from service.bootstrap import trying

    with session.opened(configured=True) as app:
        content, done = trying.send_test(app, name, wanted, channel)
    if as_json:
        print_json({"digest": content.subscription, "shown": content.shown, "parts": _told(done)})
    else:
        _show_trial(content, done)
    return 0 if all(each.arrived for each in done) else DELIVERY_FAILED


def _told(done: list[Sent]) -> list[dict[str, object]]:
    return [
        {
            "channel": each.delivery.channel,
            "destination": each.delivery.destination,
            "part": each.delivery.part,
            "parts": each.delivery.parts,
            "state": each.outcome.state,
            "detail": each.outcome.detail,
            "remedy": each.outcome.remedy,
            "provider_id": each.outcome.provider_id,
        }
        for each in done
    ]


def _show_trial(content: DigestContent, done: list[Sent]) -> None:
    say(f"{content.subscription}: test of {content.label}, {content.shown} works")
    for each in done:
        place = f": {each.outcome.provider_id}" if each.delivery.channel == "file" else ""
        say(f"{_target(each.delivery)}: {each.outcome.state} ({each.outcome.detail}){place}")
    last = done[-1]
    if last.arrived:
        return
    if last.delivery.parts > last.delivery.part:
        say(f"The other {last.delivery.parts - last.delivery.part} parts were not sent.")
    usual = {
        DeliveryState.UNKNOWN: "it may have arrived: look there before you try again",
        DeliveryState.RETRY: "nothing has arrived: try again in a while",
    }
    say(f"Remedy: {last.outcome.remedy or usual.get(last.outcome.state, 'mend the cause')}")
