"""A whole NLM update file into an archive. The figures were counted in the raw file apart:
`<PubmedArticle>` 20,788 times, 20,783 different PMIDs, 20 in `<DeleteCitation>`; publication
types Editorial 465, Case Reports 443, News 76, Retraction of Publication 9.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service import pipeline
from service.records import Tally
from service.sources import importing
from service.store import Store
from service.store import engine as engines
from tests.papers import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.captures, pytest.mark.slow]

RECORDS, PMIDS, DELETED = 20_788, 20_783, 20
ROOT = Path(__file__).resolve().parents[2]

# In a process of its own: the peak of this one is not the import's.
ALONE = """
import sys
from pathlib import Path
from service import pipeline
from service.clock import Clock
from service.sources import importing
from service.store import Store, engine, migrations

store = Store(engine.create("sqlite:///" + sys.argv[2]))
migrations.upgrade(store.engine)
parts = pipeline.Parts(store, Clock(), None, None, None, None, {}, 0.5)
for batch in importing.batches(Path(sys.argv[1])):
    pipeline.take_in(parts, batch, "pubmed", announce=False)
store.engine.dispose()
# Not getrusage: that remembers the peak of the process this one was forked from.
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.fixture(scope="module")
def update_file(shared: Path) -> Path:
    return shared / "captures" / "pubmed_update" / "pubmed21n1298.xml.gz"


@pytest.fixture(scope="module")
def imported(update_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The archive's file, and the peak memory in MB of the process that made it."""
    file = tmp_path_factory.mktemp("import") / "litwatch.db"
    command = [sys.executable, "-W", "error", "-c", ALONE, str(update_file), str(file)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return file, int(done.stdout)


@pytest.fixture
def store(imported: tuple[Path, int]) -> Iterator[Store]:
    engine = engines.create(f"sqlite:///{imported[0]}")
    yield Store(engine)
    engine.dispose()


def test_memory_stays_flat(imported: tuple[Path, int]) -> None:
    assert imported[1] < 400


def test_every_record_is_stored_and_understood(store: Store) -> None:
    with store.reading() as tx:
        counts = tx.works.counts()
    assert counts["records"] == RECORDS
    assert (counts["unparsed"], counts["gone"]) == (0, 0)


def test_versions_are_merged_and_a_preprint_with_its_article(store: Store) -> None:
    """Three PMIDs come in several versions; 33576494 and 34013271 are a preprint and its article."""
    with store.reading() as tx:
        assert tx.works.counts()["works"] == PMIDS - 1
        for pmid, versions in (("30271887", 4), ("33728380", 2), ("34017925", 2)):
            assert len(tx.works.records(tx.works.find(pmid))) == versions
        assert tx.works.find("33576494") == tx.works.find("34013271")


def test_works_have_the_kinds_that_the_file_names(store: Store) -> None:
    with store.reading() as tx:
        kinds = tx.works.kinds()
    named = {kind: kinds[kind] for kind in ("editorial", "case-report", "news", "retraction")}
    assert named == {"editorial": 465, "case-report": 443, "news": 76, "retraction": 9}
    assert sum(kinds.values()) == PMIDS - 1


def test_the_file_lists_its_deletions(update_file: Path) -> None:
    assert sum(len(batch.deletions) for batch in importing.batches(update_file)) == DELETED


@pytest.mark.exhaustive
def test_importing_again_changes_nothing(store: Store, update_file: Path) -> None:
    parts = Archive(store).parts
    with store.reading() as tx:
        before = tx.works.sequence()
    tallies = [
        pipeline.take_in(parts, batch, "pubmed", announce=False)
        for batch in islice(importing.batches(update_file), 2)
    ]
    assert tallies == [Tally(same=importing.BATCH)] * 2
    with store.reading() as tx:
        assert tx.works.sequence() == before
