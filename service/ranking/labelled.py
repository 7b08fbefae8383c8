"""A labelled corpus made ready for measuring, and the seeds drawn from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from service.errors import InputError
from service.records import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import bool_
    from numpy.typing import NDArray

    from service.ranking.listed import ListedPaper


@dataclass(frozen=True, slots=True)
class Corpus:
    """Papers with labels, in an order that neither their file nor their labels tell.

    Files often list the included papers first, and equal scores stay in row order: in the file's
    order, a ranker that knows nothing would look good. `work_id` is the row. `content` stands for
    texts and labels: the same for the same papers, whatever their file's name and order.
    """

    name: str
    papers: tuple[Candidate, ...]
    relevant: NDArray[bool_]
    published: tuple[str | None, ...]
    content: str
    unlabelled: int = 0  # papers of the file without a label, left out


def corpus(name: str, listed: Sequence[ListedPaper]) -> Corpus:
    """The labelled papers of `listed`, without vectors.

    Raises `InputError` when it does not hold papers of both labels: nothing could be measured.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    digests = [_digest(paper) for paper in listed]
    labelled = (row for row, paper in enumerate(listed) if paper.relevant is not None)
    rows = sorted(labelled, key=lambda row: (digests[row], listed[row].id))
    relevant = np.array([listed[row].relevant for row in rows], dtype=bool)
    if not relevant.any() or relevant.all():
        which = "excluded" if rows and relevant.all() else "included"
        told = "give each paper label_included, 1 or 0, and some of both"
        raise InputError(name, f"no paper in it is labelled as {which}", told)
    papers = tuple(
        Candidate(new, listed[old].title, listed[old].abstract) for new, old in enumerate(rows)
    )
    marks = (f"{digests[row]}{int(is_in)}" for row, is_in in zip(rows, relevant, strict=True))
    content = sha256("".join(marks).encode()).hexdigest()
    published = tuple(listed[row].published for row in rows)
    return Corpus(name, papers, relevant, published, content, len(listed) - len(rows))


def draw(of: Corpus, seeds: int, number: int) -> list[int]:
    """The rows of the `number`-th draw of `seeds` included papers, as drawn.

    It depends on the content of the corpus and on `number` alone, and a draw of more seeds begins
    with those of fewer. Papers without an abstract are drawn only where the others are too few.
    Raises `InputError` when not even one included paper would be left to find.
    """
    import numpy as np  # noqa: PLC0415 (not needed for --help)

    included = np.flatnonzero(of.relevant)
    if len(included) <= seeds:
        told = f"has {len(included)} included papers: {seeds} seeds leave none to be found"
        raise InputError(of.name, told, "draw fewer seeds, or leave this corpus out")
    chance = np.random.default_rng([int(of.content[:16], 16), number])
    mixed: list[int] = chance.permutation(included).tolist()
    mixed.sort(key=lambda row: not of.papers[row].abstract)  # stable: chance's order stays
    return mixed[:seeds]


def newest_first(of: Corpus, rows: Sequence[int]) -> list[int]:
    """The rows by date, newest first; those without a date last, in the order given."""
    dated = [row for row in rows if of.published[row]]
    dated.sort(key=lambda row: of.published[row] or "", reverse=True)
    return dated + [row for row in rows if not of.published[row]]


def _digest(paper: ListedPaper) -> str:
    # JSON may hold half a surrogate pair, which no encoding of text takes.
    text = f"{paper.title}\x00{paper.abstract}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
