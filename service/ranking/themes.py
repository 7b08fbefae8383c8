"""Which works of a section share a theme, and what it is called. Pure.

A theme is a phrase before it is a group: the works that are about the same phrase, which the rest
of the section hardly mentions, and whose other words are alike too. So a heading is true of every
work under it, in the works' own words; what shares no such phrase stands alone.

A phrase is a run of words between punctuation and stop words, short forms written out, that mostly
comes whole: "stellate cell" is a part of "hepatic stellate cell", and "squamous" only describes
what follows. After suffix tree clustering (Zamir and Etzioni, SIGIR 1998). Vectors are not asked:
without them a theme is the same with any encoder.

The constants were chosen by reading the themes of 21 sections of 12 or 13 works: the best of two
corpora for two topics, and works that nine systematic reviews included.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING

from service.ranking import lexical
from service.ranking.commonness import share_of
from service.ranking.sense_writing import read_writing, spell
from service.ranking.words import STOP, spans, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from service.records import Candidate

    Phrase = tuple[str, ...]

LEAST = 5  # works of a section; fewer are seen at a glance
_JOINING = "and"  # the one stop word that stands inside a phrase: head and neck cancer
_LONGEST = 5  # words of a phrase
_MOST_HOLDING = 0.6  # of the section: what more works hold tells nothing apart
_TELLING = 0.02  # a phrase needs a word that no greater share of abstracts holds
_PART = 0.6  # of its uses beside the same word: then the phrase is a part of a longer one
_ENDS = 0.25  # of its uses end a run, at least: else it only describes what follows
_NEAR = 0.11  # cosine: how near the works of a theme are to one another, in the mean
_JOINS = 0.15  # cosine: how near one must be that names the phrase but once
_LEAST_SCORE = 1.0
_BY_LENGTH = (1.0, 1.5, 1.7, 1.8, 1.9)  # what a phrase of so many words is worth
_RAREST = 0.0005  # the share given to a word in no list, on top: keeps a logarithm finite
_BREAK = re.compile(r"[^\s‐‑‒–−-]")
_NO_NOUN = re.compile(
    r".*(?:ed|ly|ic|al|ive|ous|ary|ing|able|ible|ar|ful|less|ant|(?<!m)ent)|.*\d\d|\d+"
)
_NOUNS = frozenset(
    """aging imaging remodeling reprogramming sequencing signaling splicing
    testing""".split()  # noqa: SIM905 (reads as a list)
)
# A phrase with one of these says how a study was done, or where, and nothing of what is in it.
_BESIDE = frozenset(
    """advance africa australia baseline brazil canada challenge china comparison conclusion
    efficacy emerging england europe evidence france germany implication india insight iran italy
    japan korea landscape limitation overview perspective pilot potential prospective retrospective
    review safety sample spain sweden switzerland taiwan tolerability turkey update usa versus
    vs""".split()  # noqa: SIM905 (reads as a list)
)


@dataclass(slots=True)
class _Uses:
    """How one text uses a phrase: as spelled, and between which words ("" is none)."""

    spelled: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    entitled: bool = False

    @property
    def about(self) -> float:
        """How far the text is about the phrase; one mention in the abstract says nothing."""
        times = self.spelled.total()
        return 1.0 if self.entitled else 0.0 if times < 2 else 0.4 if times < 3 else 0.6


@dataclass(frozen=True, slots=True)
class _Theme:
    score: float
    phrase: Phrase
    members: tuple[int, ...]


def themes(works: Sequence[Candidate], known: Sequence[str] = ()) -> dict[int, str]:
    """What each work shares with others of its section, by work id; "" where that is nothing.

    A theme has two works or more. `known` are the names of the section's topic: their words alone
    make no theme. Fewer than `LEAST` works have none. Independent of the order of the works.
    """
    found = {work.work_id: "" for work in works}
    if len(works) < LEAST:
        return found
    ordered = sorted(works, key=lambda work: work.work_id)
    texts = [spell(read_writing(work.title, work.abstract), {}) for work in ordered]
    uses = [_read(*text) for text in texts]
    worth = _worth(uses, {word for name in known for word in words(name)})
    near = _nearness(texts)
    free = list(range(len(texts)))
    plain = {word for text in texts for word in re.findall(r"[^\W\d_]+", " ".join(text))}
    while best := _best(uses, worth, near, free):
        label = _label([uses[at][best.phrase] for at in best.members], plain)
        found |= {ordered[at].work_id: label for at in best.members}
        free = [at for at in free if at not in best.members]
    return found


# -- phrases --------------------------------------------------------------------------------------


def _read(title: str, abstract: str) -> dict[Phrase, _Uses]:
    found: dict[Phrase, _Uses] = {}
    for text in (title, abstract):
        for run in _runs(text):
            for start, end in combinations(range(len(run) + 1), 2):
                piece = run[start:end]
                if len(piece) > _LONGEST or _JOINING in (piece[0][0], piece[-1][0]):
                    continue
                uses = found.setdefault(tuple(word for word, _, _ in piece), _Uses())
                spelled = " ".join(text[piece[0][1] : piece[-1][2]].split())
                uses.spelled[spelled] += 1
                uses.before[run[start - 1][0] if start else ""] += 1
                uses.after[_following(run, end)] += 1
                uses.entitled |= text is title
    return found


def _runs(text: str) -> Iterator[list[tuple[str, int, int]]]:
    """Words with their places, as far as neither punctuation nor a stop word parts them."""
    run: list[tuple[str, int, int]] = []
    for word, start, end in spans(text):
        stops = word in STOP and not (word == _JOINING and run)
        if run and (stops or _BREAK.search(text[run[-1][2] : start])):
            yield run
            run = []
        if not stops and (run or word != _JOINING):
            run.append((word, start, end))
    if run:
        yield run


def _following(run: Sequence[tuple[str, int, int]], end: int) -> str:
    """The next word; "and" with the one that it joins."""
    follows = [word for word, _, _ in run[end : end + 2]]
    return " ".join(follows if follows[:1] == [_JOINING] else follows[:1])


def _worth(uses: Sequence[Mapping[Phrase, _Uses]], known: set[str]) -> dict[Phrase, float]:
    """The phrases that could name a theme of the section, and how telling each is."""
    holding = Counter(phrase for text in uses for phrase in text)
    most = _MOST_HOLDING * len(uses)
    return {
        phrase: worth
        for phrase, count in sorted(holding.items())
        if 1 < count <= most and (worth := _telling(phrase, known))
    }


def _telling(phrase: Phrase, known: set[str]) -> float:
    """0 for what names nothing: no noun, nothing rare, or only what the topic says already."""
    own = [word for word in phrase if word != _JOINING]
    shares = [share_of(word) for word in own]
    last = phrase[-1]
    if (
        min(shares) > _TELLING
        or known.issuperset(own)
        or not _BESIDE.isdisjoint(own)
        or phrase[0].isdigit()
        or (_NO_NOUN.fullmatch(last) and last not in _NOUNS)
    ):
        return 0.0
    rarity = fmean(-math.log(share + _RAREST) for share in shares)
    return rarity * _BY_LENGTH[len(own) - 1]


# -- themes ---------------------------------------------------------------------------------------


def _nearness(texts: Sequence[tuple[str, str]]) -> NDArray[float32]:
    """The cosine of each text with each by words; what many of them hold counts less."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    seen = lexical.Vocabulary()
    read = lexical.read(texts, seen)
    rows = lexical.fit(read, seen).rows(read).toarray()
    rows = rows * (1 - (rows > 0).mean(axis=0))
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    near: NDArray[float32] = rows @ rows.T
    return near


