"""What each part of nearness to a concept adds, on topics of one review that it was not made for.

    PYTHONPATH=. python tests/bench/one_review.py [folder that vectors are kept in]

Of each of nine labelled corpora one wanted paper is told as the review of a topic, with the terms of
`one_review.json` (written from what the corpus is about, before anything was measured) and without.
The rest is ranked; eight draws, mean average precision.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from service import config
from service.bootstrap import evaluation as bench
from service.ranking import concept
from service.ranking.features import read_pool
from service.ranking.labelled import draw
from service.ranking.metrics import average_precision
from service.records import Seed, Topic
from tests.abstracts import RANKER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.ranking.features import Encode, Features
    from service.ranking.labelled import Corpus

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "eval" / "screening"
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
    if not CORPORA.is_dir():
        sys.exit(f"the corpora are not here: {CORPORA}")
    encoder = bench.plain_encoder(config.Settings(), Path(folder or tempfile.mkdtemp()))
    files = [(file.stem, bench.read_listed(file)) for file in sorted(CORPORA.glob("*.jsonl"))]
    dense = bench.chosen_contenders("litwatch")
    ready = bench.bench(dense, files, [], encoder, lambda _name, _total: lambda _done: None)
    pools = [(each, read_pool(each.papers, ())) for each in ready.corpora]
    terms = json.loads(TERMS.read_text(encoding="utf-8"))
    encode = encoder.encode
    print(
        f"{len(pools)} corpora, {DRAWS} draws: mean AP (of how many corpora it is above all parts)"
    )
    best: dict[bool, list[float]] = {}
    for name, values in PARTS.items():
        print(f"  {name:32}", end="")
        for listed in (True, False):
            found = [
                measured(*each, terms[each[0].name] if listed else (), values, encode)
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
    kept = {name: getattr(concept, name) for name in values}
    rows = [draw(corpus, 1, number)[0] for number in range(DRAWS)]
    try:
        for name, value in values.items():
            setattr(concept, name, value)
        return fmean(precision(corpus, pool, row, terms, encode) for row in rows)
    finally:
        for name, value in kept.items():
            setattr(concept, name, value)


def precision(corpus: Corpus, pool: Features, row: int, terms: list[str], encode: Encode) -> float:
    paper = corpus.papers[row]
    review = Seed("it", "review", paper.title, abstract=paper.abstract)
    order = RANKER.assess(Topic("it", "It", (review,), include=tuple(terms)), pool, encode).order
    return average_precision(corpus.relevant[order[order != row]])


if __name__ == "__main__":
    main(*sys.argv[1:])
