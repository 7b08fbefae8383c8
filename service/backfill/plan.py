"""What a back-fill is made of, and how far it has come. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from service.errors import InputError
from service.records import Tally
from service.records.backfills import PartState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.records.backfills import Backfill, Part, PlannedFile

# "MD5(pubmed26n0001.xml.gz)= 0123..." as NLM writes it, or "0123...  name" as md5sum does.
_STATED = re.compile(r"\A\s*(?:MD5\s*\([^)\n]*\)\s*=\s*)?([0-9a-fA-F]{32})\b")


def key(files: Sequence[PlannedFile], source: str, encoder: str | None, batch: int) -> str:
    """What tells a plan from every other: its files' names, sizes and checksums in their order,
    their source, what embeds them, and how many records make a batch."""
    lines = [f"{source}\n{encoder or ''}\n{batch}"]
    lines += [f"{name_of(each.file)}\n{each.size}\n{each.checksum}" for each in files]
    return blake2b("\n\n".join(lines).encode(), digest_size=16).hexdigest()


def name_of(file: str) -> str:
    """A file's name without its folder, as people know it."""
    return file.replace("\\", "/").rpartition("/")[2]


def stated(text: str, thing: str) -> str:
    """The MD5 that a .md5 file states, in lower case. Raises `InputError`."""
    found = _STATED.match(text)
    if found is None:
        raise InputError(thing, "states no MD5", "get it again, or remove it")
    return found[1].lower()


def refuse_twins(files: Sequence[PlannedFile]) -> None:
    """Raise `InputError` where two files of a plan have the same content."""
    seen: dict[tuple[int, str], str] = {}
    for each in files:
        twin = seen.setdefault((each.size, each.checksum), each.file)
        if twin != each.file:
            raise InputError(each.file, f"has the same content as {twin}", "name one of them")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a back-fill has come: parts by their state, bytes read of all, records that came in,
    works embedded."""

    parts: int
    done: int
    failed: int
    taken: int
    size: int
    read: int
    tally: Tally
    embedded: int

    @property
    def left(self) -> int:
        """Parts that are still to be done."""
        return self.parts - self.done - self.failed


def progress(backfill: Backfill) -> Progress:
    """How far it has come by what is noted of its parts."""
    states = [part.state for part in backfill.parts]
    tally = Tally()
    for part in backfill.parts:
        tally += part.tally
    return Progress(
        parts=len(states),
        done=states.count(PartState.DONE),
        failed=states.count(PartState.FAILED),
        taken=states.count(PartState.TAKEN),
        size=sum(part.size for part in backfill.parts),
        read=sum(_read(part) for part in backfill.parts),
        tally=tally,
        embedded=sum(part.embedded for part in backfill.parts),
    )


def _read(part: Part) -> int:
    over = part.state in {PartState.DONE, PartState.FAILED}
    return part.size if over else min(part.read, part.size)


def remaining(first: Progress, now: Progress, seconds: float) -> timedelta | None:
    """The time that is left at the pace, in bytes, since `first`; None where there is none yet."""
    done = now.read - first.read
    if done <= 0 or seconds <= 0:
        return None
    return timedelta(seconds=round((now.size - now.read) * seconds / done))


def pace(first: Progress, now: Progress, seconds: float) -> float:
    """Records a second since `first`."""
    return (now.tally.fetched - first.tally.fetched) / seconds if seconds > 0 else 0.0