def _best(
    uses: Sequence[Mapping[Phrase, _Uses]],
    worth: Mapping[Phrase, float],
    near: NDArray[float32],
    free: Sequence[int],
) -> _Theme | None:
    """The best theme among the works that have none yet."""
    made = (_theme(phrase, worth[phrase], uses, near, free) for phrase in worth)
    return max(filter(None, made), key=lambda each: (each.score, each.phrase), default=None)


def _theme(
    phrase: Phrase,
    worth: float,
    uses: Sequence[Mapping[Phrase, _Uses]],
    near: NDArray[float32],
    free: Sequence[int],
) -> _Theme | None:
    holding = [at for at in range(len(uses)) if phrase in uses[at]]
    about = {at: uses[at][phrase].about for at in holding if at in free}
    # A lone word is met by chance more than several together.
    least, entitled = (0.6, 2) if len(phrase) == 1 else (0.4, 1)
    core = [at for at, share in about.items() if share >= least]
    if len(core) < 2 or len(holding) > 2 * len(core):  # it is all over the section
        return None
    if sum(uses[at][phrase].entitled for at in core) < entitled:
        return None
    joining = [at for at in about if at not in core and near[at, core].mean() >= _JOINS]
    members = sorted([*core, *joining])
    cohesion = fmean(float(near[pair]) for pair in combinations(members, 2))
    score = sum(about[at] for at in members) * worth * cohesion
    if cohesion < _NEAR or score < _LEAST_SCORE or not _whole([uses[at][phrase] for at in members]):
        return None
    return _Theme(score, phrase, tuple(members))


def _whole(uses: Sequence[_Uses]) -> bool:
    """Whether a phrase mostly stands by itself where these texts use it."""
    before, after = (
        sum((getattr(each, side) for each in uses), Counter[str]()) for side in ("before", "after")
    )
    times = after.total()
    ends = sum(count for word, count in after.items() if word.partition(" ")[0] in ("", _JOINING))
    beside = max(
        (count for side in (before, after) for word, count in side.items() if word), default=0
    )
    return ends >= _ENDS * times and beside < _PART * times


def _label(uses: Sequence[_Uses], plain: set[str]) -> str:
    """The phrase as its works mostly spell it, without the capitals of headlines: those of words
    that the section (`plain`) writes without any elsewhere."""
    spelled = sum((each.spelled for each in uses), Counter[str]())
    usual = min(spelled, key=lambda each: (-spelled[each], sum(map(str.isupper, each)), each))
    low = re.sub(
        r"[^\W\d_]{2,}",
        lambda found: found.group().lower() if found.group().lower() in plain else found.group(),
        usual,
    )
    return low[:1].upper() + low[1:] if low.split()[0].islower() else low
