"""Files that a person hands in: payloads to look at, files to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.bootstrap import build
from service.bootstrap.files import import_file, import_kind, read_payload
from service.config import Settings
from service.demo.server import example
from service.errors import InputError
from service.records import Tally
from service.worker.stopping import Stopped
from tests.fakes import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.bootstrap import App

MEDLINE = """PMID- {0}
TI  - Stroma walls off tumour number {0}
AB  - Cells move.
DP  - 2026 Nov
PT  - Journal Article

"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    values = {"database": {"url": f"sqlite:///{tmp_path}/a.db"}}
    made = build(Settings.model_validate(values), FixedClock().clock)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "export.nbib"
    made.write_text("".join(MEDLINE.format(number) for number in (31, 32, 33)), encoding="utf-8")
    return made


# -- payloads -------------------------------------------------------------------------------------


def test_a_payload_is_a_page_and_its_papers() -> None:
    seen = read_payload("pubmed", example("pubmed.xml"))
    assert seen.error is None
    assert seen.page is not None
    assert len(seen.papers) == len(seen.page.records) > 0
    assert {format for _, format in seen.papers} == {"pubmed-xml"}
    assert seen.unparsed == ()


@pytest.mark.parametrize("body", [b"", b"<html><body>Just a moment</body></html>", b"\x00\xff"])
@pytest.mark.parametrize("source", ["pubmed", "biorxiv", "arxiv", "europepmc", "pmc"])
def test_a_payload_that_is_none_is_told_not_raised(source: str, body: bytes) -> None:
    seen = read_payload(source, body)
    assert seen.error is not None
    assert (seen.page, seen.papers, seen.unparsed) == (None, (), ())


def test_a_record_that_cannot_be_understood_hides_no_other() -> None:
    body = example("pubmed.xml")
    start, end = body.index(b"<ArticleTitle"), body.index(b"</ArticleTitle>")
    broken = body[:start] + b"<ArticleTitle>" + body[end:]
    whole, seen = read_payload("pubmed", body), read_payload("pubmed", broken)
    assert len(seen.papers) + len(seen.unparsed) == len(whole.papers)
    assert len(seen.papers) >= len(whole.papers) - 1


def test_an_unknown_source_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match="source 'nope': is not known") as caught:
        read_payload("nope", b"")
    assert "pubmed" in caught.value.remedy


# -- imports --------------------------------------------------------------------------------------


def test_an_imported_file_is_in_the_archive_with_a_receipt(app: App, file: Path) -> None:
    told: list[int] = []
    imported = import_file(app, file, told.append, announce=False)
    assert (imported.source, imported.tally) == (import_kind(file), Tally(new=3))
    with app.store.reading() as tx:
        assert tx.works.counts()["works"] == 3
        [receipt] = tx.sources.receipts()
    assert (receipt.kind, receipt.new, receipt.gap) == ("import", 3, None)
    assert told
    assert told == sorted(told) or sum(told) <= file.stat().st_size


def test_the_same_file_again_is_all_known(app: App, file: Path) -> None:
    import_file(app, file, lambda _: None, announce=True)
    again = import_file(app, file, lambda _: None, announce=True)
    assert again.tally == Tally(same=3)
    with app.store.reading() as tx:
        assert tx.works.counts()["works"] == 3


@pytest.mark.parametrize(("announce", "screened"), [(True, 3), (False, 0)])
def test_only_what_is_announced_can_be_in_a_digest(
    app: App, file: Path, announce: bool, screened: int
) -> None:
    import_file(app, file, lambda _: None, announce=announce)
    with app.store.reading() as tx:
        assert len(tx.works.window(0, tx.works.sequence())) == screened


def test_an_import_that_is_stopped_keeps_what_it_stored(app: App, file: Path) -> None:
    app.stop.set()
    with pytest.raises(Stopped):
        import_file(app, file, lambda _: None, announce=True)
    app.stop.clear()
    with app.store.reading() as tx:
        assert tx.works.counts()["works"] == 3
        assert tx.sources.receipts() == [], "an import that did not end has no receipt"
    assert import_file(app, file, lambda _: None, announce=True).tally == Tally(same=3)


def test_a_file_of_no_known_kind_is_refused_by_name(app: App, tmp_path: Path) -> None:
    other = tmp_path / "notes.docx"
    other.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(InputError, match=r"notes\.docx"):
        import_file(app, other, lambda _: None, announce=True)
    with app.store.reading() as tx:
        assert tx.works.counts()["works"] == 0
