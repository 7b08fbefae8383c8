"""The form of a subscription: what is filled in, as text, and the subscription it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from service.config.channel_settings import SubscriptionEntry
from service.config.faults import explain
from service.config.values import WEEKDAYS
from service.errors import InputError

if TYPE_CHECKING:
    from service.records import Subscription
    from service.web.site.door import Filled

__all__ = ["WEEKDAYS", "Fields", "empty", "read", "shown"]

_NUMBERS = {"cap": 15, "floor": 3}


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands in the form, right or wrong."""

    name: str
    topics: tuple[str, ...]
    searches: tuple[str, ...]
    channel: str
    destination: str
    weekday: str
    at: str
    zone: str
    cap: str
    floor: str
    fallback: str

    @classmethod
    def of(cls, form: Filled, name: str | None) -> Fields:
        """A form as it was sent; a subscription that is changed keeps its `name`."""
        return cls(
            name=form.text("name") if name is None else name,
            topics=tuple(form.texts("topics")),
            searches=tuple(form.texts("searches")),
            channel=form.text("channel"),
            destination=form.text("destination"),
            weekday=form.text("weekday", "monday"),
            at=form.text("at", "08:00"),
            zone=form.text("zone", "UTC"),
            cap=form.text("cap", str(_NUMBERS["cap"])),
            floor=form.text("floor", str(_NUMBERS["floor"])),
            fallback=form.text("fallback"),
        )


def empty(channel: str = "", destination: str = "") -> Fields:
    """A form that nobody has filled in, but for where it is to go."""
    return Fields(
        "", (), (), channel, destination, "monday", "08:00", "Europe/Berlin", "15", "3", ""
    )


def shown(one: Subscription) -> Fields:
    """A subscription as the form shows it."""
    return Fields(
        name=one.name,
        topics=one.topics,
        searches=one.searches,
        channel=one.channel,
        destination=one.destination,
        weekday=WEEKDAYS[one.weekday],
        at=one.at,
        zone=one.zone,
        cap=str(one.cap),
        floor=str(one.floor),
        fallback=one.fallback,
    )


def read(fields: Fields) -> Subscription:
    """The subscription that the form makes, held to the rules of the configuration. Raises
    `InputError` for the first field that is wrong."""
    values = {name: getattr(fields, name) for name in Fields.__dataclass_fields__}
    for name, usual in _NUMBERS.items():
        text = values[name]
        if not (text.isascii() and text.isdecimal()):
            raise InputError(name, f"is {text[:20]!r}, no whole number", f"write {usual}, say")
    if not (fields.topics or fields.searches):
        raise InputError("topics", "none is chosen", "choose a topic or a saved search")
    try:
        entry = SubscriptionEntry.model_validate(values)
    except ValidationError as error:
        fault = explain(error.errors()[0], values, ())
        raise InputError(fault.thing, fault.cause, fault.remedy) from None
    return entry.record(())
