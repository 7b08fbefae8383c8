"""What each state of a work changed in the one before it: versions of a preprint, then the article.
Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from service.digest.edits import edits
from service.records import NOTICES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.records import Paper
    from service.records.watching import Edits


@dataclass(frozen=True, slots=True)
class Revision:
    """Two states of a work that follow each other, and what differs in title and abstract."""

    before: Paper
    after: Paper
    edits: Edits


def revisions(papers: Iterable[Paper]) -> tuple[Revision, ...]:
    """The revisions that changed title or abstract, in their order. An article is held against the
    last version of the newest preprint, and only the first record of it is: copies say the same."""
    found = []
    for before, after in _pairs([each for each in papers if each.kind not in NOTICES]):
        if made := edits(before.title, before.abstract, after.title, after.abstract):
            found.append(Revision(before, after, made))
    return tuple(found)


def _pairs(papers: list[Paper]) -> Iterator[tuple[Paper, Paper]]:
    preprints: dict[tuple[str, str], list[Paper]] = {}
    for each in papers:
        if each.kind is Kind.PREPRINT and each.version:
            preprints.setdefault((each.source, each.source_id), []).append(each)
    for versions in preprints.values():
        versions.sort(key=_number)
        yield from pairwise(versions)
    posted = [versions[-1] for versions in preprints.values()]
    posted += [each for each in papers if each.kind is Kind.PREPRINT and not each.version]
    articles = [each for each in papers if each.kind is not Kind.PREPRINT]
    if posted and articles:
        # A record without an abstract tells little of what became of it.
        article = min(
            articles, key=lambda each: (not each.abstract, each.published or "9", each.key)
        )
        yield max(posted, key=lambda each: (bool(each.version), each.published or "")), article


def _number(paper: Paper) -> tuple[int, str]:
    digits = "".join(filter(str.isdecimal, paper.version))[:9]
    return int(digits or 0), paper.version
