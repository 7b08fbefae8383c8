"""What a group of twenty topics follows, and what is known of them: seeds, references, votes.

Two are the shipped reviews; the others are made from papers that the authors of nine systematic
reviews included, five seeds a topic.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete

from service import seeding, topics
from service.bootstrap import followed
from service.bootstrap.evaluation import read_listed
from service.records import (
    DigestContent,
    Judgement,
    Reference,
    RenderedPart,
    Seed,
    Subscription,
    Topic,
    Vote,
)
from service.sources.references import SeedReferences
from service.store import engine as engines
from service.store.schema import (
    DeliveryRow,
    DigestItemRow,
    DigestRow,
    SubscriptionRow,
    TopicRow,
    TopicVersionRow,
    VoteRow,
)
from tests.bench.search_reading import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.bootstrap import App
    from service.pipeline import Parts
    from service.ranking.listed import ListedPaper
    from service.store import Unit

EVAL = Path(__file__).resolve().parents[3] / "shared/eval"
SCREENING, ONCOLOGY = EVAL / "screening", EVAL / "oncology_2025_2026.jsonl"
MISSING = f"left out: the labelled papers are not here ({SCREENING})"
SEEDS, LIBRARY = 5, 200  # papers that tell a topic; papers of a reader's library about it
TOPICS, VOTED, VOTES, REFERENCES = 20, 4, 50, 200
SUBSCRIPTION = Subscription(
    "Institute", (), "email", "readers@example.org", weekday=5, cap=120, floor=3
)
# What `search_data` furnishes its archives with, in the order in which it can be taken away.
_MADE_BEFORE = (
    DigestItemRow,
    DeliveryRow,
    DigestRow,
    VoteRow,
    SubscriptionRow,
    TopicVersionRow,
    TopicRow,
)


class Followed(NamedTuple):
    """A topic, and the library of somebody who follows it, newest first."""

    topic: Topic
    library: list[ListedPaper]


def twenty() -> list[Followed]:
    """The topics; the libraries are of their corpora, papers that were included first."""
    oncology = read_listed(ONCOLOGY)
    found = [
        Followed(topic, oncology[at * LIBRARY :][:LIBRARY])
        for at, topic in enumerate(topics.shipped())
    ]
    for file in sorted(SCREENING.glob("*.jsonl")):
        papers = read_listed(file)
        chance = random.Random(file.stem)
        included = chance.sample(
            [paper for paper in papers if paper.relevant and paper.abstract], 2 * SEEDS
        )
        for half in range(2):
            chosen = included[half * SEEDS :][:SEEDS]
            rest = sorted(papers, key=lambda paper: not paper.relevant)
            found.append(Followed(_topic(f"{file.stem}-{half + 1}", chosen), rest[:LIBRARY]))
    return found[:TOPICS]


def _topic(name: str, papers: list[ListedPaper]) -> Topic:
    seeds = tuple(
        Seed(f"p{at}", "paper", paper.title, abstract=paper.abstract)
        for at, paper in enumerate(papers)
    )
    return Topic("".join(c if c.isalnum() else "-" for c in name.lower()), name, seeds)


def furnish(app: App, parts: Parts) -> list[Topic]:
    """The topics in force in an archive, with the same votes and references whatever its size; one
    subscription to all of them, whose last digest was frozen a week ago and ended where the archive
    does now. The encoder is that of `parts`."""
    with engines.transaction(app.store.engine, write=True) as connection:
        for table in _MADE_BEFORE:
            connection.execute(delete(table))
    made = [each.topic for each in twenty()]
    with app.store.writing() as tx:
        for topic in made:
            followed.save_topic(tx, topic, "bench", "bench", NOW)
        _vote(tx, made[:: TOPICS // VOTED])
        _subscribe(tx, made)
        sample = tx.works.sample(2 * REFERENCES)
    for at, topic in enumerate(made[:2]):
        cited = tuple(
            Reference(work.title, abstract=work.abstract, year=2026) for work in sample[at::2]
        )
        got = SeedReferences("bench", len(cited), cited)
        seeding.keep_references(parts, topic, topic.seeds[0], got)
        seeding.evidence(parts, topic, parts.encoder.info())  # embedded once, when they come
    return made


def _vote(tx: Unit, voted: Sequence[Topic]) -> None:
    chance, last = random.Random(0), tx.works.sequence()
    for topic in voted:
        for at, work in enumerate(chance.sample(range(1, last + 1), VOTES)):
            said = Judgement.RELEVANT if at % 2 else Judgement.NOT_RELEVANT
            tx.votes.cast(Vote(topic.slug, work, f"reader {at % 4}", said, "web", NOW))


def _subscribe(tx: Unit, made: Sequence[Topic]) -> None:
    one = replace(SUBSCRIPTION, topics=tuple(topic.slug for topic in made))
    tx.subscriptions.sync([one], NOW - timedelta(days=90))
    week, identity = NOW - timedelta(days=7), "00000000-0000-5000-8000-00000000000{}"
    content = DigestContent(
        identity.format(0), one.name, "UTC:2026-W46", "the week before", week, (), 0, (), "", {}
    )
    part = RenderedPart(identity.format(1), 1, 1, b"")
    window = (0, tx.works.sequence())
    tx.digests.freeze(content, one, [part], revision=0, window=window, now=week)
