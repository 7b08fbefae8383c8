"""The nameable parts of a topic's seeds: what scores are made from and explanations point at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import Facet
from service.topics.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.records import Seed, Topic

# A key finding says in one line what the reader follows; an abstract sentence is often scenery.
_WEIGHTS = {
    "finding": 1.0,
    "title": 0.9,
    "tldr": 0.8,
    "contribution": 0.7,
    "text": 1.0,
    "abstract": 0.6,
}


def facets(topic: Topic) -> tuple[Facet, ...]:
    """All facets of `topic`, seeds in order, no text twice within a seed.

    A weight is the part's times the seed's, negative for a seed that is evidence against.
    """
    found: list[Facet] = []
    for seed in topic.seeds:
        seen: set[str] = set()
        for kind, text in _parts(seed):
            folded = text.casefold().strip(" .")
            if folded and folded not in seen:
                seen.add(folded)
                weight = _WEIGHTS[kind] * seed.weight * seed.sign
                found.append(Facet(kind=kind, text=text, seed=seed.key, weight=weight))
    return tuple(found)


def _parts(seed: Seed) -> Iterator[tuple[str, str]]:
    yield "title", seed.title
    for finding in seed.findings:
        yield "finding", finding
    yield "tldr", seed.tldr
    yield "contribution", seed.contribution
    kind = "text" if seed.kind == "text" else "abstract"
    for sentence in split_sentences(seed.abstract):
        yield kind, sentence
