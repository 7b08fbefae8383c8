"""Questions to the archive, answered page by page. Knows no SQL and no model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

from service import archive, hindsight
from service.archive import cursor
from service.archive.cursor import Place
from service.archive.narrowing import narrowed
from service.archive.plan import Plan, plan
from service.archive.snippets import snippets, sought
from service.errors import EncoderError, InputError
from service.records.findings import MOST_SHOWN, Findings, Hit, Matched
from service.records.queries import Mode, Sort
from service.retrieval import ENOUGH, RANKED, Meant, Retrieval, Sense

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from service.clock import Clock
    from service.protocols import Neighbours, QueryEncoder
    from service.records.findings import FacetCount, FacetCounts, Search
    from service.records.queries import Query
    from service.store import Store

COUNTED = 10_000  # works that answer to the whole query are counted as far as this


@dataclass(frozen=True, slots=True)
class Finding:
    """What `bootstrap` wired."""

    store: Store
    clock: Clock
    encoder: QueryEncoder
    neighbours: Neighbours


def find(search: Search, parts: Finding) -> Findings:
    """One page. Raises `QueryError`; `InputError` for a cursor, a limit or a work named that is
    none; `EncoderError` where meaning was asked for by itself and there is no model."""
    if not 1 <= search.limit <= MOST_SHOWN:
        told = f"is {search.limit}, not from 1 to {MOST_SHOWN}"
        raise InputError("limit", told, "ask for less, and go on by the cursor")
    query = archive.parse(search.text, parts.clock.now(), UTC)
    query = replace(query, sort=search.sort) if search.sort else query
    place = cursor.read(search)
    way = plan(query)
    if way is None:
        return Findings((), 0, exact=True, mode=search.mode, notes=query.notes)
    with parts.store.reading() as tx, ThreadPoolExecutor(1) as beside:
        ceiling = place.ceiling if place else tx.works.sequence()
        through = Retrieval(tx, parts.encoder, parts.neighbours, ceiling)
        return _Answer(search, query, way, through, beside).page(place or Place(ceiling, 0, 0))


@dataclass
class _Answer:
    """One page in the making."""

    search: Search
    query: Query
    way: Plan
    through: Retrieval
    beside: ThreadPoolExecutor
    notes: list[str] = field(default_factory=list)

    def page(self, place: Place) -> Findings:
        archived = self.through.tx.search
        # Then nothing answers to all words, and other spellings have another meaning.
        unknown = archived.unknown(self.way.loose) if archived.spells else []
        spellings = self._spellings(unknown)
        sensed = self._sensed(self.way.spelt(spellings))  # while the words are looked for
        firm = self._firm(unknown)
        total = 0 if unknown else self._total(firm)
        if not (total or archived.spells):
            self._spellings(archived.unknown(self.way.loose))
        loose = self._loose(firm, spellings)
        meant, near = self._told(sensed)
        found = self._found(meant, firm, loose, near, place)
        limit, ceiling = self.search.limit, self.through.ceiling
        shown = found[:limit]
        last = Place(ceiling, place.shown + len(shown), shown[-1] if found else 0)
        near_by = self._similar(shown, meant)  # while the works are read
        return Findings(
            hits=self._hits(shown, self._whole(shown, meant, firm, total), near_by, spellings),
            total=total,
            exact=total < COUNTED,
            mode=meant.mode if meant else Mode.LEXICAL,
            cursor=cursor.written(self.search, last) if len(found) > limit else None,
            facets=self._facets(),
            notes=(*self.query.notes, *self.notes),
            as_of=self.query.as_of,
        )

    def _spellings(self, unknown: Sequence[str]) -> dict[str, Sequence[str]]:
        """Of words that no work has: how they are spelt where they are."""
        found = {word: self.through.tx.search.spellings(word) for word in unknown}
        for word, others in found.items():
            also = f"; looked for {' and '.join(others)} as well" if others else ""
            self.notes.append(f'no work has "{word}"{also}')
        return {word: others for word, others in found.items() if others}

    @property
    def _by_words(self) -> bool:
        """Whether words say in which order works come, alone or among others."""
        meaning_alone = self.search.mode is Mode.SEMANTIC or self.query.likes
        return self.way.ranks and self.query.sort is Sort.RELEVANCE and not meaning_alone

    def _firm(self, unknown: Sequence[str]) -> list[int] | None:
        if not self._by_words:
            return None
        return [] if unknown else self.through.firm(self.way)

    def _loose(
        self, firm: Sequence[int] | None, spellings: Mapping[str, Sequence[str]]
    ) -> Sequence[int]:
        """Works with some of the words, where too few have all."""
        enough = ENOUGH if self.search.mode is Mode.HYBRID else 1
        if firm is None or len(firm) >= enough:
            return ()
        return self.through.loose(self.way, spellings)

    def _total(self, firm: Sequence[int] | None) -> int:
        if firm is not None and len(firm) < RANKED:
            return len(firm)
        return self.through.tx.search.count(self.way.whole, COUNTED, self.through.ceiling)

    def _sensed(self, way: Plan) -> Callable[[], Sense]:
        """What the words mean and what is near to it, for when it is needed. Both halves of a
        search let go of the interpreter's lock."""
        mode, likes = self.search.mode, self.query.likes
        if self.query.sort is not Sort.RELEVANCE:
            return lambda: (None, ())
        if mode is Mode.HYBRID and not likes:
            return self.beside.submit(self.through.sense, way).result
        if mode is Mode.SEMANTIC and not likes:
            meant = self.beside.submit(self.through.meant, way, likes, mode)
            return lambda: (meant.result(), ())
        return lambda: (self.through.meant(way, likes, mode), ())

    def _told(self, sensed: Callable[[], Sense]) -> Sense:
        try:
            return sensed()
        except EncoderError as error:
            if self.search.mode is Mode.SEMANTIC or self.query.likes:
                raise
            self.notes.append(f"searched by words alone: {error}")
            return None, ()

    def _found(
        self,
        meant: Meant | None,
        firm: Sequence[int] | None,
        loose: Sequence[int],
        near: Sequence[int],
        place: Place,
    ) -> list[int]:
        """The works from `place` on, one more than is shown where there are more."""
        through, way, most = self.through, self.way, self.search.limit + 1
        found: Sequence[int]
        if meant is None and firm is None:
            sort = Sort.SEEN if self.query.sort is Sort.SEEN else Sort.NEWEST
            return through.tx.search.listed(
                way.whole, sort, most, after=place.last or None, ceiling=through.ceiling
            )
        if meant is None:
            found = firm or loose
        elif meant.mode is Mode.HYBRID:
            found = through.fused(way, firm or (), near, loose)
        else:
            found = through.by_meaning(way, meant)
        return [*found[place.shown : place.shown + most]]

    def _whole(
        self, shown: Sequence[int], meant: Meant | None, firm: Sequence[int] | None, total: int
    ) -> set[int]:
        """Those of the works that answer to the whole query."""
        if meant is None and firm is None:
            return {*shown}
        known = {*shown} & {*(firm or ())}
        others = [work_id for work_id in shown if work_id not in known]
        if firm is None or len(firm) == RANKED:
            known |= self.through.tx.search.among(others if total else (), self.way.whole)
        return known

    def _similar(
        self, shown: Sequence[int], meant: Meant | None
    ) -> Callable[[], Mapping[int, float]]:
        """How near the works are to what is meant, for when it is needed."""
        if meant is None or not shown:
            return dict
        return self.beside.submit(self.through.similarities, shown, meant).result

    def _facets(self) -> tuple[FacetCounts, ...]:
        if not self.search.facets:
            return ()
        counted = self.through.tx.search.facets(self.way.whole, COUNTED, self.through.ceiling)
        return tuple(
            replace(facet, values=tuple(map(self._narrowed, facet.values))) for facet in counted
        )

    def _narrowed(self, value: FacetCount) -> FacetCount:
        """With the whole search narrowed to it, for what narrows it."""
        return replace(value, query=narrowed(self.search.text.strip(), value.query))

    def _hits(
        self,
        work_ids: Sequence[int],
        whole: Collection[int],
        near_by: Callable[[], Mapping[int, float]],
        spellings: Mapping[str, Sequence[str]],
    ) -> tuple[Hit, ...]:
        tx, moment = self.through.tx, self.query.as_of
        marked = sought(self.way.whole, [each for some in spellings.values() for each in some])
        hits = []
        for now in tx.works.many(work_ids):
            work = now if moment is None else hindsight.as_of(tx, now, moment)
            passages = snippets(work, marked)
            some = Matched.SOME if passages else Matched.NEAR
            matched = Matched.ALL if work.id in whole else some
            hits.append((work, matched, passages))
        near = near_by()
        return tuple(Hit(work, how, near.get(work.id), told) for work, how, told in hits)
