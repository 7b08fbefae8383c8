"""What a group did with an archive: topics, a year of weekly digests, votes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from service.records import Judgement
from service.store.schema import (
    DeliveryRow,
    DigestItemRow,
    DigestRow,
    SubscriptionRow,
    TopicRow,
    TopicVersionRow,
    VoteRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

TOPICS = ("stroma", "neutrophils", "microbiome", "checkpoints", "imaging", "ageing")
START, NOW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
_WEEKS, _SHOWN = 52, 20  # of each topic in a digest


def write(connection: Connection, count: int, seed: int = 5) -> None:
    """Into an archive whose works have the numbers from 1 to `count`."""
    chance, now = random.Random(seed), {"at": NOW}
    connection.execute(insert(TopicRow), [{"slug": slug, "version": 1} for slug in TOPICS])
    said = {"version": 1, "author": "bench", "reason": "made"} | now
    documents = [{"slug": slug, "document": _document(slug)} | said for slug in TOPICS]
    connection.execute(insert(TopicVersionRow), documents)
    connection.execute(insert(SubscriptionRow), [_subscription()])
    shown = chance.sample(range(1, count + 1), min(_WEEKS * _SHOWN * len(TOPICS), count // 10))
    for week in range(_WEEKS):
        _send(connection, f"bench:2026-W{week + 1:02}:r0", week, shown[week::_WEEKS], chance)
    votes = [
        {
            "topic": chance.choice(TOPICS),
            "work_id": work_id,
            "voter": f"reader-{chance.randint(1, 8)}",
            "judgement": str(chance.choice((Judgement.SAVED, Judgement.RELEVANT))),
            "via": "web",
            "note": "",
            "key": None,
        }
        | now
        for work_id in chance.sample(range(1, count + 1), min(3_000, count // 20))
    ]
    connection.execute(insert(VoteRow), votes)


def _document(slug: str) -> str:
    seed = f'[[seeds]]\nkey = "{slug}"\nkind = "text"\ntitle = "{slug}"\nabstract = "{slug}"\n'
    return f'slug = "{slug}"\nname = "{slug.title()}"\n{seed}'


def _subscription() -> dict[str, Any]:
    return {
        "name": "bench",
        "topics": list(TOPICS),
        "channel": "file",
        "destination": "bench",
        "weekday": 0,
        "at": "08:00",
        "zone": "UTC",
        "cap": 120,
        "floor": 3,
        "active": True,
        "created_at": START,
    }


def _send(
    connection: Connection, name: str, week: int, shown: Sequence[int], chance: random.Random
) -> None:
    at = NOW - timedelta(weeks=_WEEKS - week)
    digest = {"id": name, "subscription": "bench", "period": f"W{week:02}", "revision": 0}
    window = {"window_lo": 0, "window_hi": 0, "frozen_at": at, "content": {}}
    connection.execute(insert(DigestRow), [digest | window])
    sent = {"digest_id": name, "channel": "file", "destination": "bench", "part": 1, "parts": 1}
    bytes_ = {"payload": b"", "sha256": "", "state": "sent", "created_at": at, "id": name}
    connection.execute(insert(DeliveryRow), [sent | bytes_])
    items = [
        {
            "digest_id": name,
            "work_id": work_id,
            "rank": rank,
            "topic": TOPICS[rank % len(TOPICS)],
            "score": 5.0,
            "relevance": round(chance.uniform(0.4, 1.0), 3),
        }
        for rank, work_id in enumerate(shown)
    ]
    if items:
        connection.execute(insert(DigestItemRow), items)
