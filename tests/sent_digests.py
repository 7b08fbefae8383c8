"""Digests that show works of an archive, frozen as the worker freezes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from service.records import DeliveryState, DigestChange, RenderedPart, Subscription
from tests.factories import digest_content, item, ranked, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.store import Store
    from tests.papers import Archive

WEEKLY = Subscription("weekly", ("stroma",), "slack", "C1")


def freeze_digest(
    archive: Archive,
    subscription: Subscription,
    work_ids: Sequence[int],
    *,
    key: str = "d1",
    changes: tuple[DigestChange, ...] = (),
) -> None:
    """A digest of these works and this news, frozen at the archive's time, ready to go out."""
    with archive.store.writing() as tx:
        works = tx.works.many(work_ids)
        shown = tuple(replace(item(), work=work, ranked=ranked(work.id)) for work in works)
        week = archive.now.isocalendar()
        content = replace(
            digest_content(section(items=shown) if shown else section(items=())),
            digest_id=key,
            subscription=subscription.name,
            period=f"UTC:{week.year}-W{week.week:02}",
            changes=changes,
        )
        part = RenderedPart(f"{key}-1", 1, 1, b"bytes")
        window = (0, tx.works.sequence())
        revision, now = 1, archive.now
        assert tx.digests.freeze(
            content, subscription, [part], revision=revision, window=window, now=now
        )


def lose(store: Store, digest_id: str) -> None:
    """Nothing of this digest can arrive any more."""
    with store.writing() as tx:
        for line in tx.deliveries.lines(digest_id):
            tx.deliveries.finish(
                tx.deliveries.get(line.id),
                state=DeliveryState.DEAD,
                not_before=None,
                detail="channel is gone",
                provider_id=None,
                remedy="",
                resend=False,
                plain=False,
                now=line.created_at,
            )
