"""Which works answer to a query, in which order: by words, by meaning, or by both.

Beside the pipeline, with the same rules: what decides is in `archive`, which is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from service.archive.fusion import fuse
from service.archive.plan import informative
from service.errors import InputError
from service.records.queries import AllOf, AnyOf, Mode, Published

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy import float32
    from numpy.typing import NDArray

    from service.archive.plan import Plan
    from service.protocols import Neighbours, QueryEncoder
    from service.records.queries import Term
    from service.store import Unit

RANKED = 3_000  # works with all words that are ranked
POOL = 300  # works of each ranking that are fused
ENOUGH = 100  # works with all words; beside so many, those with some add nothing
LOOSE = 20_000  # works that are looked at because they have some of the words
FIRM_WEIGHT, LOOSE_WEIGHT, NEAR_WEIGHT = 2.0, 1.0, 0.5  # has all words, has some, is near
LEAST = 0.3  # cosine; what is less near has nothing to do with the words
TIMELY = 1.5  # how much better a work is for having been published in a year that is asked for


@dataclass(frozen=True, slots=True)
class Meant:
    """What works shall be near to, a unit vector; `apart` are works that it was made of."""

    vector: NDArray[float32]
    mode: Mode
    apart: frozenset[int] = frozenset()


Sense = tuple[Meant | None, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What is searched with: the open transaction and the wired parts, up to the work `ceiling`."""

    tx: Unit
    encoder: QueryEncoder
    neighbours: Neighbours
    ceiling: int

    def meant(self, way: Plan, likes: Sequence[str], mode: Mode) -> Meant | None:
        """What the query means; None where only its words count, or where it means nothing.

        Raises `EncoderError`, and `InputError` for a work that is not there or has no vector.
        """
        liked = self._liked(likes) if likes else {}
        vectors = [*liked.values()]
        if way.meaning and mode is not Mode.LEXICAL:
            vectors.append(self.encoder.encode(way.meaning))
        if not vectors:
            return None
        total = sum(vectors[1:], start=vectors[0])
        unit = total / max(float(total @ total) ** 0.5, 1e-12)
        return Meant(unit, Mode.SEMANTIC if liked else mode, frozenset(liked))

    def _liked(self, names: Sequence[str]) -> Mapping[int, NDArray[float32]]:
        numbers = {name: self.tx.works.get(self.tx.works.find(name)).id for name in names}
        found = self.neighbours.of(self.encoder.info(), [*numbers.values()])
        for name, number in numbers.items():
            if number not in found:
                told = "is not embedded yet, so that nothing is known to be like it"
                raise InputError(f"work {name}", told, "run: litwatch index")
        return found

    def sense(self, way: Plan) -> Sense:
        """What the words mean, and the works near to it. Nothing of the transaction is needed, so
        that it may be found out beside it. Raises `EncoderError`."""
        meant = self.meant(way, (), Mode.HYBRID)
        return meant, self.near(way, meant) if meant else ()

    def similarities(self, work_ids: Sequence[int], meant: Meant) -> dict[int, float]:
        """The cosines of those of the works that have a vector."""
        vectors = self.neighbours.of(self.encoder.info(), work_ids)
        return {work_id: float(vector @ meant.vector) for work_id, vector in vectors.items()}

    def firm(self, way: Plan) -> list[int]:
        """Works that answer to the whole query, best first by their words; `RANKED` at most."""
        return [each for each, _ in self.tx.search.ranked(way.whole, RANKED, self.ceiling)]

    def loose(self, way: Plan, spellings: Mapping[str, Sequence[str]]) -> list[int]:
        """Works that have some of the words, best first, by the words that say most."""
        known = [form for word in way.loose for form in (word, *spellings.get(word, ()))]
        if len(known) < 2:
            return []
        words = informative(self.tx.search.frequencies(known), LOOSE)
        if not words:
            return []
        found = self.tx.search.ranked(way.any_of(words), POOL, self.ceiling)
        return [work_id for work_id, _ in found]

    def by_meaning(self, way: Plan, meant: Meant) -> list[int]:
        """Works near to what is meant. To works that are liked all words are conditions, or else
        the filters."""
        where = way.whole if meant.apart else way.filters
        found = self._nearest(meant, where, POOL + len(meant.apart))
        return [work_id for work_id, _ in found if work_id not in meant.apart]

    def near(self, way: Plan, meant: Meant) -> list[int]:
        """Works near enough to what is meant to be fused, the nearest first."""
        found = self._nearest(meant, way.filters, POOL)
        return [work_id for work_id, cosine in found if cosine >= LEAST]

    def fused(
        self, way: Plan, firm: Sequence[int], near: Sequence[int], loose: Sequence[int]
    ) -> list[int]:
        """Works that have all words, are near in meaning, or have some words, as one ranking."""
        firm = firm[:POOL]
        rankings = ((FIRM_WEIGHT, firm), (LOOSE_WEIGHT, loose), (NEAR_WEIGHT, near))
        timely = self._timely(way.years, {*firm, *loose, *near})
        return fuse(rankings, lambda work_id: TIMELY if work_id in timely else 1.0)

    def _nearest(self, meant: Meant, where: Term | None, limit: int) -> list[tuple[int, float]]:
        asked = None if where == AllOf(()) else where
        info = self.encoder.info()
        return self.neighbours.nearest(info, meant.vector, limit, asked, self.ceiling)

    def _timely(self, years: Sequence[int], work_ids: Collection[int]) -> set[int]:
        if not years:
            return set()
        spans = (Published(date(year, 1, 1), date(year, 12, 31)) for year in years)
        return self.tx.search.among([*work_ids], AnyOf(tuple(spans)))
