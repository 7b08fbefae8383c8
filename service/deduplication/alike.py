"""Is this the preprint of that article, though nothing says so? Pure.

Measured on titles, authors, abstracts and dates; the figures are in docs/linking.md. A wrong
merge hides a paper and a missed one only shows it twice, so the bar stands where no pair of
neighbouring papers (companions, parts of a series, a protocol and its results) reaches it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from service.deduplication import words
from service.deduplication.keys import hints, id_keys, work_doi
from service.deduplication.near import NEVER
from service.records import Certainty, Kind, Relation

if TYPE_CHECKING:
    from service.records import Identifiers, Paper

PROBABLY = "probably one work: "
"""How the reason of every join begins that rests on likeness rather than on an id or a link."""

# A word on another paper bears that paper's title.
_REPLY = re.compile(
    r"^(?:reply|letter|correspondence|correction|corrigendum|erratum|retraction|comments?"
    r"|commentary|authors?(?: s)? (?:reply|response)|editorial|invited)\b"
    r"|^re(?:sponse)? (?:to|re)\b"
)
_PROTOCOL = re.compile(r"\bprotocols?\b")
_TITLE, _AUTHORS, _RUNS, _WORDS = 0.20, 0.20, 0.40, 0.20
_BAR = 0.75
_BAR_LATE = 0.85
_BAR_HINTED = 0.60
# Where a title has all words of the other and hardly one more. Companion papers have another word
# in the place of one.
_BAR_WITHIN = 0.65
# Where a long title hardly changed, and the authors did not.
_BAR_LONG = 0.50
# Where the title is another, but the authors and more than half of the abstract stayed. Of 4,768
# pairs of papers by one team those of other titles share 0.47 of their runs at most; what shares
# more has a title that differs in a word or two.
_BAR_TEXT = 0.60
_HINTED_TITLE = 0.60
_AUTHORS_LEAST = 0.4
_RUNS_STAYED, _TITLE_ANOTHER = 0.55, 0.7
# Of abstracts with so many figures, papers of one form (one team, one method, another animal) share
# fewer of them than this; no preprint and its article did.
_FIGURES_LEAST, _FIGURES_STAYED = 3, 0.5
# Days. Of 380 real pairs one in nine took more than two years, none more than four.
_SOON, _LATE, _LATE_BARE = -60, 1_461, 730
_MONTH = 30.4


class Stayed(NamedTuple):
    """What must have stayed at least: as `Measures` has them, the title, the words that are in
    both titles, the authors, and how many they are."""

    title: float
    same: int
    authors: float
    few: int


# Without an abstract on both sides only a title that hardly changed counts.
_TITLE_STAYED = Stayed(0.90, 5, 0.75, 2)
_LONG_TITLE_STAYED = Stayed(0.85, 10, 0.90, 4)
_AUTHORS_STAYED = Stayed(0.0, 0, 0.85, 4)


class Measures(NamedTuple):
    """How alike two papers are. `title` and `held` are shares of the titles' words (of both, of the
    shorter one), `same` the number of those in both, `runs` and `words` the shares of the shorter
    abstract's (None: one has no abstract), `figures` that of its numbers (None: one has hardly
    any), `shared` authors are of `few` and `many`, `days` from the preprint to the article."""

    title: float
    held: float
    same: int
    shared: int
    few: int
    many: int
    runs: float | None
    words: float | None
    figures: float | None
    days: int | None

    @property
    def authors(self) -> float:
        """The mean of the shares of both lists."""
        return (self.shared / self.few + self.shared / self.many) / 2 if self.few else 0.0

    @property
    def score(self) -> float:
        """0 to 1; without abstracts the title and the authors alone."""
        title = (self.title + self.held) / 2
        if self.runs is None or self.words is None:
            return (_TITLE * title + _AUTHORS * self.authors) / (_TITLE + _AUTHORS)
        return _TITLE * title + _AUTHORS * self.authors + _RUNS * self.runs + _WORDS * self.words


@dataclass(frozen=True, slots=True)
class Likeness:
    """A join that nothing states: how sure it is (more is surer), and the reason for a person."""

    score: float
    reason: str
    same_title: bool = False


def alike(one: Paper, other: Paper) -> Likeness | None:
    """Whether one of the two is a preprint and the other what became of it; None when they are
    not, or are not of these two kinds."""
    if (one.kind is Kind.PREPRINT) == (other.kind is Kind.PREPRINT):
        return None
    preprint, article = (one, other) if one.kind is Kind.PREPRINT else (other, one)
    if article.kind in NEVER or _barred(preprint, article):
        return None
    found = measured(preprint, article)
    hinted = _hinted(preprint, article)
    if not _enough(found, hinted=hinted):
        return None
    return Likeness(found.score, PROBABLY + _told(found, hinted=hinted))


def measured(preprint: Paper, article: Paper) -> Measures:
    """All that is compared."""
    titles = words.stems(preprint.title), words.stems(article.title)
    title, held = _of_both(*titles)
    some, others = words.people(preprint.authors), words.people(article.authors)
    few, many = sorted((len(some), len(others)))
    first, second = words.text(preprint.abstract), words.text(article.abstract)
    runs = kept = figures = None
    if first is not None and second is not None:
        runs = _of_both(first.runs, second.runs)[1]
        kept = _of_both(first.words, second.words)[1]
        figures = _figures(first.figures, second.figures)
    return Measures(
        title,
        held,
        len(titles[0] & titles[1]),
        words.shared(some, others),
        few,
        many,
        runs,
        kept,
        figures,
        days_between(preprint, article),
    )


def _figures(some: frozenset[str], others: frozenset[str]) -> float | None:
    few = min(len(some), len(others))
    return _of_both(some, others)[1] if few >= _FIGURES_LEAST else None


def _of_both(some: frozenset[object], others: frozenset[object]) -> tuple[float, float]:
    """What they share, as a part of both and of the smaller one."""
    if not some or not others:
        return 0.0, 0.0
    both = len(some & others)
    return 2 * both / (len(some) + len(others)), both / min(len(some), len(others))


def _enough(found: Measures, *, hinted: bool) -> bool:
    if not found.few or found.authors < _AUTHORS_LEAST:
        return False
    if found.runs is None:
        if hinted:
            return found.held >= _HINTED_TITLE
        return _stayed(found, _TITLE_STAYED) and not _late(found.days, _LATE_BARE)
    return found.score >= (_BAR_HINTED if hinted else _bar(found))


def _bar(found: Measures) -> float:
    """What the score must reach, of two papers with abstracts."""
    if _late(found.days, _LATE):
        return _BAR_LATE
    if _stayed(found, _LONG_TITLE_STAYED):
        return _BAR_LONG
    if found.held == 1 and _stayed(found, _TITLE_STAYED):
        return _BAR_WITHIN
    if found.figures is not None and found.figures < _FIGURES_STAYED:
        return _BAR_LATE
    retitled = found.title < _TITLE_ANOTHER and (found.runs or 0.0) >= _RUNS_STAYED
    return _BAR_TEXT if retitled and _stayed(found, _AUTHORS_STAYED) else _BAR


def _stayed(found: Measures, least: Stayed) -> bool:
    here = Stayed(found.title, found.same, found.authors, found.few)
    return all(mine >= needed for mine, needed in zip(here, least, strict=True))


def _late(days: int | None, most: int) -> bool:
    """Not within so many days after the preprint: only strong evidence counts then."""
    return days is None or not _SOON <= days <= most


def days_between(preprint: Paper, article: Paper) -> int | None:
    """Days from the preprint's posting to the article; 0 where the article came out while the
    preprint's versions did. None where a date is not known."""
    began, ended = _day(preprint.published), _day(preprint.revised or preprint.entered)
    published = _day(article.published)
    if published is None or (began is None and ended is None):
        return None
    first = min(day for day in (began, ended) if day)
    last = max(day for day in (began, ended) if day)
    if first <= published <= last:
        return 0
    return (published - (last if published > last else first)).days


