"""The works that previews are made on, at hand: in memory, on the shelf, or to be read.

A module beside the pipeline, with the same rules. Safe to share between threads.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, cast

from service.errors import LitwatchError
from service.previews import pool as pools
from service.previews.texts import PatientEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy import float32
    from numpy.typing import NDArray

    from service.pipeline import Parts
    from service.previews.pool import Pool
    from service.records import EncoderInfo

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)


class Shelf(Protocol):
    """Keeps what previews are made on, for other processes; see `bootstrap.preview_files`."""

    def keep(self, pool: Pool) -> None:
        """Keep the pool in place of the one before. Never raises."""
        ...

    def pool(self, now: datetime) -> Pool | None:
        """One that was kept lately, by the present encoder."""
        ...

    def keep_texts(self, encoder: EncoderInfo, vectors: Mapping[str, NDArray[float32]]) -> None:
        """Keep the vectors of these texts in place of those before. Never raises."""
        ...

    def texts(self, encoder: EncoderInfo) -> dict[str, NDArray[float32]]:
        """The vectors that were kept, of this encoder."""
        ...


class PreviewWorks:
    """The works of the last `weeks`. They are read once, which takes half a millisecond each; who
    has them warmed has them read again, in the background, when new ones have come."""

    def __init__(
        self, parts: Parts, model: threading.Lock, shelf: Shelf | None, weeks: int
    ) -> None:
        self._parts = parts
        self._model = model
        self._shelf = shelf
        self._weeks = weeks
        self._reading = threading.Lock()
        self._starting = threading.Lock()
        self._pool: Pool | None = None
        self._reader: threading.Thread | None = None
        self._warmed = False

    @property
    def ready(self) -> bool:
        """Whether they are in memory."""
        return self._pool is not None

    def warm(self) -> None:
        """Have them read in the background, now and when new ones have come. Returns at once."""
        self._warmed = True
        if self._pool is None or self._stale(self._pool):
            self._begin()

    def read(self) -> None:
        """Read them now, unless those at hand are up to date."""
        with self._reading:
            if self._pool is None or self._stale(self._pool):
                encoder = PatientEncoder(self._parts.encoder, self._model, None)
                self._pool = pools.read(replace(self._parts, encoder=encoder), self._weeks)
                if self._shelf is not None:
                    self._shelf.keep(self._pool)

    def settle(self) -> None:
        """Wait until nothing is read in the background."""
        reader = self._reader
        if reader is not None:
            reader.join()

    def at_hand(self) -> Pool:
        """The works, up to date or nearly: never more than a day behind."""
        if self._pool is None:
            self._take()
        pool = self._pool
        if pool is not None and self._stale(pool):
            if self._warmed:
                self._begin()
            elif self._parts.clock.now() - pool.made > _DAY:
                pool = None
        if pool is None:
            self.read()
            pool = self._pool
        return cast("Pool", pool)

    def _take(self) -> None:
        """From the shelf, where they lie there and nothing is in memory."""
        with self._reading:
            if self._pool is not None or self._shelf is None:
                return
            pool = self._shelf.pool(self._parts.clock.now())
            if pool is None or pool.asked != self._weeks or pool.encoder is None:
                return
            with self._parts.store.reading() as tx:
                self._pool = pool if pools.belongs(tx, pool) else None

    def _stale(self, pool: Pool) -> bool:
        with self._parts.store.reading() as tx:
            return pools.span(tx, self._parts.clock.now(), self._weeks) != pool.span

    def _begin(self) -> None:
        with self._starting:
            if self._reader is None or not self._reader.is_alive():
                self._reader = threading.Thread(target=self._refresh, name="previews", daemon=True)
                self._reader.start()

    def _refresh(self) -> None:
        try:
            self._take()
            self.read()
        except LitwatchError as error:  # what is at hand serves on
            log.warning("the works for previews could not be read: %s", error)
        except Exception:
            log.exception("the works for previews could not be read")
