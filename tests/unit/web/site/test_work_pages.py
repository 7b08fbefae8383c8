"""One work: any of its names leads there; what carries the match is marked; its life in order."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service import normalisation, people, voting
from service.records import Flag, Identifiers, Judgement, Kind, Link, RankedWork, Relation
from service.records.enriching import Enrichment, Picture, What
from service.records.watching import Statement
from service.records.weeks import Placed, Week
from service.standings import Ranking
from service.store.works import HeldRecord, MergeEvent
from service.web.site import works
from service.web.site.life import Event, life
from service.web.site.said import Said
from tests import edited_news, factories, papers
from tests.papers import NOW
from tests.site_visits import harm
from tests.web_site import text

if TYPE_CHECKING:
    from tests.site_visits import Visits

SENTENCE = "Stromal cells shield tumours."


@pytest.fixture(autouse=True)
def understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalisation, "normalise", papers.understood)


def _ranked(visits: Visits, **changes: Any) -> RankedWork:
    """Keep a ranking in which work 1 stands."""
    with visits.app.store.reading() as tx:
        work = tx.works.get(1)
    sentence = work.abstract.split(". ")[0]
    ranked = replace(factories.ranked(1), topic="stroma", sentences=(sentence,), **changes)
    week = Week("stroma", 1, "s", NOW - timedelta(days=7), 3, 3, 0.5, (0,) * 20, "e", None, NOW)
    with visits.app.store.writing() as tx:
        assert tx.weeks.keep(week, [Placed(ranked)])
    return ranked


def test_any_name_of_a_work_leads_to_its_number(visits: Visits) -> None:
    with visits.app.store.reading() as tx:
        doi = tx.works.get(1).ids.doi
    answer = visits.here().get(f"/works/{doi}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/works/1")


@pytest.mark.parametrize("name", ["999", "10.5555/none", "nosuch", "%00"])
def test_a_work_that_is_not_there_is_told(visits: Visits, name: str) -> None:
    assert visits.here().get(f"/works/{name}").status_code == 404


def test_the_sentence_that_carries_the_match_is_marked(visits: Visits) -> None:
    ranked = _ranked(visits, relevance=0.87)
    page = visits.here().get("/works/1")
    assert f"<mark>{ranked.sentences[0]}</mark>" in page.text
    assert "87 %" in text(page)
    assert harm(page.text) == []


def test_without_a_kept_ranking_it_stands_as_the_digest_said(visits: Visits) -> None:
    page = text(visits.here().get("/works/1"))
    assert "In the digest Lab, week 47, at place 1" in page
    assert "Not ranked for it lately" in page  # the other topic


def test_a_vote_is_shown_as_mine_and_those_of_others_by_their_names(visits: Visits) -> None:
    me = getpass.getuser()
    for voter, said in ((me, Judgement.RELEVANT), ("Ada", Judgement.NOT_RELEVANT)):
        voting.cast(visits.app.parts, "stroma", [voting.Ballot("1", said)], voter=voter, via="web")
    page = visits.here().get("/works/1")
    stroma = page.text.partition('id="topic-stroma"')[2].partition("</form>")
    assert stroma[0].count('aria-pressed="true"') == 1
    assert "Ada</bdi>: not relevant" in stroma[2]
    assert f"{me} called it relevant for stroma" in text(page)


def test_a_vote_under_another_name_of_mine_is_mine(visits: Visits) -> None:
    people.link(visits.app.parts, "U02", getpass.getuser(), author="Ada")
    ballot = voting.Ballot("1", Judgement.RELEVANT)
    voting.cast(visits.app.parts, "stroma", [ballot], voter="U02", via="slack")
    page = visits.here().get("/works/1")
    stroma = page.text.partition('id="topic-stroma"')[2].partition("</form>")
    assert stroma[0].count('aria-pressed="true"') == 1
    assert "U02" not in stroma[2].partition("</section>")[0]


def test_a_reader_sees_no_buttons_and_no_addresses(visits: Visits) -> None:
    page = visits.signed_in("read").get("/works/1").text
    assert 'name="say"' not in page
    assert "ida@example.org" not in page.lower()


def test_it_is_ranked_now_when_a_person_asks(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = replace(factories.ranked(1), topic="stroma", relevance=0.42)
    answer = Ranking(1, {"stroma": [ranked]}, missing="the model is not there")
    monkeypatch.setattr(works.standings, "of_one", lambda *_, **__: answer)
    page = text(visits.here().get("/works/1", params={"why": "1"}))
    assert "42 %" in page
    assert "By words only: the model is not there." in page


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl", "csv", "jsonl"])
def test_a_work_is_cited_in_every_form(visits: Visits, form: str) -> None:
    answer = visits.here().get("/works/1/cite", params={"form": form})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.strip()
    if form == "jsonl":
        assert json.loads(answer.text)["title"]


def test_a_form_that_is_not_known_is_refused(visits: Visits) -> None:
    assert visits.here().get("/works/1/cite", params={"form": "docx"}).status_code == 404


# -- marks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentences", "places"),
    [
        (("B c.",), ((4, 8),)),
        (("B c.", "A b."), ((4, 8),)),
        (("C d.", "B c. C"), ()),
        (("",), ()),
        (("B c.", "B c. D"), ((4, 8),)),
    ],
)
def test_only_what_stands_in_the_text_is_marked_and_once(
    sentences: tuple[str, ...], places: tuple[tuple[int, int], ...]
) -> None:
    assert works._places("A a B c. D", sentences) == places


# -- life ------------------------------------------------------------------------------------------


def _held(source: str = "pubmed", **changes: Any) -> HeldRecord:
    record = replace(papers.record(papers.paper(1)), source=source)
    return replace(HeldRecord(1, record, "new", NOW, NOW, None), **changes)


def test_a_life_goes_from_the_preprint_to_the_journal_to_the_correction() -> None:
    paper = papers.paper(1)
    preprint = replace(
        paper,
        source="biorxiv",
        kind=Kind.PREPRINT,
        venue="bioRxiv",
        published="2026-01-05",
        version="1",
    )
    notice = Link(Relation.RETRACTION_IN, Identifiers(doi="10.5555/notice"), "Gut 2026")
    article = replace(paper, venue="Gut", published="2026-06", links=(notice,))
    merges = [MergeEvent(NOW, "merge", 1, 2, "the same DOI")]
    found = life([(_held("biorxiv"), preprint), (_held(), article)], merges=merges)
    assert [event.told for event in found] == [
        "Posted as a preprint on bioRxiv (version 1)",
        "Published in Gut",
        "Seen in bioRxiv",
        "Seen in PubMed",
        "Joined with work 2 (the same DOI)",
        "Retracted: Gut 2026",
    ]
    assert found[-1] == Event("", "Retracted: Gut 2026", True, "https://doi.org/10.5555/notice")


def test_a_source_that_has_it_no_more_is_grave() -> None:
    gone = _held(gone_at=NOW + timedelta(days=3))
    found = [event for event in life([(gone, None)]) if event.grave]
    assert [event.at for event in found] == ["2026-11-19"]


def test_the_same_is_not_told_twice() -> None:
    paper = papers.paper(1)
    found = life([(_held(), paper), (_held(), paper)])
    assert len({event.told for event in found}) == len(found)


def test_what_each_version_changed_stands_with_it_in_its_life() -> None:
    first = papers.preprint(1, "1", abstract="We saw it in 12 mice, and so on.")
    second = replace(first, version="2", abstract="We saw it in 24 mice, and so on.")
    second = replace(second, published=None, revised="2026-07-01")
    copies = [replace(papers.paper(1), source=each) for each in ("pubmed", "pmc")]
    copies = [replace(each, abstract="We saw it in 36 mice, and so on.") for each in copies]
    found = life([(_held(), each) for each in (first, second, *copies)])
    changed = {
        (event.at, event.told): bool(event.edits) for event in found if event.at < "2026-11-13"
    }
    assert changed == {
        ("2026-06-01", "Posted as a preprint on bioRxiv (version 1)"): False,
        ("2026-07-01", "Posted as a preprint on bioRxiv (version 2)"): True,
        ("2026-11-12", "Published in Journal of Stromal Biology"): True,
    }
    assert len({event.told for event in found}) == len(found)


def test_what_is_stated_is_told_with_its_day_and_not_again_as_a_link() -> None:
    notice = Link(Relation.RETRACTION_IN, Identifiers(doi="10.5555/notice"), "Gut 2026")
    paper = papers.paper(1, links=(notice,))
    stated = Said("Retracted", "PubMed 9", NOW, "https://doi.org/10.5555/notice", "", "")
    found = life([(_held(), paper)], stated=[stated, replace(stated, ruled="Ida: no", by="X")])
    assert [event for event in found if "Retracted" in event.told] == [
        Event(
            "2026-11-16", "Retracted, according to PubMed 9", True, "https://doi.org/10.5555/notice"
        )
    ]


def test_the_page_shows_what_is_said_what_is_named_and_the_figure(visits: Visits) -> None:
    _ranked(visits, signals=edited_news.SIGNALS)
    picture = Picture(edited_news.DIGEST, "image/png", 320, 240, edited_news.PNG)
    figure = asdict(edited_news.FIGURE)
    with visits.app.store.writing() as tx:
        key = f"doi:{tx.works.get(1).ids.doi}"
        tx.statements.add([(Statement(key, Flag.RETRACTED, "pubmed:9", text="Copied."), NOW)])
        tx.enrichments.name(1, edited_news.ENTITIES)
        tx.pictures.keep(picture)
        tx.enrichments.keep(Enrichment(1, What.FIGURE, "pmc", True, "", NOW, None, 0, figure))
    page = visits.here().get("/works/1")
    told = text(page)
    assert "Retracted according to PubMed 9" in told
    assert "Copied." in told
    assert "What it names Genes CXCL12 TGFB1 Cells neutrophil" in told
    assert "Figure 1. Myofibroblastic cells surround tumour nests." in told
    assert f'src="/pictures/{edited_news.DIGEST}"' in page.text
    assert "Cites your seed “A framework of fibroblasts” and 1 more" in told
    assert harm(page.text) == []
