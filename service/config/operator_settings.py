"""Settings: who is told when something needs a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from service.config import values
from service.config.kinds import Part, Word
from service.config.values import wrong


class Operator(Part):
    """Who is told of alarms: sources that stay away, digests that are late, a disk that fills."""

    channel: Literal["", "slack", "email", "apprise", "file"] = Field(
        default="",
        description="how the operator is told; empty: in the log and by `litwatch status` only",
    )
    destination: Word = Field(
        default="",
        validate_default=True,
        description="Slack channel id, e-mail address, name of one of `targets`, or how the file's "
        "name begins",
    )

    @field_validator("destination")
    @classmethod
    def _fits_channel(cls, destination: str, info: ValidationInfo) -> str:
        channel = info.data.get("channel", "")
        if bool(channel) != bool(destination):
            missing = "a destination" if channel else "a channel"
            raise wrong(f"{missing} is missing", "set both, or neither")
        return values.destination(destination, channel) if channel else destination
