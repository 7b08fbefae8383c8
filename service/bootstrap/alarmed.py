"""Alarms of this installation: what holds now, and where its operator is told."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from service import alarming, alarms, claims, needs
from service.errors import ConfigError, EncoderError
from service.records import RECHECK

if TYPE_CHECKING:
    from service.alarms import Machine
    from service.bootstrap import App
    from service.records import Alarm


def watch(app: App) -> int:
    """Keep what holds now; tell the operator what is new or over, and return how many that were."""
    now = app.store.now()
    alarming.take_stock(app.store, holding(app), now)
    operator = operator_of(app)
    return alarming.tell(app.store, operator, now) if operator else 0


def holding(app: App) -> tuple[Alarm, ...]:
    """Every alarm whose condition holds now. Keeps nothing."""
    from service.bootstrap import audited

    now = app.clock.now()
    with app.store.reading() as tx:
        needed = needs.read(tx, app.channels, now)
        crew = claims.crew(tx.workers.list(), (), now)
    found = audited.findings(app, now)
    asked = {*app.source_names, RECHECK}
    stands = replace(machine(app), silent=crew.silent)
    return alarms.alarms(needed, stands, found, asked, now)


def machine(app: App) -> Machine:
    """How this machine stands."""
    try:
        app.query_encoder.info()
    except EncoderError as error:
        model = str(error)
    else:
        model = ""
    if app.store.file is None:
        return alarms.Machine(model=model)
    room = shutil.disk_usage(app.store.file.parent)
    return alarms.Machine(room.free, room.total, model)


def operator_of(app: App) -> alarming.Operator | None:
    """Where the operator is told; None where no channel is set. Raises `ConfigError` where that
    channel is not configured."""
    operator = app.settings.operator
    if not operator.channel:
        return None
    channel = app.channels.get(operator.channel)
    if channel is None:
        told = f"is {operator.channel}, which is not configured"
        raise ConfigError("operator.channel", told, "see: litwatch config check")
    head = getattr(app.renderers.get("email"), "head", None)
    destination = operator.destination
    if operator.channel == "file" and not destination.endswith(".txt"):
        destination += ".txt"
    return alarming.Operator(channel, destination, head)
