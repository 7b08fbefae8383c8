"""Find the file, lay the variables over it, check the whole.

A variable is named LITWATCH_<SECTION>__<FIELD> and beats the file. A secret may also come from a
file that LITWATCH_<SECTION>__<FIELD>_FILE names.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from service.config.declared import PREFIX, Setting, declared
from service.config.faults import Fault, combined, explain, unknown
from service.config.settings import Settings
from service.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_VARIABLE = "LITWATCH_CONFIG"
# Kubernetes sets such variables by itself when a service is called "litwatch".
_INJECTED = re.compile(r"_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)")


def load(path: Path | None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. Raises one `ConfigError` that names everything that is wrong.

    `path` (or else LITWATCH_CONFIG) must exist; ./litwatch.toml or else
    ~/.config/litwatch/litwatch.toml is used where it exists.
    """
    environ = os.environ if environ is None else environ
    file = find(path, environ)
    values = _read(file) if file else {}
    used, faults = _overlay(values, environ)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise combined(
            [*faults, *(explain(each, values, used) for each in found)], _told(file)
        ) from None
    if faults:
        raise combined(faults, _told(file))
    return settings


def _told(file: Path | None) -> str:
    return str(file) if file else "the environment"


def find(path: Path | None, environ: Mapping[str, str] | None = None) -> Path | None:
    """The file that `load` reads; None where it reads none. Raises `ConfigError`."""
    environ = os.environ if environ is None else environ
    named = path or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named:
        named = named.expanduser()
        if not named.is_file():
            thing = "--config" if path else CONFIG_VARIABLE
            raise ConfigError(thing, f"there is no file {named}", "create it, or name another")
        return named
    home = Path(environ.get("HOME") or "~").expanduser()
    usual = (Path("litwatch.toml"), home / ".config" / "litwatch" / "litwatch.toml")
    return next((each for each in usual if each.is_file()), None)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(str(file), f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(str(file), "is not UTF-8 text", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), f"is not TOML: {error}", "texts need quotes") from None


def _overlay(values: dict[str, Any], environ: Mapping[str, str]) -> tuple[set[str], list[Fault]]:
    """Write the variables over `values`; return those used, and what was wrong with others."""
    known = {each.variable: each for each in declared() if each.variable}
    files = {f"{name}_FILE": each for name, each in known.items() if each.secret}
    used: set[str] = set()
    faults: list[Fault] = []
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE or not text:
            continue  # an empty variable counts as unset: compose files make them
        setting = known.get(name) or files.get(name)
        if setting is None:
            if not _INJECTED.search(name) and not text.startswith(("tcp://", "udp://")):
                faults.append(unknown("variable", name, name, [*known, *files]))
        elif name in files and environ.get(setting.variable):
            faults.append(Fault(name, f"{setting.variable} is set as well", "keep one of them"))
        else:
            try:
                value = _value(setting, name in files, text)
                if value != "":  # an empty file counts as unset, too
                    _put(values, setting.path, value)
                used.add(name)
            except (OSError, ValueError) as error:
                faults.append(_unusable(name, error))
    return used, faults


def _value(setting: Setting, from_file: bool, text: str) -> object:
    if from_file:
        return Path(text).expanduser().read_text(encoding="utf-8-sig").strip()
    return json.loads(text) if setting.rows else text


def _unusable(name: str, error: Exception) -> Fault:
    """Says nothing of the value: it may be a secret that was put where a path belongs."""
    if isinstance(error, OSError):
        return Fault(name, f"the file cannot be read: {error.strerror}", "give the path of a file")
    if isinstance(error, UnicodeDecodeError):
        return Fault(name, "the file is not UTF-8 text", "save it as UTF-8")
    return Fault(name, "is not JSON", 'write it like [{"name": "..."}], or use the file')


def _put(values: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Set a nested value; where the file has no table there, validation tells that fault."""
    *tables, last = path
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            return
        values = inner
    values[last] = value
