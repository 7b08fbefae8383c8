"""A week's works for many topics, and one topic against a whole archive; time and memory.

    PYTHONPATH=. python tests/bench/ranking.py [works [topics [archive]]]

Texts are those of one PubMed update file; where they do not suffice they come again with their
sentences in another order. Vectors are random, and so is what `encode` returns: the encoder has a
benchmark of its own, and what it would be asked is counted here. Half the topics have one review
and 20 terms, half five papers; of each five one has 50 votes and one 200 references besides.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from service.bootstrap.cores import cores, side_by_side
from service.normalisation import normalise
from service.ranking.features import read_pool
from service.ranking.ranker import FusedRanker
from service.ranking.words import STOP
from service.records import Candidate, Evidence, Seed, Topic
from service.sources import importing
from service.topics.facets import facets
from service.topics.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

SHARED = Path(__file__).resolve().parents[3] / "shared"
UPDATE = SHARED / "captures" / "pubmed_update" / "pubmed21n1298.xml.gz"
WIDTH = 384
LIMIT = 2_000  # works told per topic
Text = tuple[str, str]


class Encode:
    """Random unit vectors; counts what it is asked."""

    def __init__(self) -> None:
        self.texts = 0
        self._random = np.random.default_rng(0)

    def __call__(self, texts: Sequence[str]) -> list[NDArray[float32]]:
        self.texts += len(texts)
        return [vectors(self._random, 1) for _ in texts]


def main(works: int = 30_000, topics: int = 100, archive: int = 100_000) -> None:
    if not UPDATE.is_file():
        sys.exit(f"the texts are not here: {UPDATE}")
    gc.set_threshold(100_000)  # as the command line does
    texts = corpus(max(works, archive))
    ranker = FusedRanker(facets, split_sentences, side_by_side)
    made = [topic(number, texts) for number in range(topics)]
    week(ranker, made, candidates(texts[:works]))
    retrained(ranker, made, candidates(texts[:archive]))


def week(ranker: FusedRanker, topics: Sequence[Topic], works: Sequence[Candidate]) -> None:
    """Every topic for one pool of works, read once."""
    evidence = {each.slug: judged(number, works) for number, each in enumerate(topics)}
    before, start = memory(), time.perf_counter()
    pool = read_pool(works, ())
    read = time.perf_counter()
    print(
        f"reading {len(works)} works          {read - start:7.1f} s  {memory() - before:6.0f} MiB"
    )
    ranker.rank_pool(topics[:2], pool, Encode(), evidence)  # what a process does but once
    encode, held = Encode(), memory()
    for limit in (LIMIT, 1):
        start = time.perf_counter()
        ranker.rank_pool(topics, pool, encode, evidence, limit=limit)
        took = time.perf_counter() - start
        told = f"{limit} told, the first 100 explained" if limit > 1 else "1 told and explained"
        print(f"ranking them for {len(topics)} topics      {took:7.1f} s  {told}")
    print(f"cores that they share            {cores():7d}")
    print(f"memory that ranking added        {memory() - held:7.0f} MiB")
    print(f"texts to encode, per topic       {encode.texts / len(topics) / 2:7.1f}")


def retrained(ranker: FusedRanker, topics: Sequence[Topic], works: Sequence[Candidate]) -> None:
    """One topic of each kind against all works."""
    start = time.perf_counter()
    pool = read_pool(works, ())
    print(f"reading {len(works)} works         {time.perf_counter() - start:7.1f} s")
    for number in (1, 2):
        told, start = {topics[number].slug: judged(0, works)}, time.perf_counter()
        ranker.rank_pool([topics[number]], pool, Encode(), told, limit=LIMIT)
        kind = "papers" if number % 2 else "a review and terms"
        print(
            f"one topic with 50 votes          {time.perf_counter() - start:7.1f} s  told by {kind}"
        )


def corpus(count: int) -> list[Text]:
    """Titles and abstracts; after the first round with their sentences shuffled."""
    papers = (normalise(r) for batch in importing.batches(UPDATE) for r in batch.records)
    found = [(paper.title, paper.abstract) for paper in papers if paper.abstract]
    shuffler, texts = random.Random(0), found[:count]
    while len(texts) < count:
        for title, abstract in found[: count - len(texts)]:
            sentences = abstract.split(". ")
            shuffler.shuffle(sentences)
            texts.append((title, ". ".join(sentences)))
    return texts


def candidates(texts: Sequence[Text]) -> list[Candidate]:
    """Works with the row of a title and one or two of the text."""
    rng = np.random.default_rng(1)
    return [
        Candidate(at, title, abstract, vectors(rng, 2 + at % 2))
        for at, (title, abstract) in enumerate(texts, 1)
    ]


def vectors(rng: np.random.Generator, rows: int) -> NDArray[float32]:
    """Random unit rows, as near to each other as those of an encoder: a third in common."""
    made = (rng.standard_normal((rows, WIDTH)) + 0.7).astype(np.float32)
    scaled: NDArray[float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return scaled


def topic(number: int, texts: Sequence[Text]) -> Topic:
    """Even ones have a review and terms, odd ones papers."""
    rng = random.Random(number)
    if number % 2:
        seeds = tuple(
            Seed(f"p{at}", "paper", title, abstract=abstract)
            for at, (title, abstract) in enumerate(rng.sample(texts, 5))
        )
        return Topic(f"topic-{number}", f"Topic {number}", seeds)
    title, abstract = max(rng.sample(texts, 5), key=lambda text: len(text[1]))
    findings = tuple(split_sentences(abstract)[-3:])
    review = Seed("review", "review", title, findings=findings, abstract=abstract)
    include = tuple(term(rng, texts) for _ in range(20))
    return Topic(f"topic-{number}", f"Topic {number}", (review,), include=include)


def term(rng: random.Random, texts: Sequence[Text]) -> str:
    """One to three words that follow each other somewhere."""
    while True:
        words = rng.choice(texts)[1].split()
        start, length = rng.randrange(len(words)), rng.choice((1, 2, 2, 2, 3))
        found = [word.strip(".,;:()") for word in words[start : start + length]]
        if all(len(word) > 3 and word.lower() not in STOP for word in found):
            return " ".join(found)


def judged(number: int, works: Sequence[Candidate]) -> list[Evidence]:
    """What is known of a topic besides its seeds."""
    rng = random.Random(number)
    if number % 5 == 0:
        voted = enumerate(rng.sample(works, 50))
        return [Evidence(work, 1.0 if at % 2 else -1.0, "vote") for at, work in voted]
    if number % 5 == 2:
        return [Evidence(work, 0.5, "reference") for work in rng.sample(works, 200)]
    return []


def memory() -> float:
    """What this process holds now, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
