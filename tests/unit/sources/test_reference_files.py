from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.normalisation import normalise
from service.normalisation.citations import ids as identify
from service.records import Identifiers, Reference
from service.sources.reference_files import read_file
from tests import cited_payloads as made
from tests.cited_payloads import element_citation, titles

if TYPE_CHECKING:
    from pathlib import Path

    from service.sources.references import SeedReferences

BIB = """@article{one, title={Niches of cells}, doi={10.5555/A.1}, year={2023},
  abstract={Cells hide.}}
@article{two, title={Traps of cells}, pmid={12}, year={2024}}
"""
RIS = (
    "TY  - JOUR\nTI  - Niches of cells\nDO  - 10.5555/a.1\nPY  - 2023\nAB  - Cells hide.\nER  - \n"
)
NBIB = "PMID- 11\nTI  - Niches of cells\nDP  - 2023 Jan\nAB  - Cells hide.\n"


def read(folder: Path, name: str, content: str | bytes) -> SeedReferences:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(file, identify, normalise)


def test_a_bibtex_file_is_a_reference_list(tmp_path: Path) -> None:
    found = read(tmp_path, "cited.bib", BIB)
    assert found.references == (
        Reference("Niches of cells", Identifiers("10.5555/a.1"), "Cells hide.", 2023),
        Reference("Traps of cells", Identifiers(pmid="12"), "", 2024),
    )
    assert (found.source, found.stated, found.with_abstract) == ("file cited.bib", 2, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cited.ris", RIS.encode()),
        ("cited.nbib", NBIB.encode()),
        ("cited.xml", made.pubmed(("11", "Niches of cells", "Cells hide."))),
        (
            "cited.xml.gz",
            gzip.compress(made.pubmed(("11", "Niches of cells", "Cells hide.")), mtime=0),
        ),
    ],
)
def test_other_files_of_citations_are_read_alike(tmp_path: Path, name: str, content: bytes) -> None:
    [found] = read(tmp_path, name, content).references
    assert (found.title, found.abstract, found.year) == ("Niches of cells", "Cells hide.", 2023)


def test_of_an_article_in_jats_the_reference_list_is_read(tmp_path: Path) -> None:
    body = made.jats(element_citation("a", pmid="1"), element_citation("b"), "<mixed-citation/>")
    found = read(tmp_path, "review.nxml", body)
    assert (titles(found.references), found.stated) == (["a", "b"], 3)


def test_each_paper_is_taken_once(tmp_path: Path) -> None:
    found = read(tmp_path, "cited.ris", RIS + RIS)
    assert (len(found.references), found.stated) == (1, 2)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (made.jats(), "the article has no reference list"),
        (made.jats("<mixed-citation/>"), "names no paper"),
        (made.jats(element_citation("a"))[:-40], "breaks off"),
        (b"just words", "no form that can be imported"),
        (b"", "no form that can be imported"),
    ],
)
def test_a_file_without_references_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        read(tmp_path, "cited.xml", content)
    assert "cited.xml" in caught.value.thing


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_file(tmp_path, identify, normalise)


def test_entries_that_cannot_be_understood_are_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    broken = "".join(f"TY  - JOUR\nAN  - {n}\nER  - \n" for n in range(7))
    found = read(tmp_path, "cited.ris", broken + RIS)
    assert titles(found.references) == ["Niches of cells"]
    assert found.stated == 8
    assert found.notes[0].startswith("ris:0")
    assert found.notes[5:] == ("and 2 more",)


@pytest.mark.captures
def test_a_real_article_is_a_reference_list(shared: Path) -> None:
    file = shared / "captures/pmc/6605965a.nxml"
    found = read_file(file, identify, normalise)
    assert (found.stated, len(found.references)) == (34, 34)
