"""The rankers of other systems, and the usual baselines, from their published formulae.

Each is a `Contender` of `service.ranking.evaluation`. All dense ones get the same vectors, all
lexical ones the words of title and abstract; the background, where there is one, counts towards
the rarity of words. Nothing of theirs is copied: formulae only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.ranking.evaluation import Contender

# Whole systems that people use; the best of them is what a ranker has to beat.
SYSTEMS = ("zotero-arxiv-daily", "arxiv-sanity-lite", "asreview-u4")
# Two textbook scores put together in the two usual ways.
FUSIONS = ("rrf-fusion", "zscore-fusion")


def peers() -> dict[str, Contender]:
    """Every peer by its name."""
    from service.ranking.peers.fused import rrf, zscore  # noqa: PLC0415 (a peer is seldom asked)
    from service.ranking.peers.lexical import (  # noqa: PLC0415 (as above)
        ArxivSanityLite,
        AsreviewU4,
        Bm25,
        Tfidf,
    )
    from service.ranking.peers.vectors import (  # noqa: PLC0415 (as above)
        MaxCosine,
        MeanCosine,
        ZoteroArxivDaily,
    )

    mean = Tfidf("tfidf-mean", "mean")
    found: tuple[Contender, ...] = (
        Bm25(),
        mean,
        Tfidf("tfidf-max", "max"),
        ArxivSanityLite(),
        ZoteroArxivDaily(),
        MaxCosine(),
        AsreviewU4(),
        rrf(FUSIONS[0], (mean, MeanCosine())),
        zscore(FUSIONS[1], (mean, MeanCosine())),
    )
    return {each.name: each for each in found}
