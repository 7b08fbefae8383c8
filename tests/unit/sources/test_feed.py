from __future__ import annotations

from datetime import date

import pytest

from service.errors import NotFoundError, TransientError
from service.records import Batch, Sweep, SweepKind, Validators, Window, WindowReport
from service.sources.feed import Feed
from tests.fakes_http import Answer, FakeHttp, FakeReply, scripted

URL = "https://journal.example.org/feed"
BODY = b"""<rss version="2.0"><channel><title>J</title><item><title>a</title><guid>1</guid></item>
<item><title>b</title><guid>2</guid></item></channel></rss>"""
NOTHING = Validators()
DAY = Window(date(2026, 11, 20), date(2026, 11, 21))


def poll(answer: Answer, sent: Validators = NOTHING) -> tuple[list[Batch | WindowReport], FakeHttp]:
    http = FakeHttp(answer)
    source = Feed(http, name="journal", url=URL)
    return list(source.poll(Sweep(SweepKind.RECENT, DAY, sent), set)), http


def test_entries_come_before_the_report_that_carries_the_validators() -> None:
    headers = {"etag": '"v2"', "last-modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
    given, _ = poll(scripted(FakeReply(BODY, headers=headers)))
    batch, report = given
    assert isinstance(batch, Batch)
    assert [r.source_id for r in batch.records] == ["1", "2"]
    assert isinstance(report, WindowReport)
    assert report.validators == Validators('"v2"', "Fri, 20 Nov 2026 10:00:00 GMT")
    assert (report.fetched, report.complete, report.window) == (2, True, DAY)


def test_validators_are_sent_back() -> None:
    _, http = poll(scripted(FakeReply(status=304)), Validators('W/"v1"', "yesterday"))
    assert http.requests[0].headers["If-None-Match"] == 'W/"v1"'
    assert http.requests[0].headers["If-Modified-Since"] == "yesterday"


def test_without_validators_no_condition_is_sent() -> None:
    _, http = poll(scripted(BODY))
    assert not {"If-None-Match", "If-Modified-Since"} & set(http.requests[0].headers)


def test_not_modified_is_a_complete_report_that_keeps_the_validators() -> None:
    sent = Validators('"v1"', "yesterday")
    given, _ = poll(scripted(FakeReply(status=304)), sent)
    (report,) = given
    assert isinstance(report, WindowReport)
    assert (report.complete, report.fetched, report.validators) == (True, 0, sent)


def test_not_modified_may_bring_a_new_etag() -> None:
    reply = FakeReply(status=304, headers={"etag": '"v2"'})
    given, _ = poll(scripted(reply), Validators('"v1"', "yesterday"))
    assert isinstance(given[0], WindowReport)
    assert given[0].validators == Validators('"v2"', "yesterday")


def test_a_server_without_validators_clears_the_old_ones() -> None:
    given, _ = poll(scripted(BODY), Validators('"v1"'))
    assert isinstance(given[-1], WindowReport)
    assert given[-1].validators == Validators()


def test_an_html_page_is_retried_and_then_gives_no_report() -> None:
    with pytest.raises(TransientError):
        poll(lambda _: b"<html>Just a moment...</html>")


def test_a_passing_fault_is_not_seen() -> None:
    given, http = poll(scripted(FakeReply(status=502), b"", BODY))
    assert len(given) == 2
    assert len(http.requests) == 3


def test_gone_for_good_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="gone"):
        poll(scripted(FakeReply(status=410)))


def test_an_empty_feed_is_remarked() -> None:
    given, _ = poll(scripted(b'<rss version="2.0"><channel><title>J</title></channel></rss>'))
    assert isinstance(given[0], WindowReport)
    assert given[0].warnings == ("the feed has no entries",)


def test_batches_are_small() -> None:
    items = "".join(f"<item><title>t</title><guid>{n}</guid></item>" for n in range(450))
    body = f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
    given, _ = poll(scripted(body))
    assert [len(b.records) for b in given if isinstance(b, Batch)] == [200, 200, 50]
