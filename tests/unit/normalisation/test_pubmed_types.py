"""One kind out of many publication types."""

from __future__ import annotations

import pytest

from service.normalisation import pubmed_types
from service.records import Flag, Kind


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        (["Journal Article"], Kind.ARTICLE),
        (["Journal Article", "Review"], Kind.REVIEW),
        (["Systematic Review", "Meta-Analysis"], Kind.REVIEW),
        (["Journal Article", "Randomized Controlled Trial"], Kind.TRIAL),
        (["Clinical Trial, Phase III", "Multicenter Study"], Kind.TRIAL),
        (["Clinical Trial Protocol", "Journal Article"], Kind.PROTOCOL),
        (["Case Reports"], Kind.CASE_REPORT),
        (["Case Reports", "Review"], Kind.REVIEW),
        (["Practice Guideline", "Review"], Kind.GUIDELINE),
        (["Letter", "Comment"], Kind.LETTER),
        (["Editorial", "Comment"], Kind.EDITORIAL),
        (["Journal Article", "Comment"], Kind.COMMENT),
        (["News"], Kind.NEWS),
        (["Preprint"], Kind.PREPRINT),
        (["Published Erratum", "Journal Article"], Kind.ERRATUM),
        (["Published Erratum", "Retraction of Publication"], Kind.RETRACTION),
        (["Retraction Notice", "Editorial"], Kind.RETRACTION),
        (["Expression of Concern", "Editorial"], Kind.CONCERN),
        (["Journal Article", "Retracted Publication"], Kind.ARTICLE),
        (["Biography", "Portrait"], Kind.OTHER),
        (["Journal Article", "Biography"], Kind.ARTICLE),
        (["Research Support, N.I.H., Extramural"], Kind.ARTICLE),
        ([], Kind.ARTICLE),
    ],
)
def test_the_most_telling_type_decides(types: list[str], kind: Kind) -> None:
    assert pubmed_types.kind(types) is kind
    assert pubmed_types.kind(reversed(types)) is kind


def test_only_the_retracted_paper_is_flagged_and_not_its_notice() -> None:
    assert pubmed_types.flags(["Retracted Publication"]) == {Flag.RETRACTED}
    assert pubmed_types.flags(["Retraction of Publication"]) == frozenset()
