"""How two peers work, on the same records: made anew from their published ways, nothing copied.

karpathy/arxiv-sanity-lite weighs every word of everything it holds anew for each run, and learns
one linear SVM a user. TideDra/zotero-arxiv-daily keeps no vectors: it encodes the reader's whole
library and all candidates in each run, plain float32, texts cut at the model's window. The formulae
are those of `service.ranking.peers`; zotero-arxiv-daily gets our model instead of its own, and
encodes the candidates once for all topics here, where it would for each reader.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.embedding.loading import load
from service.embedding.weights import folder_of
from service.ranking.peers import peers
from service.records import Candidate
from tests.bench.stage_times import Spent, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from tests.bench.weekly_topics import Followed

BLOCK = 512  # texts between two looks at the clock
FIT, LEARN, ENCODE, SCORE = "TF-IDF of everything", "an SVM a topic", "encode", "score"


def held(file: Path, after: int = 0) -> list[Candidate]:
    """The works of an archive of greater numbers than `after`."""
    asked = "SELECT id, title, abstract FROM work WHERE id > ? AND merged_into IS NULL ORDER BY id"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return [Candidate(*row) for row in connection.execute(asked, (after,))]


def sanity(works: Sequence[Candidate], followed: Sequence[Followed], watch: Watch) -> int:
    """One run of arxiv-sanity-lite over all of `works`; returns how many it learnt from."""
    seeds = [[Candidate(0, s.title, s.abstract) for s in each.topic.seeds] for each in followed]
    papers = [*(seed for each in seeds for seed in each), *works]
    with watch.on(FIT):
        scores = peers()["arxiv-sanity-lite"].prepare(papers, ())
    first = 0
    with watch.on(LEARN):
        for each in seeds:
            scores(range(first, first + len(each)), ())
            first += len(each)
    return len(papers)


@dataclass
class Plain:
    """sentence-transformers as it comes; of every `every` blocks it encodes one, and what that took
    stands for the others."""

    every: int = 1
    texts: int = 0
    encoded: int = 0

    def __post_init__(self) -> None:
        self._model: Any = load(folder_of(None))
        self._blocks = 0

    def encode(self, texts: Sequence[str], watch: Watch) -> NDArray[float32]:
        """Unit rows of these texts; those of blocks that are left out come from other texts."""
        import numpy as np

        found: list[NDArray[float32]] = []
        for start in range(0, len(texts), BLOCK):
            block = list(texts[start : start + BLOCK])
            self.texts += len(block)
            if self._blocks % self.every == 0 or not found:
                with watch.on(ENCODE):
                    rows = self._model.encode(block, show_progress_bar=False)
                self.encoded += len(block)
            self._blocks += 1
            found.append(np.resize(rows, (len(block), rows.shape[1])))
        return np.concatenate(found)


def zotero(
    candidates: Sequence[Candidate], followed: Sequence[Followed], plain: Plain, watch: Watch
) -> None:
    """One run of zotero-arxiv-daily for a library a topic; abstracts alone, as it does."""
    libraries = [[paper.abstract or paper.title for paper in each.library] for each in followed]
    texts = [text for library in libraries for text in library]
    rows = plain.encode([*texts, *(one.abstract or one.title for one in candidates)], watch)
    with watch.on(SCORE):
        known = [Candidate(0, "", "", row[None]) for row in rows]
        scores = peers()["zotero-arxiv-daily"].prepare(known, ())
        first = 0
        for library in libraries:
            scores(range(first, first + len(library)), ())
            first += len(library)


def whole(part: Spent, done: int, of: int) -> Spent:
    """What all would have taken, of which `done` took this."""
    return part * (of / done) if done else Spent()
