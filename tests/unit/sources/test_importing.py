"""Files that a person hands in: known by what is in them, read in flat memory, refused in words."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError
from service.sources import importing

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet>\n<PubmedArticleSet>'
TAIL = b"</PubmedArticleSet>"
GONE = b'<DeleteCitation><PMID Version="1">7</PMID></DeleteCitation>'
NBIB = b"PMID- 41\nTI  - A study\n\nPMID- 42\nTI  - Another\n"
RIS = b"TY  - JOUR\nTI  - A study\nDO  - 10.1000/a\nER  - \n"
BIBTEX = b"@article{key, title = {A study}, doi = {10.1000/b}}\n"
BIORXIV = json.dumps(
    {"messages": [{"status": "ok"}], "collection": [{"doi": "10.1101/1", "server": "bioRxiv"}]}
).encode()


def articles(first: int, last: int) -> bytes:
    return b"".join(
        b'<PubmedArticle><MedlineCitation><PMID Version="1">%d</PMID></MedlineCitation>'
        b"</PubmedArticle>\n" % number
        for number in range(first, last + 1)
    )


def written(folder: Path, body: bytes, name: str = "file.bin") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf", b"\n \n"], ids=["plain", "BOM", "blank"])
@pytest.mark.parametrize(
    ("body", "kind", "ids"),
    [
        (HEAD + articles(1, 2) + TAIL, "pubmed", ["1", "2"]),
        (articles(5, 5), "pubmed", ["5"]),
        (NBIB, "pubmed", ["41", "42"]),
        (RIS, "ris", ["10.1000/a"]),
        (BIBTEX, "bibtex", ["10.1000/b"]),
        (b"% exported\n" + BIBTEX, "bibtex", ["10.1000/b"]),
        (BIORXIV, "biorxiv", ["10.1101/1"]),
    ],
    ids=["set", "article", "nbib", "ris", "bibtex", "bibtex with a comment", "bioRxiv"],
)
def test_a_file_is_known_by_its_beginning(
    tmp_path: Path, mark: bytes, body: bytes, kind: str, ids: list[str]
) -> None:
    if mark.isspace() and body.startswith(b"<?xml"):
        return  # blanks before the declaration are no XML
    path = written(tmp_path, mark + body)
    assert importing.kind_of(path) == kind
    found = [record.source_id for batch in importing.batches(path) for record in batch.records]
    assert found == ids


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    assert importing.kind_of(written(tmp_path, RIS, "a.bib")) == "ris"
    assert importing.kind_of(written(tmp_path, gzip.compress(HEAD + TAIL), "a.txt")) == "pubmed"


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"hello", b"<html><body/></html>", b"<article/>", b'{"a": 1}', b"[1]", b"\x00\x01",
     b"\x89PNG\r\n", b"%PDF-1.7"[1:], b"PK\x03\x04", gzip.compress(b"hello", mtime=0)],
)  # fmt: skip
def test_another_form_is_refused_with_what_would_do(tmp_path: Path, body: bytes) -> None:
    path = written(tmp_path, body)
    with pytest.raises(InputError, match="no form that can be imported") as raised:
        importing.kind_of(path)
    assert raised.value.thing == str(path)
    assert "RIS" in raised.value.remedy


def test_a_file_that_is_not_there_or_is_a_folder_is_told_by_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(InputError, match="cannot be read") as raised:
            list(importing.batches(path))
        assert raised.value.thing == str(path)


@pytest.mark.parametrize("size", [1, 999, 1_000, 1_001, 2_500])
def test_records_come_a_thousand_at_a_time_and_none_is_lost(tmp_path: Path, size: int) -> None:
    path = written(tmp_path, HEAD + articles(1, size) + TAIL)
    batches = list(importing.batches(path))
    assert [len(batch.records) for batch in batches[:-1]] == [1_000] * (len(batches) - 1)
    assert 0 < len(batches[-1].records) <= importing.BATCH
    found = [record.source_id for batch in batches for record in batch.records]
    assert found == [str(number) for number in range(1, size + 1)]


def test_deletions_come_after_the_records_before_them(tmp_path: Path) -> None:
    """NLM's order matters: a record may be deleted by the file that holds it."""
    path = written(tmp_path, HEAD + articles(7, 8) + GONE + articles(9, 9) + TAIL)
    told = [
        ([record.source_id for record in batch.records], batch.deletions)
        for batch in importing.batches(path)
    ]
    assert told == [(["7", "8"], ("7",)), (["9"], ())]


def test_the_progress_is_the_bytes_of_the_file_as_it_lies_on_disk(tmp_path: Path) -> None:
    for body in (HEAD + articles(1, 3) + TAIL, gzip.compress(HEAD + articles(1, 3) + TAIL), RIS):
        read: list[int] = []
        list(importing.batches(written(tmp_path, body), read.append))
        assert sum(read) == len(body)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_that_breaks_off_gives_what_came_before_and_then_says_so(
    tmp_path: Path, *, zipped: bool
) -> None:
    whole = HEAD + articles(1, 1_500) + TAIL
    body = gzip.compress(whole, 0)[: len(whole) - 200] if zipped else whole[:-200]
    walk = importing.batches(written(tmp_path, body))
    assert len(next(walk).records) == importing.BATCH
    with pytest.raises(InputError, match="breaks off"):
        list(walk)


def test_damaged_gzip_data_is_an_input_error(tmp_path: Path) -> None:
    body = bytearray(gzip.compress(HEAD + articles(1, 3_000) + TAIL))
    body[len(body) // 2 : len(body) // 2 + 40] = b"\xff" * 40
    with pytest.raises(InputError):
        list(importing.batches(written(tmp_path, bytes(body))))
    with pytest.raises(InputError, match="cannot be read"):
        importing.kind_of(written(tmp_path, b"\x1f\x8b\x08\x00garbage"))


@pytest.mark.parametrize(
    "body",
    [RIS[:-7], b'{"collection": [', b'@article{key, title = {A', b"TY  - JOUR\nTY  - JOUR\nER  - \n"],
)  # fmt: skip
def test_a_citation_file_that_breaks_off_is_told_with_a_remedy(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(InputError) as raised:
        list(importing.batches(written(tmp_path, body)))
    assert raised.value.remedy
