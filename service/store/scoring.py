"""The order in which works answer to words: BM25, within bounds.

On SQLite BM25 costs some microseconds for each work that is ranked, and some more nanoseconds for
each that has one of the words, however many of them are ranked. So both are bounded: the works that
are looked at, and the words that count. Common words say little (their weight in BM25 nears
nothing); of them only counts whether they stand in the title.
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from math import log
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, select

from service.records.queries import AllOf, AnyOf, Part, Words
from service.records.queries import wanted as leaves
from service.store import query_fts5
from service.store.matches import COMMON, SIZES, Matches, rows
from service.store.query_fts5 import FTS, bm25, fts5, matching
from service.store.query_texts import wanted
from service.store.query_tsvector import DOCUMENT, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import CursorResult, Select

    from service.records.queries import Term

LOOKED_AT = 3_000  # works that are ranked
CHOSEN = 20_000  # works that are chosen from where some of the words are enough
_EACH = 2  # then so many are ranked for each that is asked for
LOOKED_UP = 50  # works, far from each other, whose titles are looked at
_TITLED = 0.7  # what a common word in the title adds, as a part of its weight
# Reading on in the list of works that have a word is cheaper than to look one of them up.
_READ_ON = 150
_SAMPLE = 20_000  # the last works, by which it is estimated how many have a common word

Scored = list[tuple[int, float]]


def ranked(matches: Matches, term: Term, limit: int, ceiling: int | None) -> Scored:
    """See `Search.ranked`."""
    words = wanted(term)
    if words is None:
        return []
    if matches.postgresql:
        return _by_rank(matches, term, words, limit, ceiling)
    return _ByWords(matches, words).best(term, limit, ceiling)


def _by_rank(matches: Matches, term: Term, words: Term, limit: int, ceiling: int | None) -> Scored:
    """By PostgreSQL's `ts_rank_cd`, which knows no rare and common words. Of the works that a
    narrow filter leaves all are read, to take the last of them: they are counted by the way."""
    narrowed = matches.narrowed(term)
    statement, number = matches.of(term, ceiling)
    every = func.count().over() if narrowed else literal(0)
    documents = statement.add_columns(DOCUMENT.label("document"), every.label("every"))
    # Of words side by side it knows how common each is: to find what few works have, it would go
    # through all works from the last one on. An order that no index has keeps it from that.
    side_by_side = any(map(query_fts5.several, leaves(words)))
    order = (number + 0).desc() if side_by_side else number.desc()
    newest = documents.order_by(order).limit(max(LOOKED_AT, limit)).subquery()
    score = rank(words, newest.c.document).label("score")
    best = select(newest.c.id, score, newest.c.every)
    best = best.order_by(score.desc(), newest.c.id.desc()).limit(limit)
    found = matches.connection.execute(best).all()
    if narrowed:
        matches.tell(term, ceiling, found[0].every if found else 0)
    return [(work_id, float(score)) for work_id, score, _ in found]


class _ByWords:
    """Ranking by these words on SQLite."""

    def __init__(self, matches: Matches, words: Term) -> None:
        self._matches = matches
        self._words = words
        self._counts = matches.frequencies(leaves(words))
        self._common = [each for each in self._counts if matches.common(each)]
        self._weights: dict[Words, float] = {}
        # Of a choice: the works with several words side by side, which count by being there alone.
        self._side_by_side: dict[Words, set[int]] = {}

    def best(self, term: Term, limit: int, ceiling: int | None) -> Scored:
        """The best works that answer to the term."""
        found = self._candidates(term, limit, ceiling)
        if not found:
            return []
        scores = dict.fromkeys(found, 0.0)
        near = found[:LOOKED_AT]
        scores.update(self._bm25(near))
        for word, numbers in self._side_by_side.items():
            for work_id in scores.keys() & numbers:
                scores[work_id] += self._weights[word]
        if _apart(near):
            near = sorted(near, key=scores.__getitem__, reverse=True)[:LOOKED_UP]
        for bonus, titled in self._titled(near):
            for work_id in titled:
                scores[work_id] += bonus
        return sorted(scores.items(), key=lambda pair: (-pair[1], -pair[0]))[:limit]

    def _candidates(self, term: Term, limit: int, ceiling: int | None) -> list[int]:
        """Works that answer, the last to come first, those with words before those without."""
        chosen = self._chosen(term, min(LOOKED_AT, _EACH * limit), ceiling)
        if chosen:
            return chosen
        newest, most = self._matches.newest, max(LOOKED_AT, limit)
        if self._matches.led(term):
            return newest(term, most, ceiling)
        worded = self._matches.worded(self._words, term, most, ceiling)
        others = newest(term, most, ceiling) if len(worded) < most else []
        return [*worded, *sorted({*others} - {*worded}, reverse=True)][:most]

    def _chosen(self, term: Term, most: int, ceiling: int | None) -> list[int]:
        """Where some of the words are enough: works that have the rarest, and most of them."""
        terms = term.terms if isinstance(term, AllOf) else (term,)
        choice = next((each for each in terms if _is_choice(each)), None)
        if choice is None:
            return []
        words = sorted(leaves(choice), key=self._counts.__getitem__)
        self._weigh(words)
        several = (each for each in words if query_fts5.several(each) and each not in self._common)
        self._side_by_side = {each: {*self._matches.newest(each, COMMON)} for each in several}
        if sum(map(self._counts.__getitem__, words)) <= most:
            return []
        besides = tuple(each for each in terms if each is not choice)
        having: list[list[int]] = []
        for word in words:
            left = CHOSEN - sum(map(len, having))
            if left <= 0:
                break
            asked = AllOf((word, *besides)) if besides else word
            having.append(self._matches.newest(asked, left, ceiling))
        return _heaviest(having, [self._weights[word] for word in words], most)

    def _titled(self, near: Sequence[int]) -> Iterator[tuple[float, list[int]]]:
        """For each common word what it adds to which of the works: those with it in the title."""
        words = [each for each in self._common if each.part is Part.ANY and not each.prefix]
        self._weigh(words)
        telling = [word for word in words if self._weights[word]]
        if telling:
            asked = [query_fts5.words(replace(word, part=Part.TITLE)) for word in telling]
            found = self._run(query_fts5.having(asked, *rows(near))).scalars()
            for word, titled in zip(telling, found, strict=True):
                yield _TITLED * self._weights[word], json.loads(titled)

    def _weigh(self, words: Iterable[Words]) -> None:
        """What each word says by being there; of a common one, by how many of the last works have
        it."""
        new = [word for word in words if word not in self._weights]
        if not new:
            return
        common = [word for word in new if word in self._common]
        last = self._matches.last()
        since = max(0, last - _SAMPLE)
        counts, totals = dict(self._counts), dict.fromkeys(new, last)
        if common:
            counts.update(self._matches.counts(common, _SAMPLE, since))
            among = select(func.count()).select_from(SIZES).where(SIZES.c.id > since)
            totals.update(dict.fromkeys(common, self._run(among).scalar_one()))
        for word in new:
            odds = (totals[word] - counts[word] + 0.5) / (counts[word] + 0.5)
            self._weights[word] = max(0.0, log(odds))

    def _bm25(self, work_ids: Sequence[int]) -> Scored:
        """By the words that are not common."""
        apart = {*self._common, *self._side_by_side}
        words = [word for word in self._counts if word not in apart]
        if not words:
            return []
        asked = self._rare(self._words)
        if asked is None or {*leaves(asked)} != {*words}:
            asked = AnyOf(tuple(words))
        # Not looked up one by one: each time, FTS5 would count anew how many works have the words.
        statement = select(FTS.c.rowid, bm25()).where(matching(fts5(asked) or ""))
        found = self._run(statement.where(*rows(work_ids, read_on=True)))
        return [(work_id, score) for work_id, score in found.all()]

    def _rare(self, term: Term) -> Term | None:
        """The words without the common ones, and without choices that have one."""
        match term:
            case AllOf(terms):
                left = tuple(each for each in map(self._rare, terms) if each is not None)
                return AllOf(left) if left else None
            case AnyOf(terms):
                return None if None in map(self._rare, terms) else term
            case Words():
                return None if term in self._common else term
            case _:
                return None

    def _run(self, statement: Select[*tuple[Any, ...]]) -> CursorResult[*tuple[Any, ...]]:
        return self._matches.connection.execute(statement)


def _is_choice(term: Term) -> bool:
    return isinstance(term, AnyOf) and all(isinstance(each, Words) for each in term.terms)


def _heaviest(having: Sequence[Sequence[int]], weights: Sequence[float], most: int) -> list[int]:
    """Of works with some of the words those whose words weigh most together, the last to come
    first, who also come before others that weigh the same."""
    import numpy as np  # noqa: PLC0415 (most of what needs the store needs no numpy)

    each = np.fromiter(chain.from_iterable(having), np.int64)
    numbers, at = np.unique(each, return_inverse=True)
    lengths = [len(some) for some in having]
    sums = np.bincount(at, np.repeat(weights[: len(having)], lengths), len(numbers))
    heavy = np.lexsort((-numbers, -sums))[:most]
    found: list[int] = np.sort(numbers[heavy])[::-1].tolist()
    return found


def _apart(work_ids: Sequence[int]) -> bool:
    return max(work_ids) - min(work_ids) > _READ_ON * len(work_ids)
