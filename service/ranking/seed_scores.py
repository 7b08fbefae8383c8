"""How near works are to each seed of a topic, and to each of its facets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import SeedScore

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from service.ranking.profile import Profile

_DIGITS = 3  # of a cosine that is told


def seed_scores(
    told: Profile, facets: NDArray[float32], papers: NDArray[float32]
) -> list[tuple[SeedScore, ...]]:
    """For each row, the seeds for the topic, in order. The columns of `facets` are cosines to
    `told.facets`, those of `papers` to the papers of `told.papers` as a whole, which counts for
    a seed that has no facet there; a seed that has neither is left out."""
    columns = {
        key: [at for at, facet in enumerate(told.facets) if facet.seed == key] for key in told.seeds
    }
    wholes = {key: at for at, key in enumerate(told.papers)}
    known = [key for key in told.seeds if columns[key] or key in wholes]
    near = [
        _rounded(facets[:, columns[key]] if columns[key] else papers[:, [wholes[key]]])
        for key in known
    ]
    return [
        tuple(
            SeedScore(key, max(its), tuple(its) if columns[key] else ())
            for key, its in zip(known, each, strict=True)
        )
        for each in zip(*near, strict=True)
    ] or [()] * len(facets)


def _rounded(cosines: NDArray[float32]) -> list[list[float]]:
    found: list[list[float]] = cosines.astype(float).round(_DIGITS).tolist()
    return found
