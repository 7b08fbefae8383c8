"""Values: what is shown to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.records.topics import RankedWork, search_of
from service.records.watching import Edits, Entity, Figure
from service.records.works import Work


@dataclass(frozen=True, slots=True)
class Subscription:
    """Topics, schedule, channel, size rules. `weekday` 0 is Monday; `at` is "HH:MM" in `zone`."""

    name: str
    topics: tuple[str, ...]
    channel: str
    destination: str
    weekday: int = 0
    at: str = "08:00"
    zone: str = "UTC"
    cap: int = 15
    floor: int = 3
    active: bool = True
    fallback: str = ""  # a mail address that is used when the channel refuses for good
    searches: tuple[str, ...] = ()  # saved searches whose new works are sent too


class StopReason(StrEnum):
    """Why nothing more is sent to a subscription, though it is configured."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Stop:
    """A subscription that its reader, or the mails that came back, have ended until resumed."""

    subscription: str
    reason: StopReason
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceReceipt:
    """One line of a digest's proof: what one source stated and gave since the last digest."""

    source: str
    window: str
    stated: int | None
    fetched: int
    new: int
    gaps: tuple[str, ...]
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One work as a digest shows it; everything a renderer needs, nothing to look up.

    `similar` are works so alike that this one stands for them: listed with it, by title only.
    They are sent with it, and have none of their own. `entities` are what its abstract names, the
    commonest first.
    """

    work: Work
    ranked: RankedWork
    late: bool = False
    similar: tuple[DigestItem, ...] = ()
    theme: str = ""  # words it shares with its neighbours in the section; "" where it stands alone
    entities: tuple[Entity, ...] = ()
    figure: Figure | None = None


class Asks(StrEnum):
    """What a section asks its readers of the works below the ones that it sends."""

    NOTHING = ""  # of a search, and of a digest that was frozen before anything was asked
    VOTES = "votes"  # they can be judged, too
    DOUBTS = "doubts"  # they are the works that the ranking is least sure of: a vote teaches most


@dataclass(frozen=True, slots=True)
class DigestSection:
    """A topic's part of a digest, or that of a saved search, whose `topic` is `SEARCH` and its
    name.

    Only a search has a `query`, as typed; `found` works that are new answer to it, `elsewhere` of
    them are sent by other sections.
    """

    topic: str
    name: str
    items: tuple[DigestItem, ...]
    below: tuple[DigestItem, ...] = ()  # just below the line, or nearest to it; titles only
    query: str = ""
    found: int = 0
    elsewhere: int = 0
    asks: Asks = Asks.NOTHING

    @property
    def sent(self) -> tuple[DigestItem, ...]:
        """The works that this section sends, in order: each item, then those similar to it."""
        return tuple(one for item in self.items for one in (item, *item.similar))

    @property
    def search(self) -> str:
        """The saved search's name; "" for a topic."""
        return search_of(self.topic)


class Change(StrEnum):
    """What has become of a work since this subscription was sent it; the alarming first."""

    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"
    CONCERN = "concern"
    CORRECTED = "corrected"
    PUBLISHED = "published"  # was a preprint
    NEW_VERSION = "new-version"  # of a preprint


@dataclass(frozen=True, slots=True)
class DigestChange:
    """News of a work that an earlier digest showed; `sent` is that digest's period, "" where the
    reader had saved the work instead.

    `notice` is the address of the notice that says so, `said_by` the source that told of it, `text`
    the notice's own words. What was published comes with the `days` from the preprint to the
    article and, as a new version does, with what was edited since the reader saw it.
    """

    work: Work
    change: Change
    topic: str
    sent: str
    notice: str = ""
    said_by: str = ""
    text: str = ""
    days: int | None = None
    version: str = ""  # of a new version
    edits: Edits | None = None


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One digest of the subscription in figures; `relevance` is the mean of the works shown."""

    period: str
    screened: int
    shown: int
    relevance: float | None


@dataclass(frozen=True, slots=True)
class DigestContent:
    """A frozen selection for one subscription and one period, ready to render.

    `period` is the ISO week key ("Europe/Berlin:2026-W47"); `screened` counts the works that were
    new in the window; `banner` is shown first when something was degraded ("ranked by words only").
    `cutoffs` are relevances by topic, and `aims` say in words what each was set for. `weeks` are
    the last digests, oldest first, this one among them; `spread` is, by topic, how many of the
    works screened fell into each of twenty equal bins of relevance. A `test` is shown to one
    person and counts for nothing.
    """

    digest_id: str
    subscription: str
    period: str
    label: str  # "16 Nov 2026, week 47"
    created_at: datetime
    sections: tuple[DigestSection, ...]
    screened: int
    receipts: tuple[SourceReceipt, ...]
    encoder: str
    cutoffs: Mapping[str, float]
    banner: str = ""
    aims: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[DigestChange, ...] = ()
    weeks: tuple[WeekFigures, ...] = ()
    spread: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    test: bool = False

    @property
    def shown(self) -> int:
        """Number of works in full, over all sections."""
        return sum(len(s.items) for s in self.sections)

    @property
    def similar(self) -> int:
        """Number of works listed with one of those, because they are so alike."""
        return sum(len(item.similar) for s in self.sections for item in s.items)


@dataclass(frozen=True, slots=True)
class RenderedPart:
    """The exact bytes that one channel will send: written before they are sent.

    `id` is the delivery's id, deterministic per (digest, channel, destination, part), so that it
    can be inside the bytes (Slack metadata, Message-ID).
    """

    id: str
    part: int  # 1-based; parts after the first go into the first one's thread
    parts: int
    payload: bytes
