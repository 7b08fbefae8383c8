"""The nearest works: the same promises from files (on both databases) and from pgvector."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import event, text

from service.bootstrap import nearness
from service.errors import StoreError
from service.records import EncoderInfo
from service.records.queries import AllOf, Not, Words
from service.store import engine as engines
from service.store import neighbours as file_neighbours
from service.store import vector_file, vector_pg, vector_rows, vector_scan, vector_tables
from service.store.neighbours import FileNeighbours
from service.store.vector_pg import PgNeighbours
from tests.papers import Archive, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy import float32
    from numpy.typing import NDArray

    from service.store import Store

INFO = EncoderInfo("mini", "r1", "title-abstract-1", 64, "float32")
BFLOAT = replace(INFO, precision="bfloat16")
KINDS = ("file", "pgvector")


def direction(*numbers: int) -> NDArray[float32]:
    """A unit vector that leans to each of these directions, to the first the most."""
    found = np.zeros(INFO.dimension, np.float32)
    for place, number in enumerate(numbers):
        found += np.random.default_rng(number).standard_normal(INFO.dimension) / (place + 1)
    unit: NDArray[float32] = (found / np.linalg.norm(found)).astype(np.float32)
    return unit


@dataclass
class Indexed:
    """An archive with an index over it."""

    archive: Archive
    index: FileNeighbours | PgNeighbours

    def embed(self, vectors: dict[int, NDArray[float32]], info: EncoderInfo = INFO) -> None:
        """Give each paper by its number this vector, for title and text alike."""
        rows = {self.archive.work(40_000_000 + n): v for n, v in vectors.items()}
        with self.archive.store.writing() as tx:
            encoder_id = tx.embeddings.encoder_id(info)
            waiting = tx.embeddings.missing(encoder_id, 10_000)
            tx.embeddings.save(
                encoder_id,
                [(w[0], w[3], np.stack([rows[w[0]]] * 2)) for w in waiting if w[0] in rows],
            )

    def take_in(self, *numbers: int, info: EncoderInfo = INFO) -> None:
        """Papers whose vectors lean to their own numbers."""
        self.archive.take_in(*map(paper, numbers))
        self.embed({number: direction(number) for number in numbers}, info)

    def nearest(self, *numbers: int, limit: int = 5, **more: Any) -> list[int]:
        return [work for work, _ in self.index.nearest(INFO, direction(*numbers), limit, **more)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def indexed(archive: Archive, folder: Path) -> Indexed:
    """By files, whatever the database."""
    return Indexed(archive, FileNeighbours(archive.store, folder))


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, archive: Archive, folder: Path) -> Iterator[Indexed]:
    """By files, whatever the database, and by pgvector."""
    if request.param == "file":
        yield Indexed(archive, FileNeighbours(archive.store, folder))
        return
    if archive.store.engine.dialect.name != "postgresql":
        pytest.skip("pgvector is PostgreSQL's")
    assert vector_pg.usable(archive.store.engine)
    yield Indexed(archive, PgNeighbours(archive.store))
    forget(archive.store)


def forget(store: Store) -> None:
    with engines.transaction(store.engine, write=True) as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {vector_tables.SCHEMA} CASCADE"))


# -- what both promise ----------------------------------------------------------------------------


def test_the_nearest_come_first_with_their_cosines(both: Indexed) -> None:
    both.take_in(1, 2, 3)
    assert both.index.refresh(INFO) == 3
    found = both.index.nearest(INFO, direction(2, 3), 2)
    assert [work for work, _ in found] == [2, 3]
    for work, cosine in found:
        assert cosine == pytest.approx(float(direction(2, 3) @ direction(work)), abs=2e-3)


def test_equal_cosines_are_ordered_by_number(both: Indexed) -> None:
    both.archive.take_in(*map(paper, (1, 2, 3)))
    both.embed({number: direction(7) for number in (3, 1, 2)})
    both.index.refresh(INFO)
    assert both.nearest(7) == [1, 2, 3]


def test_nothing_is_found_before_anything_was_taken_in(both: Indexed) -> None:
    both.take_in(1)
    assert both.nearest(1) == []
    assert both.index.of(INFO, [1]) == {}


def test_an_empty_archive_can_be_refreshed(both: Indexed) -> None:
    assert both.index.refresh(INFO) == 0
    assert both.nearest(1) == []


def test_only_what_is_new_is_taken_in(both: Indexed) -> None:
    both.take_in(1, 2)
    assert both.index.refresh(INFO) == 2
    both.take_in(3)
    assert both.index.refresh(INFO) == 1
    assert both.index.refresh(INFO) == 0
    assert both.nearest(3)[0] == 3


def test_a_work_that_waited_for_its_vector_is_taken_in_later(both: Indexed) -> None:
    both.archive.take_in(*map(paper, (1, 2, 3)))
    both.embed({1: direction(1), 3: direction(3)})
    assert both.index.refresh(INFO) == 2
    assert both.index.standing(INFO).behind == 1
    both.embed({2: direction(2)})
    assert both.index.refresh(INFO) == 1
    assert both.nearest(2)[0] == 2
    assert both.index.standing(INFO).behind == 0


def test_more_works_may_wait_than_are_remembered(both: Indexed, monkeypatch) -> None:
    monkeypatch.setattr(vector_rows, "MOST_WAITING", 2)
    monkeypatch.setattr(vector_rows, "PAGE", 2)
    both.archive.take_in(*map(paper, range(1, 8)))
    both.embed({1: direction(1), 7: direction(7)})
    assert both.index.refresh(INFO) == 2
    both.embed({number: direction(number) for number in range(2, 7)})
    both.index.refresh(INFO)
    for number in range(1, 8):
        assert both.nearest(number, limit=1) == [number]


def test_a_changed_text_brings_its_new_vector(both: Indexed) -> None:
    both.take_in(1, 2)
    both.index.refresh(INFO)
    both.archive.take_in(paper(1, abstract="Another text."))
    both.embed({1: direction(5)})
    assert both.index.refresh(INFO) == 1
    found = both.index.nearest(INFO, direction(5), 1)
    assert found == [(1, pytest.approx(1.0, abs=2e-3))]


def test_what_is_left_of_a_split_work_is_looked_at_again(both: Indexed) -> None:
    twin = replace(paper(1), source="pmc", source_id="PMC1", abstract="A longer abstract. " * 9)
    both.archive.take_in(paper(1), twin)
    both.embed({1: direction(1)})
    both.index.refresh(INFO)
    both.archive.split(1, "pubmed:40000001")
    with both.archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        waiting = tx.embeddings.missing(encoder_id, 9)
        rows = np.stack([direction(8)])
        tx.embeddings.save(encoder_id, [(work[0], work[3], rows) for work in waiting])
        assert 1 in {work[0] for work in waiting}
    both.index.refresh(INFO)
    assert both.nearest(8)[0] == 1


def test_gone_works_are_left_out_at_once_and_may_come_back(both: Indexed) -> None:
    both.take_in(1, 2)
    both.index.refresh(INFO)
    both.archive.delete("pubmed", "40000001")
    assert both.nearest(1) == [2]
    both.index.refresh(INFO)
    assert both.nearest(1) == [2]
    both.archive.take_in(paper(1))
    assert both.nearest(1) == [1, 2]


def test_a_work_that_became_part_of_another_is_left_out(both: Indexed) -> None:
    both.take_in(1, 2, 3)
    both.index.refresh(INFO)
    with engines.transaction(both.archive.store.engine, write=True) as connection:
        connection.execute(text("UPDATE work SET merged_into = 2 WHERE id = 1"))
    assert 1 not in both.nearest(1)
    both.index.refresh(INFO)
    assert 1 not in both.nearest(1)


def test_vectors_of_every_precision_are_one_space(both: Indexed) -> None:
    both.take_in(1)
    both.take_in(2, info=BFLOAT)
    assert both.index.refresh(INFO) == 2
    assert both.nearest(1, 2) == [1, 2]
    assert both.index.nearest(BFLOAT, direction(2), 1)[0][0] == 2


@pytest.mark.parametrize("change", [{"revision": "r2"}, {"text_version": "2"}, {"name": "maxi"}])
def test_vectors_of_another_encoder_are_never_compared(
    both: Indexed, change: dict[str, str]
) -> None:
    other = replace(INFO, **change)
    both.take_in(1)
    both.index.refresh(INFO)
    assert both.index.nearest(other, direction(1), 5) == []
    assert both.index.refresh(other) == 0
    assert both.index.nearest(other, direction(1), 5) == []


def test_vectors_come_back_at_length_one(both: Indexed) -> None:
    both.take_in(1, 2)
    both.index.refresh(INFO)
    found = both.index.of(INFO, [2, 99])
    assert found.keys() == {2}
    assert np.linalg.norm(found[2]) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(found[2], direction(2), atol=2e-3)


def test_no_work_above_the_ceiling_is_found(both: Indexed) -> None:
    both.take_in(1, 2, 3, 4)
    both.index.refresh(INFO)
    assert both.nearest(4, 3, ceiling=3)[0] == 3
    assert sorted(both.nearest(4, ceiling=2)) == [1, 2]
    assert both.nearest(4, ceiling=0) == []


@pytest.mark.parametrize(("few", "first"), [(20_000, 4_000), (1, 4_000), (1, 3), (0, 1)])
def test_a_condition_holds_however_it_is_met(
    both: Indexed, monkeypatch, few: int, first: int
) -> None:
    """Exactly over the few, by looking through the nearest, and exactly in the end."""
    monkeypatch.setattr(file_neighbours, "FEW", few)
    monkeypatch.setattr(file_neighbours, "FIRST", first)
    monkeypatch.setattr(file_neighbours, "FIRST_OF_MANY", first)
    both.archive.take_in(
        *(paper(n, title=f"{'Odd' if n % 2 else 'Even'} {n}") for n in range(1, 9))
    )
    both.embed({number: direction(number) for number in range(1, 9)})
    both.index.refresh(INFO)
    odd = both.nearest(2, 4, 7, where=Words("odd"))
    assert odd[0] == 7
    assert sorted(odd) == [1, 3, 5, 7]
    assert sorted(both.nearest(2, where=Not(Words("odd")), ceiling=6)) == [2, 4, 6]
    assert both.nearest(2, where=Words("nowhere")) == []
    assert len(both.nearest(2, where=AllOf(()), limit=20)) == 8


def test_where_many_answer_and_few_near_ones_those_are_enough(both: Indexed, monkeypatch) -> None:
    monkeypatch.setattr(file_neighbours, "FEW", 1)
    monkeypatch.setattr(file_neighbours, "FIRST_OF_MANY", 1)
    monkeypatch.setattr(file_neighbours, "SOME", 2)
    both.take_in(*range(1, 9))
    both.index.refresh(INFO)
    assert len(both.nearest(2, where=Words("niche"), limit=3)) >= 2


def test_progress_counts_every_work_once(both: Indexed) -> None:
    both.take_in(*range(1, 6))
    told: list[int] = []
    both.index.refresh(INFO, told.append)
    assert sum(told) == 5


def test_what_was_done_when_stopped_is_kept(both: Indexed, monkeypatch) -> None:
    monkeypatch.setattr(vector_rows, "PAGE", 2)
    monkeypatch.setattr(file_neighbours, "BUNDLE", 2)
    both.take_in(*range(1, 8))
    told: list[int] = []

    def stop(done: int) -> None:
        told.append(done)
        if sum(told) >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        both.index.refresh(INFO, stop)
    assert both.index.standing(INFO).works == 4
    assert both.index.refresh(INFO) == 3
    for number in range(1, 8):
        assert both.nearest(number, limit=1) == [number]


def test_an_index_of_another_archive_is_not_used_and_made_anew(both: Indexed) -> None:
    both.take_in(1, 2, 3)
    both.index.refresh(INFO)
    with engines.transaction(both.archive.store.engine, write=True) as connection:
        connection.execute(text("DELETE FROM embedding WHERE work_id = 3"))
        connection.execute(text("DELETE FROM record WHERE work_id = 3"))
        connection.execute(text("DELETE FROM work_key WHERE work_id = 3"))
        connection.execute(text("DELETE FROM work WHERE id = 3"))
    fresh = type(both)(both.archive, reopened(both.index))
    assert fresh.nearest(1) == []
    assert fresh.index.refresh(INFO) == 2
    assert fresh.nearest(1) == [1, 2]


def reopened(index: FileNeighbours | PgNeighbours) -> FileNeighbours | PgNeighbours:
    """As another process sees it."""
    if isinstance(index, FileNeighbours):
        return FileNeighbours(index._store, index._folder)
    return index


def test_many_vectors_are_found_as_exact_comparison_finds_them(both: Indexed, monkeypatch) -> None:
    """Recall at 20 of at least .98, on vectors in clusters as those of texts are."""
    monkeypatch.setattr(vector_tables, "INDEXED", 500)
    count, rng = 1_500, np.random.default_rng(5)
    centres = rng.standard_normal((60, INFO.dimension))
    rows = centres[rng.integers(0, 60, count)] + 0.7 * rng.standard_normal((count, INFO.dimension))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    both.archive.take_in(*map(paper, range(1, count + 1)))
    ids = {n: both.archive.work(40_000_000 + n) for n in (1, count)}
    assert ids == {1: 1, count: count}
    with both.archive.store.writing() as tx:
        encoder_id = tx.embeddings.encoder_id(INFO)
        waiting = tx.embeddings.missing(encoder_id, count)
        tx.embeddings.save(encoder_id, [(w[0], w[3], rows[w[0] - 1][None]) for w in waiting])
    assert both.index.refresh(INFO) == count
    shares = []
    for number in range(0, count, 100):
        query = rows[number] + rows[number - 1]
        query /= np.linalg.norm(query)
        exact = set(np.argsort(-(rows @ query))[:20] + 1)
        shares.append(len(exact & {w for w, _ in both.index.nearest(INFO, query, 20)}) / 20)
    assert np.mean(shares) >= 0.98


# -- files ----------------------------------------------------------------------------------------


def place(folder: Path) -> Path:
    """Where the one index in `folder` lies."""
    (found,) = folder.iterdir()
    return found


def files(folder: Path) -> set[str]:
    return {file.name for file in place(folder).iterdir()}


def test_a_folder_holds_the_list_its_parts_and_a_lock(indexed: Indexed, folder: Path) -> None:
    indexed.take_in(1, 2)
    indexed.index.refresh(INFO)
    (part,) = vector_file.read(place(folder), INFO.dimension).parts
    assert files(folder) == {"vectors.json", "lock", part.name}


def test_small_parts_are_joined(indexed: Indexed, folder: Path) -> None:
    for number in range(1, 17):
        indexed.take_in(number)
        indexed.index.refresh(INFO)
    vectors = vector_file.read(place(folder), INFO.dimension)
    sizes = [len(part) for part in vectors.parts]
    assert sum(sizes) == len(vectors) == 16
    assert all(large >= 2 * small for large, small in pairwise(sizes))
    assert len(files(folder)) == 2 + len(sizes)
    for number in range(1, 17):
        assert indexed.nearest(number, limit=1) == [number]


def test_of_a_work_in_two_parts_the_later_counts(indexed: Indexed, folder: Path) -> None:
    indexed.take_in(*range(1, 9))
    indexed.index.refresh(INFO)
    indexed.archive.take_in(paper(3, abstract="Another text."))
    indexed.embed({3: direction(50)})
    indexed.index.refresh(INFO)
    vectors = vector_file.read(place(folder), INFO.dimension)
    assert [len(part) for part in vectors.parts] == [8, 1]
    assert len(vectors) == 8
    assert indexed.nearest(50, limit=1) == [3]
    assert dict(indexed.index.nearest(INFO, direction(3), 8))[3] < 0.9
    np.testing.assert_allclose(indexed.index.of(INFO, [3])[3], direction(50), atol=2e-3)


def test_joining_leaves_out_what_is_part_of_another_work(indexed: Indexed, folder: Path) -> None:
    indexed.take_in(1, 2)
    indexed.index.refresh(INFO)
    with engines.transaction(indexed.archive.store.engine, write=True) as connection:
        connection.execute(text("UPDATE work SET merged_into = 2 WHERE id = 1"))
    indexed.take_in(3, 4)
    indexed.index.refresh(INFO)
    (part,) = vector_file.read(place(folder), INFO.dimension).parts
    assert part.ids.tolist() == [2, 3, 4]


def test_a_reader_sees_what_another_process_refreshed(indexed: Indexed, folder: Path) -> None:
    indexed.take_in(1)
    indexed.index.refresh(INFO)
    reader = Indexed(indexed.archive, FileNeighbours(indexed.archive.store, folder))
    assert reader.nearest(1) == [1]
    indexed.take_in(2)
    indexed.index.refresh(INFO)
    assert reader.nearest(2) == [2, 1]


def test_vectors_stay_readable_when_their_files_are_replaced(
    indexed: Indexed, folder: Path
) -> None:
    indexed.take_in(1, 2)
    indexed.index.refresh(INFO)
    before = vector_file.read(place(folder), INFO.dimension)
    indexed.take_in(3, 4)
    indexed.index.refresh(INFO)
    assert before.parts[0].name not in files(folder)
    ids, cosines = vector_scan.nearest(before, direction(2), 2, None)
    assert ids.tolist() == [2, 1]
    assert cosines[0] == pytest.approx(1.0, abs=2e-3)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _scribble(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.write(b"something else")


def _zeros(file: Path) -> None:
    """The header is there, the works are not: a disk that lost pages."""
    with file.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(file.stat().st_size - 4096))


@pytest.mark.parametrize("damage", [_cut, _scribble, _zeros, os.unlink])
@pytest.mark.parametrize("which", ["*.part", "vectors.json"])
def test_a_damaged_index_finds_nothing_and_is_made_anew(
    indexed: Indexed, folder: Path, damage: Any, which: str
) -> None:
    if (damage, which) == (_zeros, "vectors.json"):
        pytest.skip("the list is shorter than that")
    indexed.take_in(1, 2, 3)
    indexed.index.refresh(INFO)
    (file,) = place(folder).glob(which)
    damage(file)
    fresh = Indexed(indexed.archive, FileNeighbours(indexed.archive.store, folder))
    assert fresh.nearest(1) == []
    assert fresh.index.refresh(INFO) == 3
    assert fresh.nearest(1)[0] == 1
    assert len(files(folder)) == 3


def test_a_list_of_another_version_is_not_read(indexed: Indexed, folder: Path) -> None:
    indexed.take_in(1)
    indexed.index.refresh(INFO)
    file = place(folder) / vector_file.LIST
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    assert indexed.nearest(1) == []
    assert indexed.index.refresh(INFO) == 1


@pytest.mark.parametrize("step", ["write_part", "replace", "compacted"])
def test_a_refresh_that_dies_leaves_what_was_there(
    indexed: Indexed, folder: Path, monkeypatch, step: str
) -> None:
    indexed.take_in(1)
    indexed.index.refresh(INFO)
    indexed.take_in(2)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(vector_file, step, die)
        with pytest.raises(KeyboardInterrupt):
            indexed.index.refresh(INFO)
    assert indexed.nearest(1)[0] == 1
    indexed.index.refresh(INFO)
    assert indexed.nearest(2) == [2, 1]
    assert len(files(folder)) == 3


def test_half_a_part_is_deleted_when_writing_it_fails(tmp_path: Path) -> None:
    def no_room(_places: NDArray[Any]) -> NDArray[float32]:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        vector_file.write_part(tmp_path, np.arange(1, 4), no_room, 64)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(indexed: Indexed, folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(StoreError, match="index_folder"):
        indexed.index.refresh(INFO)


_REFRESH = """
import sys
from pathlib import Path
from service.records import EncoderInfo
from service.store import Store, engine
from service.store.neighbours import FileNeighbours
store = Store(engine.create(sys.argv[1]))
info = EncoderInfo("mini", "r1", "title-abstract-1", 64, "float32")
print(FileNeighbours(store, Path(sys.argv[2])).refresh(info))
"""


def test_of_several_processes_that_refresh_one_does_the_work(
    indexed: Indexed, folder: Path
) -> None:
    if indexed.archive.store.engine.dialect.name != "sqlite":
        pytest.skip("files are locked alike, whatever the database")
    indexed.take_in(*range(1, 41))
    url = indexed.archive.store.engine.url.render_as_string()
    command = [sys.executable, "-c", _REFRESH, url, str(folder)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = sorted(int(each.communicate(timeout=120)[0]) for each in several)
    assert told == [0, 0, 40]
    assert len(files(folder)) == 3


def test_signs_are_one_bit_a_dimension() -> None:
    rows = np.array([[1.0, -1.0, 0.0] + [-1.0] * 67, [1.0] * 70])
    found = vector_file.signs(rows)
    assert found.shape == (2, 2)
    assert np.bitwise_count(found).sum(axis=1).tolist() == [1, 70]


def test_a_work_s_vector_is_of_its_title_and_its_text_in_equal_parts() -> None:
    rows = np.eye(3, dtype=np.float16)[None]  # the title, and two chunks
    found = vector_rows.one_vector(rows)[0]
    assert np.linalg.norm(found) == pytest.approx(1.0)
    assert found[0] == pytest.approx(np.sqrt(0.5))
    assert found[1] == found[2] == pytest.approx(0.5)


def test_a_vector_of_nothing_stays_nothing() -> None:
    assert not np.isnan(vector_rows.one_vector(np.zeros((1, 2, 4), np.float16))).any()


def test_no_page_walks_all_works(indexed: Indexed) -> None:
    """Without statistics SQLite would rather follow `merged_into IS NULL` than the sequence."""
    engine = indexed.archive.store.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("how SQLite plans")
    indexed.take_in(1, 2)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    indexed.index.refresh(INFO)
    event.remove(engine, "before_cursor_execute", note)
    pages = [(sql, values) for sql, values in asked if "work.seq >" in sql]
    assert len(pages) >= 2
    with engines.transaction(engine, write=False) as connection:
        for sql, values in pages:
            (first, *_) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            assert "ix_work_seq" in first.detail, sql


# -- pgvector -------------------------------------------------------------------------------------


@pytest.fixture
def large(archive: Archive, monkeypatch) -> Iterator[Indexed]:
    """An archive by pgvector that has an index."""
    if archive.store.engine.dialect.name != "postgresql":
        pytest.skip("pgvector is PostgreSQL's")
    assert vector_pg.usable(archive.store.engine)
    monkeypatch.setattr(vector_tables, "INDEXED", 10)
    found = Indexed(archive, PgNeighbours(archive.store))
    found.take_in(*range(1, 41))
    found.index.refresh(INFO)
    yield found
    forget(archive.store)


def index_state(large: Indexed) -> bool | None:
    with engines.transaction(large.archive.store.engine, write=False) as connection:
        return connection.execute(
            text(
                "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid"
                " WHERE relname LIKE 'ix_work_vector_%'"
            )
        ).scalar_one_or_none()


def test_an_index_is_made_where_it_is_worth_one(large: Indexed) -> None:
    assert index_state(large) is True
    assert large.nearest(3)[0] == 3


def test_an_index_that_was_left_half_made_is_made_anew(large: Indexed) -> None:
    with engines.transaction(large.archive.store.engine, write=True) as connection:
        connection.execute(
            text(
                "UPDATE pg_index SET indisvalid = false FROM pg_class"
                " WHERE oid = indexrelid AND relname LIKE 'ix_work_vector_%'"
            )
        )
    assert index_state(large) is False
    large.index.refresh(INFO)
    assert index_state(large) is True


def test_many_new_works_are_indexed_at_once(large: Indexed, monkeypatch) -> None:
    """Adding each to an index takes longer than making it."""
    monkeypatch.setattr(vector_pg, "_MANY", 10)
    dropped: list[object] = []
    drop = vector_tables.drop_index
    monkeypatch.setattr(
        vector_tables, "drop_index", lambda own, over: dropped.append(over) or drop(own, over)
    )
    large.take_in(*range(41, 131))
    large.index.refresh(INFO)
    assert len(dropped) == 1
    assert index_state(large) is True
    assert large.nearest(100, limit=1) == [100]


def asked_of(large: Indexed, monkeypatch, **more: Any) -> list[str]:
    """How PostgreSQL carries out what a search asks of the vectors."""
    engine, found = large.archive.store.engine, list[str]()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "<#>" in statement:
            asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    large.nearest(3, **more)
    event.remove(engine, "before_cursor_execute", note)
    with engines.transaction(engine, write=False) as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for sql, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN {sql}", values).scalars()
            found.append("\n".join(plan))
    return found


def test_all_works_are_searched_by_the_index(large: Indexed, monkeypatch) -> None:
    monkeypatch.setattr(file_neighbours, "FIRST", 10)
    (plan,) = asked_of(large, monkeypatch, limit=5)
    assert "using ix_work_vector_" in plan


def test_few_works_are_compared_one_by_one(large: Indexed, monkeypatch) -> None:
    (plan,) = asked_of(large, monkeypatch, limit=5, where=Words("niche"))
    assert "ix_work_vector_" not in plan


def test_few_works_are_found_and_compared_by_one_statement(large: Indexed) -> None:
    """Beside it only: are the vectors there still, and of this archive."""
    engine, told = large.archive.store.engine, list[str]()
    where = Words("niche")
    large.nearest(3, where=where)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert large.nearest(3, where=where)[0] == 3
    event.remove(engine, "before_cursor_execute", note)
    assert len(told) == 2


def test_vectors_that_were_dropped_meanwhile_are_missed(large: Indexed) -> None:
    """And those of another encoder, in a table of the same name, are never taken for them."""
    other = replace(INFO, revision="r2")
    assert large.nearest(3, limit=1) == [3]
    forget(large.archive.store)
    assert large.nearest(3) == []
    assert large.index.of(INFO, [3]) == {}
    large.embed({3: direction(9)}, other)
    assert large.index.refresh(other) == 1
    assert large.nearest(3) == []
    assert large.index.nearest(other, direction(9), 1)[0][0] == 3


def test_a_ceiling_that_the_index_cannot_fill_is_met_exactly(large: Indexed) -> None:
    assert sorted(large.nearest(30, limit=8, ceiling=6)) == [1, 2, 3, 4, 5, 6]


def test_without_pgvector_files_are_used(archive: Archive, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(vector_pg, "usable", lambda _engine: False)
    found = nearness.neighbours(archive.store, str(folder))
    assert isinstance(found, FileNeighbours)
    assert found._folder.parent == folder


def test_pgvector_is_used_where_it_is(archive: Archive) -> None:
    found = nearness.neighbours(archive.store, "")
    pgvector = archive.store.engine.dialect.name == "postgresql"
    assert isinstance(found, PgNeighbours if pgvector else FileNeighbours)


def test_files_lie_beside_the_database_unless_a_folder_is_named(
    sqlite_store: Store, tmp_path: Path
) -> None:
    beside = nearness.neighbours(sqlite_store, "")
    assert isinstance(beside, FileNeighbours)
    assert beside._folder == tmp_path / "litwatch.db.vectors"


@pytest.mark.parametrize(("version", "enough"), [("0.8.6", True), ("0.7.4", False), ("1.0", True)])
def test_pgvector_must_be_able_to_go_on(version: str, enough: bool) -> None:
    assert (vector_pg._numbers(version) >= vector_pg.LEAST_VERSION) is enough


# -- several processes ----------------------------------------------------------------------------


def test_who_does_not_wait_leaves_it_to_the_process_that_refreshes(both: Indexed) -> None:
    """That process may be suspended, and a worker must not stand still with it."""
    both.take_in(1, 2)
    told: list[int] = []

    def meanwhile(done: int) -> None:
        told.append(done)
        other = (
            FileNeighbours(both.archive.store, both.index._folder)
            if isinstance(both.index, FileNeighbours)
            else PgNeighbours(both.archive.store)
        )
        assert other.refresh(INFO, wait=False) == 0

    assert both.index.refresh(INFO, meanwhile) == 2
    assert told, "nobody else asked meanwhile"
    both.take_in(3)
    assert both.index.refresh(INFO, wait=False) == 1
    assert both.nearest(3)[0] == 3
