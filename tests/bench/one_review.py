"""What each part of nearness to a concept adds, on topics of one review that it was not made for.

    PYTHONPATH=. python tests/bench/one_review.py [folder that vectors are kept in]

Of each of nine labelled corpora one wanted paper is told as the review of a topic, with the terms of
`one_review.json` (written from what the corpus is about, before anything was measured) and without.
The rest is ranked; eight draws, mean average precision.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest

from service.ranking import concept
from service.ranking.features import read_pool
from service.ranking.labelled import draw
from service.ranking.metrics import average_precision
from service.records import Seed, Topic
from tests.abstracts import RANKER
from tests.bench import corpora

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.ranking.features import Encode, Features
    from service.ranking.labelled import Corpus

TERMS = Path(__file__).with_name("one_review.json")
DRAWS = 8
# Parts of `concept.nearness`, each with what it is without it.
PARTS: dict[str, dict[str, Any]] = {
    "all parts (in use)": {},
    "without what the review says": {"_FACETS": 0.0, "_FACETS_FOUND": 0.0},
    "without the title": {"_TITLED": (0.0, 2), "_TITLED_FOUND": (0.0, 4)},
    "without the field's words": {"_WORDLESS": 1.0},
    "without the terms' own words": {"_UNNAMED": 1.0},
}


def main(folder: str | None = None) -> None:
    bench, encoder = corpora.ready(cache=folder)
    pools = [(each, read_pool(each.papers, ())) for each in bench.corpora]
    terms = json.loads(TERMS.read_text(encoding="utf-8"))
    print(
        f"{len(pools)} corpora, {DRAWS} draws: mean AP (of how many corpora it is above all parts)"
    )
    best: dict[bool, list[float]] = {}
    for name, values in PARTS.items():
        print(f"  {name:32}", end="")
        for listed in (True, False):
            found = [
                measured(*each, terms[each[0].name] if listed else (), values, encoder.encode)
                for each in pools
            ]
            before = best.setdefault(listed, found)
            above = sum(one > other for one, other in zip(found, before, strict=True))
            said = "with terms" if listed else "without"
            print(f"{said:>14} {fmean(found):.4f} ({above})", end="", flush=True)
        print()


def measured(
    corpus: Corpus, pool: Features, terms: list[str], values: Mapping[str, Any], encode: Encode
) -> float:
    """Mean average precision over the draws, with these values in place of the constants."""
    rows = [draw(corpus, 1, number)[0] for number in range(DRAWS)]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setattr(concept, name, value)
        return fmean(precision(corpus, pool, row, terms, encode) for row in rows)


def precision(corpus: Corpus, pool: Features, row: int, terms: list[str], encode: Encode) -> float:
    paper = corpus.papers[row]
    review = Seed("it", "review", paper.title, abstract=paper.abstract)
    order = RANKER.assess(Topic("it", "It", (review,), include=tuple(terms)), pool, encode).order
    return average_precision(corpus.relevant[order[order != row]])


if __name__ == "__main__":
    main(*sys.argv[1:])
