"""Who wrote what, in real records. The expected counts were read from the payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.records import names
from service.sources import europepmc_payload, pubmed_payload
from service.sources.bylines import Byline, bylines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.records import Page

pytestmark = pytest.mark.captures


@pytest.mark.parametrize(
    ("file", "read", "people", "orcids", "placed"),
    [
        ("europepmc/search_cancer_core.json", europepmc_payload.read, 165, 31, 134),
        ("pubmed/efetch_2026_3records.xml", pubmed_payload.read, 12, 7, 12),
    ],
)
def test_the_people_of_real_records_with_their_orcids_and_affiliations(
    shared: Path, file: str, read: Callable[[bytes], Page], people: int, orcids: int, placed: int
) -> None:
    records = read((shared / "captures" / file).read_bytes()).records
    found: list[Byline] = [one for record in records for one in bylines(record)]
    assert len(found) == people
    assert sum(bool(one.orcid) for one in found) == orcids
    assert sum(bool(one.affiliations) for one in found) == placed
    assert all(names.orcid(one.orcid) == one.orcid for one in found if one.orcid)
    assert all(one.family and names.initials(one.given) for one in found)
