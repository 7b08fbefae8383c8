"""How near works are to facets by their vectors: chunks against facets. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.errors import EncoderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float32, float64
    from numpy.typing import NDArray

    from service.records import Candidate

_MAX_SHARE = 0.5  # of the nearest facet; the rest is the mean over all facets
_TERM_SHARE = 2 / 3  # of the included terms, where a topic has some; the rest is the facets'
_NEAREST_TERMS = 3


def facet_matrix(vectors: Sequence[NDArray[float32]]) -> NDArray[float32]:
    """One unit row per facet; a facet of several chunks is the mean of them."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    rows = np.stack([chunks.mean(axis=0) for chunks in vectors])
    unit: NDArray[float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def nearness(works: Sequence[Candidate], facets: NDArray[float32]) -> NDArray[float32]:
    """Cosine of each work's nearest chunk to each facet, (works, facets); NaN without vectors."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = np.full((len(works), len(facets)), np.nan, dtype=np.float32)
    held = [
        (row, work.vectors)
        for row, work in enumerate(works)
        if work.vectors is not None and len(work.vectors)
    ]
    if not held:
        return found
    for row, vectors in held:
        if vectors.shape[1] != facets.shape[1]:
            raise EncoderError(
                f"work {works[row].work_id}",
                f"its vectors have {vectors.shape[1]} numbers, those of the topic "
                f"{facets.shape[1]}: two encoders made them",
                "embed the archive again with the present encoder",
            )
    chunks = np.concatenate([vectors for _, vectors in held]).astype(np.float32, copy=False)
    starts = np.cumsum([0, *(len(vectors) for _, vectors in held)])[:-1]
    found[[row for row, _ in held]] = np.maximum.reduceat(chunks @ facets.T, starts, axis=0)
    return found


def gather(near: NDArray[float32], weights: Sequence[float]) -> NDArray[float64]:
    """One number per work from its nearness to each facet: maximum and weighted mean, half each.

    Facets of negative weight are evidence against: their maximum is taken off. NaN stays NaN.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    weight = np.asarray(weights, dtype=np.float64)
    for_it, against = weight > 0, weight < 0
    total = np.zeros(len(near))
    if for_it.any():
        pull = weight[for_it] / weight[for_it].max()
        # The root lets a finding win over an equally near abstract sentence, but no further one.
        highest = (near[:, for_it] * np.sqrt(np.sqrt(pull))).max(axis=1)
        total = total + _MAX_SHARE * highest
        total = total + (1 - _MAX_SHARE) * (near[:, for_it] @ (pull / pull.sum()))
    if against.any():
        push = -weight[against] / np.abs(weight).max()
        total = total - _MAX_SHARE * (near[:, against] * push).max(axis=1)
    return total


def with_terms(by_facets: NDArray[float64], terms: NDArray[float32]) -> NDArray[float64]:
    """Nearness to the facets joined by that to the included terms: the mean of the nearest few.

    A review's sentences are near to all of oncology; the terms say which part of it is meant.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    if not terms.shape[1]:
        return by_facets
    nearest = np.sort(terms, axis=1)[:, -_NEAREST_TERMS:].mean(axis=1)
    joined: NDArray[float64] = _TERM_SHARE * nearest + (1 - _TERM_SHARE) * by_facets
    return joined