def _day(text: str | None) -> date | None:
    """The day of a partial date, in the middle of what it leaves open."""
    if not text:
        return None
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    try:
        return date(year, month or 7, day or (15 if month else 1))
    except ValueError:
        return None


def _barred(preprint: Paper, article: Paper) -> bool:
    """What the two say of themselves speaks against it, whatever they share."""
    if words.parted_by_numbers(preprint.title, article.title):
        return True
    folded = [words.fold(paper.title) for paper in (preprint, article)]
    if any(map(_REPLY.search, folded)) or len({bool(_PROTOCOL.search(one)) for one in folded}) > 1:
        return True
    return linked_elsewhere(preprint, article)


def linked_elsewhere(one: Paper, other: Paper) -> bool:
    """Whether a preprint and an article state their other halves, and those are not these two."""
    if (one.kind is Kind.PREPRINT) == (other.kind is Kind.PREPRINT):
        return False
    return any(
        _other_half_is_not(paper, ids) for paper, ids in ((one, other.ids), (other, one.ids))
    )


def _other_half_is_not(paper: Paper, ids: Identifiers) -> bool:
    relation = Relation.PREPRINT_OF if paper.kind is Kind.PREPRINT else Relation.HAS_PREPRINT
    stated = [
        link.target
        for link in paper.links
        if link.relation is relation and link.certainty is Certainty.STATED
    ]
    return any(
        mine and theirs and mine != theirs
        for target in stated
        for mine, theirs in ((_work(target), _work(ids)), (target.pmid, ids.pmid))
    )


def _work(ids: Identifiers) -> str | None:
    return work_doi(ids.doi) if ids.doi else None


def _hinted(preprint: Paper, article: Paper) -> bool:
    """Whether some source holds the two for one work."""
    return any(
        id_keys(hint.target) & id_keys(other.ids)
        for paper, other in ((preprint, article), (article, preprint))
        for hint in hints(paper)
    )


def _told(found: Measures, *, hinted: bool) -> str:
    parts = [f"title {found.title:.2f}", f"{found.shared} of {found.many} authors"]
    if found.runs is not None:
        parts.append(f"abstract {found.runs:.2f}")
    told = ", ".join(parts).replace(" 0.", " .")
    if found.days is not None:
        told += f"; {_later(found.days)}"
    return f"linked by title and first author, and alike: {told}" if hinted else f"alike: {told}"


def _later(days: int) -> str:
    months = round(abs(days) / _MONTH)
    if not months:
        return "at the same time"
    return f"{months} month{'s' * (months > 1)} {'later' if days > 0 else 'earlier'}"
