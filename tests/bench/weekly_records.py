"""A week of records in the form they come in over the wire, as one file like NLM's.

The first are those of a PubMed update file as they are; then they come again with identifiers,
authors and words of their own, so that they are other papers to whoever reads them.
"""

from __future__ import annotations

import gzip
import random
import re
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from service.sources.importing import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UPDATE = Path(__file__).resolve().parents[3] / "shared/captures/pubmed_update/pubmed21n1298.xml.gz"
MISSING = f"left out: the real records are not here ({UPDATE})"
SEED = 5
FIRST_PMID = 60_000_000  # of changed records: above all that PubMed has given
_SWAPPED, _LEAST = 0.3, 2  # of the words of a text, at the least so many
_WORDS_FROM = 2_000  # records that words and authors are taken from

_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
_FOOT = b"\n</PubmedArticleSet>\n"
_TEXT = re.compile(rb"(<(ArticleTitle|AbstractText)\b[^>]*(?<!/)>)(.*?)(</\2>)", re.DOTALL)
_TAG = re.compile(rb"(<[^>]*>)")
_WORD = re.compile(rb"(?<![&\w])[A-Za-z][a-z]{3,}(?![\w;])")  # not those of entities
_AUTHORS = re.compile(rb"<AuthorList\b.*?</AuthorList>", re.DOTALL)
_NOTES = re.compile(rb"\s*<CommentsCorrectionsList>.*?</CommentsCorrectionsList>", re.DOTALL)
_PMID = re.compile(rb"(<PMID\b[^>]*>)\d+")
_DOI = re.compile(rb'(<(?:ELocationID\b[^>]*EIdType|ArticleId IdType)="doi"[^>]*>)[^<]*')
_NUMBERED = {
    b"pubmed": re.compile(rb'(<ArticleId IdType="pubmed">)[^<]*'),
    b"pmc": re.compile(rb'(<ArticleId IdType="pmc">)[^<]*'),
}


class Changed:
    """Makes other papers of payloads; the same seed makes the same ones, asked in order."""

    def __init__(self, payloads: Sequence[bytes], seed: int = SEED) -> None:
        """Words and authors are drawn from these payloads."""
        self._chance = random.Random(seed)
        texts = (text[3] for payload in payloads for text in _TEXT.finditer(payload))
        self._words = [word for text in texts for word in _words(text)]
        self._authors = [found[0] for each in payloads if (found := _AUTHORS.search(each))]

    def payload(self, payload: bytes, number: int) -> bytes:
        """The payload as that of the changed paper of this number; what it cites stays."""
        own, mark, cited = payload.partition(b"<ReferenceList")
        own = _NOTES.sub(b"", own)  # they would join it to what the real paper belongs to
        pmid = b"%d" % (FIRST_PMID + number)
        own = _PMID.sub(rb"\g<1>" + pmid, own, count=1)
        own = _NUMBERED[b"pubmed"].sub(rb"\g<1>" + pmid, own)
        own = _NUMBERED[b"pmc"].sub(rb"\g<1>PMC" + pmid, own)
        own = _DOI.sub(rb"\g<1>10.5555/week." + pmid, own)
        if self._authors:
            authors = self._chance.choice(self._authors)
            own = _AUTHORS.sub(lambda _found: authors, own, count=1)
        own = _TEXT.sub(lambda found: found[1] + self._reworded(found[3]) + found[4], own)
        return own + mark + cited

    def _reworded(self, text: bytes) -> bytes:
        parts = _TAG.split(text)  # every second one is a tag
        places = [
            (at, found.span())
            for at in range(0, len(parts), 2)
            for found in _WORD.finditer(parts[at])
        ]
        wanted = min(len(places), max(_LEAST, int(len(places) * _SWAPPED)))
        # From the end on, so that the places before stay where they are.
        for at, (start, end) in sorted(self._chance.sample(places, wanted), reverse=True):
            word = self._chance.choice(self._words)
            parts[at] = parts[at][:start] + word + parts[at][end:]
        return b"".join(parts)


def _words(text: bytes) -> Iterator[bytes]:
    for part in _TAG.split(text)[::2]:
        yield from (found[0] for found in _WORD.finditer(part))


def week(wanted: int, file: Path = UPDATE) -> Iterator[bytes]:
    """`wanted` records: those of the file as they are, from its beginning, then changed ones."""
    real = list(islice(_real(file), wanted))
    yield from real
    yield from islice(_changed(real, 1), wanted - len(real))


def others(wanted: int, first: int, file: Path = UPDATE) -> Iterator[bytes]:
    """`wanted` changed records, numbered from `first` on."""
    return islice(_changed(list(islice(_real(file), wanted)), first), wanted)


def _changed(real: Sequence[bytes], first: int) -> Iterator[bytes]:
    changed = Changed(real[:_WORDS_FROM], SEED + first)
    for number, payload in enumerate(cycle(real), first):
        yield changed.payload(payload, number)


def _real(file: Path) -> Iterator[bytes]:
    return (record.payload for batch in batches(file) for record in batch.records)


def write(file: Path, records: Iterable[bytes]) -> None:
    """The records as a file that can be imported."""
    with gzip.open(file, "wb", compresslevel=1) as out:
        out.write(_HEAD)
        for record in records:
            out.write(record)
        out.write(_FOOT)
