"""Which words of a work answer to a query, and the passage around them. Pure.

Words are compared by their stems, as the databases' indexes do (Porter's stemmer).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import snowballstemmer  # type: ignore[import-untyped,unused-ignore]

from service.records.findings import Snippet
from service.records.queries import Part, Words, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.records import Work
    from service.records.queries import Term

PASSAGE = 280  # characters
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")
_LISTED = 6  # names or headings
_BEGUN = 3  # first letters by which words that may be asked for are told from the many others
# A stem is the beginning of its word, but for its last letter ("studi" of "study"); and one more.
_CHANGED = 2


@dataclass(frozen=True, slots=True)
class Sought:
    """What is marked: in each part of a work these stems, and words that begin so. All of them
    have one of the beginnings `begun`, which `plain` finds in small ASCII letters, within words as
    well."""

    stems: frozenset[tuple[Part, str]]
    starts: frozenset[tuple[Part, str]]
    begun: tuple[str, ...]
    plain: re.Pattern[str]

    def marks(self, part: Part, text: str) -> tuple[tuple[int, int], ...]:
        """The half-open ranges of `text` that are words asked for."""
        places = self._in_ascii(text) if text.isascii() else self._in_any(text)
        return tuple(place for place in places if self._wants(part, text[slice(*place)]))

    def _in_ascii(self, text: str) -> Iterator[tuple[int, int]]:
        for word in self.plain.finditer(text.lower()):
            before = text[word.start() - 1] if word.start() else " "
            if not (before.isalnum() or before == "_"):
                yield word.span()

    def _in_any(self, text: str) -> Iterator[tuple[int, int]]:
        """Letters beyond ASCII may be any when folded."""
        for word in _WORD.finditer(text):
            first = word[0][:_BEGUN]
            if not first.isascii() or first.lower().startswith(self.begun):
                yield word.span()

    def _wants(self, part: Part, word: str) -> bool:
        folded = fold(word)
        places = (Part.ANY, part)
        if any((place, stem(folded)) in self.stems for place in places):
            return True
        return any(folded.startswith(start) for place, start in self.starts if place in places)


def _begun(stems: Iterable[str], starts: Iterable[str]) -> tuple[str, ...]:
    """The first letters of all words that may be asked for."""
    found = {word[: min(_BEGUN, max(1, len(word) - _CHANGED))] for word in stems}
    return tuple(sorted(found | {word[:_BEGUN] for word in starts}))


def sought(term: Term, spellings: Sequence[str] = ()) -> Sought:
    """What a query's wanted words, and other `spellings` of them, look for."""
    stems: set[tuple[Part, str]] = set()
    starts: set[tuple[Part, str]] = set()
    for words in (*wanted(term), *map(Words, spellings)):
        *found, last = [fold(word) for word in _WORD.findall(words.text)] or [""]
        if words.prefix:
            starts.add((words.part, last))
        else:
            found.append(last)
        stems.update((words.part, stem(word)) for word in found)
    nothing = {(part, "") for part in Part}
    stems, starts = stems - nothing, starts - nothing
    begun = _begun((word for _, word in stems), (word for _, word in starts))
    choice = "|".join(map(re.escape, begun)) or "(?!)"
    return Sought(frozenset(stems), frozenset(starts), begun, re.compile(rf"(?:{choice})\w*"))


def snippets(work: Work, asked: Sought) -> tuple[Snippet, ...]:
    """The title if it answers, the best passage of the abstract, and the authors, journal,
    headings and keywords that do; () for a work that has none of the words."""
    found = [_whole(Part.TITLE, work.title, asked), _passage(work.abstract, asked)]
    lists = ((Part.AUTHOR, work.authors), (Part.MESH, work.mesh), (Part.KEYWORD, work.keywords))
    found += [_listed(part, names, asked) for part, names in lists]
    found.append(_whole(Part.JOURNAL, work.venue, asked))
    return tuple(each for each in found if each is not None)


def _whole(part: Part, text: str, asked: Sought) -> Snippet | None:
    marks = asked.marks(part, text)
    return Snippet(part, text, marks) if marks else None


def _listed(part: Part, names: Sequence[str], asked: Sought) -> Snippet | None:
    if not asked.marks(part, "; ".join(names)):
        return None
    fitting = [name for name in names if asked.marks(part, name)][:_LISTED]
    return _whole(part, "; ".join(fitting), asked)


def _passage(abstract: str, asked: Sought) -> Snippet | None:
    """The sentence with the most different words asked for, the first of such; a long one is cut
    around them."""
    best, most = None, 0
    for sentence in _SENTENCE.split(abstract):
        marks = asked.marks(Part.ABSTRACT, sentence)
        count = len({stem(fold(sentence[start:end])) for start, end in marks})
        if count > most:
            best, most = (sentence, marks), count
    if best is None:
        return None
    sentence, marks = best
    if len(sentence) <= PASSAGE:
        return Snippet(Part.ABSTRACT, sentence, marks)
    return _cut(sentence, marks)


def _cut(sentence: str, marks: Sequence[tuple[int, int]]) -> Snippet:
    """`PASSAGE` characters with as many marks as can be, whole words, with … where it is cut."""
    start = max(
        (begin for begin, _ in marks),
        key=lambda begin: (sum(begin <= a and b <= begin + PASSAGE for a, b in marks), -begin),
    )
    start = max(0, min(start - PASSAGE // 5, len(sentence) - PASSAGE))
    end = min(len(sentence), start + PASSAGE)
    if start:
        space = sentence.find(" ", start, end)
        start = space + 1 if space >= 0 else start
    if end < len(sentence):
        space = sentence.rfind(" ", start, end)
        end = space if space > start else end
    before, after = "… " if start else "", " …" if end < len(sentence) else ""
    shift = len(before) - start
    kept = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return Snippet(Part.ABSTRACT, before + sentence[start:end] + after, kept)


def fold(word: str) -> str:
    """The word in small letters without accents."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))


@lru_cache(20_000)
def stem(word: str) -> str:
    """Porter's stem of a folded word."""
    # A stemmer keeps the word it is at: one for several threads would mix their words up.
    found: str = snowballstemmer.stemmer("porter").stemWord(word)
    return found
