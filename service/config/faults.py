"""What is wrong with the settings, in the user's own names. No message repeats a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from service.config.declared import declared, names_at, variable_of
from service.config.values import nearest
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydantic_core import ErrorDetails

Place = tuple[int | str, ...]

_SIMPLE = {
    "missing": ("is missing", "write {} = ..."),
    "string_too_short": ("is empty", "write something, or leave {} out"),
    "model_type": ("should be a table", "write [{}] above its settings"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; the parts are those of a `LitwatchError`."""

    thing: str
    cause: str
    remedy: str = ""


def explain(error: ErrorDetails, values: object, used: Collection[str]) -> Fault:
    """Pydantic's finding in our words. `used` are the variables that were written over `values`."""
    context = error.get("ctx") or {}
    place = (*error["loc"], context["at"]) if context.get("at") else error["loc"]
    thing = _name(place, values, used)
    match error["type"]:
        case "refused":
            return Fault(thing, str(context["cause"]), str(context["remedy"]))
        case "extra_forbidden":
            return unknown("setting", thing, str(place[-1]), names_at(place[:-1]))
        case kind if kind in _SIMPLE:
            cause, remedy = _SIMPLE[kind]
            return Fault(thing, cause, remedy.format(place[-1]))
    told = error["msg"].removeprefix("Input ")
    given = error["input"]
    if _is_secret(place) or not isinstance(given, str | int | float):
        return Fault(thing, told)
    return Fault(thing, f"{told}, not {str(given)[:80]!r}")


def unknown(what: str, thing: str, name: str, known: Collection[str]) -> Fault:
    """Of a setting or a variable that is none: with the one that was probably meant."""
    return Fault(thing, f"unknown {what}", nearest(name, known) or "run: litwatch config reference")


def combined(faults: Sequence[Fault], where: str) -> ConfigError:
    """One error for all faults, a line each; `where` is the file they were found in."""
    errors = [ConfigError(each.thing, each.cause, each.remedy) for each in faults]
    if len(errors) == 1:
        return errors[0]
    lines = "".join(f"\n  {error}" for error in errors)
    return ConfigError(where, f"{len(errors)} settings are wrong:{lines}")


def _name(place: Place, values: object, used: Collection[str]) -> str:
    """The variable if the value came from one, else the path; then `[row's name].field`."""
    head = next((at for at, step in enumerate(place) if isinstance(step, int)), len(place))
    variable = variable_of(place[:head])
    sources = (name for name in (variable, f"{variable}_FILE") if name in used)
    told = next(sources, ".".join(map(str, place[:head])))
    for at, step in enumerate(place[head:], head):
        told += f"[{_row(place[: at + 1], values)}]" if isinstance(step, int) else f".{step}"
    return told


def _row(place: Place, values: object) -> str:
    """A row's name as the user gave it, or its number from 1."""
    for step in place:
        values = cast("dict[int | str, object]", values)[step]
    name = values.get("name") if isinstance(values, dict) else None
    return name if isinstance(name, str) and name else f"#{int(place[-1]) + 1}"


def _is_secret(place: Place) -> bool:
    return any(setting.secret for setting in declared() if setting.path == place)
