"""Whatever happens, in whatever order: each message is seen at most once, and in the end once.

Hypothesis plays the world: papers come, time passes, channels fail before or after they took a
message, workers die in the middle, readers vote. The archive is a real database, the stages and
the outbox are the real ones; only the channels and the ranker are stand-ins.
"""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import event

from service import pipeline, topics, voting
from service.bootstrap import operating
from service.delivery.sending import deliver
from service.digest.render import FileRenderer
from service.embedding.works import work_vectors
from service.errors import InputError
from service.records import (
    Batch,
    DeliveryState,
    Judgement,
    Outcome,
    RenderedPart,
    Subscription,
)
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.store import Store, StoredOutbox
from tests import databases
from tests.fakes import FakeRanker, FixedClock
from tests.fakes_encoder import FakeEncoder
from tests.papers import paper, record, understood

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Delivery, DigestContent

LEASES = {"slack": timedelta(minutes=2), "email": timedelta(minutes=40)}
FATES = (
    "taken", "refused for now", "taken, no answer", "lost, no answer",
    "dies before", "dies after",
)  # fmt: skip
NOW = datetime(2026, 11, 16, 7, tzinfo=UTC)  # a Monday
READERS = (
    Subscription("room", ("stroma",), "slack", "C0123456789", zone="UTC", cap=200, floor=0),
    Subscription(
        "mail", ("stroma",), "email", "ida@example.org", zone="UTC", cap=200, floor=0,
        searches=("stromal",),
    ),
    Subscription(
        "hunt", (), "slack", "C0000000001", zone="UTC", cap=200, floor=0, searches=("stromal",)
    ),
)  # fmt: skip
STROMA = replace(
    next(topic for topic in topics.shipped() if topic.slug == "stroma"), include=("stromal",)
)
PRIMES = (101, 103, 107, 109, 113)
_LOST = {DeliveryState.DEAD, DeliveryState.CANCELLED}


class DiedError(BaseException):
    """The worker is gone: nothing of it runs any more."""


@dataclass
class World:
    """A channel, and what people see in it. Mail cannot be looked up: its policy is to resend."""

    name: str
    seen: Counter[str] = field(default_factory=Counter)
    in_doubt: set[str] = field(default_factory=set)
    fates: deque[str] = field(default_factory=deque)
    blind: int = 0  # looks that will find nothing out

    def send(self, delivery: Delivery) -> Outcome:
        fate = self.fates.popleft() if self.fates else "taken"
        if fate == "dies before":
            raise DiedError
        if fate == "refused for now":
            return Outcome(DeliveryState.RETRY, fate)
        if fate != "lost, no answer":
            self.seen[delivery.id] += 1
        if fate == "dies after":
            raise DiedError
        if fate != "taken":
            self.in_doubt.add(delivery.id)
            return Outcome(DeliveryState.UNKNOWN, fate)
        return Outcome(DeliveryState.SENT, fate, provider_id=f"ts-{delivery.id}")

    def reconcile(self, delivery: Delivery) -> Outcome:
        if self.name == "email":
            return Outcome(DeliveryState.RETRY, "the policy is to send once more")
        if self.blind:
            self.blind -= 1
            return Outcome(DeliveryState.UNKNOWN, "the history could not be read")
        if self.seen[delivery.id]:
            return Outcome(DeliveryState.SENT, "found", provider_id=f"ts-{delivery.id}")
        return Outcome(DeliveryState.RETRY, "not found")


@dataclass(frozen=True)
class Pages:
    """A renderer of digests in several parts."""

    channel: str
    parts: int

    def render(self, content: DigestContent, destination: str) -> list[RenderedPart]:
        """The whole digest, and then parts that only follow it."""
        page = FileRenderer().render(content, "page.txt")[0].payload
        return [
            RenderedPart(f"{content.digest_id}-{self.channel}-{part}", part, self.parts, page)
            for part in range(1, self.parts + 1)
        ]


