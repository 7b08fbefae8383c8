"""What each part of the ranker adds, and how its weights do on corpora that they were not chosen on.

    PYTHONPATH=. python tests/bench/ranking_study.py [folder that vectors are kept in]

Nine labelled corpora, 2 and 5 seeds, 8 draws. In the second table the weights are chosen, for each
corpus, as those with the best mean average precision on the other eight (leave one corpus out).
"""

from __future__ import annotations

import sys
from itertools import product
from statistics import fmean

import numpy as np

from service.ranking import examples, metrics
from service.ranking.features import Features, read_pool
from service.ranking.labelled import Corpus, draw, newest_first
from tests.bench import corpora

DRAWS, SEEDS = 8, (2, 5)
# Weights beside words (1): of vectors, latent directions, of being near by words and by vectors, of
# feedback, of the list's middle in it, of the best ones' designs, and of study design.
Weights = tuple[float, float, float, float, float, float, float]
NAMES = ("_DENSE", "_LATENT", "_BOTH", "_FEEDBACK", "_MIDDLE_SHARE", "_DESIGNED", "_DESIGN")
GRID: list[Weights] = list(
    product(
        *((0.75, 1.0, 1.5), (0.35, 0.7), (0.0, 0.3), (1.2, 2.4)),
        *((0.0, 0.4), (0.0, 0.2), (0.2, 0.25, 0.3)),
    )
)
PARTS: dict[str, Weights] = {
    "words": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "words + vectors": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "words + vectors + latent": (1.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.0),
    "all of that + study design": (1.0, 0.7, 0.0, 0.0, 0.0, 0.0, 0.25),
    "all of that + both": (1.0, 0.7, 0.3, 0.0, 0.0, 0.0, 0.25),
    "all of that + the best ones' designs": (1.0, 0.7, 0.3, 0.0, 0.0, 0.2, 0.25),
    "all of that + feedback": (1.0, 0.7, 0.3, 2.4, 0.0, 0.2, 0.25),
    "all of that + the middle": (1.0, 0.7, 0.3, 2.4, 0.4, 0.2, 0.25),
    "the same without an encoder": (0.0, 0.7, 0.0, 2.4, 0.4, 0.2, 0.25),
}


def main(folder: str | None = None) -> None:
    bench, _ = corpora.ready(cache=folder)
    pools = [(corpus, read_pool(corpus.papers, ())) for corpus in bench.corpora]
    for seeds in SEEDS:
        print(f"\n{seeds} seeds, {DRAWS} draws, {len(pools)} corpora: mean AP")
        for name, weights in PARTS.items():
            print(f"  {name:40} {fmean(measured(*each, seeds, weights) for each in pools):.3f}")
        leave_one_out(pools, seeds)


def leave_one_out(pools: list[tuple[Corpus, Features]], seeds: int) -> None:
    """The mean over corpora with the weights that the others choose, beside those in use."""
    table = np.array([[measured(*each, seeds, w) for w in GRID] for each in pools])
    chosen = [np.delete(table, row, axis=0).mean(axis=0).argmax() for row in range(len(pools))]
    used = GRID.index(in_use())
    apart = fmean(table[row, at] for row, at in enumerate(chosen))
    print(f"  weights chosen on the other corpora      {apart:.3f}: {[GRID[at] for at in chosen]}")
    print(f"  weights in use {GRID[used]!s:25} {table[:, used].mean():.3f}")
    print(f"  best of the grid on these corpora        {table.mean(axis=0).max():.3f}")


def in_use() -> Weights:
    found: Weights = tuple(getattr(examples, name) for name in NAMES)
    return found


def put(weights: Weights) -> None:
    for name, weight in zip(NAMES, weights, strict=True):
        setattr(examples, name, weight)


def measured(corpus: Corpus, pool: Features, seeds: int, weights: Weights) -> float:
    """Mean average precision over the draws with these weights."""
    kept = in_use()
    put(weights)
    try:
        return fmean(
            precision(corpus, pool, newest_first(corpus, draw(corpus, seeds, number)))
            for number in range(DRAWS)
        )
    finally:
        put(kept)


def precision(corpus: Corpus, pool: Features, seeds: list[int]) -> float:
    placed = pool.place([corpus.papers[row] for row in seeds])
    scores = examples.nearness(pool.rows, placed, np.ones(len(seeds)))
    rest = np.setdiff1d(np.arange(len(corpus.papers)), seeds)
    ranked = corpus.relevant[rest][metrics.order(scores[rest])]
    return metrics.average_precision(ranked)


if __name__ == "__main__":
    main(*sys.argv[1:])
