"""Typed reading of one table of a topic document; refuses what it does not know, by name."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Any

from service.errors import TopicError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Fields:
    """One TOML table, `place` naming it in messages ("topic stroma, seeds[1]")."""

    def __init__(self, table: Mapping[str, Any], place: str, known: Collection[str]) -> None:
        self._table = table
        self._place = place
        for key in table:
            if key not in known:
                raise TopicError(place, f'unknown key "{key}"', _suggestion(key, known))

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """A string; without `default` it must be there and not be blank."""
        if key not in self._table and default is not None:
            return default
        value = self._of_type(key, str, "a text in quotes")
        if default is None and not value.strip():
            raise self.wrong(key, "is empty")
        return str(value)

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of the words in `allowed`."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(key, f'is "{value}", not one of {", ".join(sorted(allowed))}')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of non-blank strings; () when absent."""
        values = self._of_type(key, list, 'a list of texts, as ["a", "b"]') if key in self else []
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.wrong(key, "must hold texts only, none of them empty")
        return tuple(values)

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        return int(self._of_type(key, int, "a whole number")) if key in self else default

    def number(self, key: str) -> float | None:
        """A finite number, or None when absent."""
        if key not in self:
            return None
        value = self._of_type(key, (int, float), "a number")
        if not math.isfinite(value):
            raise self.wrong(key, "must be a finite number")
        return float(value)

    def table(self, key: str) -> Mapping[str, Any]:
        """A sub-table; empty when absent."""
        return dict(self._of_type(key, dict, f"a table, as [{key}]")) if key in self else {}

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables, at least one."""
        remedy = f"add at least one [[{key}]] table"
        if not self._table.get(key):
            raise self.wrong(key, "is missing", remedy)
        values = self._of_type(key, list, f"tables, as [[{key}]]")
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(key, f"must be tables, as [[{key}]]")
        return list(values)

    def wrong(self, key: str, cause: str, remedy: str = "") -> TopicError:
        """The error to raise about `key`."""
        return TopicError(f"{self._place}, {key}", cause, remedy)

    def _of_type(self, key: str, types: type | tuple[type, ...], wanted: str) -> Any:  # noqa: ANN401 (TOML)
        if key not in self._table:
            raise self.wrong(key, "is missing", f"give {wanted}")
        value = self._table[key]
        if not isinstance(value, types) or isinstance(value, bool):
            raise self.wrong(key, f"is {value!r}", f"give {wanted}")
        return value


def _suggestion(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key.lower(), known, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(sorted(known))}"
