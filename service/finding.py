"""Questions to the archive, answered page by page. Knows no SQL and no model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

from service import archive, hindsight
from service.archive import cursor
from service.archive.cursor import Place
from service.archive.plan import Plan, plan
from service.archive.snippets import snippets, sought
from service.errors import EncoderError, InputError
from service.records.findings import MOST_SHOWN, Findings, Hit, Matched
from service.records.queries import Mode, Sort
from service.retrieval import Meant, Retrieval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.clock import Clock
    from service.protocols import Neighbours, QueryEncoder
    from service.records.findings import Search
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
    with parts.store.reading() as tx:
        ceiling = place.ceiling if place else tx.works.sequence()
        through = Retrieval(tx, parts.encoder, parts.neighbours, ceiling)
        return _Answer(search, query, way, through).page(place or Place(ceiling, 0, 0))


@dataclass
class _Answer:
    """One page in the making."""

    search: Search
    query: Query
    way: Plan
    through: Retrieval
    notes: list[str] = field(default_factory=list)

    def page(self, place: Place) -> Findings:
        archived, whole, ceiling = self.through.tx.search, self.way.whole, self.through.ceiling
        total = archived.count(whole, COUNTED, ceiling)
        spellings = {} if total else self._spellings()
        meant = self._meant(self.way.spelt(spellings))
        found = self._found(meant, spellings, place)
        limit = self.search.limit
        last = Place(ceiling, place.shown + len(found[:limit]), found[:limit][-1] if found else 0)
        return Findings(
            hits=self._hits(found[:limit], meant, [s for each in spellings.values() for s in each]),
            total=total,
            exact=total < COUNTED,
            mode=meant.mode if meant else Mode.LEXICAL,
            cursor=cursor.written(self.search, last) if len(found) > limit else None,
            facets=archived.facets(whole, COUNTED, ceiling) if self.search.facets else (),
            notes=(*self.query.notes, *self.notes),
            as_of=self.query.as_of,
        )

    def _spellings(self) -> dict[str, Sequence[str]]:
        """Of words that no work has: how they are spelt where they are."""
        archived = self.through.tx.search
        counts = archived.frequencies(self.way.loose, 1)
        unknown = {word: archived.spellings(word) for word in self.way.loose if not counts[word]}
        for word, others in unknown.items():
            also = f"; looked for {' and '.join(others)} as well" if others else ""
            self.notes.append(f'no work has "{word}"{also}')
        return {word: others for word, others in unknown.items() if others}

    def _meant(self, way: Plan) -> Meant | None:
        if self.query.sort is not Sort.RELEVANCE:
            return None
        mode, likes = self.search.mode, self.query.likes
        try:
            return self.through.meant(way, likes, mode)
        except EncoderError as error:
            if mode is Mode.SEMANTIC or likes:
                raise
            self.notes.append(f"searched by words alone: {error}")
            return None

    def _found(
        self, meant: Meant | None, spellings: dict[str, Sequence[str]], place: Place
    ) -> list[int]:
        """The works from `place` on, one more than is shown where there are more."""
        through, way, most = self.through, self.way, self.search.limit + 1
        if self.query.sort is not Sort.RELEVANCE or (meant is None and not way.ranks):
            sort = Sort.SEEN if self.query.sort is Sort.SEEN else Sort.NEWEST
            return through.tx.search.listed(
                way.whole, sort, most, after=place.last or None, ceiling=through.ceiling
            )
        if meant is None:
            found = through.by_words(way, spellings)
        elif meant.mode is Mode.HYBRID:
            found = through.by_both(way, meant, spellings)
        else:
            found = through.by_meaning(way, meant)
        return found[place.shown : place.shown + most]

    def _hits(
        self, work_ids: Sequence[int], meant: Meant | None, spelt: Sequence[str]
    ) -> tuple[Hit, ...]:
        tx, moment = self.through.tx, self.query.as_of
        whole = tx.search.among(work_ids, self.way.whole)
        near = self.through.similarities(work_ids, meant) if meant else {}
        marked = sought(self.way.whole, spelt)
        hits = []
        for now in tx.works.many(work_ids):
            work = now if moment is None else hindsight.as_of(tx, now, moment)
            passages = snippets(work, marked)
            some = Matched.SOME if passages else Matched.NEAR
            matched = Matched.ALL if work.id in whole else some
            hits.append(Hit(work, matched, near.get(work.id), passages))
        return tuple(hits)
