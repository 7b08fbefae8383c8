"""The stages in order. Each function here fetches from one room, has another decide, and stores.

    poll -> normalise -> deduplicate -> store -> embed -> rank -> select -> compose -> deliver

Knows no concrete source, encoder, ranker or channel: `Parts` hands them in. Holds no rules of
its own; those are in the pure stages it calls.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from service import (
    choosing,
    deduplication,
    earlier,
    encoding,
    flagging,
    lines,
    periods,
    rankings,
    standings,
    tallies,
)
from service.answers import answers
from service.claims import Alone, unfenced
from service.deduplication import deduplicate
from service.digest import compose
from service.errors import (
    ClaimLostError,
    DeliveryError,
    EncoderError,
    LitwatchError,
    ParseError,
)
from service.normalisation import normalise
from service.records import Arrival, DigestContent, KnownWork, Paper, Record, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from service.claims import Fence
    from service.clock import Clock
    from service.protocols import Encoder, Ranker, Renderer, Source, WorkVectors
    from service.records import (
        Batch,
        RankingRun,
        Subscription,
        Topic,
    )
    from service.sources.polling import PollResult
    from service.store import Store, Unit
    from service.store.held import Stored
    from service.store.holding import Holding

log = logging.getLogger(__name__)

AT_ONCE = 12  # sources that one worker polls side by side; the others leave some to its fellows


@dataclass(frozen=True, slots=True)
class Parts:
    """What `bootstrap` wired. `work_vectors` says what of a work is embedded, `holding` claims what
    other processes might be doing, too."""

    store: Store
    clock: Clock
    encoder: Encoder
    ranker: Ranker
    work_vectors: WorkVectors
    topics: Callable[[Unit], tuple[Topic, ...]]
    renderers: Mapping[str, Renderer]
    default_cutoff: float
    holding: Holding | Alone = field(default_factory=Alone)


# -- poll, normalise, deduplicate, store ---------------------------------------------------------


def poll(poll_one: Callable[[Source], PollResult], sources: Sequence[Source]) -> list[PollResult]:
    """All sources, `AT_ONCE` of them side by side; one that fails or waits holds up no other."""
    if not sources:
        return []
    side_by_side = min(len(sources), AT_ONCE)
    with ThreadPoolExecutor(side_by_side, thread_name_prefix="poll") as pool:
        return list(pool.map(poll_one, sources))


def take_in(
    parts: Parts,
    batch: Batch,
    source: str,
    *,
    announce: bool = True,
    fence: Fence = unfenced,
    note: Callable[[Unit, Tally], None] = lambda _tx, _tally: None,
) -> Tally:
    """One batch of records into works, in one transaction, which ends with `note`.

    A record that cannot be understood is kept raw with the reason and stops nothing. With
    `announce` False its works are for search only: no digest will call them new. Raises
    `ClaimLostError`, keeping nothing, where the `fence` does.
    """
    now = parts.clock.now()
    latest = {record.key: record for record in batch.records}  # a later revision in one batch wins
    with parts.store.reading() as tx:  # a first look: most of what is polled is known already
        hashes = {key: tx.held.digest(record.payload) for key, record in latest.items()}
        settled = _settled(tx.held.stored(list(latest.values())), hashes)
    papers = {key: _understood(latest[key]) for key in latest if key not in settled}
    # Others wait for this transaction: what takes long is done before it.
    asked = {key: deduplication.both(paper) for key, paper in _clear(papers)}
    with parts.store.writing() as tx:
        tx.intake.alone()
        fence(tx)
        last = tx.works.sequence()
        held = tx.held.stored(list(latest.values()))
        # What another worker changed meanwhile.
        papers |= {key: _understood(latest[key]) for key in settled - _settled(held, hashes)}
        came = _sorted(papers, held, hashes)
        tx.intake.seen_again([held[key].record_id for key in came.same], now)
        failures = [(latest[key], str(error)) for key, error in came.failed.items()]
        tx.intake.keep_unparsed(failures, held, now)
        announce = announce and batch.announce
        _place(tx, came.placed, latest, now, announce=announce, asked=asked)
        if batch.citations:
            cited = tx.citations.save(batch.citations, now)
            if announce:  # that it cites a seed is news of a work which is none
                tx.intake.wake(sorted(cited), last)
        gone = tx.intake.mark_gone(source, batch.deletions, now) if batch.deletions else 0
        tally = _tally(came, held, gone)
        note(tx, tally)
    return tally


def _clear(papers: Mapping[str, Paper | ParseError]) -> list[tuple[str, Paper]]:
    return [(key, paper) for key, paper in papers.items() if isinstance(paper, Paper)]


def _tally(came: _Came, held: Mapping[str, Stored], gone: int) -> Tally:
    changed = sum(key in held for key in came.placed)
    return Tally(
        new=len(came.placed) - changed,
        changed=changed,
        same=len(came.same),
        unparsed=len(came.failed),
        gone=gone,
        dropped=tallies.dropped(came.homeless, gone),
        lacking=tallies.lacking(arrival.paper for arrival in came.placed.values()),
    )


@dataclass(frozen=True, slots=True)
class _Came:
    """What came, by record: the same again, not understood, to be placed; `homeless` are the
    reasons of all that are in no work."""

    same: frozenset[str]
    failed: Mapping[str, ParseError]
    placed: Mapping[str, Arrival]
    homeless: Sequence[ParseError]


def _sorted(
    papers: Mapping[str, Paper | ParseError],
    held: Mapping[str, Stored],
    hashes: Mapping[str, bytes],
) -> _Came:
    homes = {key: old.work_id for key, old in held.items() if old.work_id is not None}
    same = frozenset(
        key
        for key, old in held.items()
        if old.payload_hash == hashes[key]
        # What could not be understood before is placed once it can be.
        and (key in homes or not isinstance(papers[key], Paper))
    )
    lost = {key: paper for key, paper in papers.items() if isinstance(paper, ParseError)}
    placed = {
        key: Arrival(paper, held[key].record_id if key in held else None, homes.get(key))
        for key, paper in papers.items()
        if isinstance(paper, Paper) and key not in same
    }
    failed = {key: error for key, error in lost.items() if key not in same}
    return _Came(same, failed, placed, [lost[key] for key in lost if key not in homes])


def _settled(held: Mapping[str, Stored], hashes: Mapping[str, bytes]) -> set[str]:
    """Records that are in their work already, with this payload."""
    return {
        key
        for key, old in held.items()
        if old.work_id is not None and old.payload_hash == hashes[key]
    }


def _place(
    tx: Unit,
    placed: Mapping[str, Arrival],
    records: Mapping[str, Record],
    now: datetime,
    *,
    announce: bool,
    asked: Mapping[str, tuple[frozenset[str], frozenset[str]]],
) -> None:
    if not placed:
        return
    arrivals = list(placed.values())
    both = [asked.get(key) or deduplication.both(each.paper) for key, each in placed.items()]
    keys = frozenset().union(*(sought for _, sought in both))
    near = tx.held.works_near(keys, {a.work_id for a in arrivals if a.work_id is not None})
    known = [KnownWork(work.id, _papers(work.records), work.separated) for work in near]
    plans = flagging.hear(tx, deduplicate(arrivals, known, both), arrivals, known, now)
    tx.intake.apply(plans, arrivals, [records[key] for key in placed], now=now, announce=announce)


def _papers(records: Mapping[int, Record]) -> dict[int, Paper]:
    understood = ((record_id, _understood(record)) for record_id, record in records.items())
    return {record_id: paper for record_id, paper in understood if isinstance(paper, Paper)}


def _understood(record: Record) -> Paper | ParseError:
    try:
        return normalise(record)
    except ParseError as error:
        log.warning("%s", error)
        return error


def split(parts: Parts, name: str, record_ids: Sequence[int], reason: str) -> int:
    """Take records out of the work called `name` into a new one that is never joined again.

    Returns the new work's number. Raises `InputError` for records that are not of that work, and
    when none would be left.
    """
    with parts.store.writing() as tx:
        tx.intake.alone()
        work_id = tx.works.get(tx.works.find(name)).id
        papers = _papers({held.id: held.record for held in tx.works.records(work_id)})
        sides = deduplication.part(papers, record_ids, f"work {work_id}")
        now = parts.clock.now()
        out, left = flagging.parted(tx, work_id, papers, taken=record_ids, sides=sides, now=now)
        return tx.works.split(work_id, record_ids, parted=out, left=left, reason=reason, now=now)


# -- embed ----------------------------------------------------------------------------------------

embed, embed_new, to_embed = encoding.embed, encoding.embed_new, encoding.to_embed

# -- rank -----------------------------------------------------------------------------------------


def rank(
    parts: Parts, topics: Iterable[Topic], lo: int, hi: int, *, until: datetime | None = None
) -> standings.Ranking:
    """Every announced work of the window (lo, hi], best first per topic; with `until` by the votes
    that were cast before it.

    Without a usable model the ranking is by words only, and says why in `missing`.
    """
    topics = list(topics)
    with parts.store.reading() as tx:
        candidates = tx.works.window(lo, hi)
    if not candidates or not topics:  # a quiet week must not cost the loading of a model
        return standings.Ranking(len(candidates), {topic.slug: [] for topic in topics})
    try:
        info = parts.encoder.info()
        embed(parts, since=lo)
        return standings.ranking(parts, topics, candidates, hi, info, until=until)
    except EncoderError as error:  # of works, of references or of a topic: no digest is lost to it
        log.warning("ranking by words only: %s", error)
        found = standings.ranking(parts, topics, candidates, hi, None, until=until)
        return replace(found, missing=str(error))


# -- select, compose, freeze ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """A digest that nobody has been sent: content, and the window it covers."""

    content: DigestContent
    window: tuple[int, int]
    revision: int = 1
    runs: tuple[RankingRun, ...] = ()  # the receipts of its ranking


def draft(
    parts: Parts,
    subscription: Subscription,
    period: str,
    created: datetime,
    *,
    revision: int = 1,
    as_of: datetime | None = None,
) -> Draft:
    """What a subscription's digest for `period` shows now, or would have shown at `as_of`. Writes
    no digest.

    As of then are the works, digests, receipts and votes of before. What is not kept is as it is
    today: topics, saved searches, which deliveries were lost, titles and flags of works, the
    sources' standing errors. An edit since gave its work a later number: it draws in what came up
    to then. A work touched since has no news; a vote that was changed since counts as not cast.
    """
    now = as_of or parts.clock.now()
    with parts.store.reading() as tx:
        known = earlier.read(tx, subscription, created, now, until=as_of)
        topics = [t for t in parts.topics(tx) if t.slug in subscription.topics]
        found = answers(tx, subscription, known, now)
    ranking = rank(parts, topics, known.lo, known.hi, until=as_of)
    drawn = cutoffs(parts, topics, ranking, known.lo, known.recent, sent=known.sent, until=as_of)
    wanted, standards = ranking.wanted | dict(found.works), dict(drawn) | found.lines
    chosen = choosing.choose(parts, subscription, wanted, known.sent, standards)
    since = known.previous
    if periods.opens_month(subscription, period, since=since, now=now):
        chosen = choosing.doubted(parts, chosen, drawn, ranking.encoder, until=as_of)
    notice = periods.notice(subscription, period, created_at=created, since=since, now=now)
    content = DigestContent(
        digest_id=_digest_id(subscription.name, period, revision),
        subscription=subscription.name,
        period=period,
        label=periods.label(period, now),
        created_at=now,
        sections=choosing.sections(parts, topics, found, chosen, since),
        screened=ranking.screened,
        receipts=known.receipts,
        encoder=ranking.encoded_by,
        cutoffs=drawn,
        banner=compose.banner(compose.degraded(ranking.missing), found.notice, notice),
        aims={t.slug: compose.aim(t.cutoff, t.precision, t.per_week) for t in topics},
        changes=known.changes,
        spread=ranking.spread,
    )
    window = (known.lo, known.hi)
    runs = rankings.receipts(
        rankings.DIGEST, topics, ranking, drawn, window=window, digest=content.digest_id
    )
    return Draft(compose.completed(content, known.weeks), window, revision, runs)


def cutoffs(
    parts: Parts,
    topics: Sequence[Topic],
    ranking: standings.Ranking,
    lo: int,
    recent: lines.Recent,
    *,
    sent: frozenset[int] = frozenset(),
    until: datetime | None = None,
) -> Mapping[str, float]:
    """Each topic's line in a ranking of the works after `lo`, those `sent` before left out; the
    `recent` works up to there are ranked too for topics that want so many papers a week."""
    counting = [topic for topic in topics if topic.per_week is not None]
    before = rank(parts, counting, recent.start, lo, until=until).wanted if counting else {}
    wanted, default = ranking.wanted, parts.default_cutoff
    return lines.draw(topics, default, wanted, sent, before=before, weeks=recent.weeks)


def _digest_id(subscription: str, period: str, revision: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"litwatch:digest:{subscription}:{period}:{revision}"))


def freeze(parts: Parts, subscription: Subscription, made: Draft, fence: Fence = unfenced) -> bool:
    """Write a draft with the bytes of all its parts to the outbox, all or nothing.

    False when this period's digest, or one that covers works of its window, exists already: another
    worker was first. Raises `ClaimLostError` where the `fence` does.
    """
    renderer = parts.renderers.get(subscription.channel)
    if renderer is None:
        told = f"is not configured, but {subscription.name!r} is to be sent there"
        raise DeliveryError(f"channel {subscription.channel!r}", told, "see docs/configuration.md")
    rendered = renderer.render(made.content, subscription.destination)
    revision, window, now = made.revision, made.window, parts.clock.now()
    with parts.store.writing() as tx:
        fence(tx)
        done = not tx.digests.overtaken(subscription.name, window[0]) and tx.digests.freeze(
            made.content, subscription, rendered, revision=revision, window=window, now=now
        )
        if done:
            tx.runs.add(made.runs, now)
        return done


def digest_due(parts: Parts) -> list[DigestContent]:
    """Draft and freeze the digest of every subscription whose period has come, unless another
    worker is at it.

    One that fails holds up no other; the first failure is raised after the rest are done.
    """
    made = []
    with parts.store.reading() as tx:
        waiting = [
            (s, created) for s, created in tx.subscriptions.active() if _due(parts, tx, s, created)
        ]
    broken: list[Exception] = []
    for subscription, created in waiting:
        try:
            if content := _make_due(parts, subscription, created):
                made.append(content)
        except ClaimLostError as error:
            log.warning("%s", error)
        except LitwatchError as error:
            log.error("no digest for %s: %s", subscription.name, error)
            broken.append(error)
        except Exception as error:  # a defect that one digest shows must not cost the others theirs
            log.exception("no digest for %s", subscription.name)
            broken.append(error)
    if broken:
        raise broken[0]
    return made


def _due(
    parts: Parts, tx: Unit, subscription: Subscription, created: datetime
) -> periods.Period | None:
    last = tx.digests.last(subscription.name)
    return periods.due(subscription, parts.clock.now(), last.period if last else None, created)


def _make_due(parts: Parts, subscription: Subscription, created: datetime) -> DigestContent | None:
    """The digest that is due, frozen; None where another worker makes it, or has just made it."""
    with parts.holding.held(f"digest {subscription.name}") as fence:
        with parts.store.reading() as tx:  # again, now that nobody else can be at it
            period = _due(parts, tx, subscription, created)
        if fence is not None and period is not None:
            drafted = draft(parts, subscription, period.key, created)
            if freeze(parts, subscription, drafted, fence):
                return drafted.content
    log.info("%s: another worker made this digest", subscription.name)
    return None
