"""Finding works: the conditions of a query, asked of the indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records.queries import Words
from service.store.by_date import listed
from service.store.counting import facets
from service.store.matches import Matches
from service.store.query_texts import sought
from service.store.scoring import ranked
from service.store.spelling import spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from service.records.findings import FacetCounts
    from service.records.queries import Sort, Term


class Search:
    """Reads inside the caller's transaction. A term that asks for nothing finds nothing; a
    `ceiling` leaves out works with a higher number."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = Matches(connection)

    @property
    def _matches(self) -> Matches:
        """What is known of words and conditions holds while nothing is written."""
        writing = self._connection.get_execution_options().get("litwatch_write")
        return Matches(self._connection) if writing else self._known

    def ranked(self, term: Term, limit: int, ceiling: int | None = None) -> list[tuple[int, float]]:
        """Works that answer to the term, the best first by their words, each with a score that
        means something only beside the others: higher is better, 0 is for works that were not
        looked at closely. [] where no words are wanted.

        Of works that answer, as many are looked at as `scoring` says: those with the rarest of
        the words where some are enough, else the last to come.
        """
        asked = sought(term)
        return [] if asked is None else ranked(self._matches, asked, limit, ceiling)

    def listed(
        self,
        term: Term,
        sort: Sort,
        limit: int,
        *,
        after: int | None = None,
        ceiling: int | None = None,
    ) -> list[int]:
        """Works that answer to the term, the newest first by `sort` (SEEN, or else by day of
        publication, those without one last), those that come after the work `after` in that
        order."""
        asked = sought(term)
        if asked is None:
            return []
        return listed(self._matches, asked, sort, limit, after=after, ceiling=ceiling)

    def count(self, term: Term, most: int, ceiling: int | None = None) -> int:
        """How many works answer to the term; `most` is as far as is counted."""
        asked = sought(term)
        return 0 if asked is None else self._matches.count(asked, most, ceiling)

    def ids(self, term: Term, most: int, ceiling: int | None = None) -> list[int]:
        """Works that answer to the term, the last to come first; at most `most`."""
        asked = sought(term)
        return [] if asked is None else self._matches.newest(asked, most, ceiling)

    def answering(self, term: Term, ceiling: int | None = None) -> Select[int] | None:
        """The numbers of the works that answer to the term, in no order, as a statement that asks
        for them; None where there is nothing to look for."""
        asked = sought(term)
        return None if asked is None else self._matches.of(asked, ceiling)[0]

    def among(self, work_ids: Sequence[int], term: Term) -> set[int]:
        """Those of the works that answer to the term."""
        asked = sought(term)
        return set() if asked is None else self._matches.among(work_ids, asked)

    def facets(self, term: Term, most: int, ceiling: int | None = None) -> tuple[FacetCounts, ...]:
        """By source, type, year and topic: how many of the works that answer, of the `most` that
        came last, and what narrows the search to them."""
        asked = sought(term)
        return () if asked is None else facets(self._matches, asked, most, ceiling)

    @property
    def spells(self) -> bool:
        """Whether the index can be asked for its words: then `unknown` is cheap, and `spellings`
        finds some."""
        return not self._matches.postgresql

    def frequencies(self, words: Sequence[str]) -> dict[str, int]:
        """How many works hold each word, counted as far as `matches.COMMON`; on PostgreSQL, of
        common ones, about as many."""
        counts = self._matches.frequencies(map(Words, words))
        return {word: counts[Words(word)] for word in words}

    def unknown(self, words: Sequence[str]) -> list[str]:
        """Those of the words that no work holds."""
        return [word.text for word in self._matches.unknown([*map(Words, words)])]

    def spellings(self, word: str) -> tuple[str, ...]:
        """Up to three words like this one, the commonest first, that works do have; () on
        PostgreSQL, whose index cannot be asked for its words."""
        return spellings(self._connection, word)
