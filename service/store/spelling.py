"""Words like one that no work has, among those that works have."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sqlalchemy import column, exists, func, literal, select, table

from service.store import query_fts5
from service.store.query_fts5 import FTS, matching
from service.store.query_words import searchable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

MOST = 3
_COUNTED = 1_000  # as far as it is counted which of them is the commonest
_SHORTEST, _LONGEST = 4, 24  # letters: a shorter word is like too many others
_BEGUN = 4  # first letters that are right in a word that is wrong in two places
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# The words of the index, each cut to its stem.
_VOCABULARY = table("work_words", column("term"))


def spellings(connection: Connection, word: str) -> tuple[str, ...]:
    """See `Search.spellings`: words one letter away, or where there are none, stems that begin
    alike and are two away."""
    plain = searchable(word).lower()
    simple = plain.isascii() and plain.isalpha() and _SHORTEST <= len(plain) <= _LONGEST
    if connection.dialect.name != "sqlite" or not simple:
        return ()
    near = _commonest(connection, _near(plain))
    if not near:
        stems = _commonest(connection, _begun(connection, plain))
        near = [_written(connection, stem) for stem in stems]
    return tuple(dict.fromkeys(near))


def _near(word: str) -> set[str]:
    """All that one slip of a finger makes of it: a letter left out, doubled, changed, swapped."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    dropped = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    changed = {head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS}
    added = {head + letter + tail for head, tail in cuts for letter in _LETTERS}
    return (dropped | swapped | changed | added) - {word}


def _begun(connection: Connection, word: str) -> list[str]:
    """Stems that begin like the word and that two slips, or one and an ending, lead to."""
    begun, term = word[:_BEGUN], _VOCABULARY.c.term
    statement = select(term).where(term >= begun, term < begun + "{")  # what comes after z
    stems = connection.execute(statement).scalars()
    return [stem for stem in stems if stem != word and _is_two_away(stem, word)]


def _is_two_away(stem: str, word: str) -> bool:
    """Whether the stem is two letters from the beginning of the word that is nearest to it."""
    if len(stem) <= _BEGUN or not len(stem) - 2 <= len(word) <= len(stem) + 5:
        return False
    row = list(range(len(word) + 1))
    for at, letter in enumerate(stem, start=1):
        above, row = row, [at]
        for place, other in enumerate(word, start=1):
            same = above[place - 1] + (letter != other)
            row.append(min(same, above[place] + 1, row[-1] + 1))
    return min(row[len(stem) - 2 :]) <= 2


def _commonest(connection: Connection, words: Iterable[str]) -> list[str]:
    """Those of the words that most works have. A word is looked for as the index cuts it."""
    each = func.json_each(json.dumps([*words])).table_valued("value")
    quoted = literal('"').concat(each.c.value).concat('"')
    held = exists(select(FTS.c.rowid).where(FTS.c.work_fts.op("MATCH")(quoted)))
    known = connection.execute(select(each.c.value).where(held)).scalars().all()
    numbers = connection.execute(query_fts5.counts([f'"{word}"' for word in known], _COUNTED))
    counts = dict(zip(known, numbers.scalars(), strict=True))
    return sorted(counts, key=lambda word: (-counts[word], word))[:MOST]


def _written(connection: Connection, stem: str) -> str:
    """The stem as the first work that has it writes it out."""
    parts = [func.highlight(FTS.c.work_fts, part, "\x02", "\x03") for part in (0, 1)]
    found = connection.execute(select(*parts).where(matching(f'"{stem}"')).limit(1)).one()
    marked = re.search("\x02([^\x03]+)\x03", " ".join(found))
    return marked[1].lower() if marked else stem
