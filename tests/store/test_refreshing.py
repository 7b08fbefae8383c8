"""Works computed anew from their stored records: on both databases.

The parser that gets better is `tests.papers.understood`, changed half way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import __version__, normalisation, pipeline, refreshing
from service.errors import ParseError
from service.records import EncoderInfo
from service.refreshing import Refreshed, begun, refresh
from tests import papers
from tests.papers import NOW, paper, preprint, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.records import Paper, Record, Work
    from tests.papers import Archive

LATER = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    read(monkeypatch, lambda paper: paper)


def read(monkeypatch: pytest.MonkeyPatch, better: Callable[[Paper], Paper]) -> None:
    """Let all records be read so from now on."""

    def understood(given: Record) -> Paper:
        return better(papers.understood(given))

    for module in (pipeline, normalisation):
        monkeypatch.setattr(module, "normalise", understood)


def headed(paper: Paper) -> Paper:
    return replace(paper, keywords=("traps",), mesh=("Neutrophils",))


def run(archive: Archive, *, dry: bool = False) -> Refreshed:
    archive.now = LATER
    return refresh(archive.parts, lambda _count: None, dry=dry)


def work(archive: Archive, name: object) -> Work:
    with archive.store.reading() as tx:
        return tx.works.get(tx.works.find(str(name)))


def works(archive: Archive) -> list[Work]:
    with archive.store.reading() as tx:
        return tx.exporting.after(0, 1000)


# -- what changes -----------------------------------------------------------------------------------


def test_a_new_work_has_its_keywords_and_headings_at_once(archive: Archive) -> None:
    archive.take_in(headed(paper(1)))
    assert (works(archive)[0].keywords, works(archive)[0].mesh) == (("traps",), ("Neutrophils",))


def test_a_revision_and_a_second_record_bring_theirs(archive: Archive) -> None:
    archive.take_in(paper(1))
    archive.take_in(replace(headed(paper(1)), keywords=("traps", "niche")))
    archive.take_in(preprint(1, keywords=("Niche", "stroma")))
    [found] = works(archive)
    assert (found.keywords, found.mesh) == (("traps", "niche", "stroma"), ("Neutrophils",))


def test_an_archive_read_anew_by_the_same_program_stays_as_it_is(archive: Archive) -> None:
    archive.take_in(headed(paper(1, venue="a \x00 b")), preprint(1), paper(2))
    archive.take_in(paper(3, title="Ångström – α"), announce=False)
    before = works(archive)
    done = run(archive)
    assert (done.looked, done.changed, done.left, done.placed) == (3, 0, [], 0)
    assert works(archive) == before


def test_what_is_read_better_comes_into_the_works_that_are_there(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(*map(paper, range(1, 8)))
    read(monkeypatch, headed)
    monkeypatch.setattr(refreshing, "PAGE", 3)
    done = run(archive)
    assert (done.looked, done.changed) == (7, 7)
    assert {each.keywords for each in works(archive)} == {("traps",)}
    assert {each.mesh for each in works(archive)} == {("Neutrophils",)}
    assert run(archive).changed == 0


def test_only_what_differs_is_written(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.take_in(paper(1), paper(2))
    read(monkeypatch, lambda p: headed(p) if p.ids.pmid == "40000002" else p)
    written: list[int] = []
    with archive.store.reading() as tx:
        write = type(tx.refreshing).write

    def noted(self: Any, works: dict[int, Any], now: Any) -> None:
        written.extend(works)
        write(self, works, now)

    monkeypatch.setattr(type(tx.refreshing), "write", noted)
    assert run(archive).changed == 1
    assert written == [archive.work("40000002")]


def test_old_works_are_not_new_again_even_where_their_text_changes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the window of the next digest nor among those that no digest may announce."""
    archive.take_in(paper(1))
    archive.take_in(paper(2), announce=False)
    before = {each.id: each for each in works(archive)}
    with archive.store.reading() as tx:
        end = tx.works.sequence()
    read(monkeypatch, lambda p: replace(p, title=f"Better: {p.title}", abstract="New."))
    assert run(archive).changed == 2
    assert archive.window(end) == []
    assert archive.window(0) == [archive.work("40000001")]
    for after in works(archive):
        assert after.title.startswith("Better: ")
        assert (after.seq, after.first_seen_at) == (
            before[after.id].seq,
            before[after.id].first_seen_at,
        )


