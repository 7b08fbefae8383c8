"""How honest our relevance is: the study behind `calibration.PRIOR`.

    PYTHONPATH=. python tests/bench/calibration.py CACHE [draws] [ranker] [CHART.png]

CACHE is a folder for the corpora's vectors. Every corpus is predicted with a prior chosen on the
other eight. The error (ECE, ten bins of equal width) is given beside the one that perfectly honest
predictions would show by chance.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from service import charts
from service.ranking import calibration_study as study
from service.ranking.metrics import Bin, calibration_error, reliability
from service.ranking.reliability import reliability_chart
from tests.bench import corpora

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.ranking.calibration import Prior
    from service.ranking.evaluation import Contender
    from service.ranking.labelled import Corpus

SEEDS = (2, 5)
SHOWN = (0, 2, 5, 10)  # rounds of five votes
Readers = dict[str, dict[int, list[list[study.Round]]]]  # corpus -> seeds -> readers -> rounds


def main(cache: str, draws: str = "8", ranker: str = "litwatch", chart: str = "") -> None:
    bench, _ = corpora.ready(ranker, cache)
    archives = study.mixed(bench.corpora)
    top = simulated(bench.contenders[0], archives, int(draws))
    priors = chosen(top)
    report("each corpus in an archive, votes from the top of the list", top, priors)
    strays = simulated(bench.contenders[0], archives, int(draws), strays=True)
    report("the same, a fifth of the votes on near misses", strays, priors)
    alone = simulated(bench.contenders[0], bench.corpora, int(draws))
    report("each corpus alone, where all was found by one search", alone, priors)
    if chart:
        drawn = reliability_chart(
            panels(top, priors),
            title="Relevance beside what readers said",
            note=f"held-out votes of simulated readers; {len(top)} corpora, each with a prior"
            f" from the others; {draws} draws of 2 and of 5 seeds",
        )
        Path(chart).write_bytes(charts.draw(drawn, chart))


def simulated(
    contender: Contender, corpora: Sequence[Corpus], draws: int, *, strays: bool = False
) -> Readers:
    found: Readers = {}
    for corpus in corpora:
        found[corpus.name] = {
            seeds: study.read(contender, corpus, seeds=seeds, draws=draws, strays=strays)
            for seeds in SEEDS
        }
        print(".", end="", file=sys.stderr, flush=True)
    return found


def chosen(readers: Readers) -> dict[str, Prior]:
    """For each corpus, the prior from the others; "" from all."""
    few = {name: [one for each in by.values() for one in each[:2]] for name, by in readers.items()}
    priors = {
        name: study.chosen([each for other, each in few.items() if other != name])
        for name in ("", *few)
    }
    for name, prior in priors.items():
        centre = prior.centre
        print(
            f"{'without ' + name if name else 'all':40} slope {centre.slope:.2f}"
            f" midpoint {centre.midpoint:.2f} spread {prior.slope_spread:.2f}"
            f" {prior.midpoint_spread:.2f} background {prior.background:.1f}"
        )
    return priors


def pool(
    kind: Callable[..., study.Predicted],
    readers: Readers,
    priors: dict[str, Prior],
    seeds: tuple[int, ...],
    at: int,
) -> study.Predicted:
    return study.pooled(
        kind(by[each], at, priors[name]) for name, by in readers.items() for each in seeds
    )


def report(title: str, readers: Readers, priors: dict[str, Prior]) -> None:
    print(f"\n{title}: ECE (by chance alone), mean relevance -> share relevant")
    for seeds in SEEDS:
        for kind in (study.held_out, study.unseen):
            found = [pool(kind, readers, priors, (seeds,), at) for at in range(11)]
            told = [f"{5 * at:2} votes {line(found[at])}" for at in SHOWN]
            print(f"{seeds} seeds {kind.__name__:8} ", " | ".join(told))
            print(f"{'':17}  all rounds {line(study.pooled(found))}")


def line(found: study.Predicted) -> str:
    error = calibration_error(found.relevance, found.relevant)
    means = f"{found.relevance.mean():.2f} -> {found.relevant.mean():.2f}"
    return f"{error:.3f} ({by_chance(found):.3f}) {means}"


def by_chance(found: study.Predicted, times: int = 20) -> float:
    """The mean error if every paper were relevant exactly as often as predicted."""
    chance = np.random.default_rng(0)
    drawn = (chance.random(len(found.relevance)) < found.relevance for _ in range(times))
    return float(np.mean([calibration_error(found.relevance, labels) for labels in drawn]))


def panels(readers: Readers, priors: dict[str, Prior]) -> dict[str, list[Bin]]:
    pooled = {
        f"after {5 * at} votes": pool(study.held_out, readers, priors, SEEDS, at) for at in SHOWN
    }
    return {name: reliability(each.relevance, each.relevant) for name, each in pooled.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
