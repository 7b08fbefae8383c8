"""Why a work stands where it does: facet, sentences, terms, example. Pure but for the encoder.

Nothing is said that the score does not hold: a term's weight is its share of the match by words,
and a sentence is named when the match falls most without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.ranking import lexical
from service.ranking.features import unit
from service.ranking.passages import as_shown
from service.ranking.sense_writing import read_writing
from service.ranking.senses import read_senses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.features import Encode, Features
    from service.ranking.profile import Profile
    from service.ranking.scoring import Scored
    from service.ranking.sense_inventory import Inventory
    from service.records import Facet

_SENTENCES = 2
_SECOND = 0.5  # a second sentence is named when it carries this much of what the first does
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


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains rows of one pool for one topic."""

    told: Profile
    found: Scored
    pool: Features
    inventory: Inventory
    encode: Encode | None
    cut: Callable[[str], list[str]]

    def explain(self, rows: Sequence[int]) -> dict[int, Why]:
        """Reasons for each of the rows."""
        facets, references = self._facets(rows), self._references(rows)
        sentences = self._carrying(rows)
        named = {column: word for word, column in self.pool.seen.columns.items()}
        made = {}
        for at, row in enumerate(rows):
            terms, weights = self._terms(row, named)
            made[row] = Why(
                facet=facets[at],
                terms=terms,
                weights=weights,
                sentences=sentences[row],
                reference=references[at],
                senses=self._senses(row),
            )
        return made

    def _facets(self, rows: Sequence[int]) -> list[Facet]:
        """The nearest facet that speaks for the topic: by vectors, else by words."""
        facets = [facet for facet in self.told.facets if facet.weight > 0]
        vectors = self.pool.rows.dense[list(rows)]
        if self.encode is not None and vectors.shape[1]:
            mine = _vectors([facet.text for facet in facets], self.encode)
            near = vectors @ mine.T
        else:
            read = lexical.read([(facet.text, "") for facet in facets], self.pool.seen)
            weighed = self.pool.weighing.rows(read)
            near = (self.pool.rows.words[list(rows)] @ weighed.T).toarray()
        return [facets[int(best)] for best in near.argmax(axis=1)]

    def _references(self, rows: Sequence[int]) -> list[str]:
        """The title of the nearest paper among the examples for the topic, "" without any."""
        liked = [each.work for each in self.told.examples if each.weight > 0]
        if not liked:
            return [""] * len(rows)
        theirs, mine = self.pool.place(liked), self.pool.rows
        near = (mine.words[list(rows)] @ theirs.words.T).toarray()
        near = near + mine.dense[list(rows)] @ theirs.dense.T
        return [liked[int(best)].title for best in near.argmax(axis=1)]

    def _terms(self, row: int, named: dict[int, str]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """The words that make the match, as the work spells them, and their shares of it."""
        line = self.pool.rows.words[[row]].tocoo()
        adds = {
            named[column]: value * self.found.pull[column]
            for column, value in zip(line.col.tolist(), line.data.tolist(), strict=True)
            if column in named and column < len(self.pool.weighing.rare)
        }
        total = sum(value for value in adds.values() if value > 0)
        shares = {word: value / total for word, value in adds.items() if value > _TELLING * total}
        work = self.pool.works[row]
        shown = as_shown(f"{work.title}\n{work.abstract}", self.found.included[row], shares)
        return tuple(term for term, _ in shown[:_TERMS]), tuple(w for _, w in shown[:_TERMS])

    def _carrying(self, rows: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """For each row, the sentences without which the match by words falls most."""
        texts: list[tuple[str, str]] = []
        cuts: dict[int, list[str]] = {}
        for row in rows:
            work = self.pool.works[row]
            cuts[row] = sentences = self.cut(work.abstract)
            texts.append(self._spelled(row, work.abstract))
            for at in range(len(sentences)):
                texts.append(self._spelled(row, " ".join(sentences[:at] + sentences[at + 1 :])))
        match = self.pool.weighing.rows(lexical.read(texts, self.pool.seen)) @ self.found.pull
        carrying, start = {}, 0
        for row in rows:
            end = start + 1 + len(cuts[row])
            carrying[row] = _strongest(cuts[row], match[start] - match[start + 1 : end])
            start = end
        return carrying

    def _spelled(self, row: int, abstract: str) -> tuple[str, str]:
        """The work's text with another abstract, its short forms as the whole text reads them."""
        title = self.pool.works[row].title
        known = {each.short: each.long for each in self.pool.writings[row].found}
        readings = self.found.readings.get(row, ())
        known |= {each.short: each.long or "" for each in readings if each.ours is not None}
        return _respell(title, abstract, known)

    def _senses(self, row: int) -> tuple[str, ...]:
        writing = self.pool.writings[row]
        readings = read_senses(writing, self.told.senses, self.inventory)
        return tuple(f"{each.short}: {each.long}" for each in readings if each.long)


def _respell(title: str, abstract: str, known: dict[str, str]) -> tuple[str, str]:
    from service.ranking.sense_writing import spell  # noqa: PLC0415

    return spell(read_writing(title, abstract), known)


def _strongest(sentences: Sequence[str], falls: NDArray[float32]) -> tuple[str, ...]:
    order = sorted(range(len(sentences)), key=lambda at: (-falls[at], at))[:_SENTENCES]
    least = _SECOND * falls[order[0]] if order else 0.0
    return tuple(sentences[at] for at in order if falls[at] > 0 and falls[at] >= least)


def _vectors(texts: Sequence[str], encode: Encode) -> NDArray[float32]:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    return unit(np.stack([chunks.mean(axis=0) for chunks in encode(texts)]))
