"""Weeks of simulated time over the real pipeline: every work in one digest, no week twice (T44-T52).

An archive on SQLite, with an encoder and a ranker that know words only. Its clock stands until a
test moves it; a "tick" is what the worker does each minute.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from service import pipeline, topics
from service.clock import Clock
from service.config import load
from service.delivery.sending import deliver
from service.digest.render import FileRenderer
from service.embedding.works import work_vectors
from service.errors import ConfigError
from service.records import Batch, DeliveryState, Outcome, Subscription, Topic
from service.store import Store, StoredOutbox
from tests import databases, papers
from tests.command_line import Litwatch
from tests.fakes import FakeHolding, FakeRanker, FixedClock
from tests.fakes_encoder import FakeEncoder
from tests.papers import paper, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.records import Delivery, DigestContent
    from service.store.digests import PastDigest

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
TIMES = ("00:00", "01:30", "02:30", "08:00")
START = datetime(2026, 11, 2, 7, tzinfo=UTC)  # a Monday, 08:00 in Berlin
LAB = Subscription("lab", ("stroma",), "file", "lab.txt", zone="Europe/Berlin", cap=200, floor=0)


@pytest.fixture(autouse=True)
def _papers_are_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "normalise", papers.understood)


def stroma() -> Topic:
    """A topic that every paper of `papers.paper` is likely to be of."""
    [found] = [topic for topic in topics.shipped() if topic.slug == "stroma"]
    return replace(found, include=("stromal",))


@dataclass
class Service:
    """The pipeline over an archive, at a time that tests move; `arrived` counts works taken in."""

    store: Store
    time: FixedClock
    arrived: int = 0

    def parts(self, **changes: Any) -> pipeline.Parts:
        made = pipeline.Parts(
            store=self.store,
            clock=self.time.clock,
            encoder=FakeEncoder(8),
            ranker=FakeRanker(),
            work_vectors=work_vectors,
            topics=lambda _tx: (stroma(),),
            renderers={"file": FileRenderer()},
            default_cutoff=0.5,
        )
        return replace(made, **changes)

    def subscribe(self, *subscriptions: Subscription) -> None:
        with self.store.writing() as tx:
            tx.subscriptions.sync(subscriptions, self.time.at)

    def arrive(self, count: int = 1) -> None:
        """So many works are polled."""
        numbers = range(self.arrived + 1, self.arrived + count + 1)
        batch = Batch(tuple(record(paper(number, title=_title(number))) for number in numbers))
        pipeline.take_in(self.parts(), batch, "pubmed")
        self.arrived += count

    def tick(self, **wait: float) -> list[DigestContent]:
        """What is made when the worker looks, so much later."""
        self.time.pass_time(**wait)
        return pipeline.digest_due(self.parts())

    def past(self, name: str = "lab") -> list[PastDigest]:
        """Digests, in the order in which they were made."""
        with self.store.reading() as tx:
            found = tx.digests.past(name, limit=1000)
        return sorted(found, key=lambda each: (each.window_hi, week(each.period)))

    def sent(self, name: str = "lab") -> list[int]:
        """Every work of every digest, as often as it was sent."""
        with self.store.reading() as tx:
            contents = [tx.digests.content(each.id) for each in self.past(name)]
        return [
            item.work.id for content in contents for part in content.sections for item in part.sent
        ]


def _title(number: int) -> str:
    """No two alike: those would stand for one another."""
    words = (
        f"{letter}{number * 7919 % prime}" for letter, prime in zip("abcde", PRIMES, strict=True)
    )
    return f"Stromal {' '.join(words)}"


PRIMES = (101, 103, 107, 109, 113)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as made:
        yield made


@contextmanager
def serving(folder: Path, kind: str = "sqlite") -> Iterator[Service]:
    """A service over an empty archive that no power cut will meet."""
    time = FixedClock(START)
    for engine in databases.migrated(kind, folder):
        if kind == "sqlite":
            event.listen(engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF"))
        yield Service(Store(engine, lambda: time.at), time)


def week(period: str) -> date:
    """The Monday of a period."""
    year, _, number = period.rpartition(":")[2].partition("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def local(text: str, zone: str = LAB.zone) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def assert_sound(service: Service, name: str = "lab") -> None:
    """Windows abut, no ISO week has two digests, no work was sent twice."""
    past = service.past(name)
    assert all(one.window_hi == two.window_lo for one, two in pairwise(past))
    weeks = [week(each.period) for each in past]
    assert weeks == sorted(set(weeks))
    assert [work for work, times in Counter(service.sent(name)).items() if times > 1] == []


def assert_all_sent(service: Service, name: str = "lab") -> None:
    """No work is lost."""
    assert_sound(service, name)
    assert sorted(service.sent(name)) == list(range(1, service.arrived + 1))


# -- clock changes --------------------------------------------------------------------------------

CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("UTC", "2026-10-25"),
]


def _looks(sunday: datetime) -> Iterator[datetime]:
    """From nine days before a Sunday's midnight to nine days after: the finer, the nearer."""
    at, end = sunday - 9 * DAY, sunday + 9 * DAY
    while at < end:
        yield at
        near = abs(at - sunday)
        at += HOUR / 2 if near < 6 * HOUR else HOUR if near < 36 * HOUR else 12 * HOUR


