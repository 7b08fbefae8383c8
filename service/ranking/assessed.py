"""All works of a pool for one topic: scored at once, put in order, explained on demand. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.ranking.explanation import Explainer, Why
from service.ranking.profile import profile
from service.ranking.scoring import VOTED, deciding, judged, score
from service.ranking.senses import spelled_term
from service.ranking.terms import needles
from service.records import BINS, RankedWork

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy import float64, intp
    from numpy.typing import NDArray

    from service.ranking.features import Encode
    from service.ranking.reading import Reader
    from service.ranking.sense_inventory import Inventory, Usage
    from service.ranking.senses import Sense
    from service.records import Candidate, Evidence, Facet, Topic


@dataclass(frozen=True, slots=True)
class Assessed:
    """How every work of `explainer.pool` stands to `topic`.

    `order` are the rows of the candidates, best first, equals by their place. `relevance` has an
    entry per work of the pool: nought for one that holds an excluded term.
    """

    topic: Topic
    explainer: Explainer
    order: NDArray[intp]
    relevance: NDArray[float64]

    @property
    def spread(self) -> tuple[int, ...]:
        """How many candidates there are in each of `BINS` equal bins of relevance."""
        import numpy as np  # noqa: PLC0415 (not needed for --help)

        of_candidates = self.relevance[: self.explainer.pool.candidates]
        counts, _ = np.histogram(of_candidates, bins=BINS, range=(0.0, 1.0))
        return tuple(counts.tolist())

    def ranked(self, rows: Sequence[int], explained: int | None = None) -> list[RankedWork]:
        """These rows of the pool, the first `explained` of them (None: all) with reasons. Raises
        `EncoderError` as ranking does."""
        whys = self.explainer.explain(rows[:explained])
        plain = Why(self.explainer.told.facets[0])
        return [self._ranked(row, whys.get(row, plain)) for row in rows]

    def _ranked(self, row: int, why: Why) -> RankedWork:
        found = self.explainer.found
        out = found.excluded.get(row)
        return RankedWork(
            work_id=self.explainer.pool.works[row].work_id,
            topic=self.topic.slug,
            score=float(found.total[row]),
            facet=why.facet,
            relevance=float(self.relevance[row]),
            concept=None if found.concept is None else float(found.concept[row]),
            examples=None if found.examples is None else float(found.examples[row]),
            terms=tuple(f"excluded: {term}" for term in out) if out else why.terms,
            weights=() if out else why.weights,
            sentences=why.sentences,
            reference=why.reference,
            senses=why.senses,
            designs=why.designs,
            seeds=why.seeds,
            signals=found.ground.signals.get(row, ()),
        )

    def holding(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many candidates hold each included term, and how many each excluded one leaves out;
        a term's short forms in full are the term."""
        found = self.explainer.found
        return (
            self._counted(self.topic.include, found.included),
            self._counted(self.topic.exclude, found.excluded),
        )

    def _counted(self, terms: Sequence[str], held: Mapping[int, tuple[str, ...]]) -> dict[str, int]:
        senses = self.explainer.told.senses
        full = {term: (term, spelled_term(term, senses)) for term in terms}
        first = {needle: name for name, needle in needles([*terms, *(f[1] for f in full.values())])}
        names = {
            term: {first[needle] for _, needle in needles(forms)} for term, forms in full.items()
        }
        end = self.explainer.pool.candidates
        counts = Counter(frozenset(its) for row, its in held.items() if row < end)
        return {
            term: sum(times for row, times in counts.items() if not row.isdisjoint(its))
            for term, its in names.items()
        }

    @property
    def found_terms(self) -> tuple[str, ...]:
        """What a topic that lists no terms is taken to be about: its seeds' own words, and what the
        archive calls the same. () where terms are listed."""
        found = (each for each in self.explainer.told.concepts if not each.listed)
        return tuple(dict.fromkeys(term for each in found for term in each.terms))

    def rivals(self) -> list[tuple[Sense, int, Usage]]:
        """The short forms of the topic that decide something, are not pinned, and that papers of
        the pool define in another sense too: each with how many say ours, and the commonest
        other."""
        found = []
        for sense in deciding(self.explainer.told):
            usages = self.explainer.inventory.usages.get(sense.short, ())
            others = [each for each in usages if not sense.means(each.long)]
            if others and not sense.pinned:
                own = sum(each.papers for each in usages if sense.means(each.long))
                found.append((sense, own, others[0]))
        return found

    def without(self, votes: Collection[int]) -> Assessed:
        """As it would be had nobody voted on these works."""
        explainer = self.explainer
        examples = explainer.told.examples
        kept = [
            at
            for at, each in enumerate(examples)
            if each.origin not in VOTED or each.work.work_id not in votes
        ]
        told = replace(explainer.told, examples=tuple(examples[at] for at in kept))
        rows = explainer.found.rows.chosen(kept)
        found = judged(explainer.found.ground, rows, told.examples, explainer.pool)
        return _assessed(self.topic, replace(explainer, told=told, found=found))

    def beside(self, works: Sequence[Candidate]) -> NDArray[float64]:
        """The relevance that these works would have, had they come too. Nothing is learnt from
        them. Raises `EncoderError`."""
        explainer = self.explainer
        reader = replace(explainer.reader, pool=explainer.pool.joined(works))
        found = score(
            self.topic, explainer.told, reader.pool, explainer.inventory, explainer.encode
        )
        both = _assessed(self.topic, replace(explainer, found=found, reader=reader))
        return both.relevance[len(explainer.pool.works) :]


def assess(
    topic: Topic,
    evidence: Sequence[Evidence],
    reader: Reader,
    inventory: Inventory,
    encode: Encode | None,
    *,
    facets: Callable[[Topic], Sequence[Facet]],
) -> Assessed:
    """Every work of the reader's pool for one topic; see `FusedRanker`. Raises `EncoderError`."""
    told = profile(topic, evidence, facets, reader.pool, encode)
    found = score(topic, told, reader.pool, inventory, encode)
    return _assessed(topic, Explainer(told, found, reader, inventory, encode))


def _assessed(topic: Topic, explainer: Explainer) -> Assessed:
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found, candidates = explainer.found, explainer.pool.candidates
    # Works come by id: so equals do.
    order = np.argsort(-found.total[:candidates], kind="stable")
    relevance = found.relevance.copy()
    relevance[list(found.excluded)] = 0.0
    return Assessed(topic, explainer, order, relevance)
