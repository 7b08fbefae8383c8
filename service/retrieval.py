"""Which works answer to a query, in which order: by words, by meaning, or by both.

Beside the pipeline, with the same rules: what decides is in `archive`, which is pure.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from service.archive.fusion import fuse
from service.archive.plan import informative
from service.errors import InputError
from service.records.queries import AllOf, AnyOf, Mode, Published

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.archive.plan import Plan
    from service.protocols import Neighbours, QueryEncoder
    from service.records.queries import Term
    from service.store import Unit

RANKED = 10_000  # works that are ranked by words alone
POOL = 300  # works of each ranking that are fused
LOOSE = 20_000  # works that are looked at because they have some of the words
FIRM_WEIGHT, LOOSE_WEIGHT, NEAR_WEIGHT = 2.0, 1.0, 1.0  # has all words, has some, is near
LEAST = 0.3  # cosine; what is less near has nothing to do with the words
TIMELY = 1.5  # how much better a work is for having been published in a year that is asked for


@dataclass(frozen=True, slots=True)
class Meant:
    """What works shall be near to, a unit vector; `apart` are works that it was made of."""

    vector: NDArray[float32]
    mode: Mode
    apart: frozenset[int] = frozenset()


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

    def similarities(self, work_ids: Sequence[int], meant: Meant) -> dict[int, float]:
        """The cosines of those of the works that have a vector."""
        vectors = self.neighbours.of(self.encoder.info(), work_ids)
        return {work_id: float(vector @ meant.vector) for work_id, vector in vectors.items()}

    def by_words(self, way: Plan, spellings: Mapping[str, Sequence[str]]) -> list[int]:
        """Works that answer to the whole query by their words, best first; where none does, those
        that have some of the words."""
        found = self.tx.search.ranked(way.whole, RANKED, self.ceiling)
        return [work_id for work_id, _ in found] or self._loosely(way, spellings)

    def by_meaning(self, way: Plan, meant: Meant) -> list[int]:
        """Works near to what is meant. To works that are liked all words are conditions, or else
        the filters."""
        where = way.whole if meant.apart else way.filters
        found = self._near(meant, where, POOL + len(meant.apart))
        return [work_id for work_id, _ in found if work_id not in meant.apart]

    def by_both(self, way: Plan, meant: Meant, spellings: Mapping[str, Sequence[str]]) -> list[int]:
        """Works that have all words, some of them, or are near in meaning, fused."""
        with ThreadPoolExecutor(1) as beside:  # both halves let go of the interpreter's lock
            asked = beside.submit(self._near, meant, way.filters, POOL)
            firm = [each for each, _ in self.tx.search.ranked(way.whole, POOL, self.ceiling)]
            loose = self._loosely(way, spellings) if len(firm) < POOL else []
            near = [each for each, cosine in asked.result() if cosine >= LEAST]
        rankings = ((FIRM_WEIGHT, firm), (LOOSE_WEIGHT, loose), (NEAR_WEIGHT, near))
        timely = self._timely(way.years, {*firm, *loose, *near})
        return fuse(rankings, lambda work_id: TIMELY if work_id in timely else 1.0)

    def _near(self, meant: Meant, where: Term | None, limit: int) -> list[tuple[int, float]]:
        asked = None if where == AllOf(()) else where
        info = self.encoder.info()
        return self.neighbours.nearest(info, meant.vector, limit, asked, self.ceiling)

    def _loosely(self, way: Plan, spellings: Mapping[str, Sequence[str]]) -> list[int]:
        """By the words that say most, best first."""
        known = [form for word in way.loose for form in (word, *spellings.get(word, ()))]
        if len(known) < 2:
            return []
        words = informative(self.tx.search.frequencies(known, LOOSE), LOOSE)
        if not words:
            return []
        found = self.tx.search.ranked(way.any_of(words), POOL, self.ceiling)
        return [work_id for work_id, _ in found]

    def _timely(self, years: Sequence[int], work_ids: Collection[int]) -> set[int]:
        if not years:
            return set()
        spans = (Published(date(year, 1, 1), date(year, 12, 31)) for year in years)
        return self.tx.search.among([*work_ids], AnyOf(tuple(spans)))
