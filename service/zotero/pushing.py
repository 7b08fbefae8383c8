"""Works into a collection of a Zotero library, each once.

A work that the library has is recognised (see `marks`) and put into the collection if it is not
there; one in the trash is left in the trash. Whatever ends a push, the next goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from service.errors import TransientError
from service.zotero.items import Item, item_of
from service.zotero.library import MOST_WRITTEN
from service.zotero.marks import is_ours, key_of, names_of, names_of_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.archive.exports import Entry
    from service.zotero.library import Library, Stored, Written

_TRIES = 10  # of one write, while others change the library


@dataclass(frozen=True, slots=True)
class Refused:
    """A work that the library did not take, and why."""

    work_id: int
    title: str
    reason: str


@dataclass(slots=True)
class Pushed:
    """What became of the works: new in the library, put into the collection from elsewhere in it,
    there before, in the trash, refused."""

    added: int = 0
    filed: int = 0
    there: int = 0
    trashed: int = 0
    refused: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    key: str
    version: int
    collections: tuple[str, ...]
    trashed: bool
    ours: bool


class Push:
    """One push into one collection; `collection` is its key, or "" for one that is to be made."""

    def __init__(self, library: Library, collection: str) -> None:
        self._library = library
        self._collection = collection
        self._by_name: dict[str, _Held] = {}
        self._by_key: dict[str, _Held] = {}
        self._version = 0
        self.pushed = Pushed()

    def look(self, progress: Callable[[int, int], None]) -> None:
        """Read what the library has."""
        found = self._library.items(progress=progress)
        self._learn(found.objects)
        self._version = found.version

    def run(self, entries: Iterable[Entry], *, dry: bool, went_on: Callable[[int], None]) -> Pushed:
        """Push; with `dry` only say what would become of the works. `went_on` gets how many works
        are done. Raises `TransientError` where the library never comes to rest."""
        rest = iter(entries)
        while batch := list(islice(rest, MOST_WRITTEN)):
            self._batch(batch, dry=dry)
            went_on(len(batch))
        return self.pushed

    def _batch(self, batch: Sequence[Entry], *, dry: bool) -> None:
        left = list(batch)
        for _ in range(_TRIES):
            wanted = self._decided(left)
            if not wanted:
                return
            if dry:
                self._settle(wanted, {i: item.get("key", "") for i, (_, item) in enumerate(wanted)})
                return
            objects = [item for _, item in wanted]
            known = self._version
            report = self._library.write("items", objects, known)
            if report is None:
                left = [entry for entry, _ in wanted]
            else:
                self._version = report.version
                left = self._reported(wanted, report)
            if not left:
                return
            self._look_again(known)
        raise TransientError(
            f"Zotero {self._library.path}",
            f"was changed by others {_TRIES} times while it was written to",
            "push again when it is quiet: what was written stays",
        )

    def _decided(self, entries: Sequence[Entry]) -> list[tuple[Entry, Item]]:
        """What is to be written; the rest is counted."""
        found: list[tuple[Entry, Item]] = []
        chosen: set[str] = set()
        for entry in entries:
            names = names_of(entry)
            held = self._held(entry)
            if held is None and names & chosen:  # two works of ours that are one paper there
                self.pushed.there += 1
            elif held is None:
                key = key_of(entry)
                fresh = key not in self._by_key and key not in chosen
                own = {"key": key, "version": 0} if fresh else {}
                found.append((entry, own | item_of(entry, self._collection)))
                chosen |= names | {key}
            elif held.trashed:
                self.pushed.trashed += 1
            elif self._collection in held.collections or held.key in chosen:
                self.pushed.there += 1
            else:
                filed = [*held.collections, self._collection]
                item = {"key": held.key, "version": held.version, "collections": filed}
                found.append((entry, item))
                chosen.add(held.key)
        return found

    def _held(self, entry: Entry) -> _Held | None:
        for name in sorted(names_of(entry)):
            if name in self._by_name:
                return self._by_name[name]
        held = self._by_key.get(key_of(entry))  # its names may have been edited away
        return held if held is not None and held.ours else None

    def _reported(self, wanted: Sequence[tuple[Entry, Item]], report: Written) -> list[Entry]:
        """Count what the server did; returns the works that are to be tried again."""
        self._settle(wanted, report.done)
        again: list[Entry] = []
        for place, (code, reason) in report.failed.items():
            entry, _ = wanted[place]
            if code == 412:  # this very item has changed, or was made, meanwhile
                again.append(entry)
            else:
                self.pushed.refused.append(Refused(entry.work.id, entry.title, reason))
        return again

    def _settle(self, wanted: Sequence[tuple[Entry, Item]], done: Mapping[int, str]) -> None:
        for place, key in done.items():
            entry, item = wanted[place]
            if "itemType" in item:
                self.pushed.added += 1
            else:
                self.pushed.filed += 1
            collections = tuple(item["collections"])
            held = _Held(key, self._version, collections, trashed=False, ours=True)
            self._by_key[key] = held
            self._by_name |= dict.fromkeys(names_of(entry), held)

    def _look_again(self, known: int) -> None:
        """Learn what has changed since a version."""
        found = self._library.items(since=known)
        self._learn(found.objects)
        self._version = found.version

    def _learn(self, objects: Iterable[Stored]) -> None:
        for each in objects:
            data: Mapping[str, Any] = each.data
            held = _Held(
                each.key,
                each.version,
                tuple(map(str, data.get("collections") or ())),
                trashed=bool(data.get("deleted")),
                ours=is_ours(data),
            )
            self._by_key[each.key] = held
            for name in names_of_item(data):
                before = self._by_name.get(name)
                # Of two copies the one that is not in the trash counts.
                if before is None or before.key == held.key or before.trashed:
                    self._by_name[name] = held
