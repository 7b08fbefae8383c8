"""Parts of a back-fill into the archive: whole, killed half-way, in any order, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from service import pipeline
from service.backfill import plan
from service.backfill.taking import LEASE, WAITS, Taking, settle
from service.bootstrap import backfilled
from service.clock import Clock
from service.errors import StoreBusyError, StoreError
from service.records.backfills import PartState
from service.sources import importing
from service.store.schema import RecordRow, WorkRow
from tests.papers import NOW, Archive
from tests.pubmed_files import article, invent, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.records import Batch
    from service.records.backfills import Backfill, Part
    from service.store import Store

BATCH = 10


class Killed(BaseException):
    """The process ends here: nothing that mends failures sees it."""


@dataclass
class Desk:
    """A back-fill of the files of a folder into an empty archive."""

    store: Store
    folder: Path
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = Clock(now=lambda: NOW, sleep=self.waits.append)
        self.parts = replace(Archive(self.store).parts, clock=clock)

    def open(self) -> Backfill:
        files = [backfilled.planned(each) for each in backfilled.files_of([self.folder])]
        key = plan.key(files, "pubmed", None, BATCH)
        with self.store.writing() as tx:
            return tx.backfills.open(key, "pubmed", None, files, NOW)

    def taking(self, holder: str = "one", **changes) -> Taking:
        return Taking(self.parts, backfilled.reading(), holder, **changes)

    def run(self, holder: str = "one") -> Backfill:
        """All that is left, and the end of it."""
        opened = self.open()
        while self.taking(holder).next(opened.id) is not None:
            pass
        settle(self.parts, opened)
        return self.now()

    def killed_in(self, at: int, holder: str = "killed") -> Part:
        """Take the next part in, and die once so many of its batches are stored."""
        seen = []

        def stored(part: Part, _batch: Batch) -> None:
            seen.append(part)
            if len(seen) == at:
                raise Killed

        opened = self.open()
        with pytest.raises(Killed):
            self.taking(holder, stored=stored).next(opened.id)
        with self.store.writing() as tx:
            assert tx.backfills.free(opened.id, [holder]) == 1
        return seen[-1]

    def now(self) -> Backfill:
        with self.store.reading() as tx:
            return tx.backfills.all()[0]

    def pmids(self, *, gone: bool = False) -> list[str]:
        with self.store.engine.connect() as connection:
            row = RecordRow
            asked = select(row.source_id).where(row.gone_at.is_not(None) if gone else True)
            return sorted(connection.execute(asked).scalars())

    def titles(self) -> dict[str, str]:
        with self.store.engine.connect() as connection:
            found = connection.execute(select(WorkRow.pmid, WorkRow.title))
            return {each.pmid: each.title for each in found}


@pytest.fixture
def desk(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(importing, "BATCH", BATCH)
    folder = tmp_path / "files"
    folder.mkdir()
    return Desk(store, folder)


def pmids(numbers: Sequence[int]) -> list[str]:
    return [str(90_000_000 + number) for number in numbers]


# -- undisturbed


def test_every_record_of_every_file_is_in_the_archive_once(desk: Desk) -> None:
    invent(desk.folder, records=45, parts=2)
    found = desk.run()
    assert [each.state for each in found.parts] == [PartState.DONE] * 2
    assert sum((each.tally.new for each in found.parts), 0) == 45
    assert desk.pmids() == pmids(range(45))
    assert [each.stored for each in found.parts] == [{0, 1, 2}] * 2
    assert found.finished_at is not None


def test_works_of_a_back_fill_are_never_new_to_a_digest(desk: Desk) -> None:
    invent(desk.folder, records=12, parts=1)
    desk.run()
    assert Archive(desk.store).window() == []
    Archive(desk.store).take_in_records(  # later polled, unchanged: still no news
        *next(importing.batches(desk.folder / "pubmed99n0001.xml.gz")).records
    )
    assert Archive(desk.store).window() == []


def test_each_file_leaves_the_receipt_that_an_import_leaves(desk: Desk) -> None:
    invent(desk.folder, records=24, parts=2)
    desk.run()
    with desk.store.reading() as tx:
        receipts = {Path(each.query).name: each for each in tx.sources.receipts()}
    first = receipts["pubmed99n0001.xml.gz"]
    assert (first.kind, first.source, first.fetched, first.new) == ("import", "pubmed", 12, 12)
    assert first.end_sign
    closing = receipts["deletions in 2 files"]
    assert (closing.gone, closing.dropped) == (1, {"deleted at the source": 1})
    assert len(receipts) == 3


def test_the_same_plan_once_more_does_nothing(desk: Desk) -> None:
    invent(desk.folder, records=12, parts=1)
    before = desk.run()
    after = desk.run("two")
    assert after.parts == before.parts
    with desk.store.reading() as tx:
        assert len(tx.sources.receipts()) == 2


# -- killed


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_killed_part_goes_on_behind_its_last_batch(desk: Desk, at: int) -> None:
    write(desk.folder, [article(number) for number in range(30)], 1)
    desk.killed_in(at)
    assert desk.now().parts[0].stored == set(range(at))
    again: list[int] = []
    real = pipeline.take_in

    def counted(*args, **more):
        again.append(len(args[1].records))
        return real(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "take_in", counted)
        found = desk.run("two").parts[0]
    assert again == [BATCH] * (3 - at)
    assert (found.state, found.attempt) == (PartState.DONE, 2)
    assert (found.tally.new, found.tally.same) == (30, 0)
    assert desk.pmids() == pmids(range(30))


def test_a_kill_before_the_commit_loses_the_batch_and_its_note_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(desk.folder, records=20, parts=1)
    opened, real = desk.open(), pipeline.take_in

    def dying(*args, note, **more):
        def noted(tx, tally) -> None:
            note(tx, tally)
            raise Killed

        return real(*args, note=noted, **more)

    monkeypatch.setattr(pipeline, "take_in", dying)
    with pytest.raises(Killed):
        desk.taking("killed").next(opened.id)
    monkeypatch.undo()
    assert desk.pmids() == []
    assert desk.now().parts[0].stored == frozenset()


def test_who_was_suspended_beyond_the_lease_stores_nothing_more(desk: Desk) -> None:
    invent(desk.folder, records=30, parts=1)
    opened, taken_over = desk.open(), []

    def stored(_part: Part, _batch: Batch) -> None:
        if not taken_over:
            now = NOW.replace(year=2030)
            with desk.store.writing() as tx:
                taken_over.append(tx.backfills.claim(opened.id, "two", now, now + LEASE))

    slow = desk.taking("one", stored=stored).next(opened.id)
    assert slow is not None
    assert slow.state is PartState.WAITING
    assert desk.now().parts[0].stored == {0}
    desk.taking("two").take(taken_over[0])
    found = desk.now().parts[0]
    assert (found.state, found.tally.new, found.tally.same) == (PartState.DONE, 30, 0)


def test_a_commit_whose_answer_was_lost_is_not_made_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(desk.folder, records=20, parts=1)
    opened, real, lost = desk.open(), pipeline.take_in, []

    def unsure(*args, **more):
        tally = real(*args, **more)
        if not lost:
            lost.append(tally)
            raise StoreError("database", "the connection was lost")
        return tally

    monkeypatch.setattr(pipeline, "take_in", unsure)
    done = desk.taking().next(opened.id)
    assert done is not None
    assert (done.state, done.tally.new, done.tally.same) == (PartState.DONE, 20, 0)
    assert desk.waits == [WAITS[0]]


def test_a_database_that_stays_away_ends_the_work_and_fails_no_part(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(desk.folder, records=20, parts=1)
    opened = desk.open()

    def busy(*_args, **_more):
        raise StoreBusyError("database", "is locked")

    monkeypatch.setattr(pipeline, "take_in", busy)
    with pytest.raises(StoreBusyError):
        desk.taking().next(opened.id)
    assert desk.waits == list(WAITS)
    assert desk.now().parts[0].state is PartState.TAKEN


def test_who_is_asked_to_stop_leaves_the_rest_to_others(desk: Desk) -> None:
    invent(desk.folder, records=30, parts=1)
    opened, done = desk.open(), []
    taking = desk.taking(
        stopping=lambda: len(done) == 2, stored=lambda _part, batch: done.append(batch)
    )
    left = taking.next(opened.id)
    assert left is not None
    assert left.state is PartState.WAITING
    found = desk.now().parts[0]
    assert (found.state, found.holder, found.stored) == (PartState.WAITING, None, {0, 1})
    assert desk.run("two").parts[0].tally.new == 30


# -- files that cannot be used


def test_a_file_with_another_checksum_than_is_stated_fails_and_can_be_tried_again(
    desk: Desk,
) -> None:
    invent(desk.folder, records=12, parts=2)
    file = desk.folder / "pubmed99n0001.xml.gz"
    good, beside = file.read_bytes(), file.with_name(f"{file.name}.md5")
    beside.write_text(f"MD5({file.name})= {backfilled.md5(str(file))}\n")
    file.write_bytes(good[:-9] + b"\0" + good[-8:])
    found = desk.run()
    assert [each.state for each in found.parts] == [PartState.FAILED, PartState.DONE]
    assert "its MD5 is" in (found.parts[0].error or "")
    assert "--retry" in (found.parts[0].error or "")
    file.write_bytes(good)
    with desk.store.writing() as tx:
        tx.backfills.retry(found.id)
    assert [each.state for each in desk.run().parts] == [PartState.DONE] * 2
    assert desk.pmids() == pmids(range(12))


def test_a_file_that_breaks_off_keeps_its_batches_and_tells_why(desk: Desk) -> None:
    write(desk.folder, [article(number) for number in range(25)], 1)
    file = desk.folder / "pubmed99n0001.xml.gz"
    import gzip

    whole = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(whole[: whole.rindex(b"<PubmedArticle>") + 40]))
    found = desk.run().parts[0]
    assert found.state is PartState.FAILED
    assert "breaks off" in (found.error or "")
    assert desk.pmids() == pmids(range(20))
    assert found.tally.new == 20
    with desk.store.reading() as tx:
        assert tx.sources.receipts() == []


def test_a_defect_that_one_file_shows_costs_the_others_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(desk.folder, records=20, parts=2)
    real = importing.batches

    def odd(path: Path, *more) -> Iterator[Batch]:
        if path.name == "pubmed99n0001.xml.gz":
            raise ZeroDivisionError("never seen before")
        return real(path, *more)

    monkeypatch.setattr(importing, "batches", odd)
    found = desk.run()
    assert [each.state for each in found.parts] == [PartState.FAILED, PartState.DONE]
    assert found.parts[0].error == "unexpected ZeroDivisionError: never seen before"


# -- in any order


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_an_older_revision_never_takes_the_place_of_a_newer(
    desk: Desk, order: tuple[int, int]
) -> None:
    days = {1: ("03", "Early title"), 2: ("17", "Late title")}
    for place, number in enumerate(order):
        day, title = days[number]
        write(desk.folder, [article(7, revised=day, title=title), article(place + 10)], 1)
        made = desk.folder / "pubmed99n0001.xml.gz"
        made.rename(desk.folder / f"pubmed99n01{place:02}.xml.gz")
    found = desk.run()
    assert desk.titles()[pmids([7])[0]] == "Late title."
    assert sum(each.tally.fetched for each in found.parts) == 4
    assert desk.pmids() == pmids([7, 10, 11])


def test_what_a_file_deletes_is_gone_though_its_record_comes_later(desk: Desk) -> None:
    write(desk.folder, [article(1)], 1, deleted=pmids([2]))
    (desk.folder / "pubmed99n0001.xml.gz").rename(desk.folder / "pubmed99n0000.xml.gz")
    write(desk.folder, [article(2), article(3)], 1)
    desk.run()
    assert desk.pmids() == pmids([1, 2, 3])
    assert desk.pmids(gone=True) == pmids([2])


def test_deletions_are_marked_once(desk: Desk) -> None:
    invent(desk.folder, records=12, parts=1)
    opened = desk.run()
    assert settle(desk.parts, opened) == 0
    with desk.store.reading() as tx:
        assert sum(each.query.startswith("deletions") for each in tx.sources.receipts()) == 1
