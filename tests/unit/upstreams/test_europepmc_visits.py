"""The real Europe PMC client at the simulated Europe PMC: nothing is lost, whatever it is up to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from service.errors import BadRequestError, TransientError
from service.normalisation import normalise
from service.records import Certainty, SweepKind
from service.sources.europepmc import EuropePmc as Client
from tests.upstreams.by_hand import (
    TODAY,
    Visit,
    article,
    at,
    entry,
    expected,
    state,
    visiting,
    world,
)
from tests.upstreams.europepmc import EuropePmc
from tests.upstreams.moods import alternating, in_turn
from tests.upstreams.world import Entry, Link

DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY
QUERY = 'TITLE:"tumour" OR ABSTRACT:"tumour"'


def preprints(count: int, day: date = YESTERDAY, first: int = 1, **more) -> list[Entry]:
    made = (article(3 * number, server="biorxiv") for number in range(first, first + count))
    return [entry("europepmc", f"PPR/PPR{of.number}", of, day, "", **more) for of in made]


def client(visit: Visit, page_size: int = 1000, **more) -> Client:
    base = f"{visit.url}/"
    return Client(
        visit.http, QUERY, email="lab@example.org", base=base, page_size=page_size, **more
    )


def test_a_walk_goes_on_to_the_empty_page() -> None:
    held = preprints(19)
    with visiting("ebi", EuropePmc(world(held))) as visit:
        report = visit.poll(client(visit, page_size=5))
        assert visit.keys == expected(held)
        assert (report.stated, report.fetched, report.complete) == (19, 19, True)
        assert visit.register.requests["ebi"] == 5  # of 5, 5, 5, 4 and none


def test_a_page_size_that_changes_in_the_middle_loses_nothing() -> None:
    held = preprints(80)
    moody = EuropePmc(world(held), mood=alternating(partial=(2, 1)))
    with visiting("ebi", moody) as visit:
        assert visit.poll(client(visit, page_size=20)).complete
        assert visit.keys == expected(held)


def test_what_is_indexed_while_we_page_shifts_nothing() -> None:
    held = preprints(40, first=2)
    (late,) = preprints(1, TODAY, since=at(TODAY, 12) + timedelta(seconds=1))
    with visiting("ebi", EuropePmc(world([*held, late]))) as visit:
        first = visit.poll(client(visit, page_size=5))
        assert set(visit.keys) >= set(expected(held))
        again = visit.poll(client(visit, page_size=5))
        assert visit.keys == expected([*held, late])
        assert again.complete
        assert first.fetched in (40, 41)


def test_a_small_over_count_is_believed_after_a_second_walk() -> None:
    held = preprints(400)
    with visiting("ebi", EuropePmc(world(held), mood=alternating(overcount=(1, 2)))) as visit:
        report = visit.poll(client(visit))
        assert visit.keys == expected(held)
        assert (report.stated, report.complete) == (402, True)
        assert "over-counts" in " ".join(report.warnings)


def test_a_large_over_count_is_a_gap() -> None:
    held = preprints(40)
    with visiting("ebi", EuropePmc(world(held), mood=alternating(overcount=(1, 2)))) as visit:
        report = visit.poll(client(visit))
        assert visit.keys == expected(held)
        assert report.gap == "42 records are stated, 40 were given"


def test_no_hits_at_all_on_working_days_are_not_believed() -> None:
    held = preprints(40)
    rebuilt = EuropePmc(world(held), mood=alternating(zero=(1, 1)))
    with visiting("ebi", rebuilt) as visit:
        assert visit.poll(client(visit)).gap is not None
        assert visit.poll(client(visit, wide=True)).gap is not None


def test_no_hits_by_a_slip_are_not_believed_of_a_narrow_query_either() -> None:
    with visiting("ebi", EuropePmc(world(preprints(4)), mood=in_turn("zero", 1))) as visit:
        report = visit.poll(client(visit))
        assert report.gap == "nothing was given, and a second walk gave some"


def test_no_hits_any_more_in_the_middle_of_a_walk_are_a_gap() -> None:
    with visiting("ebi", EuropePmc(world(preprints(40)), mood=in_turn("zero", 0, 1))) as visit:
        report = visit.poll(client(visit, page_size=10))
        assert report.gap == "40 records are stated, 10 were given"


def test_an_empty_page_before_the_end_is_a_gap_or_asked_again() -> None:
    held = preprints(40)
    with visiting("ebi", EuropePmc(world(held), mood=alternating(empty=(3, 1)))) as visit:
        report = visit.poll(client(visit, page_size=10))
        assert report.gap is not None
        assert visit.poll(client(visit)).complete
        assert visit.keys == expected(held)


@pytest.mark.parametrize("mood", ["down", "error500", "cut", "encoded"])
def test_faults_now_and_then_lose_nothing(mood: str) -> None:
    held = preprints(40)
    with visiting("ebi", EuropePmc(world(held), mood=alternating(**{mood: (2, 1)}))) as visit:
        assert visit.poll(client(visit, page_size=10)).complete
        assert visit.keys == expected(held)


def test_a_reply_that_always_breaks_off_proves_nothing() -> None:
    with visiting("ebi", EuropePmc(world(preprints(3)), mood=alternating(cut=(1, 1)))) as visit:
        with pytest.raises(TransientError):
            visit.poll(client(visit))
        assert visit.reports == []


def test_a_new_version_comes_with_the_sweep_of_revised_records() -> None:
    of = article(1, server="biorxiv")
    revised = state(of, at(TODAY), TODAY, "2", title=f"{of.title}: a revised account")
    held = entry("europepmc", "PPR/PPR1", of, TODAY - 60 * DAY, "1", revised)
    with visiting("ebi", EuropePmc(world([held]))) as visit:
        visit.poll(client(visit), SweepKind.REVISED, unknown=lambda ids: set())
        assert visit.keys == [("PPR/PPR1", "2")]
        visit.poll(client(visit), SweepKind.REVISED)
        assert visit.keys == []  # the archive does not hold it, so it is not revised


def test_a_link_to_the_article_is_probable_only() -> None:
    of = article(3, server="biorxiv")
    link = Link("published", pmid="91000007", doi="10.5555/exj.3")
    held = entry("europepmc", "PPR/PPR3", of, YESTERDAY, "", links=(link,))
    with visiting("ebi", EuropePmc(world([held]))) as visit:
        visit.poll(client(visit))
        (record,) = visit.records
        (found,) = normalise(record).links
        assert (found.target.pmid, found.certainty) == (link.pmid, Certainty.PROBABLE)


def test_the_archive_sweep_lists_ids_and_fetches_what_is_unknown() -> None:
    held = preprints(70, TODAY - 200 * DAY)
    with visiting("ebi", EuropePmc(world(held))) as visit:
        missing = {one.uid for one in held[::7]}
        report = visit.poll(
            client(visit), SweepKind.ARCHIVE, TODAY - 400 * DAY,
            unknown=lambda ids: missing & set(ids),
        )  # fmt: skip
        assert {record.source_id for record in visit.records} == missing
        assert (report.fetched, report.complete) == (70, True)


def test_articles_of_medline_do_not_come() -> None:
    held = preprints(2)
    of = article(50, pmid="91000350")
    other = entry("europepmc", f"MED/{of.pmid}", of, YESTERDAY, "")
    with visiting("ebi", EuropePmc(world([*held, other]))) as visit:
        visit.poll(client(visit))
        assert visit.keys == expected(held)


def test_a_long_query_is_posted() -> None:
    held = preprints(2)
    long = QUERY + "".join(f' OR TITLE:"word{number}"' for number in range(120))
    with visiting("ebi", EuropePmc(world(held))) as visit:
        report = visit.poll(Client(visit.http, long, base=f"{visit.url}/"))
        assert visit.keys == expected(held)
        assert report.complete


def test_a_preprint_tells_its_version_or_does_not() -> None:
    held = [
        entry("europepmc", f"PPR/PPR{n}", article(n, server="biorxiv"), YESTERDAY)
        for n in (1, 2, 3)
    ]
    with visiting("ebi", EuropePmc(world(held))) as visit:
        visit.poll(client(visit))
        assert visit.keys == [("PPR/PPR1", "1"), ("PPR/PPR2", "1"), ("PPR/PPR3", "")]


def test_a_query_of_another_shape_than_ours_fails_the_test_that_sends_it() -> None:
    with pytest.raises(AssertionError, match="a query with TITLE_ABS:tumour"):
        visit_with("TITLE_ABS:tumour")


def visit_with(query: str) -> None:
    with visiting("ebi", EuropePmc(world(preprints(1)))) as visit, pytest.raises(BadRequestError):
        visit.poll(Client(visit.http, query, base=f"{visit.url}/"))
