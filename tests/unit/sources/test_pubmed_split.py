"""Cutting PubMed's XML into records by their tags."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest

from service.errors import BadRequestError, NotDataError, SourceError, TransientError
from service.records import Record
from service.sources import pubmed_split
from service.sources.pubmed_split import Deletions, iter_records, split

HEAD = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- a comment --><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://x/y.dtd">
<PubmedArticleSet>
"""
ONE = b'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="2">11</PMID>\xc3\xa9</MedlineCitation></PubmedArticle>'
TWO = b'<PubmedBookArticle>\n <BookDocument><PMID Version="1">22</PMID><R><PMID>9</PMID></R></BookDocument></PubmedBookArticle>'
GONE = (
    b'<DeleteCitation>\n<PMID Version="1">33</PMID>\n<PMID Version="1">44</PMID></DeleteCitation>'
)
TAIL = b"\n</PubmedArticleSet>\n"
FILE = HEAD + ONE + b"\n\n" + TWO + GONE + TAIL

EXPECTED = [
    Record("pubmed", "11", "2", "pubmed-xml", ONE),
    Record("pubmed", "22", "1", "pubmed-xml", TWO),
    Deletions(("33", "44")),
]


def test_each_record_is_its_exact_bytes() -> None:
    assert list(iter_records(BytesIO(FILE))) == EXPECTED


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 63, 64, 65, 200, 10_000])
def test_it_does_not_matter_where_the_pieces_are_cut(size: int) -> None:
    pieces = [FILE[i : i + size] for i in range(0, len(FILE), size)]
    assert list(split(pieces)) == EXPECTED


def test_a_gzipped_file_is_read_as_the_plain_one() -> None:
    assert list(iter_records(BytesIO(gzip.compress(FILE)))) == EXPECTED


def test_a_gzipped_file_of_several_members_is_read_whole() -> None:
    half = len(FILE) // 2
    members = gzip.compress(FILE[:half]) + gzip.compress(FILE[half:])
    assert list(iter_records(BytesIO(members))) == EXPECTED


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_truncated_gzip_file_is_transient(cut: int) -> None:
    packed = gzip.compress(FILE * 50)
    with pytest.raises(TransientError):
        list(iter_records(BytesIO(packed[: len(packed) * cut // 6])))


def test_damaged_gzip_data_is_transient() -> None:
    packed = bytearray(gzip.compress(FILE * 50))
    packed[20:40] = b"\0" * 20
    with pytest.raises(TransientError, match=r"damaged|breaks off"):
        list(iter_records(BytesIO(bytes(packed))))


@pytest.mark.parametrize("end", range(len(HEAD) - 10, len(FILE) - len(TAIL) + 2, 7))
def test_a_file_cut_anywhere_is_transient(end: int) -> None:
    with pytest.raises(TransientError):
        list(iter_records(BytesIO(FILE[:end])))


def test_what_came_before_the_break_was_yielded() -> None:
    found = iter_records(BytesIO(HEAD + ONE + TWO[:30]))
    assert next(found) == EXPECTED[0]
    with pytest.raises(TransientError, match="breaks off"):
        next(found)


def test_a_record_broken_off_inside_a_whole_file_is_transient() -> None:
    with pytest.raises(TransientError, match="another begins"):
        list(iter_records(BytesIO(HEAD + ONE[:60] + ONE + TAIL)))


def test_a_second_set_after_the_first_must_be_whole_too() -> None:
    with pytest.raises(TransientError):
        list(iter_records(BytesIO(FILE + HEAD + ONE)))


@pytest.mark.parametrize(
    "body",
    [HEAD + TAIL, b"<PubmedArticleSet/>", b"\xef\xbb\xbf<PubmedArticleSet></PubmedArticleSet>"],
)
def test_an_empty_set_holds_nothing(body: bytes) -> None:
    assert list(iter_records(BytesIO(body))) == []


def test_a_lone_record_is_a_whole_file() -> None:
    assert list(iter_records(BytesIO(b'<?xml version="1.0"?>\n' + ONE + b"\n"))) == EXPECTED[:1]


def test_a_lone_record_cut_short_is_transient() -> None:
    with pytest.raises(TransientError):
        list(iter_records(BytesIO(ONE[:-5])))


def test_a_record_without_a_pmid_is_kept_under_a_name_of_its_own() -> None:
    odd = b"<PubmedArticle><MedlineCitation/></PubmedArticle>"
    (record,) = iter_records(BytesIO(HEAD + odd + TAIL))
    assert isinstance(record, Record)
    assert (record.source_id[:8], record.payload) == ("unnamed-", odd)


def test_an_empty_deletion_list_is_read() -> None:
    assert list(iter_records(BytesIO(HEAD + b"<DeleteCitation/>" + TAIL))) == [Deletions(())]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", TransientError),
        (b"  \n", TransientError),
        (b"<html><body>Sorry</body></html>", TransientError),
        (b"<!DOCTYPE html><html></html>", TransientError),
        (b"PMID- 1", NotDataError),
        (b"<rss></rss>", NotDataError),
        (HEAD + b"<ERROR>Search Backend failed</ERROR>" + TAIL, TransientError),
        (HEAD + ONE + b"<error>Invalid db name</error>" + TAIL, BadRequestError),
    ],
)
def test_what_is_no_pubmed_file_says_so(body: bytes, error: type[SourceError]) -> None:
    with pytest.raises(error):
        list(iter_records(BytesIO(body)))


def test_a_record_that_never_ends_is_refused_before_memory_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pubmed_split, "_RECORD_LIMIT", 10_000)
    pieces = (HEAD + ONE[:40] if i == 0 else b"x" * 1000 for i in range(12))
    with pytest.raises(NotDataError, match="larger"):
        list(split(pieces))
    assert next(pieces, None) is not None  # it stopped asking for more
