"""What to do with a digest that its channel refuses for good: mail it, once.

A module beside the pipeline, with the same rules: it is handed what renders.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from service.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.protocols import Renderer
    from service.store import Store
    from service.store.delivery_lists import Refused

log = logging.getLogger(__name__)


def fall_back(store: Store, renderers: Mapping[str, Renderer]) -> list[Refused]:
    """Put each digest whose first part is dead into the outbox for its subscription's fallback
    address; returns what was written now. The digest counts as arriving from then on.

    Where no mail can be rendered, nothing happens: the configuration's check says so.
    """
    if "email" not in renderers:
        return []
    with store.reading() as tx:
        waiting = tx.deliveries.refused()
    return [refused for refused in waiting if _tried(store, renderers["email"], refused)]


def _tried(store: Store, renderer: Renderer, refused: Refused) -> bool:
    """One digest that cannot be rendered holds up no other; what the store raises ends it."""
    try:
        return _written(store, renderer, refused)
    except StoreError:
        raise
    except Exception:
        log.exception("digest %s cannot go to %s", refused.digest_id, refused.fallback)
        return False


def _written(store: Store, renderer: Renderer, refused: Refused) -> bool:
    with store.reading() as tx:
        content = tx.digests.content(refused.digest_id)
    parts = renderer.render(content, refused.fallback)
    now = store.now()
    why = f"{refused.channel} {refused.destination} refused for good: {refused.cause}"
    with store.writing() as tx:
        new = tx.deliveries.write(
            refused.digest_id,
            "email",
            refused.fallback,
            parts,
            detail=f"written, as {why}",
            now=now,
        )
        if new:
            dead = tx.deliveries.get(refused.delivery_id)
            tx.deliveries.note(dead, f"goes by mail to {refused.fallback} instead", now)
    if new:
        log.warning("digest %s goes to %s: %s", refused.digest_id, refused.fallback, why)
    return new
