"""Works enriched from services that speak from memory; kept, asked again, shown. On both
databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import enriching
from service.clock import Clock
from service.enriching.desk import AGAIN, PATIENCE, RENEWED
from service.errors import BadRequestError, ThrottledError, TransientError
from service.records import Entity, EntityKind, Figure, Identifiers, Kind, Subscription
from service.records.enriching import Access, Picture, What
from service.records.weeks import Placed, Upcoming, Week
from service.sources.enrichment import Addresses
from service.thumbnails import thumbnail
from service.worker.stopping import Stopped
from tests.enrichment_payloads import FIGURE, Services, bioc, core, jats, marked, png
from tests.factories import ranked
from tests.papers import NOW, Archive, paper, preprint, understood

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from service.store import Store

ONE, TWO, THREE = "MED:40000001", "MED:40000002", "MED:40000003"
DAY = timedelta(days=1)
IN_PMC = Identifiers(doi="10.5555/stroma.1", pmid="40000001", pmcid="PMC901")


@pytest.fixture
def services() -> Services:
    """Work 1 is open and has a figure; of works 1 and 2 names are known."""
    return Services(
        marks={ONE: [marked("TNF-α"), marked("TNF-α"), marked("IL-6")]},
        bioc={"40000002": [bioc("CXCL12", identifier="6387", database="ncbi_gene")]},
        results=[core()],
        texts={"PMC901": jats()},
        pictures={"stroma-f1": png(600, 400)},
    )


@pytest.fixture(autouse=True)
def _records_are_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.normalisation.normalise", understood)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.take_in(paper(1, ids=IN_PMC), paper(2), paper(3))
    return archive


def enrich(archive: Archive, services: Services, *work_ids: int, **told: Any) -> Counter[What]:
    desk = enriching.Desk(
        archive.store, Clock(now=lambda: archive.now), services, thumbnail, **told
    )
    return enriching.enrich(desk, work_ids or (1, 2, 3))


def kept(store: Store, work_id: int, what: What) -> Any:
    with store.reading() as tx:
        return tx.enrichments.of([work_id]).get((work_id, what))


# -- what is found


def test_a_work_gets_access_names_and_a_figure(filled: Archive, services: Services) -> None:
    done = enrich(filled, services)
    assert done == {What.ACCESS: 1, What.ENTITIES: 2, What.FIGURE: 1}
    with filled.store.reading() as tx:
        shown = tx.enrichments.shown([1, 2, 3])
        access, other = tx.enrichments.access(1), tx.enrichments.access(3)
    assert access == Access(
        "CC BY",
        "https://europepmc.org/articles/PMC901?pdf=render",
        "https://europepmc.org/articles/PMC901",
        open=True,
        article="MED:40000001",
    )
    assert other is None
    assert [*shown] == [1, 2]
    assert shown[1].entities == (
        Entity(EntityKind.GENE, "TNF-α", "", 2),
        Entity(EntityKind.GENE, "IL-6", "", 1),
    )
    assert shown[2].entities == (Entity(EntityKind.GENE, "CXCL12", "NCBI Gene:6387", 1),)
    assert shown[2].figure is None


def test_a_figure_is_kept_with_its_picture_and_its_credit(
    filled: Archive, services: Services
) -> None:
    enrich(filled, services, 1)
    with filled.store.reading() as tx:
        figure = tx.enrichments.shown([1])[1].figure
        assert figure is not None
        picture = tx.pictures.find(figure.digest)
        many = tx.pictures.many([figure.digest, figure.digest, "0" * 64])
    assert picture is not None
    assert figure == Figure(
        "Figure 1",
        "Niches. Held by TNF-α.",
        picture.digest,
        picture.media_type,
        480,
        320,
        "Lindqvist1 et al. 2026, Journal of Stromal Biology, CC BY 4.0",
    )
    assert many == {picture.digest: picture.content}


def test_europe_pmc_is_asked_first_and_pubtator_for_the_rest(
    filled: Archive, services: Services
) -> None:
    enrich(filled, services)
    assert services.told("annotations") == [(ONE, TWO, THREE)]
    assert services.told("pubtator") == [("40000002", "40000003")]
    assert kept(filled.store, 1, What.ENTITIES).source == "Europe PMC"
    assert kept(filled.store, 2, What.ENTITIES).source == "PubTator"
    assert not kept(filled.store, 3, What.ENTITIES).found


def test_eight_articles_are_asked_about_at_once(archive: Archive) -> None:
    archive.take_in(*(paper(number) for number in range(1, 19)))
    services = Services()
    enrich(archive, services, *range(1, 19))
    assert [len(names) for names in services.told("annotations")] == [8, 8, 2]


def test_a_few_works_are_asked_about_at_a_time(archive: Archive) -> None:
    archive.take_in(*(paper(number) for number in range(1, 41)))
    services = Services()
    enrich(archive, services, *range(1, 41))
    assert sum(map(len, services.told("annotations"))) == 24
    enrich(archive, services, *range(1, 41))
    names = [name for names in services.told("annotations") for name in names]
    assert len({*names}) == len(names) == 40


def test_a_preprint_is_asked_about_as_europe_pmc_calls_it(archive: Archive) -> None:
    archive.take_in(preprint(1))
    result = core(source="PPR", id="PPR9", pmid="", pmcid="", doi="10.1101/2026.000001")
    services = Services(results=[result], marks={"PPR:PPR9": [marked("TNF")]})
    assert enrich(archive, services, 1)[What.ENTITIES] == 1
    assert services.told("openness") == [('DOI:"10.1101/2026.000001"',)]


def test_the_records_own_licence_counts_where_europe_pmc_knows_none(archive: Archive) -> None:
    archive.take_in(
        preprint(1, licence="CC BY-NC 4.0", pdf_url="https://preprints.example.org/1.pdf")
    )
    enrich(archive, Services(), 1)
    with archive.store.reading() as tx:
        access = tx.enrichments.access(1)
    assert access == Access(
        "CC BY-NC 4.0",
        "https://preprints.example.org/1.pdf",
        "https://biorxiv.example.org/1v1",
        open=True,
    )


def test_the_articles_licence_counts_before_the_preprints(archive: Archive) -> None:
    archive.take_in(paper(1, licence="CC BY 4.0"))
    archive.take_in(
        preprint(1, licence="CC BY-NC-ND 4.0"),
    )
    enrich(archive, Services(), archive.work("10.5555/stroma.1"))
    with archive.store.reading() as tx:
        access = tx.enrichments.access(archive.work("10.5555/stroma.1"))
    assert access is not None
    assert access.licence == "CC BY 4.0"


# -- what may not, or cannot, be shown


@pytest.mark.parametrize("licence", ["cc by-nd", "cc by-nc-nd"])
def test_no_derivatives_means_no_thumbnail_and_no_request(
    filled: Archive, services: Services, licence: str
) -> None:
    services.results = [core(license=licence)]
    enrich(filled, services, 1)
    assert services.told("full text") == []
    assert not kept(filled.store, 1, What.FIGURE).found


@pytest.mark.parametrize(
    "text",
    [
        jats(licence='<license xlink:href="https://creativecommons.org/licenses/by-nd/4.0/"/>'),
        jats(licence=""),
        jats("<p>No figures.</p>"),
        jats()[:-100],
        b"<!DOCTYPE lolz [" + b'<!ENTITY a "a">' * 50 + b"]><lolz>&a;</lolz>",
        b"<article/>",
        b"",
    ],
)
def test_a_full_text_that_gives_no_figure_is_not_found(
    filled: Archive, services: Services, text: bytes
) -> None:
    services.texts, services.results = {"PMC901": text}, []
    enrich(filled, services, 1)
    assert services.told("picture") == []
    assert not kept(filled.store, 1, What.FIGURE).found


@pytest.mark.parametrize(
    "body", [b"<html>wall</html>", png(400, 300)[:200], b"\xff\xd8\xff\xd9", png(9, 9)]
)
def test_a_hostile_picture_is_quietly_not_found(
    filled: Archive, services: Services, body: bytes
) -> None:
    services.pictures = {"stroma-f1": body}
    enrich(filled, services, 1)
    assert services.told("picture") == [("PMC901", "stroma-f1")]
    assert not kept(filled.store, 1, What.FIGURE).found
    with filled.store.reading() as tx:
        assert tx.enrichments.shown([1])[1].figure is None


def test_a_figure_that_is_somebody_elses_gives_way_to_the_next(
    filled: Archive, services: Services
) -> None:
    theirs = FIGURE.replace("Held by", "Reprinted with permission.").replace("stroma-f1", "theirs")
    services.texts = {"PMC901": jats(theirs + FIGURE)}
    enrich(filled, services, 1)
    assert services.told("picture") == [("PMC901", "stroma-f1")]


def test_figures_that_are_not_wanted_are_not_asked_for(filled: Archive, services: Services) -> None:
    assert enrich(filled, services, 1, figures=False)[What.FIGURE] == 0
    assert services.told("full text") == []


def test_a_service_without_an_address_is_not_asked(filled: Archive, services: Services) -> None:
    services.at = Addresses()
    assert enrich(filled, services) == {}
    assert services.asked == []
    services.at = Addresses(pubtator="p")
    assert enrich(filled, services) == {What.ENTITIES: 1}


# -- when it is asked again


def test_what_was_asked_is_not_asked_again_at_once(filled: Archive, services: Services) -> None:
    enrich(filled, services)
    asked = [*services.asked]
    enrich(filled, services)
    assert services.asked == asked


def test_nothing_found_is_asked_again_after_a_week_then_a_month_and_so_on(
    filled: Archive,
) -> None:
    services, began = Services(), filled.now
    for wait in (timedelta(0), *AGAIN, AGAIN[-1]):
        filled.now += wait - timedelta(seconds=1)
        before = len(services.told("annotations"))
        if wait:
            enrich(filled, services, 3)
            assert len(services.told("annotations")) == before
        filled.now += timedelta(seconds=1)
        enrich(filled, services, 3)
        assert len(services.told("annotations")) == before + 1
    assert filled.now - began == sum(AGAIN, AGAIN[-1])


def test_what_was_found_is_renewed_and_a_figure_never(filled: Archive, services: Services) -> None:
    enrich(filled, services, 1)
    filled.now += max(RENEWED.values())
    services.asked.clear()
    enrich(filled, services, 1)
    assert {what for what, _ in services.asked} == {"openness", "annotations"}


def test_names_are_not_lost_to_a_service_that_forgets(filled: Archive, services: Services) -> None:
    enrich(filled, services, 1)
    filled.now += RENEWED[What.ENTITIES]
    services.marks = {}
    enrich(filled, services, 1)
    with filled.store.reading() as tx:
        assert len(tx.enrichments.entities([1])[1]) == 2


def test_a_work_that_got_another_name_is_asked_about_at_once(archive: Archive) -> None:
    archive.take_in(paper(1, ids=Identifiers(doi="10.5555/stroma.1")))
    services = Services()
    enrich(archive, services, 1)
    assert services.told("annotations") == []
    archive.take_in(paper(1, ids=IN_PMC))
    enrich(archive, services, 1)
    assert services.told("annotations") == [(ONE,)]
    assert len(services.told("openness")) == 2


def test_with_now_everything_is_asked_again(filled: Archive, services: Services) -> None:
    enrich(filled, services, 1)
    services.asked.clear()
    desk = enriching.Desk(filled.store, Clock(now=lambda: filled.now), services, thumbnail)
    assert enriching.enrich(desk, [1], now=True) == dict.fromkeys(What, 1)
    assert {what for what, _ in services.asked} == {
        *("openness", "annotations", "full text", "picture"),
    }


# -- services that fail


@pytest.mark.parametrize("error", [TransientError, ThrottledError])
def test_a_service_that_is_down_is_left_alone_and_its_works_stay_due(
    archive: Archive, error: type[TransientError]
) -> None:
    archive.take_in(*(paper(number) for number in range(1, 13)))
    fault = error("service", "is down")
    services = Services(faults=dict.fromkeys(("annotations", "pubtator", "openness"), fault))
    enrich(archive, services, *range(1, 13))
    assert [what for what, _ in services.asked] == ["openness", "annotations", "pubtator"]
    assert [kept(archive.store, n, What.ENTITIES).tries for n in range(1, 13)] == [0] * 12
    services.faults.clear()
    enrich(archive, services, *range(1, 13))
    assert len(services.told("annotations")) == 1  # not so soon
    archive.now += PATIENCE
    enrich(archive, services, *range(1, 13))
    assert sum(map(len, services.told("annotations")[1:])) == 12


def test_a_work_that_a_service_stumbles_over_holds_up_no_other_for_ever(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.take_in(*(paper(number) for number in range(1, 13)))
    services = Services(at=Addresses(annotations="a"))
    answers = services.annotations

    def stumble(articles: Sequence[str]) -> Any:
        if ONE in articles:
            raise TransientError("Europe PMC", "HTTP 500")
        return answers(articles)

    monkeypatch.setattr(services, "annotations", stumble)
    for _ in range(40):
        enrich(archive, services, *range(1, 13))
        archive.now += PATIENCE
    tries = {n: kept(archive.store, n, What.ENTITIES).tries for n in range(1, 13)}
    assert tries.pop(1) == 0
    assert {*tries.values()} == {1}


def test_pubtator_is_heard_though_europe_pmc_is_down(filled: Archive, services: Services) -> None:
    services.faults = {"annotations": TransientError("Europe PMC", "is down")}
    assert enrich(filled, services)[What.ENTITIES] == 1
    assert kept(filled.store, 2, What.ENTITIES).found
    left = kept(filled.store, 3, What.ENTITIES)  # Europe PMC may know it
    assert (left.found, left.tries, left.due_at) == (False, 0, filled.now + PATIENCE)


def test_what_one_worker_asks_no_other_asks(filled: Archive) -> None:
    until = filled.now + PATIENCE
    with filled.store.writing() as tx:
        claim = tx.enrichments.claim
        assert claim(1, What.FIGURE, "PMC901", filled.now, until)
        assert not claim(1, What.FIGURE, "PMC901", filled.now, until)
        assert claim(1, What.ACCESS, "PMC901", filled.now, until)
        assert claim(1, What.FIGURE, "PMC902", filled.now, until)
        assert not claim(1, What.FIGURE, "PMC902", filled.now, until)
        assert claim(1, What.FIGURE, "PMC902", until, until + PATIENCE)


def test_what_is_known_stays_known_while_it_is_asked_again(
    filled: Archive, services: Services
) -> None:
    enrich(filled, services, 1)
    filled.now += RENEWED[What.ACCESS]
    services.faults = {"openness": TransientError("Europe PMC", "is down")}
    enrich(filled, services, 1)
    with filled.store.reading() as tx:
        access = tx.enrichments.access(1)
    assert access is not None
    assert access.licence == "CC BY"


def test_a_refused_request_is_an_answer_once_it_was_made_for_one_work_alone(
    filled: Archive, services: Services
) -> None:
    services.faults = dict.fromkeys(
        ("annotations", "pubtator"), BadRequestError("service", "does not like it")
    )
    enrich(filled, services)
    filled.now += PATIENCE
    enrich(filled, services)
    first, *alone = services.told("annotations")
    assert (first, sorted(alone)) == ((ONE, TWO, THREE), [(ONE,), (TWO,), (THREE,)])
    assert not kept(filled.store, 1, What.ENTITIES).found
    asked = len(services.asked)
    filled.now += PATIENCE
    enrich(filled, services)
    assert len(services.asked) == asked


def test_the_end_of_the_program_ends_it_between_requests(
    filled: Archive, services: Services
) -> None:
    def stop() -> None:
        if services.told("openness"):
            raise Stopped

    with pytest.raises(Stopped):
        enrich(filled, services, go_on=stop)
    assert kept(filled.store, 1, What.ACCESS).found  # what was done is kept
    assert services.told("annotations") == []


# -- which works


def test_works_of_the_next_digests_come_before_those_near_a_line(archive: Archive) -> None:
    archive.take_in(*(paper(number) for number in range(1, 6)))
    week = Week(
        *("stroma", 1, "state", NOW - 7 * DAY, 5, 5, 0.5, (0,) * 20, "fake", None, NOW),
    )
    with archive.store.writing() as tx:
        tx.topics.save("stroma", "document", "ida", "made", NOW)
        tx.subscriptions.sync([Subscription("Lab", ("stroma",), "file", "lab")], NOW)
        relevances = {1: 0.9, 2: 0.5, 3: 0.41, 4: 0.39}
        listed = [Placed(ranked(number, relevance=each)) for number, each in relevances.items()]
        tx.weeks.keep(week, listed)
        upcoming = Upcoming("Lab", "state", NOW, (Placed(ranked(5)), Placed(ranked(2))))
        tx.weeks.keep_upcoming(upcoming)
        assert enriching.coming(tx) == [5, 2, 1, 3]


# -- keeping


def test_a_kept_picture_stays_as_it_is(store: Store) -> None:
    picture = Picture("1" * 64, "image/png", 480, 320, b"\x89PNG\0\xff")
    with store.writing() as tx:
        tx.pictures.keep(picture)
        tx.pictures.keep(replace(picture, width=1))
        assert tx.pictures.find("1" * 64) == picture
        assert tx.pictures.find("2" * 64) is None
        assert tx.pictures.many([]) == {}


def test_names_are_put_in_the_place_of_those_before(filled: Archive) -> None:
    one, other = Entity(EntityKind.GENE, "TNF", "", 3), Entity(EntityKind.CELL, "CAF", "", 1)
    with filled.store.writing() as tx:
        tx.enrichments.name(1, [one, other])
        tx.enrichments.name(1, [other, one, replace(one, name="tnf", count=9)])
        assert tx.enrichments.entities([1, 2]) == {1: (one, other)}
        tx.enrichments.name(1, [])
        assert tx.enrichments.entities([1]) == {}


def test_odd_text_of_a_service_can_be_kept(filled: Archive) -> None:
    odd = Entity(EntityKind.CELL, "T\x00NF\ud800 \U0001f9ec", "X:\x00", 1)
    with filled.store.writing() as tx:
        tx.enrichments.name(1, [odd])
        (found,) = tx.enrichments.entities([1])[1]
    assert found == Entity(EntityKind.CELL, "TNF \U0001f9ec", "X:", 1)


# -- headings that come weeks after the paper


def test_headings_that_a_revised_record_brings_are_the_works(archive: Archive) -> None:
    archive.take_in(paper(1))
    archive.now += 30 * DAY
    archive.take_in(paper(1, mesh=("Neutrophils", "Stromal Cells")))
    with archive.store.reading() as tx:
        assert tx.works.get(1).mesh == ("Neutrophils", "Stromal Cells")
        assert tx.works.get(1).kind is Kind.ARTICLE
