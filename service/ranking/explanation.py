"""Why a work stands where it does: facet, sentences, terms, example, design. Pure but for the
encoder.

Nothing is said that the score does not hold: a term's weight is its share of what the work's
words add to the match, and a sentence is named when the match by words falls most without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from service.ranking import lexical
from service.ranking.designs import telling
from service.ranking.features import encoded
from service.ranking.leaving_out import matches
from service.ranking.passages import as_shown
from service.ranking.profile import spelled_facet
from service.ranking.seed_scores import seed_scores
from service.ranking.senses import read_senses
from service.ranking.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.ranking.leaving_out import Match
    from service.ranking.profile import Profile
    from service.ranking.reading import Reader, Reading
    from service.ranking.scoring import Scored
    from service.ranking.sense_inventory import Inventory
    from service.records import Facet, SeedScore

_SENTENCES = 2
_SECOND = 0.5  # a second sentence is named when it carries this much of what the first does
_CARRIES = 0.01  # of the match: below, the sentence only says again what others say
_TERMS = 8
_TELLING = 0.02  # of the match: words below this explain nothing


@dataclass(frozen=True, slots=True)
class Why:
    """What a `RankedWork` says of its reasons."""

    facet: Facet
    terms: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    sentences: tuple[str, ...] = ()
    reference: str = ""
    senses: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    seeds: tuple[SeedScore, ...] = ()


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains rows of one pool for one topic."""

    told: Profile
    found: Scored
    reader: Reader
    inventory: Inventory
    encode: Encode | None

    @property
    def pool(self) -> Features:
        """The works that are explained, and those behind them."""
        return self.reader.pool

    def explain(self, rows: Sequence[int]) -> dict[int, Why]:
        """Reasons for each of the rows. Raises `EncoderError` as ranking does."""
        near, references = self._near_facets(rows), self._references(rows)
        nearest = near.argmax(axis=1).tolist()
        seeds = seed_scores(self.told, near, self._near_papers(rows))
        designs = self._designs(rows)
        readings = [self._read(row) for row in rows]
        found = self._matches(rows, readings)
        made = {}
        for at, row in enumerate(rows):
            shown = self._terms(row, readings[at], found[at].shares)[:_TERMS]
            made[row] = Why(
                facet=self.told.facets[nearest[at]],
                terms=tuple(term for term, _ in shown),
                weights=tuple(weight for _, weight in shown),
                sentences=_strongest(readings[at].sentences, found[at]),
                reference=references[at],
                senses=self._senses(row),
                designs=designs[at],
                seeds=seeds[at],
            )
        return made

    def _matches(self, rows: Sequence[int], readings: Sequence[Reading]) -> dict[int, Match]:
        """How the texts match what their works are nearest to, by place."""
        found: dict[int, Match] = {}
        for kind, pull in enumerate(self.found.pulls):
            at = [at for at, row in enumerate(rows) if self.found.ground.nearest[row] == kind]
            if not at:
                continue
            told = pull.spread(self.pool.weighing.width)
            texts = [readings[each].columns for each in at]
            mine = matches(texts, self.pool.weighing, told, _TELLING)
            found.update(zip(at, mine, strict=True))
        return found

    def _near_facets(self, rows: Sequence[int]) -> NDArray[float32]:
        """Cosines of the rows to the facets, short forms in full: by vectors, else by words."""
        texts = [spelled_facet(facet, self.told.senses).text for facet in self.told.facets]
        dense = self.pool.rows.dense[list(rows)]
        if self.encode is not None and dense.shape[1]:
            return dense @ encoded(texts, self.encode, dense.shape[1]).T
        read = lexical.read([(text, "") for text in texts], self.pool.seen)
        near: NDArray[float32] = (
            self.pool.rows.words[list(rows)] @ self.pool.weighing.rows(read).T
        ).toarray()
        return near

    def _near_papers(self, rows: Sequence[int]) -> NDArray[float32]:
        """Cosines of the rows to the seeds among the examples."""
        mine, theirs = self.pool.rows, self.found.rows.chosen(range(len(self.told.papers)))
        if self.encode is not None and mine.dense.shape[1]:
            return mine.dense[list(rows)] @ theirs.dense.T
        near: NDArray[float32] = (mine.words[list(rows)] @ theirs.words.T).toarray()
        return near

    def _references(self, rows: Sequence[int]) -> list[str]:
        """The title of the nearest other paper among the examples for the topic; "" where none
        shares anything with the work. What is cited has a number of its own: it is known by its
        title."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        liked_at = [at for at, each in enumerate(self.told.examples) if each.weight > 0]
        liked = [self.told.examples[at].work for at in liked_at]
        if not liked:
            return [""] * len(rows)
        theirs, mine = self.found.rows.chosen(liked_at), self.pool.rows
        near = (mine.words[list(rows)] @ theirs.words.T).toarray()
        near = near + mine.dense[list(rows)] @ theirs.dense.T
        works = [self.pool.works[row] for row in rows]
        for name in (attrgetter("work_id"), lambda work: " ".join(words(work.title))):
            own, others = (np.array([*map(name, some)], dtype=object) for some in (works, liked))
            near[np.equal.outer(own, others).astype(bool)] = 0.0
        best = zip(near.argmax(axis=1).tolist(), near.max(axis=1).tolist(), strict=True)
        return [liked[at].title if nearness > 0 else "" for at, nearness in best]

    def _designs(self, rows: Sequence[int]) -> list[tuple[str, ...]]:
        """The study designs that lift each work, because the examples have them."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        if self.found.examples is None:
            return [()] * len(rows)
        weights = np.array([each.weight for each in self.told.examples])
        mine, theirs = self.pool.rows.designs, self.found.rows.designs
        named = telling(mine, theirs, weights)
        return [tuple(name for at, name in named.items() if mine[row, at]) for row in rows]

    def _terms(
        self, row: int, reading: Reading, held: Sequence[tuple[int, float]]
    ) -> list[tuple[str, float]]:
        """The words that make the match, as the work spells them, and their shares of it."""
        shares = {self.pool.names[column]: share for column, share in held}
        work = self.pool.works[row]
        phrases = self.found.included.get(row, ())
        return as_shown(f"{work.title}\n{work.abstract}", reading.words, phrases, shares)

    def _read(self, row: int) -> Reading:
        """The work with its short forms always as the whole text reads them."""
        senses = self.found.readings.get(row, ())
        return self.reader.read(
            row, {each.short: each.long for each in senses if each.ours is not None}
        )

    def _senses(self, row: int) -> tuple[str, ...]:
        readings = read_senses(self.pool.writings[row], self.told.senses, self.inventory)
        return tuple(f"{each.short}: {each.long}" for each in readings if each.long)


def _strongest(sentences: Sequence[str], match: Match) -> tuple[str, ...]:
    """The sentence without which the match falls most, and the next if it falls much too. None may
    carry: where all say the same, the others make up for any that is left out."""
    falls = match.falls
    order = sorted(range(len(sentences)), key=lambda at: (-falls[at], at))[:_SENTENCES]
    least = max(_CARRIES * match.whole, _SECOND * falls[order[0]]) if order else 0.0
    return tuple(sentences[at] for at in order if falls[at] > 0 and falls[at] >= least)
