"""How well a topic finds papers that it should: the references of its own seeds, some held out.

A part of the references is kept from the ranker. Each of them is then mixed, alone, into works of
the archive; it counts as found where it comes among the best few per cent. What ranks is passed
in. Pure and deterministic: which references are held out depends on their ids alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from statistics import median
from typing import TYPE_CHECKING, Any

from service.ranking.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from service.records import Candidate, Evidence, Reference

    # Scores of the candidates, in their order; higher is better.
    Rank = Callable[[Sequence[Evidence], Sequence[Candidate]], Sequence[float]]

SHARE = 0.2  # of the references is held out ...
MOST = 100  # ... but no more than these: beyond, the figure gains little and the ranker loses
LEAST = 5  # held-out references below which no figure is given
LEAST_BACKGROUND = 100  # works below which "the top 5 %" means nothing
RECENT_YEARS = 3
TOP = 0.05
CUTS = (0.01, 0.02, 0.05, 0.1, 0.2)
_TELLING = 25  # letters of a title that no two papers share


@dataclass(frozen=True, slots=True)
class Split:
    """References by what becomes of them. Of `held_out`, those of `since` or later are recent;
    `since` is None where the list has no years."""

    known: tuple[Reference, ...]
    held_out: tuple[Reference, ...]
    since: int | None = None

    @property
    def recent(self) -> int:
        """How many of the held-out references are recent."""
        return sum(_is_recent(reference, self.since) for reference in self.held_out)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What became of the held-out references, each mixed alone into `background` works.

    `share_found` is the share that came among the best `top` (0.05: the top 5 %), `low` and `high`
    its 95 % interval (Wilson's); `found_at` gives the share at other cuts; `median_rank` is the
    middle place, as a share of the list (0.01: one in a hundred works came before it). Without
    information `share_found` would be `top` and `median_rank` 0.5.
    """

    held_out: int
    known: int
    background: int
    share_found: float
    low: float
    high: float
    median_rank: float
    top: float = TOP
    recent: int = 0
    since: int | None = None
    found_at: Mapping[str, float] = field(default_factory=dict)


def identity(reference: Reference) -> str:
    """What names a reference wherever it is cited: an id, else its title."""
    ids = reference.ids
    told = {"doi": ids.doi, "pmid": ids.pmid, "pmcid": ids.pmcid, "arxiv": ids.arxiv}
    for kind, value in told.items():
        if value:
            return f"{kind}:{value}"
    return f"title:{plain_title(reference.title)}"


@lru_cache(maxsize=1 << 14)  # a memo of a pure function: every ranking parts the same lists
def plain_title(title: str) -> str:
    """A title by its letters and digits alone, for telling the same paper again."""
    return "".join(c for c in title.casefold() if c.isalnum())


def once(references: Sequence[Reference]) -> tuple[Reference, ...]:
    """The references in their order without those that share an id or a title with one before."""
    seen: set[str] = set()
    kept = []
    for reference in references:
        keys = _keys(reference)
        if seen.isdisjoint(keys):
            kept.append(reference)
        seen |= keys
    return tuple(kept)


def _keys(reference: Reference) -> set[str]:
    ids, title = reference.ids, plain_title(reference.title)
    told = {"doi": ids.doi, "pmid": ids.pmid, "pmcid": ids.pmcid, "arxiv": ids.arxiv}
    named = {f"{kind}:{value}" for kind, value in told.items() if value}
    # "Editorial" names many papers; a long title names one.
    return named | {f"title:{title}"} if len(title) > _TELLING or not named else named


def split(references: Sequence[Reference], share: float = SHARE, most: int = MOST) -> Split:
    """Part the references, each taken once: `share` of them, at most `most`, are held out.

    Only those with an abstract are, the recent ones first (of the last three years of the list),
    among equals by a hash of their ids: another list with the same paper decides alike. Fewer than
    `LEAST` are not worth holding out: then all are known.
    """
    references = once(references)
    since = _since(references)
    able = [r for r in references if r.title and r.abstract]
    able.sort(key=lambda r: (not _is_recent(r, since), _hash(r)))
    chosen = able[: min(most, int(share * len(able) + 1e-9))]
    if len(chosen) < LEAST:
        return Split(tuple(references), (), since)
    out = {identity(reference) for reference in chosen}
    known = tuple(r for r in references if identity(r) not in out)
    return Split(known, tuple(r for r in references if identity(r) in out), since)


def measure(
    parted: Split,
    evidence: Sequence[Evidence],
    held_out: Sequence[Candidate],
    background: Sequence[Candidate],
    rank: Rank,
) -> Fidelity | None:
    """Rank the held-out references, told of the known ones alone, among `background` works.

    `background` must hold none of the references and nothing that the ranker learns from. A work
    with the same score comes before the reference. None when there is too little of either.
    """
    if len(held_out) < LEAST or len(background) < LEAST_BACKGROUND:
        return None
    scores = list(rank(evidence, [*held_out, *background]))
    mine, others = scores[: len(held_out)], scores[len(held_out) :]
    before = [sum(other >= score for other in others) for score in mine]

    def found(cut: float) -> float:
        return sum(place + 1 <= cut * (len(others) + 1) for place in before) / len(before)

    share = found(TOP)
    low, high = wilson(share, len(before))
    return Fidelity(
        held_out=len(before),
        known=len(evidence),
        background=len(others),
        share_found=share,
        low=low,
        high=high,
        median_rank=median(before) / len(others),
        recent=parted.recent,
        since=parted.since,
        found_at={f"{cut:g}": found(cut) for cut in CUTS},
    )


def sentence(figure: Fidelity) -> str:
    """The figure as people read it."""
    recent = "recent " if figure.recent == figure.held_out else ""
    hits = round(figure.share_found * figure.held_out)
    bounds = f"{_percent(figure.low)} to {_percent(figure.high)}"
    return (
        f"finds {_percent(figure.share_found)} of its own {recent}references in the top "
        f"{_percent(figure.top)} ({hits} of {figure.held_out} held out, 95 % interval {bounds}, "
        f"each among {figure.background:,} works)"
    )


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"


def from_json(figure: Mapping[str, Any]) -> Fidelity:
    """The figure that a store kept; fields of later versions are left out."""
    known = Fidelity.__dataclass_fields__
    return Fidelity(**{name: value for name, value in figure.items() if name in known})


def _since(references: Sequence[Reference]) -> int | None:
    """The first of the last years; a single later year is taken for a misprint in a long list."""
    years = sorted((r.year for r in references if r.year), reverse=True)
    if not years:
        return None
    newest = years[1] if len(years) > 2 and years[0] > years[1] + RECENT_YEARS else years[0]
    return newest - RECENT_YEARS + 1


def _is_recent(reference: Reference, since: int | None) -> bool:
    return since is not None and reference.year is not None and reference.year >= since


def _hash(reference: Reference) -> str:
    return sha256(identity(reference).encode()).hexdigest()
