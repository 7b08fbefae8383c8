"""Made-up labelled corpora: included papers share words of one subject, the others do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.ranking.labelled import Corpus, corpus
from service.ranking.listed import ListedPaper
from tests.fakes_encoder import FakeEncoder

SUBJECT = ["heron", "wetland", "nesting", "colony", "reed", "wading", "chick", "feather"]
OTHERS = (
    ["bridge", "concrete", "girder", "load", "beam", "span", "traffic", "survey"],
    ["violin", "bow", "string", "tuning", "orchestra", "varnish", "score", "tempo"],
    ["glacier", "moraine", "ice", "melt", "valley", "sediment", "core", "dating"],
)


def listed(included: int = 12, excluded: int = 48, *, start: int = 0) -> list[ListedPaper]:
    """Papers of about 20 words; a third of an excluded paper's words may be of the subject."""
    chance = np.random.default_rng(start)
    found = []
    for number in range(included + excluded):
        relevant = number < included
        own = SUBJECT if relevant else OTHERS[number % len(OTHERS)]
        words = [*chance.choice(own, 8), *chance.choice(SUBJECT if number % 5 else own, 3)]
        words += [f"common{each}" for each in chance.integers(0, 30, 9)]
        text = " ".join(chance.permutation(words).tolist())
        found.append(
            ListedPaper(
                str(number), f"{text[:30]} {number}", f"{text}.", relevant, f"{2000 + number % 20}"
            )
        )
    return found


def made(name: str = "birds", *, start: int = 0, dense: bool = False) -> Corpus:
    """A corpus of 60 papers, 12 of them included."""
    found = corpus(name, listed(start=start))
    return with_vectors(found) if dense else found


def with_vectors(of: Corpus) -> Corpus:
    """The same with the vectors of the encoder without a model."""
    vectors = FakeEncoder(window=12).encode([f"{each.title} {each.abstract}" for each in of.papers])
    papers = (replace(each, vectors=rows) for each, rows in zip(of.papers, vectors, strict=True))
    return replace(of, papers=tuple(papers))
