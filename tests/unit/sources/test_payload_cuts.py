"""Replies and files that break off, at every byte: a cut is told, and never loses a record."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import SourceError, TransientError
from service.records import Record
from service.sources.feed_text import decode
from service.sources.pubmed_split import inflated, iter_records, split
from service.sources.reading import read

ARTICLES = [
    b'<PubmedArticle><MedlineCitation><PMID Version="1">%d</PMID><T>\xce\xb2 &lt; %d</T>'
    b"</MedlineCitation></PubmedArticle>" % (number, number)
    for number in range(11, 16)
]
PUBMED = (
    b'<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD" "http://x/y.dtd">\n'
    b"<PubmedArticleSet>\n" + b"\n".join(ARTICLES) + b"\n</PubmedArticleSet>\n"
)


def payloads(found: object) -> list[bytes]:
    assert isinstance(found, list)
    return [item.payload for item in found if isinstance(item, Record)]


@pytest.mark.parametrize("place", range(0, len(PUBMED), 3))
def test_a_pubmed_file_in_two_pieces_has_the_same_records(place: int) -> None:
    assert payloads(list(split([PUBMED[:place], PUBMED[place:]]))) == ARTICLES


@given(st.lists(st.integers(0, len(PUBMED)), max_size=12))
def test_a_pubmed_file_in_any_pieces_has_the_same_records(places: list[int]) -> None:
    ends = sorted({0, *places, len(PUBMED)})
    pieces = [PUBMED[a:b] for a, b in pairwise(ends)]
    assert payloads(list(split(pieces))) == ARTICLES


@given(st.lists(st.integers(0, 600), max_size=8), st.integers(1, 3))
def test_gzip_data_in_any_pieces_and_members_is_the_same(places: list[int], members: int) -> None:
    part = len(PUBMED) // members + 1
    packed = b"".join(gzip.compress(PUBMED[i : i + part]) for i in range(0, len(PUBMED), part))
    ends = sorted({0, *(p for p in places if 1 < p < len(packed)), len(packed)})
    pieces = [packed[a:b] for a, b in pairwise(ends)]
    assert b"".join(inflated(pieces)) == PUBMED


@given(st.integers(0, len(PUBMED) - len(b"</PubmedArticleSet>\n") - 1))
def test_a_pubmed_file_that_breaks_off_gives_whole_records_and_then_says_so(end: int) -> None:
    found: list[bytes] = []
    walk = iter_records(BytesIO(PUBMED[:end]))
    with pytest.raises(TransientError):
        found.extend(item.payload for item in walk if isinstance(item, Record))
    assert found == ARTICLES[: len(found)]
    assert len(found) == PUBMED[:end].count(b"</PubmedArticle>")


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">
<title>arXiv Query: search_query=x&amp;id_list=</title><o:totalResults>1</o:totalResults><entry>
<id>http://arxiv.org/abs/2611.00001v1</id><title>Cells</title></entry></feed>"""
OAI = """<OAI-PMH><ListRecords><record><header><identifier>oai:arXiv.org:2611.00001</identifier>
<datestamp>2026-11-20</datestamp></header><metadata><arXivRaw><id>2611.00001</id></arXivRaw>
</metadata></record><resumptionToken>t</resumptionToken></ListRecords></OAI-PMH>"""
PMC = """<pmc-articleset><article><front><article-meta><article-id pub-id-type="pmcid">PMC5
</article-id></article-meta></front></article></pmc-articleset>"""
RSS = """<rss version="2.0"><channel><title>J</title><item><title>a</title><guid>g</guid></item>
</channel></rss>"""


def as_json(**value: Any) -> str:
    return json.dumps(value)


REPLIES = {
    "arxiv": [ATOM, OAI],
    "pmc": [PMC],
    "biorxiv": [as_json(messages=[{"status": "ok"}], collection=[{"doi": "10.1101/1"}])],
    "europepmc": [as_json(hitCount=1, resultList={"result": [{"id": "1", "source": "MED", "t": 1}]})],
    "crossref": [as_json(status="ok", message={"items": [{"DOI": "10.1000/a"}]})],
    "openalex": [as_json(meta={"count": 1}, results=[{"id": "https://openalex.org/W1"}])],
    "pubmed": [as_json(esearchresult={"count": "1", "retmax": "1", "retstart": "0", "idlist": ["4"]})],
}  # fmt: skip
CASES = [(source, body.encode()) for source, bodies in REPLIES.items() for body in bodies]


@pytest.mark.parametrize(("source", "body"), CASES, ids=lambda part: str(part)[:12])
def test_a_reply_cut_at_any_byte_is_an_error_and_never_a_shorter_page(
    source: str, body: bytes
) -> None:
    whole = read(source, body)
    assert whole.records or whole.ids
    for end in range(len(body)):
        with pytest.raises(SourceError):
            read(source, body[:end])


@pytest.mark.parametrize(("source", "body"), CASES, ids=lambda part: str(part)[:12])
def test_a_byte_order_mark_and_blanks_around_a_reply_change_nothing(
    source: str, body: bytes
) -> None:
    assert read(source, b"\xef\xbb\xbf" + body + b"\n\n") == read(source, body)


# -- feeds, whose encodings are decoded before any parser sees them -------------------------------


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"), ("utf-8", ""), ("utf-8-sig", ""), ("utf-8-sig", "iso-8859-1"),
        ("utf-16", "utf-16"), ("utf-16-le", ""), ("utf-16-be", ""), ("utf-32", ""),
        ("iso-8859-1", "ISO-8859-1"), ("cp1252", "windows-1252"), ("iso-8859-15", "iso-8859-15"),
        ("cp1252", "utf-8"), ("utf-8", "no-such-encoding"),
    ],
)  # fmt: skip
def test_a_feed_in_any_usual_encoding_reads_the_same(encoding: str, declared: str) -> None:
    said = f' encoding="{declared}"' if declared else ""
    text = f'<?xml version="1.0"{said}?><rss><title>Zoë’s café</title></rss>'
    if encoding.startswith("iso-8859"):
        text = text.replace("’", "'")
    found = decode(text.encode(encoding), "feed")
    assert (found.root, "Zoë" in found.text, "café" in found.text) == ("rss", True, True)
    assert "<?xml" not in found.text


@pytest.mark.parametrize("name", ["utf-7", "utf-16", "cp037", "punycode", "base64", "rot13", "hex"])  # fmt: skip
def test_an_encoding_in_which_markup_could_hide_is_refused(name: str) -> None:
    body = f'<?xml version="1.0" encoding="{name}"?><rss>+ADw-</rss>'.encode()
    with pytest.raises(SourceError, match="is written in"):
        decode(body, "feed")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"\xfe\xff\x00", b"\x00", b"", b"\xef\xbb\xbf", b"<"]
)
def test_a_feed_of_no_text_has_no_root(body: bytes) -> None:
    assert decode(body, "feed").root == ""


def test_control_characters_in_a_feed_are_dropped_and_told() -> None:
    found = decode(b"<rss><title>a\x00b\x1fc\x0b</title></rss>", "feed")
    assert "<title>abc</title>" in found.text
    assert found.warnings == ("3 control characters are dropped",)


def test_a_feed_cut_at_any_byte_is_read_or_refused() -> None:
    """Feeds prove nothing, so what can still be read of a broken one may be used."""
    for end in range(len(RSS)):
        try:
            page = read("rss", RSS[:end].encode())
        except SourceError:
            continue
        assert len(page.records) <= 1
