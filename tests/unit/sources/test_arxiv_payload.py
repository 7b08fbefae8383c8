from __future__ import annotations

import pytest

from service.errors import (
    BadRequestError,
    CursorLostError,
    NotDataError,
    ThrottledError,
    TransientError,
)
from service.sources import arxiv_payload

ENTRY = """<entry><id>http://arxiv.org/abs/{id}</id><updated>2026-11-02T08:00:00Z</updated>
<published>2026-10-30T08:00:00Z</published><title>Crowded spheroids</title>
<summary>They jam.</summary><author><name>Ida Sand</name></author></entry>"""


def atom(*entries: str, total: int = 1, start: int = 0, query: str = "cat:cs.CV") -> bytes:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">
<id>https://arxiv.org/api/x</id>
<title>arXiv Query: search_query={query}&amp;id_list=&amp;start={start}&amp;max_results=10</title>
<o:totalResults>{total}</o:totalResults><o:startIndex>{start}</o:startIndex>
{"".join(entries)}</feed>""".encode()


RAW = """<record><header><identifier>oai:arXiv.org:2610.00001</identifier>
<datestamp>2026-11-03</datestamp><setSpec>q-bio:q-bio:TO</setSpec></header><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2610.00001</id>
<version version="v1"><date>Thu, 1 Oct 2026 10:00:00 GMT</date></version>
<version version="v10"><date>Mon, 2 Nov 2026 10:00:00 GMT</date></version>
<version version="v9"><date>Sun, 1 Nov 2026 10:00:00 GMT</date></version>
<title>Jamming</title></arXivRaw></metadata></record>"""


def oai(inside: str) -> bytes:
    return f"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-04T00:00:00Z
</responseDate><request/>{inside}</OAI-PMH>""".encode()


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("2610.00001v2", "arxiv:2610.00001v2"),
        ("2610.00001", "arxiv:2610.00001"),
        ("q-bio/0401001v1", "arxiv:q-bio/0401001v1"),
        ("math.GT/0309136v3", "arxiv:math/0309136v3"),
    ],
)
def test_an_entry_is_keyed_by_its_id_and_version(written: str, key: str) -> None:
    page = arxiv_payload.read(atom(ENTRY.format(id=written)))
    assert [(r.key, r.format) for r in page.records] == [(key, "arxiv-atom")]


def test_a_page_tells_total_next_start_and_the_query_understood() -> None:
    page = arxiv_payload.read(atom(ENTRY.format(id="2610.00001v1"), total=7, start=3))
    assert (page.stated, page.next, page.translation) == (7, "4", "cat:cs.CV")


def test_the_last_page_has_no_next() -> None:
    assert arxiv_payload.read(atom(ENTRY.format(id="2610.00001v1"))).next is None


def test_nothing_found_is_an_empty_page() -> None:
    page = arxiv_payload.read(atom(total=0))
    assert (page.records, page.stated) == ((), 0)


def test_the_day_of_an_update_is_found_without_parsing_the_record() -> None:
    record = arxiv_payload.read(atom(ENTRY.format(id="2610.00001v2"))).records[0]
    assert arxiv_payload.updated(record) == "2026-11-02"


def test_the_error_feed_is_our_mistake() -> None:
    entry = "<entry><title>Error</title><summary>start must be an integer</summary></entry>"
    with pytest.raises(BadRequestError, match="start must be an integer"):
        arxiv_payload.read(atom(entry))


def test_a_paper_named_error_is_a_paper() -> None:
    entry = ENTRY.format(id="2610.00001v1").replace("Crowded spheroids", "Error")
    assert len(arxiv_payload.read(atom(entry)).records) == 1


def test_the_newest_version_of_a_history_is_the_highest_number() -> None:
    page = arxiv_payload.read(oai(f"<ListRecords>{RAW}</ListRecords>"))
    assert page.records[0].key == "arxiv:2610.00001v10"


def test_an_oai_record_keeps_its_header_beside_its_metadata() -> None:
    payload = arxiv_payload.read(oai(f"<ListRecords>{RAW}</ListRecords>")).records[0].payload
    assert b"2026-11-03" in payload
    assert b"q-bio:q-bio:TO" in payload
    assert b"Jamming" in payload


def test_a_bare_record_reads_like_one_in_its_envelope() -> None:
    bare = arxiv_payload.read(RAW.encode()).records[0]
    assert bare.key == arxiv_payload.read(oai(f"<GetRecord>{RAW}</GetRecord>")).records[0].key


def test_deletions_and_listed_ids_are_named_without_version() -> None:
    headers = """<ListIdentifiers><header status="deleted"><identifier>oai:arXiv.org:2610.00009
    </identifier></header><header><identifier>oai:arXiv.org:q-bio/0401001</identifier></header>
    <resumptionToken>next%3D1</resumptionToken></ListIdentifiers>"""
    page = arxiv_payload.read(oai(headers))
    assert (page.deletions, page.ids, page.next) == (
        ("2610.00009",),
        ("q-bio/0401001",),
        "next%3D1",
    )


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"Rate exceeded.", ThrottledError),
        (b"", TransientError),
        (b"<html><body>503</body></html>", TransientError),
        (atom(ENTRY.format(id="2610.00001v1"))[:-30], TransientError),
        (oai('<error code="badResumptionToken">gone</error>'), CursorLostError),
        (oai('<error code="badArgument">from</error>'), BadRequestError),
        (b"<opml/>", NotDataError),
    ],
)
def test_what_is_no_page_raises_its_own_error(reply: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        arxiv_payload.read(reply)


def test_no_records_match_is_an_empty_page() -> None:
    page = arxiv_payload.read(oai('<error code="noRecordsMatch">none</error>'))
    assert (page.records, page.next) == ((), None)


RSS = """<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>q-bio.TO updates on arXiv.org</title>
<item><title>Jamming</title><link>https://arxiv.org/abs/2610.00001</link>
<guid isPermaLink="false">oai:arXiv.org:2610.00001v2</guid>
<description>arXiv:2610.00001v2 Announce Type: replace
Abstract: They jam.</description><arxiv:announce_type>replace</arxiv:announce_type>
</item></channel></rss>"""


def test_an_announcement_is_keyed_like_the_paper_it_announces() -> None:
    page = arxiv_payload.read(RSS.encode())
    assert [(r.key, r.format) for r in page.records] == [("arxiv:2610.00001v2", "feed-json")]


def test_an_abstract_that_speaks_of_announcements_is_still_a_search_result() -> None:
    entry = ENTRY.format(id="2610.00001v1").replace("They jam.", "oai:arXiv.org: announce_type")
    assert arxiv_payload.read(atom(entry)).records[0].format == "arxiv-atom"
