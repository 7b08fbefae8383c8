"""Stand-ins for what the runners and the pipeline are handed. Each keeps what it was told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from service.clock import Clock
from service.errors import ClaimLostError
from service.records import (
    Batch,
    Delivery,
    DeliveryState,
    Facet,
    Outcome,
    RankedWork,
    Record,
    Sweep,
    SweepKind,
    SweepMark,
    Tally,
    TopicRanking,
    Validators,
    WindowReport,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from service.errors import LitwatchError
    from service.records import Candidate, Evidence, Topic

START = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)


@dataclass
class FixedClock:
    """Time that stands until a test, or a sleep, moves it. `clock` is what code is handed."""

    at: datetime = START
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.at,
            monotonic=self.at.timestamp,
            sleep=self._sleep,
            jitter=lambda: 0.5,
        )

    def pass_time(self, **amount: float) -> None:
        self.at += timedelta(**amount)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_time(seconds=seconds)


# -- polling


@dataclass
class FakeSource:
    """Yields what its script says for each sweep: items, or an exception to raise there."""

    script: Callable[[Sweep], Sequence[Batch | WindowReport | BaseException]]
    name: str = "pubmed"
    sweeps: frozenset[SweepKind] = frozenset({SweepKind.RECENT})
    asked: list[Sweep] = field(default_factory=list)

    def poll(
        self, sweep: Sweep, unknown: Callable[[Sequence[str]], set[str]]
    ) -> Iterator[Batch | WindowReport]:
        self.asked.append(sweep)
        for item in self.script(sweep):
            if isinstance(item, BaseException):
                raise item
            yield item


def records(count: int, start: int = 0) -> Batch:
    """A batch of records that nobody parses."""
    numbers = range(start, start + count)
    return Batch(tuple(Record("pubmed", f"{n}", "", "none", b"x") for n in numbers))


def whole(sweep: Sweep, **changes: Any) -> WindowReport:
    """The sweep's window, proved complete."""
    made = WindowReport(sweep.window, sweep.kind, "q", None, None, 0, end_sign=True)
    return replace(made, **changes)


@dataclass
class FakePollBook:
    """A `PollBook` in memory."""

    claims: dict[str, bool] = field(default_factory=dict)
    refuse: bool = False
    kept: dict[SweepKind, SweepMark] = field(default_factory=dict)
    kept_validators: dict[SweepKind, Validators] = field(default_factory=dict)
    receipts: list[tuple[WindowReport, Tally]] = field(default_factory=list)
    failures: list[tuple[str, str, datetime]] = field(default_factory=list)
    successes: list[tuple[datetime, datetime]] = field(default_factory=list)
    forced: list[bool] = field(default_factory=list)
    taken_over: bool = False
    first: datetime | None = None

    def claim(self, source: str, now: datetime, *, force: bool) -> bool:
        self.forced.append(force)
        if self.refuse:
            return False
        self.first = self.first or now
        self.claims[source] = True
        return True

    def _stands(self) -> None:
        if self.taken_over:
            raise ClaimLostError("poll pubmed", "was taken over")

    def release(self, source: str) -> None:
        self.claims[source] = False

    def first_polled(self, source: str, now: datetime) -> datetime:
        return self.first or now

    def marks(self, source: str) -> Mapping[SweepKind, SweepMark]:
        return dict(self.kept)

    def validators(self, source: str, kind: SweepKind) -> Validators:
        return self.kept_validators.get(kind, Validators())

    def unknown(self, source: str, source_ids: Sequence[str]) -> set[str]:
        return set(source_ids)

    def receipt(
        self, source: str, report: WindowReport, tally: Tally, started: datetime, finished: datetime
    ) -> None:
        self._stands()
        self.receipts.append((report, tally))

    def set_mark(
        self, source: str, kind: SweepKind, mark: SweepMark, validators: Validators | None
    ) -> None:
        self._stands()
        self.kept[kind] = mark
        if validators is not None:
            self.kept_validators[kind] = validators

    def succeeded(self, source: str, now: datetime, next_at: datetime) -> None:
        self._stands()
        self.successes.append((now, next_at))

    def failed(self, source: str, error: LitwatchError, not_before: datetime) -> None:
        self._stands()
        self.failures.append((error.code, str(error), not_before))


@dataclass
class FakeHolding:
    """Stands in for `Holding`: `elsewhere` is what other workers have; the rest keeps what it was
    asked."""

    elsewhere: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    before: Callable[[str], object] = lambda _name: None
    asked: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)

    @contextmanager
    def held(self, name: str) -> Iterator[Callable[[object], None] | None]:
        """`before` is what happens between a look and the claim; what is `lost` is taken over
        while it is done."""
        self.asked.append(name)
        self.before(name)

        def fence(_tx: object) -> None:
            if name in self.lost:
                raise ClaimLostError(name, "was taken over by another worker")

        yield None if name in self.elsewhere else fence

    @contextmanager
    def working(self, program: str) -> Iterator[None]:
        self.programs.append(program)
        yield
        self.programs.append("over")

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        self.did.append(what)
        yield


