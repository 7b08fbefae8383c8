"""Which phrases tell some papers from others, and how surely. Pure.

A phrase is two to four words with neither a stop word nor a mark between them, or the short form
of a gene or the like; short forms that a paper defines are written out first. It counts once a
paper: readers think in papers.

How telling a phrase is: the log-odds ratio of holding it, with an informative Dirichlet prior, in
standard errors (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 16:372, 2008,
equations 16, 20 and 22). The prior is the phrase's share of all papers compared, worth `_PRIOR`
papers on either side: what three papers of three hold is not taken for a law. It is half a paper at
least, as in Haldane's correction: else what no other paper holds would be taken for unsure.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from service.ranking.commonness import share_of
from service.ranking.sense_writing import read_writing, spell
from service.ranking.words import STOP, spans, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

    from service.records import Candidate

Phrase = tuple[str, ...]
Read = Sequence[Sequence[list[str]]]
"""Papers, each as the folded words of its parts between marks."""

_LONGEST = 4  # words
_PRIOR, _LEAST_PRIOR = 10.0, 0.5  # papers
_TELLING = 0.02  # a phrase needs a word that no greater share of abstracts holds
_UNLISTED = 0.002  # and a short form must be none of the common ones
_ENDS = 0.25  # of its uses end a run, at least: else it only describes what follows
_LOW = 4  # times as many may begin with a capital: most stand in headlines
_PART = 0.7  # of its papers: held by so many, a longer phrase goes for it
_MARK = re.compile(r"[^\w\s‐‑‒–−-]|_")
_SHORT_FORM = re.compile(r"(?=.{3,10}$)(?=.*[A-Z].*[A-Z0-9])[A-Za-z0-9‐‑‒–−-]+")
_DONE = re.compile(r".*(?:ed|ly)")  # ends no name: "examination revealed"
# Words of how a study was made or told, or where, which no topic is about.
_BESIDE = frozenset(
    """advance analyse analysis approach australia baseline canada challenge china cinahl
    cochrane cohort comparison conclusion cox criteria criterion data efficacy embase europe
    evaluation evidence finding france future germany group hazard hospital implication india
    insight interval introduction iran italy japan korea landscape library limitation mechanism
    medline meta method model objective outcome overview paper patient perspective potential
    prisma progress prospective prospero pubmed purpose ratio regression result retrospective
    review role safety sample scopus side significance spain strategy study survey taiwan
    therapy treatment trial turkey uk university update usa viability vitro vivo""".split()  # noqa: SIM905 (reads as a list)
)


@dataclass(slots=True)
class Uses:
    """The papers that hold a phrase, how it is spelled, and how often it ends a run."""

    papers: set[int] = field(default_factory=set)
    spelled: Counter[str] = field(default_factory=Counter)
    ends: int = 0

    @property
    def commonest(self) -> str:
        """As it is mostly spelled, without the capital of headlines where some have none."""
        usual = min(self.spelled, key=lambda each: (-self.spelled[each], each.swapcase()))
        low = usual[:1].lower() + usual[1:]
        return low if _LOW * self.spelled[low] >= self.spelled[usual] else usual


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that tells: held by `papers` (places in the list given), by `others` of the rest."""

    phrase: Phrase
    spelled: str
    papers: tuple[int, ...]
    others: int
    z: float


def telling(some: Sequence[Candidate], others: Read, *, least: int, least_z: float) -> list[Found]:
    """What `some` papers say more often than `others`, the surest first; of two phrases that are
    part of one another only the one that says more.

    Each is at least `least_z` standard errors above nought, and held by `least` papers, or instead
    of a part of it that so many hold.
    """
    fewest = math.ceil(_PART * least)
    uses = {p: use for p, use in held(some).items() if len(use.papers) >= fewest and names(p, use)}
    counts = counted(others, uses)
    z = log_odds(
        [len(use.papers) for use in uses.values()],
        len(some),
        [counts[phrase] for phrase in uses],
        len(others),
    )
    sure = [
        Found(phrase, use.commonest, tuple(sorted(use.papers)), counts[phrase], float(each))
        for (phrase, use), each in zip(uses.items(), z, strict=True)
        if each >= least_z
    ]
    enough = [set(each.phrase) for each in sure if len(each.papers) >= least]
    found = (each for each in sure if any(part <= set(each.phrase) for part in enough))
    return apart(sorted(found, key=lambda each: (-each.z, each.phrase)))


