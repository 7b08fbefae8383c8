"""What a group did with an archive in a year: topics tuned, works judged and read, digests sent,
sources polled."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from service import subscribing, tuning
from service.clock import standing
from service.records import (
    DeliveryState,
    DigestContent,
    DigestItem,
    DigestSection,
    Judgement,
    RenderedPart,
    SourceReceipt,
    Subscription,
    SweepKind,
    SweepMark,
    Tally,
    Vote,
    Window,
    WindowReport,
)
from service.records.findings import SavedSearch
from service.records.queries import Mode
from service.records.weeks import Placed, Upcoming
from service.store import engine as engines
from service.store.schema import DeliveryRow
from service.topics import editing
from tests.bench.search_reading import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from service.bootstrap import App
    from service.records import RankedWork, Topic, Work
    from service.store import Unit

DIGESTS, SUBSCRIPTIONS, SEARCHES, VERSIONS, VOTES = 60, 30, 50, 200, 5_000
SHOWN = 15  # works of a digest
JUDGED = 60  # people who voted on one and the same work
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")
_SOURCES = ("arxiv", "biorxiv", "europepmc", "medrxiv", "pmc", "pubmed")
_READERS = tuple(f"Reader {number}" for number in range(1, 9))
_SAID = (Judgement.RELEVANT, Judgement.NOT_RELEVANT, Judgement.SAVED)
_WORDS = ("mouse", "zebrafish", "protocol", "in vitro", "paediatric", "rat", "veterinary", "bovine")
_PAYLOAD = b"<!doctype html><html><head></head><body>" + b"<p>A digest.</p>" * 5_000


def furnish(app: App) -> None:
    """Fill an archive that holds works and their vectors, and make what is kept beside it."""
    app.prepare()
    chance = random.Random(5)
    _topics(app)
    with app.store.writing() as tx:
        count = tx.works.sequence()
        _judge(tx, count, chance)
        _receipts(tx, chance)
        _searches(tx)
    _say("what people did")
    app.neighbours.refresh(app.query_encoder.info())
    _say("works by their meaning")
    app.rank_weeks()  # before there are subscriptions: their next digests are rankings of their own
    _say("the weeks")
    with app.store.writing() as tx:
        _subscriptions(app, tx)
        _digests(tx, count)
    _some_lost(app)
    app.previews.read()
    _say("digests and previews")


def _topics(app: App) -> None:
    """A year of tuning: each change another one, the last undone."""
    with app.store.reading() as tx:
        topic = app.topics(tx)[0]
    for number in range(2, VERSIONS):
        topic = _changed(topic, number)
        parts = replace(app.parts, clock=standing(NOW - timedelta(days=VERSIONS - number)))
        tuning.save(parts, topic, author=_READERS[number % 8], reason=f"change {number}")
    tuning.undo(app.parts, topic.slug, author=_READERS[0])


def _changed(topic: Topic, number: int) -> Topic:
    word = f"{_WORDS[number % 8]} {number % 32}"
    if word in topic.exclude:
        return editing.without_terms(topic, [word])
    return editing.excluding(topic, [word])


def _subscriptions(app: App, tx: Unit) -> None:
    slugs = [topic.slug for topic in app.topics(tx)]
    for number in range(SUBSCRIPTIONS):
        to = f"group-{number}" if number % 2 else f"reader{number}@example.org"
        one = Subscription(
            f"Group {number}",
            tuple(slugs if number % 3 == 0 else slugs[number % 2 :][:1]),
            "file" if number % 2 else "email",
            to,
            weekday=number % 5,
            at=f"{6 + number % 6:02}:00",
            zone=_ZONES[number % 4],
        )
        subscribing.keep(tx, one, channels=app.channels, author=_READERS[number % 8], now=NOW - timedelta(days=300), anew=True)  # fmt: skip


def _searches(tx: Unit) -> None:
    for number in range(SEARCHES):
        query = f"neutrophil {_WORDS[number % 8]} published:2026"
        tx.searches.save(SavedSearch(f"search-{number}", query, Mode.HYBRID, "Reader 1", NOW))


def _judge(tx: Unit, count: int, chance: random.Random) -> None:
    """Votes and readings, among them one work that everybody judged."""
    slugs = [version.slug for version in tx.topics.current()]
    for _ in range(VOTES):
        work, reader = chance.randint(1, count), chance.choice(_READERS)
        at = NOW - timedelta(days=chance.randint(0, 300))
        tx.votes.cast(Vote(chance.choice(slugs), work, reader, chance.choice(_SAID), "web", at))
    for number in range(JUDGED):
        tx.votes.cast(Vote(slugs[0], count, f"slack:U{number}", Judgement.SAVED, "slack", NOW))
    for reader in _READERS:
        tx.readings.mark(reader, chance.sample(range(1, count + 1), min(2_000, count)), NOW)
    tx.aliases.link("slack:U1", "Reader 1", "Reader 1", NOW)


def _receipts(tx: Unit, chance: random.Random) -> None:
    """A year of polls, twice a day; a gap now and then, one source that fails."""
    for source in _SOURCES:
        tx.sources.begin(source, NOW, force=True)
        for half in range(2 * 365, 0, -1):
            at = NOW - timedelta(hours=12 * half)
            kinds = [SweepKind.RECENT, *([SweepKind.WIDE, SweepKind.REVISED] if half % 14 == 0 else [])]  # fmt: skip
            for kind in kinds:
                _receipt(tx, source, kind, at, chance)
        tx.sources.succeeded(source, NOW, NOW + timedelta(hours=12))
        for kind in SweepKind:
            tx.sources.set_mark(source, kind, SweepMark(NOW.date(), NOW), None)
    tx.sources.failed("medrxiv", "transient", "medrxiv: answered HTML where JSON was expected", NOW)


def _receipt(tx: Unit, source: str, kind: SweepKind, at: datetime, chance: random.Random) -> None:
    day = at.date()
    gap = "3 of 412 are missing" if chance.random() < 0.02 else None
    report = WindowReport(
        Window(day - timedelta(days=7), day), kind, f"{source} AND (stroma OR neutrophil)", None, 412, 409 if gap else 412, end_sign=True, gap=gap,
    )  # fmt: skip
    tally = Tally(new=chance.randint(0, 200), changed=3, same=209)
    tx.sources.add_receipt(source, report, tally, started_at=at, finished_at=at)


def _digests(tx: Unit, count: int) -> None:
    """The last two of every subscription and its next one, of works that the week's ranking
    explains."""
    for number in range(DIGESTS):
        one, _ = tx.subscriptions.get(f"Group {number % SUBSCRIPTIONS}")
        older = number < SUBSCRIPTIONS
        at = NOW - timedelta(days=7 if older else 0, minutes=DIGESTS - number)
        period = f"{one.zone}:2026-W{46 if older else 47}"
        listed = tx.weeks.listed(one.topics[0])
        chosen = [each.work_id for each in listed[SHOWN * older :][:SHOWN]]
        ranked = tx.weeks.ranked(one.topics[0], chosen)
        content = _content(one, period, at, tx.works.many(chosen), ranked)
        content = replace(content, digest_id=_identity(number, 1))
        part = RenderedPart(_identity(number, 2), 1, 1, _PAYLOAD)
        window = (count - 1_000 + 500 * (not older), count - 500 + 300 * (not older))
        tx.digests.freeze(content, one, [part], revision=0, window=window, now=at)
        placed = tuple(Placed(ranked[each]) for each in chosen)
        tx.weeks.keep_upcoming(Upcoming(one.name, "bench", NOW, placed))


def _identity(number: int, kind: int) -> str:
    return f"{number:08}-0000-500{kind}-8000-000000000000"


def _content(
    one: Subscription, period: str, at: datetime, works: list[Work], ranked: dict[int, RankedWork]
) -> DigestContent:
    items = tuple(DigestItem(work, ranked[work.id]) for work in works)
    receipts = tuple(
        SourceReceipt(source, "2026-11-09..2026-11-15", 412, 412, 60, (), NOW)
        for source in _SOURCES
    )
    spread = (900, 400, 200, 150, 120, 90, 80, 70, 60, 50, 40, 35, 30, 25, 20, 15, 12, 9, 5, 2)
    return DigestContent(
        digest_id="",
        subscription=one.name,
        period=period,
        label="Week of the bench",
        created_at=at,
        sections=(DigestSection(one.topics[0], one.topics[0].title(), items),),
        screened=2_313,
        receipts=receipts,
        encoder="bench",
        cutoffs={one.topics[0]: 0.5},
        spread={one.topics[0]: spread},
    )


def _some_lost(app: App) -> None:
    """Nearly all was sent; two deliveries are in doubt, one is dead."""
    ids = [_identity(number, 2) for number in range(DIGESTS)]
    states = {DeliveryState.SENT: ids[3:], DeliveryState.UNKNOWN: ids[:2], DeliveryState.DEAD: ids[2:3]}  # fmt: skip
    with engines.transaction(app.store.engine, write=True) as connection:
        for state, chosen in states.items():
            connection.execute(update(DeliveryRow).where(DeliveryRow.id.in_(chosen)).values(state=str(state)))  # fmt: skip


def _say(what: str) -> None:
    print(what, flush=True)


def warm(app: App) -> None:
    """What `litwatch serve` has at hand after its first minute."""
    app.neighbours.refresh(app.query_encoder.info())
    _ = app.parts, app.finding, app.capabilities
    app.previews.read()
