"""The little TOML that topic documents need, written so that `tomllib` reads the same back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = str | int | float | list[str]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_WIDTH = 100


def write_pairs(pairs: Mapping[str, Value]) -> str:
    """One `key = value` a line; lists too long for a line get one item a line."""
    return "".join(f"{_key(key)} = {_value(value, _key(key))}\n" for key, value in pairs.items())


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _value(value: Value, key: str) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return _array(value, len(key) + 3)
    return repr(value)


def _array(values: Sequence[str], indent: int) -> str:
    items = [_string(value) for value in values]
    line = f"[{', '.join(items)}]"
    if len(line) + indent <= _WIDTH:
        return line
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _string(text: str) -> str:
    return '"' + "".join(_SHORT.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    control = ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0
    return f"\\u{ord(char):04X}" if control else char
