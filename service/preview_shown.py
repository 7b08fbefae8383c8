"""Two standings of the same works as a preview, and one as a map. Pure; a module beside the
pipeline, which fetches what this needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from service.ranking.projection import plane
from service.records.tuning import Preview, Shift, Spot, TopicMap
from service.topics import preview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from service.preview_pool import Pool
    from service.preview_standing import Standing
    from service.records import Candidate, RankedWork, Topic

TOP = 30  # works that a preview lists as the best, shown or not
EXPLAINED = 25  # of those that enter, that drop and that move
MAPPED = 300  # works of a map
_RIVALS = 3  # papers that must say another sense before it is spoken of ...
_RIVAL_SHARE = 0.1  # ... and as a share of those that say ours


@dataclass(frozen=True, slots=True)
class Side:
    """A standing with the line that is drawn in it; `held_out` are the titles of the references
    that its recall is measured on."""

    standing: Standing
    line: float
    held_out: frozenset[str]

    @property
    def shown(self) -> list[int]:
        """The rows of the works that reach the line, best first."""
        return self.standing.shown(self.line)


def made(
    topic: Topic,
    pool: Pool,
    before: Side | None,
    after: Side,
    *,
    digested: AbstractSet[int],
    notes: tuple[str, ...] = (),
) -> Preview:
    """The preview of `topic`, which stands as `after`; without one in force all that is shown
    enters. Both sides are of this pool. Raises `EncoderError` as ranking does."""
    then, now = [] if before is None else before.shown, after.shown
    moves = preview.compare(then, now)
    top = after.standing.assessed.order[:TOP].tolist()
    shifts = _shifts(before, after, digested, (moves.entered, moves.dropped, moves.moved, top))
    entered, dropped, moved, best = shifts
    weeks = ceil(pool.weeks)
    outlook = after.standing.outlook(after.line, pool.weeks)
    works = pool.features.candidates
    warnings = preview.warnings(
        dropped,
        _barred(before, after),
        _terms(after.standing),
        _senses(after.standing),
        works=works,
        weeks=weeks,
    )
    if not outlook.shown:
        highest = best[0].relevance[1] if best else None
        warnings = (preview.nothing_shown(after.line, highest, weeks), *warnings)
    return Preview(
        topic=topic,
        weeks=weeks,
        works=works,
        after=outlook,
        before=None if before is None else before.standing.outlook(before.line, pool.weeks),
        entered=entered,
        dropped=dropped,
        moved=moved,
        top=best,
        warnings=warnings,
        notes=notes,
    )


def _shifts(
    before: Side | None, after: Side, digested: AbstractSet[int], lists: Sequence[Sequence[int]]
) -> list[tuple[Shift, ...]]:
    """The rows of each list as shifts; the first of each are explained."""
    assessed, works = after.standing.assessed, after.standing.pool.works
    told = list(dict.fromkeys(row for rows in lists for row in rows[: max(EXPLAINED, TOP)]))
    rest = list(dict.fromkeys(row for rows in lists for row in rows[max(EXPLAINED, TOP) :]))
    ranked: dict[int, RankedWork] = dict(zip(rest, assessed.ranked(rest, 0), strict=True))
    ranked |= dict(zip(told, assessed.ranked(told), strict=True))
    then = {} if before is None else _places(before.shown)
    now = _places(after.shown)

    def shift(row: int) -> Shift:
        earlier = 0.0 if before is None else before.standing.assessed.relevance[row]
        work = works[row]
        return Shift(
            work_id=work.work_id,
            title=work.title,
            ranked=ranked[row],
            relevance=(float(earlier), float(assessed.relevance[row])),
            place=(then.get(row), now.get(row)),
            verdict=_verdict(after.standing.verdicts, work.work_id),
            digested=work.work_id in digested,
        )

    return [tuple(map(shift, rows)) for rows in lists]


def _places(rows: Sequence[int]) -> dict[int, int]:
    return {row: place for place, row in enumerate(rows, 1)}


def _verdict(verdicts: Mapping[int, tuple[float, str]], work_id: int) -> str:
    weight, origin = verdicts.get(work_id, (0.0, ""))
    if weight < 0:
        return "not relevant"
    return "" if not weight else "saved" if origin == "saved" else "relevant"


def _barred(before: Side | None, after: Side) -> dict[str, dict[int, str]]:
    """Works voted for that an excluded term leaves out and did not before, of any age."""
    was = None if before is None else before.standing.assessed.explainer.found.excluded
    verdicts, works = after.standing.verdicts, after.standing.pool.works
    found: dict[str, dict[int, str]] = {}
    for row, terms in enumerate(after.standing.assessed.explainer.found.excluded):
        if terms and not (was and was[row]):
            work = works[row]
            if verdicts.get(work.work_id, (0.0, ""))[0] > 0:
                found.setdefault(terms[0], {})[work.work_id] = work.title
    return found


def _terms(standing: Standing) -> list[preview.TermUse]:
    included, excluded = standing.assessed.holding()
    return [
        preview.TermUse(term, barring, works)
        for barring, counts in ((False, included), (True, excluded))
        for term, works in counts.items()
    ]


def _senses(standing: Standing) -> list[preview.TwoSenses]:
    return [
        preview.TwoSenses(sense.short, sense.long, rival.long, rival.papers)
        for sense, own, rival in standing.assessed.rivals()
        if rival.papers >= max(_RIVALS, _RIVAL_SHARE * own)
    ]


# -- the map --------------------------------------------------------------------------------------


def mapped(side: Side, seeds: Sequence[Candidate]) -> TopicMap:
    """The nearest works and the topic's seeds, by their vectors, else by what words have in common;
    works (and seeds) without either are left out."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    pool, assessed = side.standing.pool, side.standing.assessed
    placed = pool.place(seeds)
    dense = bool(pool.rows.has.any())
    rows, theirs = (pool.rows.dense, placed.dense) if dense else (pool.rows.latent, placed.latent)
    near = assessed.order[assessed.relevance[assessed.order] > 0]
    near = near[np.any(rows[near] != 0, axis=1)][:MAPPED].tolist()
    known = np.flatnonzero(np.any(theirs != 0, axis=1)).tolist()
    points, kept = plane(np.concatenate([rows[near], theirs[known]]))
    shown = set(side.shown)
    where = points.tolist()
    works, marked = (
        zip(near, where[: len(near)], strict=True),
        zip(known, where[len(near) :], strict=True),
    )
    return TopicMap(
        (
            *(_spot(side, row, row in shown, x, y) for row, (x, y) in works),
            *(Spot(x, y, "seed", seeds[at].title) for at, (x, y) in marked),
        ),
        kept,
    )


def _spot(side: Side, row: int, shown: bool, x: float, y: float) -> Spot:
    work = side.standing.pool.works[row]
    verdict = _verdict(side.standing.verdicts, work.work_id)
    kind = "shown" if shown else "below"
    if verdict:
        kind = "against" if verdict == "not relevant" else "voted"
    relevance = float(side.standing.assessed.relevance[row])
    return Spot(x, y, kind, work.title, work.work_id, relevance)