# -- sending


@dataclass
class FakeOutbox:
    """An `Outbox` in memory; `taken_over` holds the ids that another worker has decided since,
    `held_up` those of which too long passes between claiming and sending."""

    waiting: list[Delivery] = field(default_factory=list)
    time: FixedClock = field(default_factory=FixedClock)
    due: dict[str, datetime] = field(default_factory=dict)
    silent: list[Delivery] = field(default_factory=list)
    threadless: list[Delivery] = field(default_factory=list)
    ended: list[tuple[Delivery, str]] = field(default_factory=list)
    taken_over: set[str] = field(default_factory=set)
    held_up: set[str] = field(default_factory=set)
    finished: list[tuple[str, DeliveryState, str]] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.time.at

    def holds(self, delivery: Delivery) -> bool:
        return delivery.id not in self.held_up

    def claim(self, now: datetime) -> Delivery | None:
        ready = {DeliveryState.READY, DeliveryState.RETRY}
        one = self._next(now, ready)
        if one is not None:
            sending = replace(
                one, state=DeliveryState.SENDING, attempt=one.attempt + 1, started_at=now
            )
            self.waiting = [sending if d.id == one.id else d for d in self.waiting]
            return sending
        return None

    def claim_unknown(self, now: datetime) -> Delivery | None:
        return self._next(now, {DeliveryState.UNKNOWN})

    def _next(self, now: datetime, states: set[DeliveryState]) -> Delivery | None:
        return next(
            (
                delivery
                for delivery in self.waiting
                if delivery.state in states and self.due.get(delivery.id, START) <= now
            ),
            None,
        )

    def finish(self, delivery: Delivery, *, state: DeliveryState, **told: Any) -> bool:
        self.finished.append((delivery.id, state, told["detail"]))
        self.last = told
        if delivery.id in self.taken_over:
            return False
        changed = replace(delivery, state=state, resends=delivery.resends + told["resend"])
        self.waiting = [changed if d.id == delivery.id else d for d in self.waiting]
        self.due[delivery.id] = told["not_before"] or datetime.max.replace(tzinfo=UTC)
        return True

    def expired(self, now: datetime) -> list[Delivery]:
        return self.silent

    def orphans(self) -> list[Delivery]:
        return self.threadless

    def stopped(self) -> list[tuple[Delivery, str]]:
        return self.ended

    def states(self) -> dict[str, DeliveryState]:
        return {delivery.id: delivery.state for delivery in self.waiting}


@dataclass
class FakeChannel:
    """Answers each sending and each look with the next of its outcomes, or raises it."""

    answers: list[Outcome | Exception] = field(default_factory=list)
    looks: list[Outcome | Exception] = field(default_factory=list)
    name: str = "slack"
    sent: list[Delivery] = field(default_factory=list)
    looked: list[Delivery] = field(default_factory=list)

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery)
        return _said(self.answers)

    def reconcile(self, delivery: Delivery) -> Outcome:
        self.looked.append(delivery)
        return _said(self.looks)


def _said(answers: list[Outcome | Exception]) -> Outcome:
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


# -- ranking


@dataclass
class FakeRanker:
    """Relevance is the share of the topic's included terms that a work names; `examples` is told
    when vectors came. Keeps the background and the evidence of its last call."""

    background: Sequence[Candidate] = ()
    evidence: Mapping[str, Sequence[Evidence]] = field(default_factory=dict)

    def rank_all(
        self,
        topics: Sequence[Topic],
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[..., Any] | None,
        evidence: Mapping[str, Sequence[Evidence]],
        *,
        limit: int | None = None,
    ) -> dict[str, TopicRanking]:
        self.background, self.evidence = background, evidence
        ranked = {t.slug: self.rank(t, candidates, background, encode) for t in topics}
        return {slug: TopicRanking(works[:limit], _spread(works)) for slug, works in ranked.items()}

    def rank(
        self,
        topic: Topic,
        candidates: Sequence[Candidate],
        background: Sequence[Candidate],
        encode: Callable[..., Any] | None,
        evidence: Sequence[Evidence] = (),
    ) -> list[RankedWork]:
        made = [_ranked(topic, candidate, encode is not None) for candidate in candidates]
        return sorted(made, key=lambda one: (-one.score, one.work_id))


def _spread(works: Sequence[RankedWork]) -> tuple[int, ...]:
    bins = [min(int(work.relevance * 20), 19) for work in works]
    return tuple(bins.count(number) for number in range(20))


def _ranked(topic: Topic, candidate: Candidate, dense: bool) -> RankedWork:
    text = f"{candidate.title} {candidate.abstract}".lower()
    terms = tuple(term for term in topic.include if term.lower() in text)
    score = len(terms) / max(len(topic.include), 1)
    return RankedWork(
        work_id=candidate.work_id,
        topic=topic.slug,
        score=5 * score,
        relevance=score,
        concept=5 * score,
        examples=score if dense and candidate.vectors is not None else None,
        facet=Facet("title", topic.seeds[0].title, topic.seeds[0].key),
        terms=terms,
    )