def test_a_vector_of_the_text_before_is_stale_and_others_stay(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    np = pytest.importorskip("numpy")
    archive.take_in(paper(1), paper(2))
    info = EncoderInfo("test", "1", "1", 2, "float32")
    with archive.store.writing() as tx:
        encoder = tx.embeddings.encoder_id(info)
        rows = tx.embeddings.missing(encoder, 10)
        one = np.ones((1, 2), dtype=np.float32)
        tx.embeddings.save(encoder, [(number, digest, one) for number, _, _, digest in rows])
    read(
        monkeypatch,
        lambda p: replace(headed(p), abstract="New.") if p.ids.pmid == "40000001" else headed(p),
    )
    assert run(archive).changed == 2
    with archive.store.reading() as tx:
        assert [row[0] for row in tx.embeddings.missing(encoder, 10)] == [archive.work("40000001")]


def test_search_finds_what_the_works_say_now(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1))
    read(monkeypatch, lambda p: replace(p, title="Netosis"))
    assert archive.found("netosis") == []
    run(archive)
    assert archive.found("netosis") == [archive.work("40000001")]


def test_a_work_is_found_by_what_its_records_say_now(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that comes later and shares that key joins it."""
    archive.take_in(paper(1))
    read(monkeypatch, lambda p: replace(p, ids=replace(p.ids, pmcid="PMC7777777")))
    assert run(archive).changed == 1
    assert archive.work("PMC7777777") == archive.work("40000001")


def test_records_of_one_work_are_merged_as_they_are_when_they_come(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), preprint(1))
    [before] = works(archive)
    read(monkeypatch, lambda p: replace(p, keywords=(p.source,)))
    assert run(archive).changed == 1
    [after] = works(archive)
    assert after == replace(before, keywords=("pubmed", "biorxiv"))


# -- what stays -------------------------------------------------------------------------------------


def test_a_work_of_which_a_record_is_not_understood_any_more_is_left_and_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), preprint(1), paper(2))

    def worse(p: Paper) -> Paper:
        if p.source == "biorxiv":
            raise ParseError(p.key, "is not what it was")
        return headed(p)

    before = work(archive, "40000001")
    read(monkeypatch, worse)
    done = run(archive)
    assert (done.changed, done.left) == (1, [before.id])
    assert work(archive, "40000001") == before


def test_a_work_that_another_worker_changes_meanwhile_is_left_to_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker takes in a revision between our look and our write."""
    archive.take_in(paper(1))
    read(monkeypatch, headed)
    wanted = refreshing._wanted

    def meanwhile(*given: Any) -> Any:
        found = wanted(*given)
        archive.take_in(paper(1, title="As revised just now"))
        return found

    monkeypatch.setattr(refreshing, "_wanted", meanwhile)
    assert run(archive).changed == 0
    assert work(archive, "40000001").title == "As revised just now"
    assert work(archive, "40000001").keywords == ("traps",)


def test_merged_and_deleted_works_stay_what_they_are(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), paper(2))
    archive.delete("pubmed", "40000002")
    read(monkeypatch, headed)
    assert run(archive).changed == 2
    assert [each.id for each in works(archive)] == [archive.work("40000001")]


def test_a_dry_run_counts_and_writes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), paper(2))
    before = works(archive)
    read(monkeypatch, headed)
    done = run(archive, dry=True)
    assert (done.looked, done.changed) == (2, 2)
    assert works(archive) == before


