"""One part of a back-fill into the archive: claimed, read, stored batch by batch, receipted.

A batch is noted in the transaction that stores it, so a part that was killed goes on behind its
last batch. Files come in any order, and several at once: an older revision of a record never takes
the place of a newer one, and what files name as deleted is marked when all files are in.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service import pipeline, tallies
from service.errors import ClaimLostError, InputError, LitwatchError, ParseError, StoreError
from service.normalisation import normalise
from service.records import Tally
from service.records.backfills import PartState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from service.pipeline import Parts
    from service.records import Batch, Paper, Record
    from service.records.backfills import Backfill, Part
    from service.store import Unit

    # The file's batches, in the same cut each time; told the bytes read. Raises `InputError`.
    Read = Callable[[str, Callable[[int], None]], Iterator[Batch]]

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # a batch of a thousand takes seconds
WAITS = (1.0, 3.0, 10.0, 30.0, 60.0)  # before a batch is tried again that the database refused


@dataclass(frozen=True, slots=True)
class Reading:
    """How a part's file is read: its source, its checksum and its batches. Each raises
    `InputError`."""

    source: Callable[[str], str]
    checksum: Callable[[str], str]
    batches: Read


@dataclass(slots=True)
class Taking:
    """Takes parts in, one after the other. `stopping` is asked between batches; `stored` is called
    with each batch once it is in the archive, be it from an earlier attempt."""

    parts: Parts
    reading: Reading
    holder: str
    stopping: Callable[[], bool] = lambda: False
    stored: Callable[[Part, Batch], None] = lambda _part, _batch: None

    def next(self, number: int) -> Part | None:
        """Take in the next part that is free, as far as it comes; None where there is none.

        Raises `StoreError` where the database stays away.
        """
        part = self.claim(number)
        return None if part is None else self.take(part)

    def claim(self, number: int, part_id: int | None = None) -> Part | None:
        """The next part that is free, or that one, for this holder alone."""
        now = self.parts.store.now()
        with self.parts.store.writing() as tx:
            return tx.backfills.claim(number, self.holder, now, now + LEASE, part_id)

    def take(self, part: Part) -> Part:
        """Take in a part that was claimed; returns it as it then stands: done, failed with the
        reason, or waiting where the work was to stop or was taken over. Raises `StoreError`."""
        began = self.parts.clock.monotonic()
        try:
            whole = self._read(part)
        except ClaimLostError as error:
            log.warning("%s", error)
            return replace(part, state=PartState.WAITING)
        except StoreError:
            raise
        except LitwatchError as error:
            return self._over(part, began, str(error))
        except Exception as error:  # a defect that one file shows must not cost the others theirs
            log.exception("part %s", part.file)
            return self._over(part, began, f"unexpected {type(error).__name__}: {error}")
        if whole:
            return self._over(part, began, None)
        with self.parts.store.writing() as tx:
            tx.backfills.release(part, self.parts.clock.monotonic() - began)
        return replace(part, state=PartState.WAITING)

    def _read(self, part: Part) -> bool:
        """Store what is not stored yet; False where the work was to stop."""
        if (found := self.reading.checksum(part.file)) != part.checksum:
            told = f"its MD5 is {found}, where {part.checksum} was stated"
            raise InputError(part.file, told, "get the file again, then: litwatch backfill --retry")
        source, read = self.reading.source(part.file), [0]

        def counted(size: int) -> None:
            read[0] += size

        for batch, content in enumerate(self.reading.batches(part.file, counted)):
            if self.stopping():
                return False
            if batch not in part.stored:
                self._store(part, batch, source, content, read[0])
            self.stored(part, content)
        return True

    def _store(self, part: Part, batch: int, source: str, content: Batch, read: int) -> None:
        """One batch, however often the database refuses it for a while."""
        for wait in (*WAITS, None):
            try:
                self._store_once(part, batch, source, content, read)
                break
            except ClaimLostError:
                raise
            except StoreError as error:
                if wait is None:
                    raise
                log.warning("%s; once more in %.0f s", error, wait)
                self.parts.clock.sleep(wait)

    def _store_once(self, part: Part, batch: int, source: str, content: Batch, read: int) -> None:
        until = self.parts.store.now() + LEASE
        older: frozenset[str] = frozenset()

        def fence(tx: Unit) -> None:
            if batch in tx.backfills.standing(part):
                raise _StoredError
            if found := _older(tx, content.records) - older:
                raise _OlderError(found)

        def note(tx: Unit, tally: Tally) -> None:
            told = tally + Tally(same=len(older))
            tx.backfills.note(part, batch, told, read=read, until=until, deleted=content.deletions)

        while True:
            records = tuple(each for each in content.records if each.key not in older)
            rest = replace(content, records=records, deletions=())
            try:
                pipeline.take_in(self.parts, rest, source, announce=False, fence=fence, note=note)
            except _OlderError as error:
                older |= error.keys
                continue
            except _StoredError:  # a commit whose answer was lost
                pass
            return

    def _over(self, part: Part, began: float, error: str | None) -> Part:
        """The part has ended; one that is done leaves the receipt that an import leaves."""
        clock, now = self.parts.clock, self.parts.store.now()
        try:
            with self.parts.store.writing() as tx:
                part = tx.backfills.finish(part, clock.monotonic() - began, now, error)
                if error is None:
                    tx.sources.add_import_receipt(
                        self.reading.source(part.file),
                        part.file,
                        part.tally,
                        part.started_at or now,
                        now,
                    )
        except ClaimLostError as lost:
            log.warning("%s", lost)
        return part


class _StoredError(Exception):
    """The batch is in the archive already."""


class _OlderError(Exception):
    """These records are older than what is held of them."""

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__(keys)
        self.keys = frozenset(keys)


def _older(tx: Unit, records: Collection[Record]) -> frozenset[str]:
    """Those of the records of which a later revision is held."""
    latest = {record.key: record for record in records}
    held = tx.held.stored(list(latest.values()))
    changed = {
        old.record_id: key
        for key, old in held.items()
        if old.work_id is not None and old.payload_hash != tx.held.digest(latest[key].payload)
    }
    if not changed:
        return frozenset()
    works = {held[key].work_id for key in changed.values()}
    kept = {
        changed[number]: record
        for work in tx.held.works_near((), {each for each in works if each is not None})
        for number, record in work.records.items()
        if number in changed
    }
    return frozenset(key for key, old in kept.items() if _revised(latest[key]) < _revised(old))


def _revised(record: Record) -> str:
    """The day of its last revision; "" where it tells none."""
    try:
        paper: Paper = normalise(record)
    except ParseError:
        return ""
    return paper.revised or ""


def settle(parts: Parts, backfill: Backfill) -> int:
    """Mark what the files name as deleted, now that nothing of them is to come; returns how many
    records that newly was. Leaves a receipt where it was any."""
    now = parts.store.now()
    with parts.store.writing() as tx:
        tx.intake.alone()
        ids = tx.backfills.deleted(backfill.id)
        gone = tx.intake.mark_gone(backfill.source, ids, now) if ids else 0
        if gone:
            tally = Tally(gone=gone, dropped=tallies.dropped((), gone))
            told = f"deletions in {len(backfill.parts)} files"
            tx.sources.add_import_receipt(backfill.source, told, tally, now, now)
        tx.backfills.over(backfill.id, now)
    return gone