class Monitor(RuleBasedStateMachine):
    """One archive, three readers, and a world that does what it likes. One is sent what is near a
    topic, one also what a saved search finds, one that alone."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.time = FixedClock(NOW)
        self.engine = next(databases.migrated("sqlite", Path(self.folder.name)))
        self.store = Store(self.engine, self.time.clock.now)
        self.worlds = {name: World(name) for name in LEASES}
        self.published = 0
        self.refused: set[int] = set()
        self.dying: int | None = None
        event.listen(self.engine, "before_cursor_execute", self._perhaps_die)
        with self.store.writing() as tx:
            tx.subscriptions.sync(READERS, self.time.at)
            tx.topics.save("stroma", "document", "Ida", "because", self.time.at)
            tx.searches.save(SavedSearch("stromal", "title:stromal", Mode.HYBRID, "Ida", NOW))
        self.papers_come(2)
        self.time_passes(90)  # the first digests are due

    def _perhaps_die(self, *_: object) -> None:
        if self.dying is not None:
            self.dying -= 1
            if self.dying < 0:
                self.dying = None
                raise DiedError

    @property
    def parts(self) -> pipeline.Parts:
        return pipeline.Parts(
            store=self.store,
            clock=self.time.clock,
            encoder=FakeEncoder(8),
            ranker=FakeRanker(),
            work_vectors=work_vectors,
            topics=lambda _tx: (STROMA,),
            renderers={"slack": Pages("slack", 3), "email": Pages("email", 1)},
            default_cutoff=0.5,
        )

    # -- what happens

    @rule(count=st.integers(1, 4))
    def papers_come(self, count: int) -> None:
        numbers = range(self.published, self.published + count)
        made = Batch(tuple(record(paper(n + 1, title=_title(n))) for n in numbers))
        pipeline.take_in(self.parts, made, "pubmed")
        self.published += count

    @rule(minutes=st.sampled_from((1, 6, 45, 24 * 60, 7 * 24 * 60, -30)))
    def time_passes(self, minutes: int) -> None:
        self.time.pass_time(minutes=minutes)

    @rule(statements=st.none() | st.integers(0, 60))
    def digests_fall_due(self, statements: int | None) -> None:
        """Perhaps the worker dies at one of its statements."""
        self._until_death(lambda: pipeline.digest_due(self.parts), statements)

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=6))
    def a_worker_delivers(self, fates: list[str]) -> None:
        self._deliver(fates, None)

    @rule(statements=st.integers(0, 40))
    def a_worker_dies_delivering(self, statements: int) -> None:
        self._deliver([], statements)

    @rule()
    def the_history_cannot_be_read(self) -> None:
        self.worlds["slack"].blind = 2

    @rule(number=st.integers(0, 50), said=st.sampled_from(Judgement), key=st.integers(0, 5))
    def a_reader_votes(self, number: int, said: Judgement, key: int) -> None:
        shown = sorted(set(self._sent("room")))
        if shown:
            work = shown[number % len(shown)]
            if said is Judgement.NOT_RELEVANT:
                self.refused.add(work)
            ballot = voting.Ballot(str(work), said, key=f"press-{key}")
            voting.cast(self.parts, "stroma", [ballot], voter="slack:U1", via="slack")

    # -- what always holds

    @invariant()
    def no_message_is_seen_twice(self) -> None:
        assert max(self.worlds["slack"].seen.values(), default=0) <= 1

    @invariant()
    def a_mail_is_seen_twice_only_after_doubt(self) -> None:
        seen = self.worlds["email"].seen
        assert max(seen.values(), default=0) <= 2
        twice = {identity for identity, count in seen.items() if count == 2}
        with self.store.reading() as tx:
            events = {one: tx.deliveries.events(one) for one in twice}
        for told in events.values():
            assert any(new == DeliveryState.UNKNOWN for _, _, new, _ in told)

    @invariant()
    def no_work_is_in_two_digests_of_one_reader(self) -> None:
        for reader in READERS:
            sent = self._sent(reader.name)
            assert len(sent) == len(set(sent))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                self._calm_down()
            finally:
                self.engine.dispose()
                self.folder.cleanup()

    def _calm_down(self) -> None:
        """Everything arrives, and every paper was sent, once."""
        event.remove(self.engine, "before_cursor_execute", self._perhaps_die)
        self.worlds["slack"].blind = 0
        self.time.pass_time(days=15)  # past any clock that went back, and the next Monday
        pipeline.digest_due(self.parts)
        for _ in range(12):
            self._deliver([], None)
            self._a_person_decides()
            self.time.pass_time(hours=3)
        with self.store.reading() as tx:
            lines = tx.deliveries.lines(limit=10_000)
        lost = {line.id for line in lines if line.state in _LOST}
        assert {line.state for line in lines if line.id not in lost} == {DeliveryState.SENT}
        seen = self.worlds["slack"].seen | self.worlds["email"].seen
        assert {line.id for line in lines} - lost == set(seen) - self._given_up_in_doubt(lost)
        # What one reader voted against need not be sent to the other.
        for reader in READERS:
            assert len({*self._sent(reader.name), *self.refused}) == self.published, reader.name
        self.no_message_is_seen_twice()

    def _given_up_in_doubt(self, lost: set[str]) -> set[str]:
        """Mails that may have come the first time, but were refused each time they were sent anew:
        given up for lost, a later digest brings their works."""
        with self.store.reading() as tx:
            told = {one: tx.deliveries.events(one) for one in lost if one.endswith("-email-1")}
        doubted = DeliveryState.UNKNOWN
        return {one for one, events in told.items() if any(e[2] is doubted for e in events)}

    def _a_person_decides(self) -> None:
        """About what nothing is done by itself any more: they look whether it came."""
        with self.store.reading() as tx:
            lines = tx.deliveries.lines(limit=10_000)
        for line in lines:
            thread = ""
            if line.state is DeliveryState.UNKNOWN and line.not_before is None:
                seen = self.worlds[line.channel].seen[line.id]
                move, thread = ("sent", "1795417100.000100") if seen else ("resend", "")
            elif line.state is DeliveryState.DEAD:
                move = "retry"
            else:
                continue
            with suppress(InputError):  # a later digest brings its works
                operating.decide(self.store, line.id, move, by="Ida", message=thread)

    # -- how

    def _deliver(self, fates: list[str], statements: int | None) -> None:
        outbox = StoredOutbox(self.store, "one", LEASES)
        for world in self.worlds.values():
            world.fates = deque(fates)
        self._until_death(lambda: deliver(outbox, self.worlds), statements)

    def _until_death(self, work: Callable[[], object], statements: int | None) -> None:
        self.dying = statements
        with suppress(DiedError):
            work()
        self.dying = None

    def _sent(self, reader: str) -> list[int]:
        """Every work of every digest that arrived or still may."""
        with self.store.reading() as tx:
            lines = tx.deliveries.lines(limit=10_000)
            arriving = {line.digest_id for line in lines if line.state not in _LOST}
            past = tx.digests.past(reader, limit=1000)
            found = [tx.digests.content(each.id) for each in past if each.id in arriving]
        return [one.work.id for content in found for part in content.sections for one in part.sent]


def _title(number: int) -> str:
    """No two alike: those would stand for one another."""
    return "Stromal " + " ".join(f"w{number * 7919 % prime}x{prime}" for prime in PRIMES)


@pytest.fixture(autouse=True)
def _papers_are_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "normalise", understood)


@pytest.mark.usefixtures("_papers_are_values")
class TestMonitor(Monitor.TestCase):  # type: ignore[name-defined,misc]
    """The machine, run by pytest; a failure prints the steps that lead to it."""

    settings = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
