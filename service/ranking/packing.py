"""A pool that was read as plain arrays, and back: what a file can keep without naming any class.
Pure."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from service.ranking.abbreviations import Definition
from service.ranking.features import Features, Rows, placed
from service.ranking.lexical import Vocabulary, Weighing
from service.ranking.sense_writing import Writing
from service.records import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]


def pack(pool: Features) -> Arrays:
    """The pool as arrays of numbers, its works without their vectors."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    found = [each for writing in pool.writings for each in writing.found]
    words = pool.rows.words
    return {
        "candidates": np.array(pool.candidates),
        "ids": np.array([work.work_id for work in pool.works], dtype=np.int64),
        **pack_texts("titles", [work.title for work in pool.works]),
        **pack_texts("abstracts", [work.abstract for work in pool.works]),
        **pack_texts("of", ["\n".join(sorted(work.of)) for work in pool.works]),
        **pack_texts("flats", pool.flats),
        **pack_texts("names", pool.names),
        "defined": np.array([len(writing.found) for writing in pool.writings], dtype=np.int64),
        "places": np.array([(each.start, each.end) for each in found], dtype=np.int64),
        **pack_texts("shorts", [each.short for each in found]),
        **pack_texts("longs", [each.long for each in found]),
        "rare": pool.weighing.rare,
        "pairs": pool.weighing.pairs,
        "pair_rare": pool.weighing.pair_rare,
        "strength": pool.weighing.strength,
        "directions": pool.directions,
        "data": words.data,
        "indices": words.indices,
        "indptr": words.indptr,
        "latent": pool.rows.latent,
        "dense": pool.rows.dense,
        "has": pool.rows.has,
        "designs": pool.rows.designs,
    }


def unpack(arrays: Mapping[str, NDArray[Any]]) -> Features:
    """What `pack` was given. Raises `KeyError` or `ValueError` for other arrays."""
    from scipy.sparse import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 (heavy)
        csr_matrix,
    )

    names = tuple(unpack_texts("names", arrays))
    seen = Vocabulary()
    seen.columns = {name: column for column, name in enumerate(names)}
    seen.close()
    lexical = (arrays[name] for name in ("rare", "pairs", "pair_rare", "strength"))
    weighing = Weighing(*lexical)
    works = _works(arrays)
    words = csr_matrix(
        (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(works), weighing.width)
    )
    others = (arrays[name] for name in ("latent", "dense", "has", "designs"))
    return Features(
        candidates=int(arrays["candidates"]),
        works=works,
        writings=tuple(_writings(works, arrays)),
        flats=unpack_texts("flats", arrays),
        seen=seen,
        weighing=weighing,
        directions=arrays["directions"],
        rows=Rows(words, *others),
        names=names,
        places=placed(works),
    )


def _works(arrays: Mapping[str, NDArray[Any]]) -> tuple[Candidate, ...]:
    titles, abstracts, of = (unpack_texts(name, arrays) for name in ("titles", "abstracts", "of"))
    ids = arrays["ids"].tolist()
    return tuple(
        Candidate(number, title, abstract, None, frozenset(keys.split("\n") if keys else ()))
        for number, title, abstract, keys in zip(ids, titles, abstracts, of, strict=True)
    )


def _writings(works: Sequence[Candidate], arrays: Mapping[str, NDArray[Any]]) -> list[Writing]:
    shorts, longs = (unpack_texts(name, arrays) for name in ("shorts", "longs"))
    places = arrays["places"].reshape(-1, 2).tolist()
    found = [
        Definition(short, long, start, end)
        for short, long, (start, end) in zip(shorts, longs, places, strict=True)
    ]
    ends = pairwise([0, *accumulate(arrays["defined"].tolist())])
    return [
        Writing(f"{title}\n{work.abstract}", len(title), tuple(found[start:end]))
        for work, (start, end) in zip(works, ends, strict=True)
        for title in [work.title.replace("\n", " ")]
    ]


def pack_texts(name: str, texts: Sequence[str]) -> Arrays:
    """Texts as two arrays, of their bytes and of how many each has."""
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    held = [text.encode("utf-8", "surrogatepass") for text in texts]
    return {
        name: np.frombuffer(b"".join(held), dtype=np.uint8),
        f"{name}.lengths": np.array([len(each) for each in held], dtype=np.int64),
    }


def unpack_texts(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """The texts that were packed under this name. Raises `KeyError` or `ValueError`."""
    held = arrays[name].tobytes()
    ends = pairwise([0, *accumulate(arrays[f"{name}.lengths"].tolist())])
    return [held[start:end].decode("utf-8", "surrogatepass") for start, end in ends]
