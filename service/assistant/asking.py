"""What the archive answers to an assistant. Reads only, but for `vote`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service import ballots, replay, standings, voting
from service.assistant import shaping
from service.assistant.answers import (
    DigestAnswer,
    DigestLine,
    DigestsAnswer,
    Explanation,
    SearchAnswer,
    TopicsAnswer,
    VoteAnswer,
    WorkAnswer,
)
from service.records.queries import OfTopic

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Lock

    from service.pipeline import Parts
    from service.records.findings import Findings, Search

WAIT_FOR_MODEL = 45.0  # seconds; to load it takes up to 30, and programs wait a minute


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers questions, from any thread. `model` is held while the encoder is at work."""

    parts: Parts
    find: Callable[[Search], Findings]
    model: Lock
    wait_for_model: float = WAIT_FOR_MODEL

    def search(self, search: Search) -> SearchAnswer:
        """A page of works. Raises `QueryError`, `InputError`."""
        return shaping.found(self.find(search))

    def work(self, name: str) -> WorkAnswer:
        """One work, by its number or an identifier. Raises `InputError`."""
        with self.parts.store.reading() as tx:
            return shaping.whole(tx.works.get(tx.works.find(name)))

    def explain(self, name: str, slug: str | None) -> Explanation:
        """How a work stands to one topic, or to each; by words only where there is no model to be
        had. Raises `InputError`, `TopicError`."""
        with self.parts.store.reading() as tx:
            work = tx.works.get(tx.works.find(name))
            if slug is not None:
                tx.topics.get(slug)
            topics = {t.slug: t for t in self.parts.topics(tx) if slug in {None, t.slug}}
            announced = tx.works.came(work.seq - 1, work.seq)
            recommended = {s for s in topics if tx.search.among([work.id], OfTopic(s))}
            votes = tx.votes.of_works([work.id]).get(work.id, [])
        found = standings.of_one(
            self.parts,
            [*topics.values()],
            work,
            model=self.model,
            patience=self.wait_for_model,
        )
        ranked = [one for each in found.by_topic.values() for one in each]
        ranked.sort(key=lambda one: (-one.relevance, -one.score, one.topic))
        return Explanation(
            work=shaping.listed(work),
            ranked=work.id in announced,
            by=f"words only: {found.missing}" if found.missing else "words and meaning",
            standings=[
                shaping.standing(
                    one,
                    topics[one.topic],
                    votes,
                    default_cutoff=self.parts.default_cutoff,
                    recommended=one.topic in recommended,
                )
                for one in ranked
            ],
        )

    def topics(self) -> TopicsAnswer:
        """What is followed."""
        with self.parts.store.reading() as tx:
            followed = self.parts.topics(tx)
            active = [one for one, _ in tx.subscriptions.active()]
            votes = tx.votes.counts()
        lines = [
            shaping.topic_line(
                topic,
                [one.name for one in active if topic.slug in one.topics],
                votes.get(topic.slug, {}),
            )
            for topic in followed
        ]
        return TopicsAnswer(topics=lines)

    def digests(self, subscription: str | None, limit: int) -> DigestsAnswer:
        """Past digests, newest first. Raises `InputError` for an unknown subscription."""
        with self.parts.store.reading() as tx:
            if subscription is not None:
                tx.subscriptions.get(subscription)
            past = tx.digests.past(subscription, limit)
            states = {each.id: replay.standing(tx.deliveries.lines(each.id)) for each in past}
        return DigestsAnswer(
            digests=[
                DigestLine(
                    digest=each.id,
                    subscription=each.subscription,
                    week=each.period.rpartition(":")[2],
                    frozen_at=each.frozen_at,
                    works=each.shown,
                    state=str(states[each.id]),
                )
                for each in past
            ]
        )

    def digest(self, name: str) -> DigestAnswer:
        """A digest as it was frozen; the beginning of its id is enough. Raises `InputError`."""
        with self.parts.store.reading() as tx:
            return shaping.digest(tx.digests.content(replay.find(tx, name).id))

    def vote(self, topic: str, work: str, judgement: str, note: str, voter: str) -> VoteAnswer:
        """Take a reader's vote. Raises `InputError`, `TopicError`."""
        ballot = voting.Ballot(work, ballots.judgement(judgement), note)
        (counted,) = voting.cast(self.parts, topic, [ballot], voter=voter, via="assistant")
        return VoteAnswer(
            work=counted.work.id,
            title=shaping.listed(counted.work).title,
            topic=topic,
            judgement=str(counted.vote.judgement),
            voter=counted.vote.voter,
            changed=counted.changed,
        )
