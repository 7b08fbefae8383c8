"""The kinds of value that settings have, each with its check."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from service.config import values

Address = Annotated[str, AfterValidator(values.address)]
ApiUrl = Annotated[str, AfterValidator(values.api_url)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weekday = Annotated[
    Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    BeforeValidator(values.weekday),
]
Word = Annotated[str, AfterValidator(values.one_line)]
Words = Annotated[tuple[Word, ...], BeforeValidator(values.listed)]


class Part(BaseModel):
    """A table of the file: frozen, and loud about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