@pytest.mark.parametrize(("zone", "sunday"), CHANGES)
def test_around_a_clock_change_each_week_has_one_digest_and_each_work_is_in_one(
    service: Service, zone: str, sunday: str
) -> None:
    """T44."""
    subscriptions = [
        replace(LAB, name=f"{day} {time}".replace(":", ""), weekday=day, at=time, zone=zone)
        for day, time in (*((6, time) for time in TIMES), (0, "00:00"))
    ]
    looks = list(_looks(local(sunday, zone)))
    service.time.at = looks[0] - HOUR
    service.subscribe(*subscriptions)
    for number, look in enumerate(looks):
        service.time.at = look
        if number % 8 == 0:
            service.arrive()
        service.tick()
    service.time.at += WEEK
    service.tick()
    for subscription in subscriptions:
        weeks = [week(each.period) for each in service.past(subscription.name)]
        assert len(weeks) >= 3
        assert all(two - one == WEEK for one, two in pairwise(weeks))
        assert_all_sent(service, subscription.name)


# -- clocks that jump -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jump",
    [HOUR, -HOUR, 40 * DAY, START - datetime(1970, 1, 1, tzinfo=UTC)],
    ids=["an hour on", "an hour back", "40 days on", "to 1970"],
)
def test_a_clock_that_jumps_and_comes_back_repeats_nothing_and_loses_nothing(
    service: Service, jump: timedelta
) -> None:
    """T45."""
    service.subscribe(LAB)
    service.arrive(2)
    assert len(service.tick(days=7)) == 1
    jump = -jump if jump > 100 * DAY else jump
    for _ in range(3):  # on the way, at the wrong time, and after it
        service.time.at += jump
        service.arrive()
        service.tick()
        service.time.at -= jump
        service.tick(minutes=5)
    for _ in range(60):
        service.tick(days=1)
    assert_all_sent(service)


def test_a_clock_that_goes_back_opens_no_closed_period_again(service: Service) -> None:
    """T45."""
    service.subscribe(LAB)
    service.tick(days=7)
    service.arrive()
    for back in (timedelta(seconds=1), HOUR, 3 * DAY, 20 * DAY):
        service.time.at = START + WEEK - back
        assert service.tick() == []
    assert len(service.past()) == 1
    service.time.at = START + 2 * WEEK
    assert [each.screened for each in service.tick()] == [1]


