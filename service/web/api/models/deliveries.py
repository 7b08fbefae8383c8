"""Where digests go, and what became of each sending."""
# ruff: noqa: TC001, TC003 - pydantic reads the annotations

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from service.records import DeliveryState, StopReason
from service.web.api.models.base import Answer, Page


class Delivery(Answer):
    """The sending of one part of a digest to one place."""

    id: str
    digest_id: str
    subscription: str
    period: str
    channel: str
    destination: str = Field(description="an e-mail address is cut short unless you are admin")
    part: int
    parts: int
    state: DeliveryState
    attempt: int
    resends: int
    created_at: datetime
    not_before: datetime | None = Field(description="when it is looked at again")
    last_error: str | None
    remedy: str | None = Field(description="what a person can do")


class DeliveryPage(Page):
    """Deliveries, those of the newest digests first."""

    items: tuple[Delivery, ...]


class DeliveryEvent(Answer):
    """A change of a delivery's state."""

    at: datetime
    from_state: str
    to_state: str
    detail: str


class DeliveryDetail(Delivery):
    """A delivery with all that happened to it."""

    events: tuple[DeliveryEvent, ...] = Field(description="oldest first")


class Subscription(Answer):
    """Who is sent what, where and when."""

    name: str
    topics: tuple[str, ...]
    searches: tuple[str, ...] = Field(description="saved searches whose new works are sent too")
    channel: str
    destination: str = Field(description="an e-mail address is cut short unless you are admin")
    fallback: str = Field(description="where a digest goes that the channel refuses for good")
    weekday: str = Field(examples=["monday"])
    at: str = Field(description="24 hours, in `zone`", examples=["08:00"])
    zone: str
    cap: int = Field(description="most works in one digest")
    floor: int = Field(description="filled up to this many with works just below the line")
    active: bool = Field(description="false: switched off in the configuration")
    stopped: StopReason | None = Field(description="why nothing is sent to it; null: it is sent")
    stopped_at: datetime | None
    next_at: datetime | None = Field(description="when the next digest is due; null: never")


class SubscriptionList(Page):
    """Every subscription there ever was, by name."""

    items: tuple[Subscription, ...]
