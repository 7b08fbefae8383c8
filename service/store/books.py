"""The store as polling and sending see it: each call is one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.errors import ClaimLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from service.errors import LitwatchError
    from service.records import (
        Delivery,
        DeliveryState,
        SweepKind,
        SweepMark,
        Tally,
        Validators,
        WindowReport,
    )
    from service.records.workers import Claim
    from service.store.holding import Holding
    from service.store.unit import Store, Unit


class StoredPollBook:
    """The `PollBook` of one process. What is written of a source counts only while its claim
    stands: else `ClaimLostError` is raised, and nothing is written."""

    def __init__(self, holding: Holding) -> None:
        self._store = holding.store
        self._holding = holding
        self._claims: dict[str, Claim] = {}

    def claim(self, source: str, now: datetime, *, force: bool) -> bool:
        """See `PollBook.claim`."""
        with self._store.reading() as tx:
            if not force and tx.sources.waits(source, now):
                return False
        claim = self._holding.take(f"poll {source}")
        if claim is None:
            return False
        begun = False
        try:
            with self._store.writing() as tx:  # asked again: another may just have polled it
                begun = tx.sources.begin(source, now, force=force)
        finally:
            if begun:
                self._claims[source] = claim
            else:
                self._holding.release(claim)
        return begun

    def release(self, source: str) -> None:
        """Let others poll the source."""
        if claim := self._claims.pop(source, None):
            self._holding.release(claim)

    def fence(self, source: str) -> Callable[[Unit], None]:
        """What is to be called first in each transaction that writes what came of the poll. It
        raises `ClaimLostError`."""
        claim = self._claims.get(source)

        def stands(tx: Unit) -> None:
            if claim is None:
                raise ClaimLostError(f"poll {source}", "was not claimed")
            tx.claims.fence(claim)

        return stands

    @contextmanager
    def _writing(self, source: str) -> Iterator[Unit]:
        with self._store.writing() as tx:
            self.fence(source)(tx)
            yield tx

    def first_polled(self, source: str, now: datetime) -> datetime:
        """When the source was first claimed."""
        with self._store.reading() as tx:
            return tx.sources.first_polled(source) or now

    def marks(self, source: str) -> Mapping[SweepKind, SweepMark]:
        """How far each kind of sweep has come."""
        with self._store.reading() as tx:
            return tx.sources.marks(source)

    def validators(self, source: str, kind: SweepKind) -> Validators:
        """A feed's cache validators."""
        with self._store.reading() as tx:
            return tx.sources.validators(source, kind)

    def unknown(self, source: str, source_ids: Sequence[str]) -> set[str]:
        """Those of the ids that the archive does not hold."""
        with self._store.reading() as tx:
            return set(source_ids) - tx.held.known_ids(source, source_ids)

    def receipt(
        self, source: str, report: WindowReport, tally: Tally, started: datetime, finished: datetime
    ) -> None:
        """Keep what one window stated, gave and came to."""
        with self._writing(source) as tx:
            tx.sources.add_receipt(source, report, tally, started_at=started, finished_at=finished)

    def set_mark(
        self, source: str, kind: SweepKind, mark: SweepMark, validators: Validators | None
    ) -> None:
        """Move a mark."""
        with self._writing(source) as tx:
            tx.sources.set_mark(source, kind, mark, validators)

    def succeeded(self, source: str, now: datetime, next_at: datetime) -> None:
        """A poll ended well."""
        with self._writing(source) as tx:
            tx.sources.succeeded(source, now, next_at)

    def failed(self, source: str, error: LitwatchError, not_before: datetime) -> None:
        """A poll ended badly."""
        with self._writing(source) as tx:
            tx.sources.failed(source, error.code, str(error), not_before)


class StoredOutbox:
    """The `Outbox` of one worker; it takes only deliveries of the channels it has leases for."""

    def __init__(self, store: Store, owner: str, leases: Mapping[str, timedelta]) -> None:
        self._store = store
        self._owner = owner
        self._leases = dict(leases)

    def now(self) -> datetime:
        """See `Outbox.now`."""
        return self._store.now()

    def claim(self, now: datetime) -> Delivery | None:
        """See `Outbox.claim`."""
        with self._store.writing() as tx:
            return tx.deliveries.claim(self._owner, now, self._leases)

    def holds(self, delivery: Delivery) -> bool:
        """See `Outbox.holds`."""
        now = self._store.now()
        with self._store.reading() as tx:
            return tx.deliveries.holds(delivery, now)

    def claim_unknown(self, now: datetime) -> Delivery | None:
        """See `Outbox.claim_unknown`."""
        with self._store.writing() as tx:
            return tx.deliveries.claim_unknown(self._owner, now, self._leases)

    def finish(
        self,
        delivery: Delivery,
        *,
        state: DeliveryState,
        not_before: datetime | None,
        detail: str,
        provider_id: str | None,
        remedy: str,
        resend: bool,
        plain: bool,
        now: datetime,
    ) -> bool:
        """See `Outbox.finish`."""
        with self._store.writing() as tx:
            return tx.deliveries.finish(
                delivery,
                state=state,
                not_before=not_before,
                detail=detail,
                provider_id=provider_id,
                remedy=remedy,
                resend=resend,
                plain=plain,
                now=now,
            )

    def expired(self, now: datetime) -> list[Delivery]:
        """Sendings whose worker went silent."""
        with self._store.reading() as tx:
            return tx.deliveries.expired(now)

    def orphans(self) -> list[Delivery]:
        """Later parts whose first part can never arrive."""
        with self._store.reading() as tx:
            return tx.deliveries.orphans()

    def stopped(self) -> list[tuple[Delivery, str]]:
        """See `Outbox.stopped`."""
        with self._store.reading() as tx:
            return tx.deliveries.stopped()
