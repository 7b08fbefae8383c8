"""What PubMed's publication types say: one kind, and what happened to the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.records import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

# In order: the first of these that a record has decides. Notices come first, because a retraction
# notice may also be an editorial; reviews before cases, because "case report and review" is both.
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("retraction of publication", Kind.RETRACTION),
    ("retraction notice", Kind.RETRACTION),
    ("published erratum", Kind.ERRATUM),
    ("expression of concern", Kind.CONCERN),
    ("preprint", Kind.PREPRINT),
    ("practice guideline", Kind.GUIDELINE),
    ("guideline", Kind.GUIDELINE),
    ("consensus development conference", Kind.GUIDELINE),
    ("consensus development conference, nih", Kind.GUIDELINE),
    ("clinical trial protocol", Kind.PROTOCOL),
    ("systematic review", Kind.REVIEW),
    ("meta-analysis", Kind.REVIEW),
    ("scoping review", Kind.REVIEW),
    ("review", Kind.REVIEW),
    ("randomized controlled trial", Kind.TRIAL),
    ("randomized controlled trial, veterinary", Kind.TRIAL),
    ("controlled clinical trial", Kind.TRIAL),
    ("pragmatic clinical trial", Kind.TRIAL),
    ("adaptive clinical trial", Kind.TRIAL),
    ("equivalence trial", Kind.TRIAL),
    ("clinical trial", Kind.TRIAL),
    ("clinical trial, phase i", Kind.TRIAL),
    ("clinical trial, phase ii", Kind.TRIAL),
    ("clinical trial, phase iii", Kind.TRIAL),
    ("clinical trial, phase iv", Kind.TRIAL),
    ("clinical trial, veterinary", Kind.TRIAL),
    ("case reports", Kind.CASE_REPORT),
    ("editorial", Kind.EDITORIAL),
    ("letter", Kind.LETTER),
    ("comment", Kind.COMMENT),
    ("news", Kind.NEWS),
    ("newspaper article", Kind.NEWS),
    ("dataset", Kind.DATASET),
)
_RANK = {name: (place, kind) for place, (name, kind) in enumerate(_KINDS)}
# Types that stand alone on no research article.
_OTHER = frozenset(
    str.split(
        "address autobiography bibliography biography directory festschrift interview lecture "
        "legislation overall portrait webcast congress"
    )
) | {"patient education handout", "legal case", "personal narrative", "video-audio media"}


def kind(types: Iterable[str]) -> Kind:
    """Return the one kind; a paper of no telling type is an ARTICLE."""
    names = [name.lower() for name in types]
    ranked = [_RANK[name] for name in names if name in _RANK]
    if ranked:
        return min(ranked)[1]
    if names and all(name in _OTHER for name in names):
        return Kind.OTHER
    return Kind.ARTICLE


def flags(types: Iterable[str]) -> frozenset[Flag]:
    """Return what the types say of the paper itself."""
    names = {name.lower() for name in types}
    found = set()
    if "retracted publication" in names:
        found.add(Flag.RETRACTED)
    if names & {"withdrawn publication", "withdrawn preprint"}:
        found.add(Flag.WITHDRAWN)
    return frozenset(found)
