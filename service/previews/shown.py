"""Two standings of the same works as a preview, and one as a map. Pure; a module beside the
pipeline, which fetches what this needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from service.previews.regrets import barred, term_uses, two_senses
from service.ranking.projection import neighbourly, true_neighbours
from service.records.tuning import Preview, Shift, Spot, TopicMap
from service.topics import preview

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from service.previews.pool import Pool
    from service.previews.standing import Side, Standing
    from service.records import Candidate, RankedWork, Topic

TOP = 30  # works that are listed as the best, shown or not; so many of each list are explained
MAPPED = 300  # works of a map


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
    news = set(after.standing.order.tolist())  # a work that becomes a seed is not dropped
    shown = [] if before is None else [row for row in before.shown if row in news]
    moves = preview.compare(shown, after.shown)
    top = after.standing.order[:TOP].tolist()
    lists = (moves.entered, moves.dropped, moves.moved, top)
    entered, dropped, moved, best = _shifts(before, after, digested, lists)
    weeks, works = ceil(pool.weeks), pool.features.candidates
    terms, standing = term_uses(before, after)
    warnings = preview.warnings(
        dropped, barred(before, after), terms, two_senses(after), works=works, weeks=weeks
    )
    outlook = after.standing.outlook(after.line, pool.weeks)
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
        notes=(
            *notes,
            *preview.looked_for(after.standing.assessed.found_terms),
            *preview.term_uses(standing, works, weeks),
        ),
    )


def _shifts(
    before: Side | None, after: Side, digested: AbstractSet[int], lists: Sequence[Sequence[int]]
) -> list[tuple[Shift, ...]]:
    """The rows of each list as shifts; the first of each are explained."""
    assessed, works = after.standing.assessed, after.standing.pool.works
    told = list(dict.fromkeys(row for rows in lists for row in rows[:TOP]))
    rest = list(dict.fromkeys(row for rows in lists for row in rows[TOP:]))
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


# -- the map --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where works (by row) and seeds (by place in their list) lie on a map; see `TopicMap`."""

    works: Mapping[int, tuple[float, float]]
    seeds: Mapping[int, tuple[float, float]]
    kept: float


def drawn(standing: Standing, seeds: Sequence[Candidate]) -> Drawn:
    """The nearest works and the seeds laid out by their vectors, else by what words have in common;
    what has neither is left out. Takes half a second."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    pool, assessed = standing.pool, standing.assessed
    placed = pool.place(seeds)
    dense = bool(pool.rows.has.any())
    rows, theirs = (pool.rows.dense, placed.dense) if dense else (pool.rows.latent, placed.latent)
    near = standing.order[assessed.relevance[standing.order] > 0]
    near = near[np.any(rows[near] != 0, axis=1)][:MAPPED].tolist()
    known = np.flatnonzero(np.any(theirs != 0, axis=1)).tolist()
    laid = np.concatenate([rows[near], theirs[known]])
    points = neighbourly(laid)
    where = [(x, y) for x, y in points.tolist()]
    return Drawn(
        works=dict(zip(near, where[: len(near)], strict=True)),
        seeds=dict(zip(known, where[len(near) :], strict=True)),
        kept=true_neighbours(laid, points),
    )


def mapped(side: Side, seeds: Sequence[Candidate], laid: Drawn) -> TopicMap:
    """The map of a topic whose standing was laid out so."""
    shown = set(side.shown)
    return TopicMap(
        (
            *(_spot(side, row, row in shown, x, y) for row, (x, y) in laid.works.items()),
            *(Spot(x, y, "seed", seeds[at].title) for at, (x, y) in laid.seeds.items()),
        ),
        laid.kept,
    )


def _spot(side: Side, row: int, shown: bool, x: float, y: float) -> Spot:
    work = side.standing.pool.works[row]
    verdict = _verdict(side.standing.verdicts, work.work_id)
    kind = "shown" if shown else "below"
    if verdict:
        kind = "against" if verdict == "not relevant" else "voted"
    relevance = float(side.standing.assessed.relevance[row])
    return Spot(x, y, kind, work.title, work.work_id, relevance)
