"""The real source clients poll the replay: whole windows, no gaps, every example found."""

from __future__ import annotations

from datetime import date

import pytest

from service.demo.server import ReplayServer
from service.records import Batch, Sweep, SweepKind, Validators, Window
from service.sources.arxiv import Arxiv
from service.sources.biorxiv import Biorxiv
from service.sources.europepmc import EuropePmc
from service.sources.eutils import Account
from service.sources.feed import Feed
from service.sources.http import PoliteClient
from service.sources.pmc import Pmc
from service.sources.pubmed import PubMed

WEEK = Window(date(2026, 11, 9), date(2026, 11, 16))
FORTNIGHT = Window(date(2026, 11, 2), date(2026, 11, 16))
QUERY = "neoplasms AND (fibroblasts OR neutrophils)"


@pytest.fixture(scope="module")
def server():
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="module")
def http(server):
    client = PoliteClient(
        "litwatch tests", unknown_host=0.0, trusted=frozenset({server.host}), tries=1
    )
    yield client
    client.close()


@pytest.fixture(scope="module")
def sources(server, http):
    account = Account(email="reader@example.org")
    eutils, feeds = server.url("eutils"), server.url("feeds")
    return {
        "pubmed": PubMed(http, QUERY, account, wide=True, base=eutils),
        "pmc": Pmc(http, QUERY, account, wide=True, base=eutils),
        "biorxiv": Biorxiv(http, server="biorxiv", base_url=server.url("biorxiv")),
        "medrxiv": Biorxiv(http, server="medrxiv", base_url=server.url("biorxiv")),
        "arxiv": Arxiv(http, oai_url=server.url("arxiv_oai"), api_url=server.url("arxiv_api")),
        "europepmc": EuropePmc(http, QUERY, base=server.url("europepmc"), page_size=5),
        "journal": Feed(http, name="journal", url=feeds + "feed.xml"),
        "subject": Feed(http, name="subject", url=feeds + "feed.rdf"),
    }


def _poll(source, kind=SweepKind.RECENT, window=WEEK, unknown=set, validators=None):
    sweep = Sweep(kind, window, validators or Validators())
    told = list(source.poll(sweep, unknown))
    records = [r for t in told if isinstance(t, Batch) for r in t.records]
    return records, [t for t in told if not isinstance(t, Batch)]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("pubmed", 24),
        ("pmc", 9),
        ("biorxiv", 14),
        ("medrxiv", 6),
        ("arxiv", 9),  # five of q-bio, four of five from the search, one of which is q-bio as well
        ("europepmc", 9),
        ("journal", 4),
        ("subject", 3),
    ],
)
def test_a_source_finds_the_week_and_proves_it_whole(sources, name, number):
    records, reports = _poll(sources[name])
    assert len(records) == number
    assert reports
    assert [report.gap for report in reports] == [None] * len(reports)
    assert all(report.complete for report in reports)


@pytest.mark.parametrize(
    ("name", "number"),
    [("pubmed", 28), ("pmc", 10), ("biorxiv", 16), ("medrxiv", 7), ("europepmc", 11)],
)
def test_the_week_before_has_some_as_well(sources, name, number):
    records, reports = _poll(sources[name], SweepKind.WIDE, FORTNIGHT)
    assert len(records) == number
    assert all(report.complete for report in reports)


def test_what_the_archive_holds_is_not_fetched_again(sources):
    records, reports = _poll(sources["pubmed"], unknown=lambda ids: {"99000020", "99000022"})
    assert {record.source_id for record in records} == {"99000020", "99000022"}
    assert reports[0].fetched == 24


def test_revised_records_are_found_by_their_revision(sources):
    records, reports = _poll(sources["pubmed"], SweepKind.REVISED, unknown=lambda ids: set())
    assert {"99000005", "99000013", "99000027"} <= {record.source_id for record in records}
    assert all(report.complete for report in reports)


@pytest.mark.parametrize("name", ["biorxiv", "medrxiv"])
def test_links_to_journals_are_found(sources, name):
    records, reports = _poll(sources[name], SweepKind.REVISED)
    assert [record.format for record in records] == ["biorxiv-pub-json"]
    assert all(report.complete for report in reports)


def test_a_feed_polled_twice_is_not_modified(sources):
    _, (report,) = _poll(sources["journal"])
    records, (again,) = _poll(sources["journal"], validators=report.validators)
    assert records == []
    assert again.validators == report.validators
