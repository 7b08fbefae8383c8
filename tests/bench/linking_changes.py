"""Preprints made from articles: what authors, editors and reviewers change, at given rates."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from service.records import Author, Identifiers, Kind, Paper

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SUBTITLE = re.compile(r"[:?] ")


@dataclass(frozen=True)
class Rates:
    """Shares of papers (`titles`, `subtitles`, `lists`, `swapped`, `bare`: no abstract) and, where
    they change, shares of their words, authors and sentences."""

    titles: float
    title_words: float
    lists: float
    authors: float
    swapped: float
    sentences: float
    bare: float = 0.0
    subtitles: float = 0.5


# MEASURED is what the real pairs at hand show, rounded up; the others are what could be feared.
LEVELS = {
    "as measured": Rates(0.20, 0.25, 0.40, 0.20, 0.05, 0.05),
    "harsh": Rates(0.60, 0.35, 0.60, 0.25, 0.10, 0.35, 0.02),
    "extreme": Rates(1.00, 0.50, 1.00, 0.30, 0.20, 0.60, 0.05),
}


class Changing:
    """Makes preprints of articles, the same ones for the same seed."""

    def __init__(self, papers: list[Paper], seed: int) -> None:
        self._dice = random.Random(seed)
        some = self._dice.sample(papers, min(len(papers), 3_000))
        self._words = [word for p in some for word in p.title.split() if len(word) > 3]
        self._names = [author for p in some for author in p.authors if author.family]

    def preprint(self, article: Paper, rates: Rates) -> Paper:
        """What its authors might have posted half a year before, with no id or link in common."""
        doi = f"10.5555/made.{article.source_id}"
        bare = self._hit(rates.bare)
        return replace(
            article,
            source="biorxiv",
            source_id=doi,
            version="1",
            ids=Identifiers(doi=doi),
            kind=Kind.PREPRINT,
            title=self._title(article.title, rates),
            authors=self._authors(article.authors, rates),
            abstract="" if bare else self._abstract(article.abstract, rates),
            links=(),
            flags=frozenset(),
            published=_half_a_year_before(article.published),
            entered=None,
            revised=None,
        )

    def _hit(self, share: float) -> bool:
        return self._dice.random() < share

    def _title(self, title: str, rates: Rates) -> str:
        if not self._hit(rates.titles):
            return title
        parts = _SUBTITLE.split(title, maxsplit=1)
        if len(parts) > 1 and self._hit(rates.subtitles):
            title = parts[0]
        return " ".join(self._reworded(title.split(), rates.title_words)) or title

    def _reworded(self, words: list[str], share: float) -> list[str]:
        """Half of the changed words are replaced, a quarter dropped, a quarter added."""
        found: list[str] = []
        for word in words:
            if not self._hit(share):
                found.append(word)
            elif self._hit(0.5):
                found.append(self._dice.choice(self._words))
            elif self._hit(0.5):
                found += [self._dice.choice(self._words), word]
        return found

    def _authors(self, authors: tuple[Author, ...], rates: Rates) -> tuple[Author, ...]:
        found = list(authors)
        if self._hit(rates.lists):
            found = [author for author in found if not self._hit(rates.authors / 2)] or found
            for _ in authors:
                if self._hit(rates.authors / 2):
                    place = self._dice.randrange(len(found) + 1)
                    found.insert(place, self._dice.choice(self._names))
            if len(found) > 1 and self._hit(rates.swapped):
                found[0], found[1] = found[1], found[0]
        return tuple(replace(a, given=a.given[:1], orcid=None) for a in found)

    def _abstract(self, abstract: str, rates: Rates) -> str:
        """Of the sentences that change, four in ten are new on one side, the others reworded."""
        found = []
        for sentence in _SENTENCE.split(abstract):
            if not self._hit(rates.sentences):
                found.append(sentence)
            elif self._hit(0.6):
                found.append(" ".join(self._reworded(sentence.split(), 0.5)))
        return " ".join(found)


def _half_a_year_before(published: str | None) -> str:
    year, month = int((published or "2021-01")[:4]), int((published or "2021-01-01")[5:7] or 1)
    month -= 6
    return f"{year - (month < 1):04}-{month + 12 * (month < 1):02}-01"
