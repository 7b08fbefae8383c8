from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import BadRequestError, QueryAlteredError
from service.records import Batch, Sweep, SweepKind, Window, WindowReport
from service.sources.eutils import Account
from service.sources.pmc import Pmc
from tests.fakes_eutils import Entry, FakeEntrez

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2026, 11, 20)
WEEK = Window(TODAY - timedelta(days=7), TODAY)


def everything(ids: Sequence[str]) -> set[str]:
    return set(ids)


def entries(count: int) -> dict[int, Entry]:
    return {13_000_000 + n: Entry(TODAY - timedelta(days=n % 8)) for n in range(count)}


def walk(entrez: FakeEntrez, unknown=everything, **options):
    source = Pmc(entrez, "stroma", Account(email="a@b.org"), cap=entrez.cap, **options)
    given = list(source.poll(Sweep(SweepKind.RECENT, WEEK), unknown))
    batches = [item for item in given if isinstance(item, Batch)]
    ids = [record.source_id for batch in batches for record in batch.records]
    return ids, [item for item in given if isinstance(item, WindowReport)], batches


def test_a_window_is_walked_by_the_day_of_going_live() -> None:
    entrez = FakeEntrez(entries(120))
    ids, [report], batches = walk(entrez)
    assert sorted(ids) == [f"PMC{number}" for number in sorted(entrez.entries)]
    assert [len(batch.records) for batch in batches] == [50, 50, 20]
    assert report.complete
    assert "[pmclivedate]" in report.query
    assert all(asked.values["db"] == "pmc" for asked in entrez.asked)


def test_the_name_of_the_date_field_can_be_set() -> None:
    _, [report], _ = walk(FakeEntrez(entries(1)), live_date="pmcrdat")
    assert '"2026/11/20"[pmcrdat]' in report.query


def test_ids_are_compared_with_the_archive_as_its_own() -> None:
    asked: list[str] = []

    def unknown(ids: Sequence[str]) -> set[str]:
        asked.extend(ids)
        return {"PMC13000001"}

    ids, _, _ = walk(FakeEntrez(entries(3)), unknown)
    assert sorted(asked) == ["PMC13000000", "PMC13000001", "PMC13000002"]
    assert ids == ["PMC13000001"]


def test_a_day_over_the_cap_is_split_by_numbers() -> None:
    entrez = FakeEntrez({13_000_000 + n: Entry(TODAY) for n in range(70)}, cap=20)
    ids, reports, _ = walk(entrez)
    assert len(set(ids)) == 70
    assert reports[-1].fetched == 70


def test_an_article_that_is_gone_is_told() -> None:
    """PMC answers a lone unknown id with HTTP 400."""
    ids, [report], _ = walk(FakeEntrez(entries(3), hidden={13_000_002}))
    assert len(ids) == 2
    assert report.complete
    assert "PMC13000002" in report.warnings[0]


def test_an_unknown_field_is_refused() -> None:
    notes = {"errorlist": {"phrasesnotfound": [], "fieldsnotfound": ["pmclivedate"]}}
    with pytest.raises(QueryAlteredError, match="pmclivedate"):
        walk(FakeEntrez(entries(3), notes=notes))


def test_there_is_no_sweep_for_revisions() -> None:
    source = Pmc(FakeEntrez({}), "q", Account())
    assert SweepKind.REVISED not in source.sweeps
    with pytest.raises(BadRequestError, match="revised"):
        next(source.poll(Sweep(SweepKind.REVISED, WEEK), everything))