# -- records that nobody understood -----------------------------------------------------------------


def lame(p: Paper) -> Paper:
    raise ParseError(p.key, "is too new for this program")


def test_a_record_that_is_understood_at_last_makes_a_work_that_no_digest_calls_new(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(monkeypatch, lame)
    archive.take_in(paper(1))
    archive.take_in_records(replace(record(paper(2)), payload=b""))
    assert works(archive) == []
    read(monkeypatch, headed)
    done = run(archive)
    assert done.placed == 1
    assert [each.keywords for each in works(archive)] == [("traps",)]
    assert archive.window() == []
    with archive.store.reading() as tx:
        assert [key for key, _ in tx.works.unparsed()] == ["pubmed:40000002"]


def test_a_revision_that_is_understood_at_last_comes_into_its_work(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1))
    read(monkeypatch, lame)
    archive.take_in(paper(1, title="Revised"))
    assert run(archive).left == [archive.work("40000001")]
    read(monkeypatch, lambda p: p)
    assert run(archive).changed == 1
    assert work(archive, "40000001").title == "Revised"
    with archive.store.reading() as tx:
        assert list(tx.works.unparsed()) == []


# -- stopping and going on --------------------------------------------------------------------------


class Stop(BaseException):
    """Ctrl-C, or a kill."""


def test_a_refresh_that_is_stopped_goes_on_where_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(*map(paper, range(1, 8)))
    monkeypatch.setattr(refreshing, "PAGE", 3)
    read(monkeypatch, headed)

    def stop(_count: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        refresh(archive.parts, stop)
    assert [each.keywords for each in works(archive)] == [("traps",)] * 3 + [()] * 4
    assert begun(archive.parts) == (works(archive)[2].id, 4)
    done = run(archive)
    assert (done.looked, done.changed) == (4, 4)
    assert begun(archive.parts) == (0, 7)


def test_a_page_is_written_whole_or_not_at_all(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(paper(1), paper(2))
    read(monkeypatch, headed)

    def killed(*_: object) -> None:
        raise Stop

    with archive.store.reading() as tx:
        monkeypatch.setattr(type(tx.refreshing), "set_mark", killed)
    with pytest.raises(Stop):
        refresh(archive.parts, lambda _count: None)
    assert {each.keywords for each in works(archive)} == {()}


def test_another_version_of_the_program_begins_anew_and_so_does_who_asks_for_it(
    archive: Archive,
) -> None:
    archive.take_in(paper(1), paper(2))
    first = works(archive)[0].id
    with archive.store.writing() as tx:
        tx.refreshing.set_mark("0.0.1", first)
    assert begun(archive.parts) == (0, 2)
    with archive.store.writing() as tx:
        tx.refreshing.set_mark(__version__, first)
    assert begun(archive.parts) == (first, 1)
    assert begun(archive.parts, again=True) == (0, 2)
    assert begun(archive.parts) == (0, 2)


def test_an_empty_archive_is_no_work(archive: Archive) -> None:
    assert run(archive) == Refreshed()


def test_a_refresh_beside_a_worker_loses_nothing_that_the_worker_takes_in(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(*map(paper, range(1, 21)))
    read(monkeypatch, headed)
    monkeypatch.setattr(refreshing, "PAGE", 2)
    archive.now = LATER

    def work_on() -> None:
        for number in range(20, 0, -1):
            archive.take_in(paper(number, title=f"Revised {number}"))
            archive.take_in(paper(100 + number, title=f"Another story, number {number}"))

    with ThreadPoolExecutor(1) as beside:
        busy = beside.submit(work_on)
        refresh(archive.parts, lambda _count: None)
        busy.result()
    found = {each.title: each for each in works(archive)}
    assert len(found) == 40
    assert {f"Revised {number}" for number in range(1, 21)} <= set(found)
    assert {each.keywords for each in found.values()} == {("traps",)}
