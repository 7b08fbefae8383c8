"""What the operator must know, from what needs a person and from how the machine stands. Pure.

An alarm lasts as long as its condition: it is told when it begins, again when it becomes critical,
and once more when it is over. What mends itself within hours is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from service.records import Alarm, DeliveryState, Severity
from service.records.gaps import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from service.needs import Needs
    from service.records.workers import Worker
    from service.store.delivery_lists import DeliveryLine
    from service.store.sources import SourceState

_TRIES = 3  # a source that fails once or twice is tried again within hours
_STALE = timedelta(days=1)
_LOST = timedelta(days=3)  # a weekly digest would be made with most of a week missing
_LITTLE, _HARDLY_ANY = 1 << 30, 256 << 20  # bytes: a day of polling and its index; one digest
_GONE, _FORGOTTEN = timedelta(minutes=10), timedelta(days=1)  # a machine that sleeps comes back
_SHARE = 0.05  # of a small disk, which other programs fill too


@dataclass(frozen=True, slots=True)
class Machine:
    """How the machine stands: bytes `free` of `size` where the archive lies (None: elsewhere), and
    why there is no model ("" where there is one). And who works: `silent` are workers that have
    given no sign of life for minutes and never said that they ended."""

    free: int | None = None
    size: int | None = None
    model: str = ""
    silent: tuple[Worker, ...] = ()


def alarms(
    needs: Needs, machine: Machine, findings: Iterable[Alarm], sources: Collection[str],
    now: datetime,
) -> tuple[Alarm, ...]:  # fmt: skip
    """Every alarm whose condition holds now, each key once, the critical first. `sources` are those
    that are enabled; `findings` are what an audit of the receipts found."""
    found = {
        each.key: each
        for each in (
            *_sources(needs, sources, now),
            *_deliveries(needs),
            *_subscriptions(needs),
            *_seeds(needs),
            *_machine(machine),
            *_workers(machine.silent, now),
            *findings,
        )
    }
    ranks = {Severity.CRITICAL: 0, Severity.WARNING: 1}
    return tuple(sorted(found.values(), key=lambda alarm: (ranks[alarm.severity], alarm.key)))


def _sources(needs: Needs, enabled: Collection[str], now: datetime) -> Iterator[Alarm]:
    for state in needs.failing:
        since = _silent(state, now)
        if state.name not in enabled or state.failures < _TRIES or since < _STALE:
            continue
        severity = Severity.CRITICAL if since >= _LOST else Severity.WARNING
        last = f"{state.last_success_at:%Y-%m-%d %H:%M}" if state.last_success_at else "never"
        told = f"failed {state.failures} times, last polled well {last} (UTC)"
        cause = f"{told}: {plain(state.error or 'no reason is known')}"
        remedy = f"see: litwatch sources; what was missed is fetched when {state.name} is back"
        yield Alarm(f"source-stale:{state.name}", severity, f"source {state.name}", cause, remedy)


def _silent(state: SourceState, now: datetime) -> timedelta:
    """Since when nothing came: of a source that never gave anything, for ever."""
    return now - state.last_success_at if state.last_success_at else timedelta.max


def _deliveries(needs: Needs) -> Iterator[Alarm]:
    for line in needs.urgent:
        doubtful = line.state is DeliveryState.UNKNOWN
        if doubtful and line.not_before is not None:
            continue  # it is looked for, or sent once more, by itself
        what = "in doubt" if doubtful else "dead"
        cause = f"is {what}: {line.last_error or 'no reason is known'}"
        remedy = line.remedy or f"see: litwatch deliveries explain {line.id[:8]}"
        key = f"delivery-{line.state}:{line.id}"
        yield Alarm(key, Severity.CRITICAL, _named(line), cause, remedy)


def _named(line: DeliveryLine) -> str:
    part = f" (part {line.part} of {line.parts})" if line.parts > 1 else ""
    return f"digest of {line.subscription} to {line.channel} {line.destination}{part}"


def _subscriptions(needs: Needs) -> Iterator[Alarm]:
    warn, late = Severity.WARNING, Severity.CRITICAL
    for digest in needs.overdue:
        cause = f"was due {digest.due_at:%Y-%m-%d %H:%M} (UTC) and is not made"
        remedy = "see whether litwatch run is running, and what it logs"
        name = digest.subscription
        yield Alarm(f"digest-late:{name}", late, f"digest of {name}", cause, remedy)
    for stop in needs.bounced:
        name = stop.subscription
        remedy = f"mend the address, then run: litwatch subscriptions resume {name}"
        cause = f"is stopped, for its mails come back: {stop.detail}"
        yield Alarm(f"mails-return:{name}", warn, f"subscription {name}", cause, remedy)
    for subscription in needs.unconfigured:
        name = subscription.name
        cause = f"is to be sent to {subscription.channel}, which is not configured"
        remedy = "see: litwatch config check"
        yield Alarm(f"not-configured:{name}", warn, f"subscription {name}", cause, remedy)
    for search in needs.unasked:
        name, sent = search.search, ", ".join(search.subscriptions)
        cause = f"is to be sent to {sent}, and {search.fault}"
        remedy = f"litwatch searches save {name} QUERY, or end the subscription to it"
        yield Alarm(f"search-unasked:{name}", warn, f"saved search {name}", cause, remedy)


def _seeds(needs: Needs) -> Iterator[Alarm]:
    for each in needs.doubted:
        thing = f'seed "{each.title}" of topic {each.topic}'
        remedy = f"litwatch topics seed remove {each.topic} {each.seed}"
        key = f"seed-doubted:{each.topic}/{each.seed}"
        yield Alarm(key, Severity.WARNING, thing, each.fault, remedy)


def _workers(silent: Iterable[Worker], now: datetime) -> Iterator[Alarm]:
    """Others go on with their work: so it is no more than a warning, and over after a day."""
    for worker in silent:
        if not _GONE <= now - worker.seen_at < _FORGOTTEN:
            continue
        busy = f", at {worker.doing}" if worker.doing else ""
        last = f"{worker.seen_at:%Y-%m-%d %H:%M} (UTC)"
        cause = f"was last seen {last}{busy}, and has not said goodbye"
        remedy = "see: litwatch status, and what it logged last (was it killed for its memory?)"
        key, thing = f"worker-gone:{worker.name}", f"worker {worker.name}"
        yield Alarm(key, Severity.WARNING, thing, cause, remedy)


def _machine(machine: Machine) -> Iterator[Alarm]:
    if machine.model:
        remedy = "see: litwatch config check; digests are ranked by words only until then"
        yield Alarm("model", Severity.WARNING, "the encoder", machine.model, remedy)
    if machine.free is None or machine.size is None:
        return
    if machine.free < max(_HARDLY_ANY, min(_LITTLE, _SHARE * machine.size)):
        severity = Severity.CRITICAL if machine.free < _HARDLY_ANY else Severity.WARNING
        cause = f"has {machine.free / (1 << 20):,.0f} MiB left"
        remedy = "make room, or move the archive: a full disk ends polling and sending"
        yield Alarm("disk", severity, "the archive's disk", cause, remedy)