@dataclass
class Stepping:
    """A place where each arrival is seen; during the first, the clock steps and a second worker
    looks around. `Channel`."""

    service: Service
    step: timedelta
    seen: Counter[str] = field(default_factory=Counter)
    name: str = "file"

    def send(self, delivery: Delivery) -> Outcome:
        self.seen[delivery.id] += 1
        if self.seen.total() == 1:
            self.service.time.at += self.step
            self.empty("another")
        return Outcome(DeliveryState.SENT, "taken")

    def reconcile(self, delivery: Delivery) -> Outcome:
        state = DeliveryState.SENT if self.seen[delivery.id] else DeliveryState.RETRY
        return Outcome(state, "looked")

    def empty(self, owner: str) -> None:
        lease = {"file": timedelta(minutes=2)}
        deliver(StoredOutbox(self.service.store, owner, lease), {"file": self})


@pytest.mark.parametrize("hours", [1, -1, 40 * 24, -50 * 365 * 24], ids="{:+} h".format)
def test_a_clock_that_steps_during_a_sending_sends_nothing_twice(
    service: Service, hours: int
) -> None:
    """T45. An hour on, the lease has run out: the other worker must look, and not send."""
    service.subscribe(LAB)
    service.arrive()
    [made] = service.tick(days=7)
    channel = Stepping(service, hours * HOUR)
    channel.empty("one")
    for _ in range(5):
        service.time.at += timedelta(minutes=10)
        channel.empty("one")
    with service.store.reading() as tx:
        [line] = tx.deliveries.lines(made.digest_id)
    assert line.state is DeliveryState.SENT
    assert channel.seen == {line.id: 1}


# -- downtime -------------------------------------------------------------------------------------


def test_a_digest_missed_on_monday_comes_once_on_wednesday(service: Service) -> None:
    """T46. Down from Monday 07:55 to Wednesday noon."""
    service.subscribe(LAB)
    service.tick(days=7)
    service.arrive(3)
    service.time.at = local("2026-11-16 07:55")
    assert service.tick() == []
    service.arrive()
    service.time.at = local("2026-11-18 12:00")
    [made] = service.tick()
    assert made.period == "Europe/Berlin:2026-W47"
    assert made.label == "18 Nov 2026, week 47"
    assert service.tick(minutes=1) == []
    service.time.at = local("2026-11-23 08:00")
    assert [each.period for each in service.tick()] == ["Europe/Berlin:2026-W48"]
    assert_all_sent(service)


def test_five_weeks_of_downtime_are_one_digest_and_no_burst(service: Service) -> None:
    """T46."""
    service.subscribe(LAB)
    service.tick(days=7)
    service.arrive(5)
    made = service.tick(days=35)
    assert [each.period for each in made] == ["Europe/Berlin:2026-W51"]
    for _ in range(6 * 6):
        assert service.tick(hours=4) == []
    assert len(service.past()) == 2
    assert_all_sent(service)


def test_a_digest_that_comes_late_says_so(service: Service) -> None:
    """T46."""
    service.subscribe(LAB)
    assert [each.banner for each in service.tick(days=7)] == [""]
    service.time.at = local("2026-11-18 12:00")
    assert [each.banner for each in service.tick()] == [
        "Sent 2 days late: it was due on Monday, 16 Nov, at 08:00."
    ]
    service.time.at = local("2026-12-21 08:05")
    assert [each.banner for each in service.tick()] == ["It covers the 5 weeks since 18 Nov."]


# -- several schedulers ---------------------------------------------------------------------------


