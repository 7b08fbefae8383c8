"""What all answers of the API share."""
# ruff: noqa: TC003 - pydantic reads the annotations

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.records import Flag
from service.records.findings import MOST_SHOWN

MOST = MOST_SHOWN  # items of a page
LONGEST_NOTE, LONGEST_QUERY, LONGEST_NAME = 2_000, 2_000, 64  # characters
LONGEST_PERSON = 200  # a name that votes come under may be a mail address


def _sorted(values: Iterable[str]) -> list[str]:
    return sorted(values)


Flags = Annotated[tuple[Flag, ...], BeforeValidator(_sorted)]


class Answer(BaseModel):
    """What all answers share: they are frozen, and made of values with the same names."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    @classmethod
    def of(cls, value: object) -> Self:
        """The answer that says what `value` (or a dict of what it should say) holds."""
        return cls.model_validate(value)


class Page(Answer):
    """A page of a list: `items` are added by each kind of page."""

    cursor: str | None = Field(default=None, description="leads to the next page; null at the end")
