"""Previews and maps of topics: the works are read once and kept in memory; a ranking that was made
is kept too, so that an edit costs one ranking and a change of the line none."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from service import seeding, standings, voting
from service.errors import EncoderError
from service.previews.shown import Drawn, drawn, made, mapped
from service.previews.standing import Side, Standing, stand
from service.previews.texts import PatientEncoder, Texts
from service.previews.works import PreviewWorks
from service.records import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.pipeline import Parts
    from service.previews.pool import Pool
    from service.previews.standing import PoolRanker
    from service.previews.works import Shelf
    from service.records import EncoderInfo, Seed, Topic
    from service.records.tuning import Preview, TopicMap
    from service.store import Unit

log = logging.getLogger(__name__)

T = TypeVar("T")

WEEKS = 8
PATIENCE = 2.0  # seconds that an answer waits for the model
RANKINGS = 8  # that are kept, of several topics as they are edited


@dataclass(frozen=True, slots=True)
class _Made:
    """A standing, and all that it hangs on."""

    pool: Pool
    topic: Topic
    hangs_on: object
    standing: Standing


class Previews:
    """Previews of topics, and their maps. Safe to share between threads: one computes at a time,
    the others get theirs after. The model is asked for new texts alone, while `model` is held."""

    def __init__(
        self,
        parts: Parts,
        ranker: PoolRanker,
        model: threading.Lock,
        *,
        shelf: Shelf | None = None,
        weeks: int = WEEKS,
    ) -> None:
        self.ranker = ranker
        self._parts = parts
        self._model = model
        self._weeks = weeks
        self._works = PreviewWorks(parts, model, shelf, weeks)
        self._texts = Texts(shelf)
        self._turn = threading.Lock()  # to compute
        self._made: list[_Made] = []
        self._laid: list[tuple[Standing, Drawn]] = []

    @property
    def ready(self) -> bool:
        """Whether the works are in memory, so that a preview takes a second or two."""
        return self._works.ready

    def warm(self) -> None:
        """Have the works read in the background, and from now on again when new ones have come.
        Returns at once."""
        self._works.warm()

    def read(self) -> None:
        """Read the works now, unless those at hand are up to date."""
        self._works.read()

    def settle(self) -> None:
        """Wait until nothing is read in the background."""
        self._works.settle()

    # -- previews

    def of(self, topic: Topic) -> Preview:
        """What the topic would do, beside the one of that name in force. Reads the works first
        where they are not `ready`. Where the model is busy or broken: by words only, and a note
        says so."""
        return self._by_words_at_least(topic, self._preview)

    def map(self, topic: Topic) -> TopicMap:
        """The works nearest to the topic, and its seeds; by words where there is no model."""
        return self._by_words_at_least(topic, self._map)

    def _by_words_at_least(self, topic: Topic, make: Callable[[Topic, _Told], T]) -> T:
        with self._turn:
            pool = self._works.at_hand()
            if pool.encoder is not None:
                self._texts.of(pool.encoder)
            try:
                return make(topic, self._told(pool, pool.encoder, pool.missing))
            except EncoderError as error:
                log.warning("preview of %s by words only: %s", topic.slug, error)
                return make(topic, self._told(pool, None, f"{error.thing} {error.cause}"))
            finally:
                self._texts.keep()

    def _told(self, pool: Pool, info: EncoderInfo | None, missing: str) -> _Told:
        parts = replace(
            self._parts, encoder=PatientEncoder(self._parts.encoder, self._model, PATIENCE)
        )
        return _Told(parts, pool, info, missing)

    def _preview(self, topic: Topic, told: _Told) -> Preview:
        with self._parts.store.reading() as tx:
            in_force = next((t for t in self._parts.topics(tx) if t.slug == topic.slug), None)
            digested = _digested(tx, topic.slug)
            unread = [each.seed for each in seeding.cited(tx, topic) if each.held is None]
            stale = tx.works.sequence() > told.pool.span.hi
        after = self._sided(topic, told)
        before = None if in_force is None else self._sided(in_force, told)
        return made(
            topic,
            told.pool,
            before,
            after,
            digested=digested,
            notes=_notes(told, self._weeks, before, after, unread, stale=stale),
        )

    def _sided(self, topic: Topic, told: _Told) -> Side:
        standing, held = self._standing(topic, told)
        line = standing.line(topic, self._parts.default_cutoff, told.pool.weeks)
        return Side(standing, line, held)

    def _standing(self, topic: Topic, told: _Told) -> tuple[Standing, frozenset[str]]:
        """As it was made before, if nothing changed that it hangs on."""
        bare = replace(topic, version=1, cutoff=None, precision=None, per_week=None)
        evidence = list(seeding.evidence(told.parts, topic, told.info))
        with self._parts.store.reading() as tx:
            encoder_id = None if told.info is None else tx.embeddings.find(told.info)
            evidence += voting.evidence(tx, topic.slug, encoder_id)
            seeds = standings.seed_works(tx, topic)
        held_out = seeding.held_out(told.parts, topic, told.info)
        held = frozenset(work.title for work in held_out)
        facts = tuple((e.work.work_id, e.work.title, e.weight, e.origin) for e in evidence)
        hangs_on = (told.info, facts, held, seeds)
        self._made = [each for each in self._made if each.pool is told.pool]
        self._laid = [each for each in self._laid if each[0].pool is told.pool.features]
        for each in self._made:
            if each.hangs_on == hangs_on and each.topic == bare:
                return each.standing, held
        encode = None if told.info is None else partial(self._encode, told)
        pool = told.pool.features
        made = stand(self.ranker, bare, pool, encode, evidence, held_out=held_out, seeds=seeds)
        self._made = [_Made(told.pool, bare, hangs_on, made), *self._made[: RANKINGS - 1]]
        return made, held

    def _encode(self, told: _Told, texts: Sequence[str]) -> list[NDArray[float32]]:
        return self._texts.vectors(texts, told.parts.encoder)

    # -- the map

    def _map(self, topic: Topic, told: _Told) -> TopicMap:
        side = self._sided(topic, told)
        texts = [(seed.title, seed.abstract or " ".join(seed.findings)) for seed in topic.seeds]
        vectors: Sequence[NDArray[float32] | None] = [None] * len(texts)
        if told.info is not None:
            vectors = self._parts.work_vectors(
                texts, lambda asked, _told: self._encode(told, asked)
            )
        seeds = [
            Candidate(-at, title, text, rows)
            for at, ((title, text), rows) in enumerate(zip(texts, vectors, strict=True), 1)
        ]
        laid = next((laid for of, laid in self._laid if of is side.standing), None)
        if laid is None:  # the seeds are those that the standing hangs on
            laid = drawn(side.standing, seeds)
            self._laid = [(side.standing, laid), *self._laid[: RANKINGS - 1]]
        return mapped(side, seeds, laid)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one preview is made with: `info` None goes by words only, and `missing` says why."""

    parts: Parts
    pool: Pool
    info: EncoderInfo | None
    missing: str


def _digested(tx: Unit, slug: str) -> frozenset[int]:
    """The works that a digest has shown for the topic."""
    named = [subscription.name for subscription, _ in tx.subscriptions.all()]
    sent = (each for name in named for each in tx.digests.sent(name))
    return frozenset(each.work_id for each in sent if each.topic == slug)


def _notes(
    told: _Told,
    weeks: int,
    before: Side | None,
    after: Side,
    unread: Sequence[Seed],
    *,
    stale: bool,
) -> tuple[str, ...]:
    """What a reader should know of how the preview was made."""
    found = [f"By words only: {told.missing}."] if told.info is None else []
    if stale:
        made = f"{told.pool.made:%Y-%m-%d %H:%M}"
        found.append(f"On the works of {made} (UTC): those that came since are not among them.")
    if told.pool.weeks < weeks:
        days = round(7 * told.pool.weeks)
        found.append(f"The archive holds works of the last {days} days only.")
    found += [
        f'The references of "{seed.title or seed.key}" are not held yet: they count for nothing.'
        for seed in unread
    ]
    if before is not None and before.held_out != after.held_out:
        found.append("Recall before and after are over different references: the seeds differ.")
    return tuple(found)
