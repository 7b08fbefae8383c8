"""What has become of works since they were sent: which changes are news. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from service.records import NOTICES, Change, Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    class Sent(Protocol):
        """A work as one digest sent it, or as a reader saved it, and as it is now.

        `work_id`, `kind`, `flags` and `version` are the present ones; `sent_kind` and `sent_flags`
        are None where nobody noted them, and `seen_version` is the newest that was known then, or
        when one was told last. `told` is what digests have said of the work since. What was saved
        has no `period`.
        """

        @property
        def work_id(self) -> int: ...
        @property
        def kind(self) -> Kind: ...
        @property
        def flags(self) -> AbstractSet[Flag]: ...
        @property
        def sent_kind(self) -> Kind | None: ...
        @property
        def sent_flags(self) -> AbstractSet[Flag] | None: ...
        @property
        def topic(self) -> str: ...
        @property
        def period(self) -> str: ...
        @property
        def told(self) -> AbstractSet[Change]: ...
        @property
        def version(self) -> int: ...
        @property
        def seen_version(self) -> int: ...

    S = TypeVar("S", bound=Sent)
else:
    S = TypeVar("S")

BY_FLAG = {
    Flag.RETRACTED: Change.RETRACTED,
    Flag.WITHDRAWN: Change.WITHDRAWN,
    Flag.CONCERN: Change.CONCERN,
    Flag.CORRECTED: Change.CORRECTED,
}
_ALARM = list(Change)  # the alarming first
# Of a work that is known to be void nothing less alarming is worth telling.
_VOID = (Change.RETRACTED, Change.WITHDRAWN)
UNPUBLISHED = NOTICES | {Kind.PREPRINT}


@dataclass(frozen=True, slots=True)
class News(Generic[S]):
    """A change to tell, and the last digest, or else the last saving, that it overtakes."""

    change: Change
    overtaken: S

    @property
    def work_id(self) -> int:
        """The work that has changed."""
        return self.overtaken.work_id


def news(sent: Iterable[S]) -> tuple[News[S], ...]:
    """The changes to tell, the alarming first, then by work; each of a work once, and never again
    once told.

    `sent` comes in the order of its digests, what was saved before. A work that was sent twice, as
    two that are one by now, is retracted to readers who saw either of them unmarked; it is
    published to those who saw nothing but preprints. What nobody noted at sending is no news. Of a
    preprint each version newer than the last one seen or told is.
    """
    by_work: dict[int, list[S]] = {}
    for each in sent:
        by_work.setdefault(each.work_id, []).append(each)
    found = [one for times in by_work.values() for one in _of(times)]
    return tuple(sorted(found, key=lambda one: (_ALARM.index(one.change), one.work_id)))


def _of(times: Sequence[S]) -> list[News[S]]:
    """The news of one work, from each time that it was sent."""
    told = frozenset[Change]().union(*(each.told for each in times))
    overtaken = {
        change: each
        for change in _ALARM
        if change not in told or change is Change.NEW_VERSION  # there may be another
        for each in times  # the last one stands
        if _is_news(change, each, times)
    }
    void = [change for change in _VOID if change in overtaken or _known(change, times, told)]
    least = _ALARM.index(void[0]) if void else len(_ALARM)
    return [
        News(change, each) for change, each in overtaken.items() if _ALARM.index(change) <= least
    ]


def _is_news(change: Change, each: Sent, times: Sequence[Sent]) -> bool:
    if change is Change.PUBLISHED:
        seen = {one.sent_kind for one in times}
        return seen == {Kind.PREPRINT} and each.kind not in UNPUBLISHED
    if change is Change.NEW_VERSION:
        return each.kind is Kind.PREPRINT and each.version > max(t.seen_version for t in times)
    flags = each.sent_flags
    return flags is not None and change in _changes(each.flags) - _changes(flags)


def _known(change: Change, times: Sequence[Sent], told: AbstractSet[Change]) -> bool:
    """Whether the reader was told, or saw it whenever the work was sent."""
    return change in told or all(change in _changes(each.sent_flags or ()) for each in times)


def _changes(flags: Iterable[Flag]) -> frozenset[Change]:
    return frozenset(BY_FLAG[flag] for flag in flags if flag in BY_FLAG)
