"""What the API is asked and what it answers, as JSON. Names are kept for as long as /api/v1 is.

Each model takes the value of the same shape as the other faces have it: `Work.of(work)`. Fields may
be added, none is taken away or renamed. Times are UTC (RFC 3339); dates of publication are partial
ISO dates ("2026", "2026-03", "2026-03-09").
"""

from __future__ import annotations

from service.web.api.models.base import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_QUERY,
    MOST,
    Answer,
    Page,
)
from service.web.api.models.deliveries import (
    Delivery,
    DeliveryDetail,
    DeliveryEvent,
    DeliveryPage,
    Subscription,
    SubscriptionList,
)
from service.web.api.models.digests import (
    Digest,
    DigestChange,
    DigestItem,
    DigestPage,
    DigestSection,
    DigestSummary,
    Facet,
    Similar,
    SourceReceipt,
    Why,
)
from service.web.api.models.operation import (
    Fault,
    Health,
    Problem,
    Receipt,
    ReceiptPage,
    Source,
    SourceList,
    Sweep,
)
from service.web.api.models.topics import (
    Seed,
    Topic,
    TopicDetail,
    TopicList,
    TopicVersion,
)
from service.web.api.models.votes import (
    Vote,
    VoteList,
    VoteRequest,
    VoteResult,
)
from service.web.api.models.works import (
    FacetCount,
    FacetCounts,
    Findings,
    Hit,
    Identifiers,
    MergeEvent,
    Record,
    SavedSearch,
    SavedSearchList,
    SavedSearchRequest,
    Shown,
    Snippet,
    VoteCount,
    Work,
    WorkDetail,
)

__all__ = [
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "LONGEST_QUERY",
    "MOST",
    "Answer",
    "Delivery",
    "DeliveryDetail",
    "DeliveryEvent",
    "DeliveryPage",
    "Digest",
    "DigestChange",
    "DigestItem",
    "DigestPage",
    "DigestSection",
    "DigestSummary",
    "Facet",
    "FacetCount",
    "FacetCounts",
    "Fault",
    "Findings",
    "Health",
    "Hit",
    "Identifiers",
    "MergeEvent",
    "Page",
    "Problem",
    "Receipt",
    "ReceiptPage",
    "Record",
    "SavedSearch",
    "SavedSearchList",
    "SavedSearchRequest",
    "Seed",
    "Shown",
    "Similar",
    "Snippet",
    "Source",
    "SourceList",
    "SourceReceipt",
    "Subscription",
    "SubscriptionList",
    "Sweep",
    "Topic",
    "TopicDetail",
    "TopicList",
    "TopicVersion",
    "Vote",
    "VoteCount",
    "VoteList",
    "VoteRequest",
    "VoteResult",
    "Why",
    "Work",
    "WorkDetail",
]
