"""Answers that were seen, so that asking again need not fetch them again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

ROOM = 16 * 1024 * 1024  # bytes of all answers together


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and the name by which the server knows whether it is still the same."""

    etag: str
    body: bytes


class Memory:
    """The answers that were used last, by address, in `room` bytes. For any thread."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._held: OrderedDict[str, Kept] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, address: str) -> Kept | None:
        """What was kept for this address."""
        with self._lock:
            found = self._held.get(address)
            if found is not None:
                self._held.move_to_end(address)
            return found

    def keep(self, address: str, kept: Kept) -> None:
        """Keep an answer in the place of an earlier one; what was not used for longest goes."""
        with self._lock:
            before = self._held.pop(address, None)
            self._held[address] = kept
            self._size += len(kept.body) - (len(before.body) if before else 0)
            while self._size > self._room:
                _, gone = self._held.popitem(last=False)
                self._size -= len(gone.body)
