"""The order in which works answer to words: BM25, within bounds.

On SQLite BM25 costs some microseconds for each work that is ranked, and some more nanoseconds for
each that has one of the words, however many of them are ranked. So both are bounded: the works that
are looked at, and the words that count. Common words say little (their weight in BM25 nears
nothing); of them only counts whether they stand in the title.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, column, func, select, table

from service.records.queries import AllOf, AnyOf, Part, Words
from service.records.queries import wanted as leaves
from service.store.matches import LOOKED_UP, Matches, within
from service.store.query_fts5 import FTS, bm25, fts5, matching
from service.store.query_texts import wanted
from service.store.query_tsvector import rank
from service.store.schema import WorkRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import CursorResult, Select

    from service.records.queries import Term

LOOKED_AT = 3_000  # works that are ranked
COMMON = 20_000  # works that have a common word
CHOSEN = 20_000  # works that are chosen from where some of the words are enough
_TITLED = 0.7  # what a common word in the title adds, as a part of its weight
# Reading on in the list of works that have a word is cheaper than to look one of them up.
_READ_ON = 150
_SAMPLE = 20_000  # the last works, by which it is estimated how many have a common word
# One row for each work that is indexed: FTS5's own table, narrow and quick to count.
_SIZES = table("work_fts_docsize", column("id", Integer))

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
    """By PostgreSQL's `ts_rank_cd`, which knows no rare and common words."""
    statement, number = matches.of(term, ceiling)
    newest = statement.order_by(number.desc()).limit(max(LOOKED_AT, limit)).subquery()
    score = rank(words).label("score")
    best = select(WorkRow.id, score).where(WorkRow.id.in_(select(newest.c[0])))
    found = matches.connection.execute(best.order_by(score.desc(), WorkRow.id.desc()).limit(limit))
    return [(work_id, float(score)) for work_id, score in found]


class _ByWords:
    """Ranking by these words on SQLite."""

    def __init__(self, matches: Matches, words: Term) -> None:
        self._matches = matches
        self._words = words
        self._counts = {each: matches.count(each, COMMON) for each in dict.fromkeys(leaves(words))}

    def best(self, term: Term, limit: int, ceiling: int | None) -> Scored:
        """The best works that answer to the term."""
        found = self._candidates(term, max(LOOKED_AT, limit), ceiling)
        if not found:
            return []
        scores = dict.fromkeys(found, 0.0)
        scores.update(self._bm25(found[:LOOKED_AT]))
        near = found[:LOOKED_AT]
        if _apart(near):
            near = sorted(near, key=scores.__getitem__, reverse=True)[:LOOKED_UP]
        for word, count in self._counts.items():
            if count == COMMON and word.part is Part.ANY and not word.prefix:
                bonus = _TITLED * self._weight(word)
                for work_id in self._matches.among(near, replace(word, part=Part.TITLE)):
                    scores[work_id] += bonus
        return sorted(scores.items(), key=lambda pair: (-pair[1], -pair[0]))[:limit]

    def _candidates(self, term: Term, most: int, ceiling: int | None) -> list[int]:
        """Works that answer, the last to come first, those with words before those without."""
        chosen = self._chosen(term, ceiling)
        if chosen:
            return chosen
        newest = self._matches.newest
        if self._matches.led(term):
            return newest(term, most, ceiling)
        worded = self._matches.worded(self._words, term, most, ceiling)
        others = newest(term, most, ceiling) if len(worded) < most else []
        return [*worded, *sorted({*others} - {*worded}, reverse=True)][:most]

    def _chosen(self, term: Term, ceiling: int | None) -> list[int]:
        """Where some of the words are enough: works that have the rarest, and most of them."""
        terms = term.terms if isinstance(term, AllOf) else (term,)
        choice = next((each for each in terms if _is_choice(each)), None)
        if choice is None or sum(self._counts[each] for each in leaves(choice)) <= LOOKED_AT:
            return []
        besides = tuple(each for each in terms if each is not choice)
        weights: dict[int, float] = defaultdict(float)
        left = CHOSEN
        for word in sorted(leaves(choice), key=self._counts.__getitem__):
            if left <= 0:
                break
            having = self._matches.newest(AllOf((word, *besides)), left, ceiling)
            weight = self._weight(word)
            for work_id in having:
                weights[work_id] += weight
            left -= len(having)
        best = sorted(weights, key=lambda work_id: (weights[work_id], work_id), reverse=True)
        return sorted(best[:LOOKED_AT], reverse=True)

    def _weight(self, word: Words) -> float:
        """What a word says by being there; of a common one, by how many of the last works have
        it."""
        held = _SIZES.c.id
        last = self._run(select(func.max(held)).select_from(_SIZES)).scalar_one() or 0
        count, since = self._counts[word], 0
        if count == COMMON:
            since = last - _SAMPLE
            asked = select(func.count()).select_from(FTS).where(matching(fts5(word) or ""))
            count = self._run(asked.where(FTS.c.rowid > since)).scalar_one()
        among = select(func.count()).select_from(_SIZES).where(held > since)
        total = self._run(among).scalar_one() if since else last
        return max(0.0, log((total - count + 0.5) / (count + 0.5)))

    def _bm25(self, work_ids: Sequence[int]) -> Scored:
        """By the words that are not common."""
        words = [word for word, count in self._counts.items() if count < COMMON]
        if not words:
            return []
        asked = self._rare(self._words)
        if asked is None or {*leaves(asked)} != {*words}:
            asked = AnyOf(tuple(words))
        # Not looked up one by one: each time, FTS5 would count anew how many works have the words.
        statement = select(FTS.c.rowid, bm25()).where(matching(fts5(asked) or ""))
        found = self._run(statement.where(*within(work_ids)))
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
                return term if self._counts[term] < COMMON else None
            case _:
                return None

    def _run(self, statement: Select[*tuple[Any, ...]]) -> CursorResult[*tuple[Any, ...]]:
        return self._matches.connection.execute(statement)


def _is_choice(term: Term) -> bool:
    return isinstance(term, AnyOf) and all(isinstance(each, Words) for each in term.terms)


def _apart(work_ids: Sequence[int]) -> bool:
    return max(work_ids) - min(work_ids) > _READ_ON * len(work_ids)
