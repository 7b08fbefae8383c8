"""Settings of running it: who is told when something needs a person, how long things are kept,
where traces go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from service.config import values
from service.config.kinds import ApiUrl, Part, Word
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


LEAST_BOUNCE_DAYS = 90  # as long as a mail that came back counts against an address


def _bounces(days: int) -> int:
    if 0 < days < LEAST_BOUNCE_DAYS:
        told = f"{days} days are too few: mails that came back count for {LEAST_BOUNCE_DAYS}"
        raise wrong(told, f"write {LEAST_BOUNCE_DAYS} or more, or 0")
    return days


class Retention(Part):
    """How long things are kept that nothing needs any more; 0: for ever. See docs/privacy.md."""

    rendered_days: int = Field(
        default=0,
        ge=0,
        description="days that the bytes of digests are kept after they were sent, or given up",
    )
    ranking_days: int = Field(
        default=0, ge=0, description="days that receipts of rankings are kept, but for digests'"
    )
    alarm_days: int = Field(default=0, ge=0, description="days that alarms are kept that are over")
    bounce_days: Annotated[int, AfterValidator(_bounces)] = Field(
        default=0, ge=0, description="days that mails that came back are kept: 90 or more"
    )


class Telemetry(Part):
    """Where traces of what is done are sent to (OpenTelemetry; needs `litwatch[otel]`)."""

    endpoint: ApiUrl = Field(
        default="",
        description="address of a collector that speaks OTLP over HTTP, without /v1/traces; empty: "
        "nothing is traced",
    )
    authorization: SecretStr | None = Field(
        default=None, description="what its Authorization header holds, if it wants one"
    )
    sample: float = Field(default=1.0, gt=0, le=1, description="share of traces that are sent")