def log_odds(hits: ArrayLike, of: int, others: ArrayLike, of_others: int) -> NDArray[float64]:
    """The log-odds ratios of phrases that `hits` of `of` papers hold and `others` of `of_others`,
    in standard errors; 0 where nothing holds them, or there is nothing to compare."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    here, there = np.asarray(hits, dtype=np.float64), np.asarray(others, dtype=np.float64)
    both = here + there
    share = both / max(of + of_others, 1)
    prior = np.clip(_PRIOR * share, _LEAST_PRIOR, _PRIOR - _LEAST_PRIOR)
    odds = np.log((here + prior) / (of + _PRIOR - here - prior))
    odds -= np.log((there + prior) / (of_others + _PRIOR - there - prior))
    z = odds / np.sqrt(1 / (here + prior) + 1 / (there + prior))
    found: NDArray[float64] = np.where((both > 0) & (min(of, of_others) > 0), z, 0.0)
    return found


def held(papers: Sequence[Candidate]) -> dict[Phrase, Uses]:
    """Every phrase of the papers, with those that hold it by their place."""
    found: dict[Phrase, Uses] = {}
    for at, paper in enumerate(papers):
        for part in _parts(paper.title, paper.abstract):
            for run in _runs(part):
                _note(found, run, part, at)
    return found


def read(papers: Iterable[Candidate]) -> Read:
    """The papers as phrases are looked for in them; about 0.5 ms for one."""
    return [_read(paper.title, paper.abstract) for paper in papers]


@lru_cache(
    maxsize=1 << 11
)  # a memo of a pure function: all topics are compared with the same works
def _read(title: str, abstract: str) -> list[list[str]]:
    return [words(part) for part in _parts(title, abstract)]


def counted(papers: Read, phrases: Collection[Phrase]) -> Counter[Phrase]:
    """How many of the papers hold each of the phrases."""
    found: Counter[Phrase] = Counter()
    firsts = {phrase[0] for phrase in phrases}
    for paper in papers:
        holds: set[Phrase] = set()
        for run in paper:
            for start, word in enumerate(run):
                if word in firsts:
                    ends = range(start + 1, min(start + _LONGEST, len(run)) + 1)
                    holds.update(tuple(run[start:end]) for end in ends)
        found.update(holds.intersection(phrases))
    return found


def _parts(title: str, abstract: str) -> Iterator[str]:
    """A paper's words, short forms written out, in parts between marks."""
    for text in spell(read_writing(title, abstract), {}):
        yield from _MARK.split(text)


def _runs(part: str) -> Iterator[list[tuple[str, int, int]]]:
    """Words with their places, as far as no stop word parts them."""
    run: list[tuple[str, int, int]] = []
    for word, start, end in spans(part):
        if word not in STOP:
            run.append((word, start, end))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _note(
    found: dict[Phrase, Uses], run: Sequence[tuple[str, int, int]], text: str, at: int
) -> None:
    for start, end in combinations(range(len(run) + 1), 2):
        spelled = text[run[start][1] : run[end - 1][2]]
        alone = end - start == 1
        if end - start > _LONGEST or (alone and not _stands_alone(spelled, text, run[start][1])):
            continue
        uses = found.setdefault(tuple(word for word, _, _ in run[start:end]), Uses())
        uses.papers.add(at)
        uses.spelled[" ".join(spelled.split())] += 1
        uses.ends += end == len(run)


def _stands_alone(spelled: str, text: str, start: int) -> bool:
    """Whether one word is a short form by itself, no part of "TGF-beta"."""
    around = text[max(start - 1, 0) : start] + text[start + len(spelled) :][:1]
    return not around.strip() and _SHORT_FORM.fullmatch(spelled) is not None


def names(phrase: Phrase, uses: Uses) -> bool:
    """Whether a phrase names something: of a subject, whole, and not all over biomedicine."""
    ends = (phrase[0], phrase[-1])
    if not _BESIDE.isdisjoint(phrase) or any(word.isdigit() for word in ends):
        return False
    rarest = min((share_of(word) for word in phrase if len(word) > 1), default=1.0)
    if len(phrase) == 1:
        return rarest <= _UNLISTED
    if rarest > _TELLING or _DONE.fullmatch(phrase[-1]):
        return False
    return uses.ends >= _ENDS * uses.spelled.total()


def apart(found: Sequence[Found]) -> list[Found]:
    """The surest first, without phrases that are part of a longer one which most of their papers
    hold, or that add words to a surer one."""
    kept: list[Found] = []
    for each in found:
        mine = set(each.phrase)
        longer = any(
            mine < set(other.phrase) and len(other.papers) >= _PART * len(each.papers)
            for other in found
        )
        if not longer and not any(
            mine <= set(other.phrase) or (mine >= set(other.phrase) and len(other.phrase) > 1)
            for other in kept
        ):
            kept.append(each)
    return kept
