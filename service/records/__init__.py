"""The values that pass between stages, frozen, named by how far along they are.

    Record -> Paper -> Work -> Candidate -> RankedWork -> Selection -> DigestContent -> Delivery

Nothing here does anything: no I/O, no clock, no third-party import. Partial dates are ISO 8601
text with as much precision as the source gave ("2026", "2026-03", "2026-03-09"); instants are
timezone-aware datetimes in UTC.
"""

from __future__ import annotations

from service.records.deliveries import (
    Bounce,
    Delivery,
    DeliveryState,
    Outcome,
)
from service.records.digests import (
    Change,
    DigestChange,
    DigestContent,
    DigestItem,
    DigestSection,
    RenderedPart,
    SourceReceipt,
    Stop,
    StopReason,
    Subscription,
    WeekFigures,
)
from service.records.papers import (
    NOTICES,
    Author,
    Certainty,
    Flag,
    Identifiers,
    Kind,
    Link,
    OtherAbstract,
    Paper,
    Relation,
    Section,
)
from service.records.polling import (
    Batch,
    Page,
    Record,
    Sweep,
    SweepKind,
    SweepMark,
    Tally,
    Validators,
    Window,
    WindowReport,
)
from service.records.references import Reference
from service.records.topics import (
    BINS,
    SEARCH,
    Candidate,
    EncoderInfo,
    Evidence,
    Facet,
    RankedWork,
    Seed,
    Topic,
    TopicRanking,
    search_of,
)
from service.records.votes import Judgement, Vote
from service.records.works import (
    Arrival,
    KnownWork,
    Work,
    WorkFields,
    WorkPlan,
)

__all__ = [
    "BINS",
    "NOTICES",
    "SEARCH",
    "Arrival",
    "Author",
    "Batch",
    "Bounce",
    "Candidate",
    "Certainty",
    "Change",
    "Delivery",
    "DeliveryState",
    "DigestChange",
    "DigestContent",
    "DigestItem",
    "DigestSection",
    "EncoderInfo",
    "Evidence",
    "Facet",
    "Flag",
    "Identifiers",
    "Judgement",
    "Kind",
    "KnownWork",
    "Link",
    "OtherAbstract",
    "Outcome",
    "Page",
    "Paper",
    "RankedWork",
    "Record",
    "Reference",
    "Relation",
    "RenderedPart",
    "Section",
    "Seed",
    "SourceReceipt",
    "Stop",
    "StopReason",
    "Subscription",
    "Sweep",
    "SweepKind",
    "SweepMark",
    "Tally",
    "Topic",
    "TopicRanking",
    "Validators",
    "Vote",
    "WeekFigures",
    "Window",
    "WindowReport",
    "Work",
    "WorkFields",
    "WorkPlan",
    "search_of",
]
