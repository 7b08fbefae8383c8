"""/digests: what was sent to whom, as it was frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query

from service import replay
from service.web.api import models, paging
from service.web.api.access import Reader  # noqa: TC001 - FastAPI reads the annotations
from service.web.api.paging import SHOWN, Cursor, Limit
from service.web.api.problems import looking_up

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.store import Unit
    from service.store.digests import PastDigest

Id = Annotated[str, Path(max_length=300, description="id of a digest, or how only it begins")]
Whose = Annotated[
    str | None, Query(max_length=models.LONGEST_NAME, description="of this subscription only")
]
_CONTENT = ("label", "banner", "screened", "encoder", "cutoffs", "sections", "changes", "receipts")


def routes(app: App) -> APIRouter:
    """Past digests."""
    router = APIRouter(tags=["digests"])

    @router.get("/digests", responses={400: {}})
    def list_digests(
        caller: Reader, subscription: Whose = None, limit: Limit = SHOWN, cursor: Cursor = None
    ) -> models.DigestPage:
        """Digests, the newest first."""
        of = f"digests {subscription}"
        after = paging.after(cursor, of, str)
        with app.store.reading() as tx:
            rows = tx.listing.digests(limit, after, subscription=subscription)
            shown, ahead = paging.page(rows, limit, of, lambda row: (row.frozen_at, row.id))
            items = [_summary(tx, past) for past in shown]
        return models.DigestPage.of({"items": items, "cursor": ahead})

    @router.get("/digests/{digest_id:path}", responses={404: {}})
    def digest(caller: Reader, digest_id: Id) -> models.Digest:
        """A digest with everything that it showed."""
        with app.store.reading() as tx:
            with looking_up():
                past = replay.find(tx, digest_id)
            content = tx.digests.content(past.id)
            summary = _summary(tx, past)
        return models.Digest.of(summary | {name: getattr(content, name) for name in _CONTENT})

    return router


def _summary(tx: Unit, past: PastDigest) -> dict[str, Any]:
    standing = replay.standing(tx.deliveries.lines(past.id, None))
    return {
        "id": past.id,
        "subscription": past.subscription,
        "period": past.period,
        "revision": past.revision,
        "frozen_at": past.frozen_at,
        "shown": past.shown,
        "standing": str(standing),
    }
