"""The vectors of works, made by any number of workers side by side.

A module beside the pipeline, with the same rules. Works are claimed by pages of their numbers. Who
needs all of them waits for the pages of others; a page of a worker that died is made again.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.claims import Alone
from service.errors import ClaimLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.claims import Fence
    from service.pipeline import Parts
    from service.store.holding import Holding

log = logging.getLogger(__name__)

PAGE = 512  # numbers of works between two commits: what a crash can lose
_LOOK = 0.5  # seconds between two looks at what others are making
# A worker whose encoder hangs lives on, and so do its claims. Twice is better than not at all.
PATIENCE = 600.0  # seconds
_AFRESH = 86_400.0  # seconds between two looks at all works by a process that runs on


def embed(
    parts: Parts,
    progress: Callable[[int], None] = lambda _done: None,
    *,
    since: int = 0,
) -> int:
    """Embed every work that has no current vector; returns how many. Safe to stop at any point.

    With `since` it looks at no work up to that sequence number if the last of them has its vector:
    to look at all takes the longer the larger the archive is. It ends only when what other workers
    are making is there, too. Raises `EncoderError` when the model is missing or broken.
    """
    encoder_id, above, _ = _where(parts, since)
    done, begun, holding = 0, parts.clock.monotonic(), parts.holding
    while True:
        sweep = _Sweep(parts, holding, encoder_id, above, progress)
        came, elsewhere = sweep.run()
        done += came
        if not elsewhere:
            return done
        if parts.clock.monotonic() - begun > PATIENCE:
            holding = Alone()
        elif not came:
            parts.clock.sleep(_LOOK)


@dataclass(slots=True)
class Watermark:
    """Up to this sequence number a process has seen that works have their vectors."""

    seq: int = 0
    until: float = -math.inf  # seconds of the monotonic clock; later, all are looked at again


def embed_new(parts: Parts, mark: Watermark) -> int:
    """Embed the works that came after the mark, and move it; returns how many. What other workers
    are making is left to them, and looked at the next time.

    Once a day it looks at all: a work that went before it had its vector comes back under its old
    number. Raises `EncoderError`.
    """
    now = parts.clock.monotonic()
    if now >= mark.until:
        mark.seq, mark.until = 0, now + _AFRESH
    encoder_id, above, seq = _where(parts, mark.seq)
    done, elsewhere = _Sweep(parts, parts.holding, encoder_id, above, lambda _done: None).run()
    if not elsewhere:
        mark.seq = seq
    return done


def _where(parts: Parts, since: int) -> tuple[int, int, int]:
    """The encoder's number, the sequence number after which to look, and the last there is."""
    info = parts.encoder.info()
    with parts.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(info)
        above = since if since and tx.embeddings.reached(encoder_id, since) else 0
        return encoder_id, above, tx.works.sequence()


def to_embed(parts: Parts) -> int:
    """How many works wait for a vector. Raises `EncoderError`."""
    info = parts.encoder.info()
    with parts.store.writing() as tx:
        return tx.embeddings.waiting(tx.embeddings.encoder_id(info))


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One walk over the works that lack a vector, page by page."""

    parts: Parts
    holding: Holding | Alone
    encoder_id: int
    above: int
    progress: Callable[[int], None]

    def run(self) -> tuple[int, bool]:
        """How many were embedded, and whether pages were left that others have claimed."""
        done, elsewhere, after = 0, False, 0
        while (found := self._next(after)) is not None:
            number = (found - 1) // PAGE  # works are numbered from 1 on
            page = range(number * PAGE + 1, (number + 1) * PAGE + 1)
            with self.holding.held(f"embed {self.encoder_id}:{number}") as fence:
                made = self._embed(page, fence) if fence else None
            done, elsewhere = done + (made or 0), elsewhere or made is None
            after = page.stop - 1
        return done, elsewhere

    def _next(self, after: int) -> int | None:
        with self.parts.store.reading() as tx:
            found = tx.embeddings.missing(self.encoder_id, 1, after, above=self.above)
        return found[0][0] if found else None

    def _embed(self, page: range, fence: Fence) -> int | None:
        """How many were missing in the page; None where another took it over meanwhile."""
        # What was missing may be there by now: whoever had the page may just have let it go.
        with self.parts.store.reading() as tx:
            works = tx.embeddings.missing_of(self.encoder_id, page)
        texts = [(title, abstract) for _, title, abstract, _ in works]
        vectors = self.parts.work_vectors(texts, self.parts.encoder.encode, self.progress)
        made = [(work[0], work[3], rows) for work, rows in zip(works, vectors, strict=True)]
        try:
            with self.parts.store.writing() as tx:
                fence(tx)
                tx.embeddings.save(self.encoder_id, made)
        except ClaimLostError as error:
            log.warning("%s", error)
            return None
        return len(works)
