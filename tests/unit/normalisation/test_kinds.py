from __future__ import annotations

import pytest

from service.normalisation import kinds
from service.records import Kind


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("journal article", Kind.ARTICLE),
        ("research-article; journal article", Kind.ARTICLE),
        ("review-article; review; journal article", Kind.REVIEW),
        ("review-article", Kind.REVIEW),
        ("published erratum; correction; journal article", Kind.ERRATUM),
        ("correction", Kind.ERRATUM),
        ("retraction of publication; retraction notice", Kind.RETRACTION),
        ("retraction", Kind.RETRACTION),
        ("preprint; review", Kind.PREPRINT),
        ("case-report; journal article", Kind.CASE_REPORT),
        ("article-commentary; editorial", Kind.EDITORIAL),
        ("randomized controlled trial; research-article", Kind.TRIAL),
        ("clinical trial protocol", Kind.PROTOCOL),
        ("practice guideline; journal article", Kind.GUIDELINE),
        ("book; review", Kind.BOOK),
        ("other", Kind.OTHER),
        ("abstract; journal article", Kind.ARTICLE),
        ("never heard of", Kind.ARTICLE),
        ("", Kind.ARTICLE),
    ],
)
def test_a_mixed_list_of_types_has_one_kind(types: str, expected: Kind) -> None:
    assert kinds.mixed(types.split("; ")) is expected


def test_names_are_looked_up_without_case_and_spaces() -> None:
    assert kinds.named(" Review Article ", kinds.JATS) is Kind.REVIEW
    assert kinds.named("unheard", kinds.JATS, Kind.ARTICLE) is Kind.ARTICLE
