"""Long lists, page by page, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.records import (
    DeliveryState,
    Judgement,
    RenderedPart,
    Subscription,
    SweepKind,
    Tally,
    Vote,
    Window,
    WindowReport,
)
from tests.factories import digest_content, item, section
from tests.papers import NOW, Archive, paper, preprint

if TYPE_CHECKING:
    from service.store import Store, Unit

LAB = Subscription("Lab", ("stroma",), "file", "lab")


def walked(tx: Unit, kind: str, size: int, key: Any, **filters: Any) -> list[Any]:
    """Every row of a list, read in pages of this size; each page says whether there is another."""
    found: list[Any] = []
    after = None
    for _ in range(100):
        rows = getattr(tx.listing, kind)(size, after, **filters)
        found += rows[:size]
        if len(rows) <= size:
            return found
        after = key(rows[size - 1])
    raise AssertionError("no end")


@pytest.fixture
def lab(archive: Archive) -> Store:
    """Seven digests with their deliveries, two of each moment, and seven receipts."""
    archive.take_in(paper(1), paper(2))
    store = archive.store
    with store.reading() as tx:
        works = {work.id: work for work in tx.works.many([1, 2])}
    window = Window(date(2026, 11, 9), date(2026, 11, 15))
    report = WindowReport(window, SweepKind.RECENT, "q", None, 3, 3, end_sign=True)
    with store.writing() as tx:
        tx.topics.save("stroma", "{}", "Ida", "begun", NOW)
        for name in ("Lab", "Ward"):
            tx.subscriptions.sync([Subscription(name, ("stroma",), "file", "lab")], NOW)
        for number in range(7):
            at = NOW + timedelta(minutes=number // 2)
            one = LAB if number % 3 else Subscription("Ward", ("stroma",), "file", "lab")
            shown = [item(1)] if number == 0 else []
            content = digest_content(
                section(*shown) if shown else section(items=()),
                digest_id=f"d{number}",
                subscription=one.name,
                period=f"UTC:2026-W{10 + number}",
            )
            part = RenderedPart(f"p{number}", 1, 1, b"bytes")
            assert tx.digests.freeze(content, one, [part], revision=0, window=(0, number), now=at)
            source = "pubmed" if number % 2 else "arxiv"
            tx.sources.add_receipt(source, report, Tally(new=1), started_at=at, finished_at=at)
    assert works
    return store


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_of_any_size_are_the_whole_list(lab: Store, size: int) -> None:
    with lab.reading() as tx:
        digests = walked(tx, "digests", size, lambda row: (row.frozen_at, row.id))
        sent = walked(tx, "deliveries", size, lambda row: (row.created_at, row.id))
        receipts = walked(tx, "receipts", size, lambda row: (row.finished_at, row.id))
    assert [row.id for row in digests] == [f"d{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert [row.id for row in sent] == [f"p{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    assert [row.id for row in receipts] == [7, 6, 5, 4, 3, 2, 1]


def test_digests_are_those_that_the_digests_tell(lab: Store) -> None:
    with lab.reading() as tx:
        told = {past.id: past for past in tx.digests.past()}
        assert {past.id: past for past in tx.listing.digests(50)} == told
        ward = tx.listing.digests(50, subscription="Ward")
        assert [past.id for past in ward] == ["d6", "d3", "d0"]
        assert tx.listing.digests(50, identity="d3") == [told["d3"]]
        assert tx.listing.digests(50, identity="d") == []


def test_deliveries_are_those_that_the_outbox_tells(lab: Store) -> None:
    with lab.reading() as tx:
        told = {line.id: line for line in tx.deliveries.lines()}
        assert {line.id: line for line in tx.listing.deliveries(50)} == told
        assert tx.listing.deliveries(50, states=[DeliveryState.DEAD]) == []
        ready = tx.listing.deliveries(50, states=[DeliveryState.DEAD, DeliveryState.READY])
        assert len(ready) == 7
        assert [line.id for line in tx.listing.deliveries(50, digest="d2")] == ["p2"]


def test_receipts_are_those_that_the_sources_tell(lab: Store) -> None:
    with lab.reading() as tx:
        told = tx.sources.receipts()
        found = tx.listing.receipts(50)
        assert [row.finished_at for row in found] == [row.finished_at for row in told]
        assert [row.source for row in found] == [row.source for row in told]
        assert {row.window for row in found} == {"2026-11-09..2026-11-15"}
        assert {row.source for row in tx.listing.receipts(50, source="arxiv")} == {"arxiv"}


def test_an_import_has_no_window(lab: Store) -> None:
    with lab.writing() as tx:
        late = NOW + timedelta(days=1)
        tx.sources.add_import_receipt("file", "refs.ris", Tally(new=2), late, late)
        assert tx.listing.receipts(1)[0].window == ""


def test_a_work_is_told_with_the_digests_that_showed_it(lab: Store, archive: Archive) -> None:
    with lab.reading() as tx:
        (shown,) = tx.listing.showings(1)
        assert (shown.digest, shown.topic, shown.rank) == ("d0", "stroma", 1)
        assert shown.relevance == pytest.approx(0.83)
        assert tx.listing.showings(2) == []
        assert tx.listing.showings(99) == []


def test_votes_are_those_in_force_the_last_first(lab: Store, archive: Archive) -> None:
    archive.take_in(preprint(5))
    old = archive.work("10.1101/2026.000005")
    with lab.writing() as tx:
        for number, (work, judgement) in enumerate(
            [(1, Judgement.RELEVANT), (2, Judgement.SAVED), (1, Judgement.WITHDRAWN), (old, Judgement.SAVED), (1, Judgement.SAVED)]
        ):  # fmt: skip
            voter = "Ida" if number != 4 else "Rei"
            tx.votes.cast(Vote("stroma", work, voter, judgement, "web", NOW, f"{number}"))
    archive.take_in(paper(5))  # the preprint's article: one work now
    new = archive.work("10.5555/stroma.5")
    with lab.reading() as tx:
        found = walked(tx, "votes", 1, lambda row: (row.at, row.id))
        assert [(row.work_id, row.voter, row.note) for row in found] == [
            (1, "Rei", "4"),
            (new, "Ida", "3"),
            (2, "Ida", "1"),
        ]
        assert [row.note for row in tx.listing.votes(9, work_id=new)] == ["3"]
        assert [row.note for row in tx.listing.votes(9, topic="stroma", work_id=1)] == ["4"]
        assert tx.listing.votes(9, topic="other") == []
