"""The table of all settings, made from their declarations: docs/configuration.md."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from pydantic import SecretStr

from service.config.declared import Setting, declared

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 60  # a longer default is shown below its table

_HEAD = """\
# Configuration

<!-- Written by `python -m service.config > docs/configuration.md`; edit the descriptions there. -->

Litwatch reads one TOML file: the one that `--config` names, else `LITWATCH_CONFIG`, else
`./litwatch.toml`, else `~/.config/litwatch/litwatch.toml`. Without a file, all defaults hold.

Each setting can also be given as the environment variable beside it, which beats the file. Lists
of words are separated by commas, lists of tables are written as JSON. An empty variable counts as
unset. A secret can come from a file: put its path into the variable with `_FILE` at the end; an
empty file counts as unset, too. `litwatch init` writes a file to fill in, with an example of each
kind; `litwatch config check` tells what cannot work, and what works with less than it could.

```toml
[http]
contact = "lab@example.org"

[[subscriptions]]
name = "Lab"
channel = "file"
destination = "lab"
weekday = "monday"
at = "08:00"
zone = "Europe/Berlin"
```
"""


def reference() -> str:
    """Markdown: every setting with its default, meaning and variable."""
    settings = list(declared())
    lists = {setting.path: setting for setting in settings if setting.rows}
    plain = [setting for setting in settings if not setting.rows]
    sections = groupby(plain, key=lambda setting: setting.path[:-1])
    return _HEAD + "".join(_section(path, list(group), lists) for path, group in sections)


def _section(
    path: tuple[str, ...], group: list[Setting], lists: dict[tuple[str, ...], Setting]
) -> str:
    name = ".".join(path).replace("[]", "")
    rows_of = lists.get(tuple(name.split(".")))
    if rows_of:
        heading = f"## `[[{name}]]`\n\n{_sentence(rows_of)}; all as JSON: `{rows_of.variable}`."
    else:
        heading = f"## `[{name}]`"
    table = "| setting | default | meaning | variable |\n|---|---|---|---|\n"
    table += "".join(_row(setting) for setting in group)
    return f"\n{heading}\n\n{table}" + "".join(_long_defaults(group))


def _row(setting: Setting) -> str:
    variable = f"`{setting.variable}`" if setting.variable else ""
    if variable and setting.secret:
        variable += f", `{setting.variable}_FILE`"
    meaning = _sentence(setting) + (" (**secret**)" if setting.secret else "")
    cells = (f"`{setting.path[-1]}`", _default(setting), meaning, variable)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _sentence(setting: Setting) -> str:
    choices = next((get_args(kind) for kind in _kinds(setting) if get_origin(kind) is Literal), ())
    told = setting.field.description or ""
    return told + (f": {', '.join(f'`{choice}`' for choice in choices)}" if choices else "")


def _kinds(setting: Setting) -> Iterator[object]:
    yield setting.field.annotation
    yield from get_args(setting.field.annotation)


def _default(setting: Setting) -> str:
    if setting.field.is_required():
        return "(required)"
    text = _toml(setting.field.default)
    return "(below)" if len(text) > _LONGEST else f"`{text}`" if text else ""


def _toml(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else repr(value).replace("'", '"')


def _long_defaults(group: list[Setting]) -> Iterator[str]:
    for setting in group:
        text = "" if setting.field.is_required() else _toml(setting.field.default)
        if len(text) > _LONGEST:
            yield f"\nDefault of `{setting.path[-1]}`:\n\n```text\n{setting.field.default}\n```\n"
