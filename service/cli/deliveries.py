"""`litwatch deliveries`: how sending stands, and what a person may change."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from service.cli.session import (
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
)
from service.errors import InputError
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap.operating import Explained
    from service.store.delivery_lists import DeliveryLine

_COMMANDS = {
    "retry": "litwatch deliveries retry {id}",
    "sent": "litwatch deliveries resolve {id} --sent",
    "resend": "litwatch deliveries resolve {id} --resend",
    "cancel": "litwatch deliveries resolve {id} --cancel",
}


class _OrExplain(click.Group):
    """A word that is no command is the id of a delivery to be explained."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            args = ["explain", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_OrExplain, invoke_without_command=True)
@click.option(
    "--state",
    "states",
    type=click.Choice([str(state) for state in DeliveryState]),
    multiple=True,
    help="Only those in this state (may be repeated).",
)
@click.option("--all", "everything", is_flag=True, help="All there ever were, not the last 200.")
@json_option
@click.pass_context
def deliveries(
    context: click.Context, states: tuple[str, ...], *, everything: bool, as_json: bool
) -> None:
    """What was sent where: list it; explain, retry or resolve one.

    Those in doubt come first, then the dead, each with its cause and what can be done.
    """
    if context.invoked_subcommand is not None:
        return
    session = context.ensure_object(Session)
    chosen = [DeliveryState(state) for state in states]
    with session.opened() as app, app.store.reading() as tx:
        lines = tx.deliveries.lines(limit=None if everything else 200, states=chosen)
    if as_json:
        print_json(lines)
    else:
        _list(lines)


def _list(lines: Sequence[DeliveryLine]) -> None:
    rows = [
        (
            line.id[:8],
            digest_of(line),
            f"{line.channel} {line.destination}",
            line.state,
            line.attempt,
        )
        for line in lines
    ]
    columns = ("delivery", "digest", "to", "state", "tries")
    table(columns, rows, numbers=(4,), whole=(0,), empty="deliveries")
    for line in lines:
        if told := why(line):
            click.echo(f"{line.id[:8]}: {told}")


def digest_of(line: DeliveryLine) -> str:
    """Of which digest it is a part, and which part: "weekly 2026-W47 1/2"."""
    return f"{line.subscription} {week_of(line.period)} {line.part}/{line.parts}"


def week_of(period: str) -> str:
    """ "2026-W47" of a period's key."""
    return period.rpartition(":")[2]


def why(line: DeliveryLine) -> str:
    """What went wrong, and what can be done; "" where nothing did."""
    return " - ".join(text for text in (line.last_error, line.remedy) if text)


@deliveries.command()
@click.argument("identity", metavar="ID")
@json_option
@pass_session
def explain(session: Session, identity: str, as_json: bool) -> None:
    """Everything about one delivery; the beginning of its ID is enough."""
    from service.bootstrap import operating

    with session.opened() as app:
        found = operating.explain(app.store, identity)
    if as_json:
        print_json(_plain(found))
    else:
        _show(found)


def _plain(found: Explained) -> dict[str, object]:
    names = ("at", "from", "to", "detail")
    return asdict(found.line) | {
        "bytes": len(found.delivery.payload),
        "sha256": found.delivery.sha256,
        "plain": found.delivery.plain,
        "started_at": found.delivery.started_at,
        "stopped": found.stop or None,
        "next": found.next,
        "next_at": found.next_at,
        "commands": _commands(found),
        "events": [dict(zip(names, event, strict=True)) for event in found.events],
    }


def _commands(found: Explained) -> list[str]:
    return [_COMMANDS[move].format(id=found.line.id[:8]) for move in found.moves]


def _show(found: Explained) -> None:
    line, delivery = found.line, found.delivery
    again = f", {line.resends} of them though it may have arrived" if line.resends else ""
    form = ", as text alone" if delivery.plain else ""
    upcoming = f"{moment(found.next_at)}: {found.next}" if found.next_at else found.next
    told = {
        "delivery": line.id,
        "digest": f"{digest_of(line)} ({line.digest_id})",
        "to": f"{line.channel} {line.destination}",
        "state": line.state,
        "message": line.provider_id,
        "bytes": f"{len(delivery.payload) or 'removed'}, sha256 {delivery.sha256}{form}",
        "first due": moment(line.created_at),
        "tries": f"{line.attempt}{again}",
        "cause": line.last_error,
        "remedy": line.remedy,
        "stopped": found.stop,
        "next": upcoming,
        "you may": "\n           ".join(_commands(found)),
    }
    for name, value in told.items():
        if value:
            click.echo(f"{name:10} {value}")
    rows = [(moment(at), old, new, why) for at, old, new, why in found.events]
    table(("at", "from", "to", "why"), rows)


@deliveries.command()
@click.argument("identity", metavar="ID")
@pass_session
def retry(session: Session, identity: str) -> None:
    """Send a dead, cancelled or waiting delivery now: the worker's next tick takes it.

    Trying begins anew: it is given up five days from now. With part 1 its later parts come back.
    """
    _decided(session, identity, "retry")


@deliveries.command()
@click.argument("identity", metavar="ID")
@click.option("--sent", "decision", flag_value="sent", help="It has arrived.")
@click.option("--resend", "decision", flag_value="resend", help="It has not: send it once more.")
@click.option("--cancel", "decision", flag_value="cancel", help="Let it be.")
@click.option(
    "--message",
    default="",
    help="With --sent: the message's id at Slack or its link, so that later parts find its thread.",
)
@pass_session
def resolve(session: Session, identity: str, decision: str | None, message: str) -> None:
    """Decide about a delivery that is in doubt: you have looked whether it arrived."""
    if decision is None:
        raise InputError("resolve", "needs a decision", "say --sent, --resend or --cancel")
    if message and decision != "sent":
        raise InputError("--message", "goes with --sent", "leave it out")
    _decided(session, identity, decision, message)


def _decided(session: Session, identity: str, move: str, message: str = "") -> None:
    from service.bootstrap import operating

    with session.opened() as app:
        delivery, change, again = operating.decide(
            app.store, identity, move, by=_person(), message=message
        )
    say(f"{delivery.id[:8]}: {delivery.state} -> {change.state} ({change.detail})")
    if again:
        say(f"{again} later parts wait for it again")


def _person() -> str:
    """Who is at the computer, by its own accounts."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "somebody without a name"
