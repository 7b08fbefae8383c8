"""How a query is gone about: what must hold, what is better to have, what is meant. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from service.records.queries import AllOf, AnyOf, Part, Published, Query, Seen, Words, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.records.queries import Term

_YEAR = re.compile(r"(?:19|20)\d\d")
_MEANT = frozenset({Part.ANY, Part.TITLE, Part.ABSTRACT, Part.MESH, Part.KEYWORD})


@dataclass(frozen=True, slots=True)
class Plan:
    """A query taken apart.

    `whole` is the whole condition. `filters` is what of it must hold of every work that is shown,
    None where nothing must: tags, phrases, prefixes, what is excluded, what stands beside OR. The
    others are the `loose` words, which memory may have wrong, and the `years`, which are met by a
    work published then. `meaning` is the text whose meaning is looked for, "" where no words are
    wanted but those of names; `ranks` says whether any are, by which works can be ranked.
    """

    whole: Term
    filters: Term | None
    loose: tuple[str, ...]
    years: tuple[int, ...]
    meaning: str
    ranks: bool

    def spelt(self, spellings: Mapping[str, Sequence[str]]) -> Plan:
        """The same, meaning words as they are spelt where works have them."""
        words = (spellings.get(word, (word,))[0] for word in self.meaning.split())
        return replace(self, meaning=" ".join(words))

    def any_of(self, words: Sequence[str]) -> Term:
        """Works with one of these words for which the filters hold."""
        some = AnyOf(tuple(map(Words, words)))
        return some if self.filters is None else _all((some, self.filters))


def plan(query: Query) -> Plan | None:
    """The way to answer; None when the query asks for nothing."""
    if query.term is None:
        return None
    terms = query.term.terms if isinstance(query.term, AllOf) else (query.term,)
    if query.as_of is not None:
        terms = (*terms, Seen(None, query.as_of))
    loose = [each.text for each in terms if _is_loose(each) and isinstance(each, Words)]
    firm = [each for each in terms if not _is_loose(each)]
    words = [text for text in loose if not _YEAR.fullmatch(text)]
    # With nothing beside it, a year is a word like any other.
    years = [text for text in loose if _YEAR.fullmatch(text)] if words else []
    dated: list[Term] = [Words(year) for year in years]
    meant = (words.text for words in wanted(AllOf(terms)) if words.part in _MEANT)
    return Plan(
        whole=_all([_dated(each) if each in dated else each for each in terms]),
        filters=_all(firm) if firm else None,
        loose=tuple(dict.fromkeys(words or loose)),
        years=tuple(map(int, years)),
        meaning=" ".join(text for text in meant if not _YEAR.fullmatch(text)),
        ranks=any(True for _ in wanted(AllOf(terms))),
    )


def informative(frequencies: Mapping[str, int], budget: int) -> list[str]:
    """The rarest of the words, as long as the works that have them are at most `budget` together;
    the rarest in any case. Words that no work has say nothing."""
    found: list[str] = []
    for word, count in sorted(frequencies.items(), key=lambda pair: (pair[1], pair[0])):
        if not count:
            continue
        budget -= count
        if found and budget < 0:
            break
        found.append(word)
    return found


def _is_loose(term: Term) -> bool:
    """Whether it is one bare word."""
    match term:
        case Words(text, Part.ANY, prefix):
            return not prefix and len(text.split()) == 1
        case _:
            return False


def _dated(term: Term) -> Term:
    """A year among words: in the text, or that of publication."""
    if not isinstance(term, Words):
        return term
    year = int(term.text)
    return AnyOf((term, Published(date(year, 1, 1), date(year, 12, 31))))


def _all(terms: Sequence[Term]) -> Term:
    return terms[0] if len(terms) == 1 else AllOf(tuple(terms))