def test_of_three_schedulers_that_start_at_once_one_makes_the_digest(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """T47. All three have drafted before any has frozen."""
    caplog.set_level(logging.INFO)
    service.subscribe(LAB)
    service.arrive(3)
    service.time.at += WEEK
    made = _together(service, 3)
    assert len(made) == 1
    assert len(service.past()) == 1
    with service.store.reading() as tx:
        assert len(tx.deliveries.lines()) == 1
    assert_all_sent(service)
    told = [each.levelno for each in caplog.records if "another worker" in each.getMessage()]
    assert told == [logging.INFO] * 2
    assert not [each for each in caplog.records if each.levelno > logging.INFO]


def _together(service: Service, count: int) -> list[DigestContent]:
    """What so many schedulers make, each in a thread of its own."""
    drafted, made = threading.Barrier(count), []

    class Waiting(FileRenderer):
        def render(self, content: DigestContent, destination: str) -> Any:
            drafted.wait(20)
            return super().render(content, destination)

    def schedule() -> None:
        made.extend(pipeline.digest_due(service.parts(renderers={"file": Waiting()})))

    threads = [threading.Thread(target=schedule) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return made


def test_a_digest_that_another_worker_makes_is_not_ranked_here(service: Service) -> None:
    service.subscribe(LAB, replace(LAB, name="other", destination="other.txt"))
    service.arrive(3)
    service.time.at += WEEK
    holding, ranker = FakeHolding(elsewhere={"digest lab"}), Counting()
    [made] = pipeline.digest_due(service.parts(holding=holding, ranker=ranker))
    assert (made.subscription, ranker.rankings) == ("other", 1)
    assert pipeline.digest_due(service.parts(holding=holding, ranker=ranker)) == []
    asked = [name for name in holding.asked if name.startswith("digest")]
    assert asked == ["digest lab", "digest other", "digest lab"]
    assert ranker.rankings == 1


def test_a_digest_that_another_worker_has_just_made_is_not_ranked_again(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the look at what is due and the claim."""
    caplog.set_level(logging.INFO)
    service.subscribe(LAB)
    service.arrive(3)
    service.time.at += WEEK
    holding, ranker = (
        FakeHolding(before=lambda _name: pipeline.digest_due(service.parts())),
        Counting(),
    )
    assert pipeline.digest_due(service.parts(holding=holding, ranker=ranker)) == []
    assert (ranker.rankings, len(service.past())) == (0, 1)
    assert "lab: another worker made this digest" in caplog.text


def test_a_digest_of_a_claim_that_was_lost_is_not_frozen_and_comes_from_another(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.subscribe(LAB)
    service.arrive(3)
    service.time.at += WEEK
    assert pipeline.digest_due(service.parts(holding=FakeHolding(lost={"digest lab"}))) == []
    assert service.past() == []
    assert "digest lab: was taken over by another worker" in caplog.text
    assert len(pipeline.digest_due(service.parts())) == 1


class Counting(FakeRanker):
    """Counts its rankings."""

    rankings = 0

    def rank_all(self, *args: Any, **told: Any) -> Any:
        self.rankings += 1
        return super().rank_all(*args, **told)


def test_a_scheduler_that_was_paused_in_the_middle_finds_the_digest_made(
    service: Service,
) -> None:
    """T47. Stopped for ten minutes after drafting; more has come meanwhile."""
    service.subscribe(LAB)
    service.arrive(2)
    service.time.at += WEEK
    early = pipeline.draft(service.parts(), LAB, "Europe/Berlin:2026-W46", START)
    service.time.pass_time(minutes=10)
    service.arrive()
    assert len(service.tick()) == 1
    assert not pipeline.freeze(service.parts(), LAB, early)
    assert_all_sent(service)


def test_a_draft_whose_window_was_sent_meanwhile_is_not_frozen(service: Service) -> None:
    """T47. Paused over the next send time: its own period is free still, its works are not."""
    service.subscribe(LAB)
    service.arrive(2)
    early = pipeline.draft(service.parts(), LAB, "Europe/Berlin:2026-W45", START)
    assert len(service.tick(days=7)) == 1
    assert not pipeline.freeze(service.parts(), LAB, early)
    assert_all_sent(service)


# -- the day of the week --------------------------------------------------------------------------

NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _configured(folder: Path, schedule: str) -> Litwatch:
    """The command over a configuration file, with nothing to poll, by the machine's own clock."""
    off = "".join(
        f"[sources.{name}]\nenabled = false\n"
        for name in ("pubmed", "pmc", "biorxiv", "medrxiv", "arxiv", "europepmc")
    )
    file = folder / "litwatch.toml"
    file.write_text(
        f"[database]\nurl = {json.dumps(f'sqlite:///{folder}/litwatch.db')}\n"
        f'[http]\ncontact = "lab@example.org"\n[file]\nfolder = {json.dumps(f"{folder}/sent")}\n'
        f'[encoder]\nmodel = "none-that-exists"\n[log]\nlevel = "error"\n{off}'
        '[[subscriptions]]\nname = "lab"\nchannel = "file"\ndestination = "lab.txt"\n'
        f'zone = "Europe/Berlin"\n{schedule}\n',
        "utf-8",
    )
    return Litwatch(load(file).model_dump(), Clock())


def _periods(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "litwatch.db")
    try:
        found = connection.execute("SELECT period FROM digest ORDER BY frozen_at").fetchall()
    finally:
        connection.close()
    return [period for (period,) in found]


@pytest.mark.parametrize("day", range(7), ids=NAMES)
def test_a_day_by_its_name_is_that_day(tmp_path: Path, day: int) -> None:
    """T48. Through the configuration file and the machine's clock: "monday" is a Monday."""
    litwatch = _configured(tmp_path, f'weekday = "{NAMES[day]}"\nat = "08:00"')
    with time_machine.travel(local("2026-11-15 12:00"), tick=False) as machine:  # a Sunday
        assert litwatch("init") == 0
        assert litwatch("digest", "send") == 0
        due = local("2026-11-16 08:00") + day * DAY
        machine.move_to(due - timedelta(minutes=1))
        assert due.astimezone(ZoneInfo(LAB.zone)).strftime("%A").lower() == NAMES[day]
        assert litwatch("digest", "send") == 0
        assert _periods(tmp_path) == []
        machine.move_to(due)
        assert litwatch("digest", "send") == 0
        assert _periods(tmp_path) == ["Europe/Berlin:2026-W47"]


@pytest.mark.parametrize("line", ['at = "0 8 * * 1"', 'weekday = "1"', "weekday = 1"])
def test_the_days_of_crontab_are_refused_and_never_guessed(tmp_path: Path, line: str) -> None:
    """T48. Of "0 8 * * 1" one library makes a Monday, another a Tuesday."""
    with pytest.raises(ConfigError, match="subscriptions"):
        _configured(tmp_path, line)


# -- changed schedules ----------------------------------------------------------------------------

FRIDAY = replace(LAB, weekday=4)
FAR_EAST = replace(LAB, zone="Pacific/Kiritimati")
FAR_WEST = replace(LAB, zone="Pacific/Pago_Pago")


@pytest.mark.parametrize(
    "changes",
    [
        [FRIDAY, LAB],
        [LAB, FRIDAY],
        [FAR_EAST, FAR_WEST],
        [FAR_WEST, FAR_EAST, LAB],
        [replace(LAB, weekday=6), LAB, replace(LAB, at="23:59")],
        [replace(FAR_EAST, weekday=0, at="00:00"), replace(FAR_WEST, weekday=6, at="23:59")],
    ],
)
def test_a_schedule_changed_in_the_middle_of_a_week_leaves_no_gap_and_no_repeat(
    service: Service, changes: list[Subscription]
) -> None:
    """T49."""
    service.subscribe(LAB)
    for change in changes:
        for look in range(10 * 4):
            if look % 3 == 0:
                service.arrive()
            service.tick(hours=6)
        service.subscribe(change)
        service.tick(minutes=1)
    for _ in range(14):
        service.tick(days=1)
    assert len(service.past()) >= len(changes) + 1
    assert_all_sent(service)


@pytest.mark.parametrize("weekday", [0, 3, 6])
def test_the_year_that_ends_in_week_53_goes_over_into_the_next(
    service: Service, weekday: int
) -> None:
    """T49. 2026 has 53 ISO weeks; the Friday of week 53 is New Year's Day."""
    service.time.at = local("2026-12-13 12:00")
    service.subscribe(replace(LAB, weekday=weekday))
    for _ in range(5 * 7):
        service.arrive()
        service.tick(days=1)
    keys = [each.period.rpartition(":")[2] for each in service.past()]
    expected = ["2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert keys[:5] == expected
    service.tick(days=7)
    assert_all_sent(service)


# -- crashes --------------------------------------------------------------------------------------


class PowerCutError(Exception):
    """The process ends here."""


def _fail_at(service: Service, place: int) -> tuple[int, bool]:
    """Freeze the digest that is due, with a failure at the statement of this number; how many
    statements there were, and whether it came to the end."""
    parts = service.parts()
    drafted = pipeline.draft(parts, LAB, "Europe/Berlin:2026-W46", START)
    seen = 0

    def cut(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == place:
            raise PowerCutError

    engine = service.store.engine
    event.listen(engine, "before_cursor_execute", cut)
    event.listen(engine, "commit", cut)
    try:
        whole = pipeline.freeze(parts, LAB, drafted)
    except PowerCutError:
        whole = False
    finally:
        event.remove(engine, "before_cursor_execute", cut)
        event.remove(engine, "commit", cut)
    return seen, whole


def _rows(service: Service) -> dict[str, int]:
    tables = ("digest", "digest_item", "digest_change", "delivery", "delivery_event")
    with service.store.engine.connect() as connection:
        run = connection.exec_driver_sql
        return {name: run(f"SELECT count(*) FROM {name}").scalar_one() for name in tables}


@pytest.fixture(params=databases.KINDS)
def on_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service over each kind of archive."""
    with serving(tmp_path, request.param) as made:
        yield made


def test_a_crash_anywhere_between_digest_and_outbox_leaves_neither(on_each: Service) -> None:
    """T50. At every statement of the freezing, and at its commit."""
    service = on_each
    service.subscribe(LAB)
    service.arrive(3)
    service.time.at += WEEK
    place, whole = 1, False
    while not whole:
        before = _rows(service)
        assert not any(before.values()), f"left over from a failure at statement {place - 1}"
        _, whole = _fail_at(service, place)
        place += 1
    assert place > 6, "digest, items, deliveries, events and the commit can all fail"
    found = _rows(service)
    assert found["digest"] == found["delivery"] == 1
    assert found["digest_item"] == 3
    assert service.tick() == []
    assert_all_sent(service)


# -- empty weeks, and works that come at the wrong moment -----------------------------------------


def test_an_empty_week_says_so_and_the_next_window_begins_where_it_ended(
    service: Service,
) -> None:
    """T51."""
    service.subscribe(LAB)
    service.arrive(2)
    service.tick(days=7)
    [empty] = service.tick(days=7)
    assert (empty.shown, empty.screened) == (0, 0)
    with service.store.reading() as tx:
        text = tx.deliveries.get(tx.deliveries.lines(empty.digest_id)[0].id).payload.decode()
    assert "Nothing this week" in text
    service.arrive(3)
    [full] = service.tick(days=7)
    assert (full.shown, full.screened) == (3, 3)
    assert [(each.window_lo, each.window_hi) for each in service.past()] == [(0, 2), (2, 2), (2, 5)]
    assert_all_sent(service)


def test_weeks_that_are_empty_from_the_beginning_do_not_move_the_window(service: Service) -> None:
    """T51."""
    service.subscribe(LAB)
    service.tick(days=7)
    service.tick(days=7)
    service.arrive()
    assert [each.screened for each in service.tick(days=7)] == [1]
    assert_all_sent(service)


class Busy(FakeRanker):
    """Works arrive while it ranks."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def rank_all(self, *told: Any, **more: Any) -> Any:
        self.service.arrive(2)
        return super().rank_all(*told, **more)


def test_works_that_come_while_a_digest_is_built_are_in_the_next(service: Service) -> None:
    """T52."""
    service.subscribe(LAB)
    service.arrive(3)
    service.time.at += WEEK
    [made] = pipeline.digest_due(service.parts(ranker=Busy(service)))
    assert (made.shown, service.arrived) == (3, 5)
    assert [each.shown for each in service.tick(days=7)] == [2]
    assert_all_sent(service)


def test_a_work_of_a_week_long_closed_comes_with_the_next_digest(service: Service) -> None:
    """T52. What counts is when it reached us, not its date; the digest says that it is late."""
    service.subscribe(LAB)
    for _ in range(3):
        service.arrive()
        service.tick(days=7)
    old = paper(99, title=_title(99), published="2026-06-01", entered="2026-06-02")
    pipeline.take_in(service.parts(), Batch((record(old),)), "pubmed")
    service.arrived += 1
    [made] = service.tick(days=7)
    [item] = made.sections[0].items
    assert (item.work.ids.pmid, item.late) == ("40000099", True)
    assert_all_sent(service)


def test_the_first_digest_reaches_back_over_works_that_a_change_renumbered(
    service: Service,
) -> None:
    """T52. A work of long ago was changed last: it is no reason to begin after it."""
    service.time.at = START - 60 * DAY
    service.arrive()
    service.time.at = START
    service.subscribe(LAB)
    service.arrive(3)
    changed = paper(1, title=f"{_title(1)}, a correction")
    pipeline.take_in(service.parts(), Batch((record(changed),)), "pubmed")
    service.tick(days=7)
    assert {2, 3, 4} <= set(service.sent())


def test_the_first_digest_loses_nothing_to_a_clock_that_was_wrong_before_it(
    service: Service,
) -> None:
    """T45."""
    service.subscribe(LAB)
    service.arrive(2)
    service.time.at = datetime(1970, 1, 1, tzinfo=UTC)
    service.arrive()
    service.time.at = START
    service.tick(days=7)
    assert_all_sent(service)


# -- whatever happens -----------------------------------------------------------------------------

SCHEDULES = st.builds(
    lambda zone, at, weekday: replace(LAB, zone=zone, at=at, weekday=weekday),
    st.sampled_from(ZONES),
    st.sampled_from(TIMES),
    st.integers(0, 6),
)
STEPS = st.one_of(
    st.timedeltas(timedelta(minutes=1), 12 * HOUR),  # the worker is up
    st.timedeltas(12 * HOUR, 40 * DAY),  # it was down
    st.timedeltas(-45 * DAY, timedelta(0)),  # the clock was set back
    st.integers(1, 3),  # works arrive
    SCHEDULES,  # the subscription is changed
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=SCHEDULES,
    start=st.datetimes(datetime(2017, 1, 1), datetime(2030, 1, 1)),
    steps=st.lists(STEPS, max_size=20),
)
def test_no_work_is_lost_or_sent_twice_whatever_clock_and_schedule_do(
    tmp_path_factory: pytest.TempPathFactory,
    first: Subscription,
    start: datetime,
    steps: list[timedelta | int | Subscription],
) -> None:
    """T44 to T49 at random."""
    with serving(tmp_path_factory.mktemp("random")) as service:
        service.time.at = start.replace(tzinfo=UTC)
        service.subscribe(first)
        service.tick(days=8)  # windows follow one another from the first digest on
        furthest = service.time.at
        for step in steps:
            match step:
                case int():
                    service.arrive(step)
                case timedelta():
                    service.time.at += step
                    furthest = max(furthest, service.time.at)
                case _:
                    service.subscribe(step)
            service.tick()
            assert_sound(service)
        service.time.at = furthest
        service.tick(days=8)
        service.tick(days=8)
        assert_all_sent(service)
