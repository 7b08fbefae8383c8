from __future__ import annotations

import pytest

from service.normalisation.choice import distinct, earliest, unique
from service.records import Identifiers, Link, Relation


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ((), None),
        ((None, None), None),
        (("2011", "2011-08-02"), "2011-08-02"),
        (("2011", "2012-05"), "2011"),
        (("2011-08", "2011-03-01", "2011"), "2011-03-01"),
        (("2011-1", None, "2010"), "2010"),
    ],
)
def test_the_earliest_date_gives_way_to_a_preciser_one(
    dates: tuple[str | None, ...], expected: str | None
) -> None:
    assert earliest(dates) == expected


def test_unique_keeps_order_and_drops_the_empty() -> None:
    assert unique(["b", "", "a", "b"]) == ("b", "a")


def test_links_to_oneself_and_repeated_ones_are_dropped() -> None:
    other = Identifiers(doi="10.1/b")
    links = [
        Link(Relation.VERSION_OF, Identifiers(doi="10.1/own")),
        Link(Relation.VERSION_OF, other, "first"),
        Link(Relation.VERSION_OF, other, "again"),
        Link(Relation.PREPRINT_OF, other),
        Link(Relation.OTHER, Identifiers()),
        Link(Relation.ERRATUM_IN, Identifiers(), "J. 2020;1:2"),
    ]
    kept = distinct(links, ("10.1/own", None))
    assert [(link.relation, link.text) for link in kept] == [
        (Relation.VERSION_OF, "first"),
        (Relation.PREPRINT_OF, ""),
        (Relation.ERRATUM_IN, "J. 2020;1:2"),
    ]
