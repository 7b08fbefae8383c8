"""What finding needs beside the store: an encoder whose vectors are words, and neighbours that
are worked out anew each time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from service.errors import EncoderError
from service.finding import Finding, find
from service.records import EncoderInfo
from service.records.queries import AllOf, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.clock import Clock
    from service.records.findings import Findings, Search
    from service.records.queries import Query, Term
    from service.store import Store, Unit

_DIMENSION = 256
INFO = EncoderInfo("words", "1", "title-abstract-1", _DIMENSION, "float32")
# What a reader would call the same: near in meaning though no word is shared.
SAME = {"tumor": "tumour", "cancer": "tumour", "carcinoma": "tumour", "leukocyte": "neutrophil"}


@dataclass
class WordEncoder:
    """A `QueryEncoder`: texts that share words, or words that mean the same, are near."""

    missing: bool = False

    def info(self) -> EncoderInfo:
        if self.missing:
            raise EncoderError("encoder", "is not there", "install it")
        return INFO

    def encode(self, text: str) -> NDArray[float32]:
        self.info()
        vector = np.zeros(_DIMENSION, np.float32)
        for word in re.findall(r"[a-z]{3,}", text.lower()):
            plain = word.rstrip("s")
            vector[crc32(SAME.get(plain, plain).encode()) % _DIMENSION] += 1
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


@dataclass
class WorkedOut:
    """A `Neighbours` over all works of a store, but for `without`."""

    store: Store
    encoder: WordEncoder
    without: frozenset[int] = frozenset()

    def refresh(
        self, _info: EncoderInfo, _progress: Callable[[int], None] = lambda _done: None
    ) -> int:
        return 0

    def of(self, _info: EncoderInfo, work_ids: Sequence[int]) -> dict[int, NDArray[float32]]:
        with self.store.reading() as tx:
            works = tx.works.many(work_ids)
        return {
            work.id: self.encoder.encode(f"{work.title} {work.abstract}")
            for work in works
            if work.id not in self.without
        }

    def nearest(
        self,
        info: EncoderInfo,
        vector: NDArray[float32],
        limit: int,
        where: Term | None = None,
        ceiling: int | None = None,
    ) -> list[tuple[int, float]]:
        with self.store.reading() as tx:
            ids = tx.search.ids(where or AllOf(()), 1000, ceiling)
        found = {work_id: float(each @ vector) for work_id, each in self.of(info, ids).items()}
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]


def answers(tx: Unit, query: Query, limit: int) -> list[int]:
    """The first works that answer to the whole of a query by the store alone."""
    if query.term is None:
        return []
    ranked = query.sort is Sort.RELEVANCE
    found = [work_id for work_id, _ in tx.search.ranked(query.term, limit)] if ranked else []
    return found or tx.search.listed(query.term, query.sort, limit)


def finding(store: Store, clock: Clock, *, missing: bool = False) -> Finding:
    """What an archive is asked with; with `missing`, words are all that there is."""
    encoder = WordEncoder(missing)
    return Finding(store, clock, encoder, WorkedOut(store, encoder))


def by_words(store: Store, clock: Clock) -> Callable[[Search], Findings]:
    """An archive that is asked without a model."""
    return partial(find, parts=finding(store, clock, missing=True))
