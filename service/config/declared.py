"""The settings as a list: what each is called in the file and in the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr

from service.config.kinds import Part
from service.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

PREFIX = "LITWATCH_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `rows` is the table that a list is made of; `variable` is "" inside of rows."""

    path: tuple[str, ...]
    field: FieldInfo
    rows: type[Part] | None
    variable: str

    @property
    def secret(self) -> bool:
        """Whether its value must never be shown."""
        return SecretStr in (self.field.annotation, *get_args(self.field.annotation))


def variable_of(path: Sequence[int | str]) -> str:
    """The variable for a path in the file."""
    return PREFIX + "__".join(map(str, path)).upper()


def declared(model: type[Part] = Settings, above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting in order; the fields of a list's rows follow the list, under `name[]`."""
    for name, field in model.model_fields.items():
        path = (*above, name)
        table, rows = _table(field.annotation), _rows(field)
        if table:
            yield from declared(table, path)
            continue
        in_rows = any(step.endswith("[]") for step in path)
        yield Setting(path, field, rows, "" if in_rows else variable_of(path))
        if rows:
            yield from declared(rows, (*above, f"{name}[]"))


def names_at(path: Sequence[int | str]) -> list[str]:
    """The names that the table at `path` may hold."""
    model: type[Part] | None = Settings
    for step in path:
        if isinstance(step, str) and model:
            field = model.model_fields.get(step)
            model = (_table(field.annotation) or _rows(field)) if field else None
    return list(model.model_fields) if model else []


def _table(kind: object) -> type[Part] | None:
    return kind if isinstance(kind, type) and issubclass(kind, Part) else None


def _rows(field: FieldInfo) -> type[Part] | None:
    return next((found for kind in get_args(field.annotation) if (found := _table(kind))), None)
