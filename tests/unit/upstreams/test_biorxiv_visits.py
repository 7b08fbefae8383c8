"""The real bioRxiv client at the simulated bioRxiv: nothing is lost, whatever it is up to."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from service.errors import TransientError
from service.normalisation import normalise
from service.records import Flag, SweepKind
from service.sources.biorxiv import Biorxiv as Client
from tests.upstreams.biorxiv import Biorxiv
from tests.upstreams.by_hand import (
    TODAY,
    Visit,
    article,
    at,
    entry,
    expected,
    posted,
    state,
    visiting,
    world,
)
from tests.upstreams.moods import alternating, in_turn
from tests.upstreams.world import Link

DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY


def client(visit: Visit, server: str = "biorxiv") -> Client:
    return Client(visit.http, server=server, base_url=visit.url)


def test_each_version_of_a_long_day_comes_once() -> None:
    day = posted(257)
    with visiting("biorxiv", Biorxiv(world(day))) as visit:
        report = visit.poll(client(visit), start=TODAY)
        assert visit.keys == expected(day)
        assert (report.stated, report.fetched, report.complete) == (257, 257, True)
        assert visit.register.requests["biorxiv"] == 3


def test_a_page_size_that_changes_in_the_middle_loses_nothing() -> None:
    day = posted(257)
    moody = Biorxiv(world(day), mood=alternating(partial=(2, 1)))
    with visiting("biorxiv", moody) as visit:
        assert visit.poll(client(visit), start=TODAY).complete
        assert visit.keys == expected(day)
        assert visit.register.requests["biorxiv"] == 4  # of 100, 30, 100 and 27


def test_a_page_size_that_changes_for_good_loses_nothing() -> None:
    days = [*posted(130, YESTERDAY), *posted(130, TODAY, first=201)]
    with visiting("biorxiv", Biorxiv(world(days), pages=((date.min, 100), (TODAY, 30)))) as visit:
        visit.poll(client(visit), start=YESTERDAY)
        assert [report.complete for report in visit.reports] == [True, True]
        assert visit.keys == expected(days)


def test_a_row_that_is_posted_while_we_page_is_found_by_a_second_walk() -> None:
    day = posted(150, first=2)
    of = article(1)  # the lowest id: it shifts all others
    late = entry("biorxiv", of.preprint_doi, of, TODAY, since=at(TODAY, 12) + timedelta(seconds=1))
    with visiting("biorxiv", Biorxiv(world([*day, late]))) as visit:
        report = visit.poll(client(visit), start=TODAY)
        assert visit.keys == expected([*day, late])
        assert (report.stated, report.fetched, report.complete) == (151, 151, True)


def test_a_total_above_what_is_served_is_believed_after_two_equal_walks() -> None:
    day = posted(120)
    moody = Biorxiv(world(day), mood=alternating(overcount=(1, 2)))
    with visiting("biorxiv", moody) as visit:
        report = visit.poll(client(visit), start=TODAY)
        assert visit.keys == expected(day)
        assert (report.stated, report.complete) == (122, True)
        assert report.warnings == ("120 of 122 records served, the same in two walks",)


def test_an_empty_page_in_the_middle_loses_nothing() -> None:
    day = posted(257)
    with visiting("biorxiv", Biorxiv(world(day), mood=alternating(empty=(2, 1)))) as visit:
        assert visit.poll(client(visit), start=TODAY).complete
        assert visit.keys == expected(day)


def test_a_second_walk_that_finds_nothing_makes_no_short_day_whole() -> None:
    day = posted(150)
    moody = Biorxiv(world(day), mood=in_turn("empty", 0, *([1] * 20)))
    with visiting("biorxiv", moody) as visit:
        report = visit.poll(client(visit), start=TODAY)
        assert not report.complete
        assert report.gap == "0 of 150 records served"


def test_an_old_day_that_was_empty_by_mistake_is_read_at_the_end_of_the_sweep() -> None:
    old = TODAY - timedelta(days=20)
    days = [entry for n in range(21) for entry in posted(2, old + n * DAY, first=10 * n + 1)]
    with visiting("biorxiv", Biorxiv(world(days), mood=in_turn("empty", 1))) as visit:
        visit.poll(client(visit), SweepKind.WIDE, start=old)
        assert visit.keys == expected(days)
        assert all(report.complete for report in visit.reports)


@pytest.mark.parametrize("mood", ["down", "blank"])
def test_a_database_that_is_down_now_and_then_loses_nothing(mood: str) -> None:
    day = posted(257)
    with visiting("biorxiv", Biorxiv(world(day), mood=alternating(**{mood: (2, 1)}))) as visit:
        assert visit.poll(client(visit), start=TODAY).complete
        assert visit.keys == expected(day)


def test_a_database_that_stays_down_ends_the_sweep_and_proves_nothing() -> None:
    with visiting("biorxiv", Biorxiv(world(posted(3)), mood=alternating(down=(1, 1)))) as visit:
        with pytest.raises(TransientError):
            visit.poll(client(visit), start=TODAY)
        assert visit.reports == []


def test_a_working_day_that_is_said_to_be_empty_is_not_believed() -> None:
    day = posted(3, YESTERDAY)
    moody = Biorxiv(world(day), mood=alternating(empty=(1, 1)))
    with visiting("biorxiv", moody) as visit:
        visit.poll(client(visit), start=YESTERDAY)
        said = {report.window.start: report.complete for report in visit.reports}
        assert said == {YESTERDAY: False, TODAY: True}  # today is not yet over


def test_a_withdrawn_version_comes_as_a_new_record() -> None:
    of = article(1)
    first = entry("biorxiv", of.preprint_doi, of, YESTERDAY)
    second = entry(
        "biorxiv", of.preprint_doi, of, TODAY, "2",
        title=f"WITHDRAWN: {of.title}", abstract="It is wrong.", marks=frozenset({"withdrawn"}),
    )  # fmt: skip
    with visiting("biorxiv", Biorxiv(world([first, second]))) as visit:
        visit.poll(client(visit), start=YESTERDAY)
        assert visit.keys == [(of.preprint_doi, "1"), (of.preprint_doi, "2")]
        papers = {record.version: normalise(record) for record in visit.records}
        assert Flag.WITHDRAWN not in papers["1"].flags
        assert Flag.WITHDRAWN in papers["2"].flags
        assert papers["2"].title == of.title


def test_the_journal_that_a_preprint_appeared_in_is_told_by_its_row_and_by_the_links() -> None:
    of = article(1)
    link = Link("published", doi="10.5555/exj.1")
    told = state(of, at(TODAY), YESTERDAY, links=(link,))
    row = entry("biorxiv", of.preprint_doi, of, YESTERDAY, "1", told)
    pair = entry("biorxiv-links", of.preprint_doi, of, TODAY, since=at(TODAY), links=(link,))
    simulated = Biorxiv(world([row, pair]))
    with visiting("biorxiv", simulated, at(YESTERDAY, 12)) as visit:
        visit.poll(client(visit), start=YESTERDAY, end=YESTERDAY)
        assert json.loads(visit.records[0].payload)["published"] == "NA"
        visit.time.until(at(TODAY, 12))
        visit.poll(client(visit), start=YESTERDAY)
        assert json.loads(visit.records[0].payload)["published"] == link.doi
        visit.poll(client(visit), SweepKind.REVISED)
        (record,) = visit.records
        assert record.format == "biorxiv-pub-json"
        assert json.loads(record.payload)["published_doi"] == link.doi


def test_doi_prefixes_may_change() -> None:
    old, new = article(1), article(2, preprint_doi="10.5072/2027.05.14.100002")
    both = [entry("biorxiv", of.preprint_doi, of, TODAY) for of in (old, new)]
    with visiting("biorxiv", Biorxiv(world(both))) as visit:
        visit.poll(client(visit), start=TODAY)
        assert visit.keys == expected(both)


def test_the_two_servers_of_one_address_are_kept_apart() -> None:
    one, other = posted(3), posted(4, first=10, server="medrxiv")
    with visiting("biorxiv", Biorxiv(world([*one, *other]))) as visit:
        visit.poll(client(visit, "medrxiv"), start=TODAY)
        assert visit.keys == expected(other)
        assert {record.source for record in visit.records} == {"medrxiv"}


def test_what_is_served_long_after_its_day_is_found_by_the_wide_sweep() -> None:
    of, day = article(1), TODAY - timedelta(days=20)
    late = entry("biorxiv", of.preprint_doi, of, day, since=at(TODAY))
    with visiting("biorxiv", Biorxiv(world([late]))) as visit:
        visit.poll(client(visit), SweepKind.WIDE, start=TODAY - timedelta(days=35))
        assert visit.keys == expected([late])
