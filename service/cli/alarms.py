"""`litwatch alarms`: what calls for the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from service.cli.session import (
    DELIVERY_FAILED,
    Session,
    json_option,
    moment,
    pass_session,
    print_json,
    say,
    table,
)
from service.records import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.store.alarms import KeptAlarm

_LATEST = 200


@click.group(invoke_without_command=True)
@click.option("--all", "every", is_flag=True, help="Also those that are over, the newest first.")
@json_option
@click.pass_context
def alarms(context: click.Context, every: bool, as_json: bool) -> None:
    """What calls for the operator, since when, and whether they were told.

    The worker looks every few minutes and tells the place that [operator] names in the
    configuration: when an alarm begins, when it becomes critical, and when it is over.
    """
    if context.invoked_subcommand is not None:
        return
    session = context.find_object(Session) or Session()
    with session.opened() as app, app.store.reading() as tx:
        found = tx.alarms.latest(_LATEST) if every else tx.alarms.open()
    if as_json:
        print_json(found)
        return
    _print(found, every=every)


def _print(found: Sequence[KeptAlarm], *, every: bool) -> None:
    rows = [
        (
            str(each.alarm.severity),
            f"{each.alarm.thing} {each.alarm.cause}\n{each.alarm.remedy}",
            moment(each.began_at),
            moment(each.told_at) if each.told_at else "no",
            *((moment(each.ended_at) if each.ended_at else "",) if every else ()),
        )
        for each in found
    ]
    over = ("over",) if every else ()
    table(("", "alarm", "since", "told", *over), rows, empty="alarms")


@alarms.command()
@json_option
@pass_session
def check(session: Session, as_json: bool) -> None:
    """Look now what holds, and tell the operator what is new, as the worker does."""
    with session.opened() as app:
        told = app.sound_alarms()
        with app.store.reading() as tx:
            found = tx.alarms.open()
    if as_json:
        print_json({"open": found, "told": told})
        return
    _print(found, every=False)
    if told:
        say(f"The operator was told of {told}.")


@alarms.command()
@pass_session
def test(session: Session) -> None:
    """Send a notice to the operator that asks for nothing, to see that it arrives."""
    from service import alarming
    from service.bootstrap import alarmed
    from service.digest.notices import Notice
    from service.errors import ConfigError

    with session.opened() as app:
        operator = alarmed.operator_of(app)
        if operator is None:
            raise ConfigError("operator.channel", "is not set", "see docs/alarms.md")
        now = app.store.now()
        lines = ("This is a test: alarms of this installation arrive here.",)
        told = Notice(f"litwatch-test-{now:%Y%m%dT%H%M%S}", "Litwatch: a test", lines, now)
        outcome = alarming.send(operator, told)
    say(f"{operator.channel.name} {operator.destination}: {outcome.state}, {outcome.detail}")
    if outcome.remedy:
        say(outcome.remedy)
    if outcome.state is not DeliveryState.SENT:
        raise click.exceptions.Exit(DELIVERY_FAILED)
