"""This week: what is shown of a kept ranking, judged by a form, and read."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service import voting, weekly
from service.errors import StoreError
from service.records import Judgement, Kind, Subscription
from service.records.weeks import Placed, Upcoming, Week
from service.store.weeks import Weeks
from service.store.works import Works
from tests import edited_news
from tests.factories import ranked
from tests.papers import Archive, paper, preprint
from tests.site_visits import harm, token_of
from tests.web_site import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from service.records import RankedWork
    from service.weekly import Age
    from tests.site_visits import Browser, Visits

WEEK = "/week/stroma"


@pytest.fixture(autouse=True)
def _fresh(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is ranked behind a test that is not about that."""
    monkeypatch.setattr(visits.app, "rank_weeks", lambda: 0)
    _aged(monkeypatch, weekly.Age(0, stale=False))


def _aged(monkeypatch: pytest.MonkeyPatch, age: Age) -> None:
    monkeypatch.setattr(weekly, "age", lambda *_: age)


def keep(visits: Visits, *works: RankedWork | Placed, **changes: Any) -> None:
    """A ranking of the topic "stroma", its line at 55 %."""
    now = visits.app.clock.now()
    values: dict[str, Any] = {
        "topic": "stroma",
        "version": 1,
        "state": "version 1, as it is",
        "since": now - timedelta(days=7),
        "hi": 3,
        "screened": len(works),
        "line": 0.55,
        "spread": (0,) * 19 + (len(works),),
        "encoder": "fake (0, float32)",
        "missing": None,
        "at": now - timedelta(minutes=10),
    }
    placed = [each if isinstance(each, Placed) else Placed(each) for each in works]
    with visits.app.store.writing() as tx:
        assert tx.weeks.keep(Week(**(values | changes)), placed)


def three(visits: Visits, **changes: Any) -> None:
    """Works 2 and 3 over the line, 1 below it."""
    keep(visits, ranked(2), ranked(3, relevance=0.6), ranked(1, relevance=0.3), **changes)


def coming(visits: Visits, *works: Placed, topics: tuple[str, ...] = ("stroma",)) -> None:
    """What the digest "Lab", each Thursday at eight in Tokyo, would show."""
    lab = Subscription("Lab", topics, "email", "ida@example.org", weekday=3, zone="Asia/Tokyo")
    with visits.app.store.writing() as tx:
        tx.subscriptions.sync([lab], visits.app.clock.now())
        tx.weeks.keep_upcoming(Upcoming("Lab", "state", visits.app.clock.now(), works))


def add(visits: Visits, *papers: Any) -> None:
    Archive(visits.app.store).take_in(*papers)


def rows(page: Response) -> dict[int, str]:
    """What each entry says, by its lead."""
    assert page.status_code == 200, page.text
    found = re.findall(
        r'<li class="work[^"]*" id="work-(\d+)"(.*?)</form>\s*</div>\s*</li>', page.text, re.S
    )
    return {int(number): text(_Answer(inner)) for number, inner in found}


class _Answer:
    def __init__(self, inner: str) -> None:
        self.text = f"<i {inner}"


def shown(browser: Browser, query: str = "") -> list[int]:
    return list(rows(browser.get(WEEK + query)))


def counts(browser: Browser, query: str = "") -> dict[str, int]:
    chips = text(browser.get(WEEK + query)).split("Tune this topic")[1]
    told = re.findall(r"(Unread|Over the line|Next digest|All) (\d+)", chips)
    return {name: int(number) for name, number in told[:4]}


# -- the list


def test_works_come_in_their_order_with_why_they_are_there(visits: Visits) -> None:
    three(visits)
    page = visits.here().get(WEEK)
    assert list(rows(page)) == [2, 3, 1]
    told = rows(page)[2]
    for part in (
        "Stromal niche 2 shields tumour cells from neutrophil killing",
        "Lindqvist2 Maja, Okafor Chidi",
        "Journal of Stromal Biology · 12 Nov 2026",
        "83 % Very likely",
        "Niches of fibroblasts hold neutrophils back.",
        "Near the topic's key finding “Myofibroblastic CAFs wall off tumours",
        "Matched: CXCL12, myCAF, neutrophil",
    ):
        assert part in told
    assert 'href="/works/2"' in page.text
    assert harm(page.text) == []


def test_the_line_is_drawn_once_above_the_first_work_under_it(visits: Visits) -> None:
    three(visits)
    page = visits.here().get(WEEK).text
    assert page.count('class="line-here"') == 1
    assert page.index("work-3") < page.index("line-here") < page.index('id="work-1"')
    assert "The line, at 55 %" in page
    assert "Under the line" in rows(visits.here().get(WEEK))[1]


def test_with_nothing_over_the_line_it_is_drawn_first(visits: Visits) -> None:
    keep(visits, ranked(1, relevance=0.3))
    page = visits.here().get(WEEK).text
    assert page.index("line-here") < page.index('id="work-1"')


def test_with_all_over_the_line_none_is_drawn(visits: Visits) -> None:
    keep(visits, ranked(1))
    assert "line-here" not in visits.here().get(WEEK).text


def test_near_duplicates_are_folded_under_the_best(visits: Visits) -> None:
    keep(visits, ranked(2), Placed(ranked(3), alike=2), ranked(1))
    page = visits.here().get(WEEK)
    assert list(rows(page)) == [2, 1]
    assert "+1 similar Stromal niche 3 shields" in rows(page)[2]
    assert counts(visits.here())["All"] == 2


def test_a_work_far_down_is_not_explained_by_what_nobody_looked_for(visits: Visits) -> None:
    """The ranker explains the best alone; the facet of the others is any."""
    keep(visits, ranked(1, relevance=0.1, terms=(), weights=(), sentences=()))
    assert "Near the topic" not in rows(visits.here().get(WEEK))[1]


def test_a_work_that_is_left_out_says_by_which_term(visits: Visits) -> None:
    out = ranked(1, relevance=0.0, terms=("excluded: mouse", "excluded: rat"), sentences=())
    keep(visits, out)
    told = rows(visits.here().get(WEEK))[1]
    assert "Left out: it holds the excluded “mouse”, “rat”" in told
    assert "Matched" not in told


def test_of_very_many_near_duplicates_some_are_named(visits: Visits) -> None:
    add(visits, *(paper(number) for number in range(4, 30)))
    keep(visits, ranked(4), *(Placed(ranked(number), alike=4) for number in range(5, 30)))
    page = rows(visits.here().get(WEEK))[4]
    assert "+25 similar" in page
    assert "niche 24 shields" in page
    assert "niche 25 shields" not in page
    assert "and 5 more" in page


def test_a_retracted_work_says_so_loudly(visits: Visits) -> None:
    from service.records import Flag

    add(visits, paper(4, flags=frozenset({Flag.RETRACTED})))
    keep(visits, ranked(4))
    assert '<span class="badge alarm">Retracted</span>' in visits.here().get(WEEK).text


def test_hostile_titles_are_text(visits: Visits) -> None:
    title = "<script>alert(1)</script> \"quoted\" & <img src=x onerror='x'>"
    add(visits, paper(4, title=title, venue="<b>Journal</b>"))
    keep(visits, ranked(4, sentences=("<i>no</i>",), reference="<u>ref</u>", terms=("<s>",)))
    page = visits.here().get(WEEK).text
    assert harm(page) == []
    assert "&lt;script&gt;alert(1)" in page


def test_how_all_that_was_ranked_stands_is_told_and_drawn(visits: Visits) -> None:
    three(visits, screened=4_212)
    page = visits.here().get(WEEK)
    assert "4,212screened 2over the line" in text(page)
    assert 'aria-label="How many works have which relevance; the line is at 55 %"' in page.text
    assert "As of 10 minutes ago." in text(page)
    assert "Vectors by fake (0, float32)." in text(page)


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(minutes=-5), "just now"),
    ],
)
def test_how_old_the_ranking_is_is_told(visits: Visits, passed: timedelta, told: str) -> None:
    three(visits, at=visits.app.clock.now() - passed)
    assert f"As of {told}." in text(visits.here().get(WEEK))


def test_a_ranking_without_a_model_says_why(visits: Visits) -> None:
    three(visits, missing="model: is missing", encoder="")
    page = text(visits.here().get(WEEK))
    assert "Ranked by words only, because the embedding model could not be used: model" in page
    assert "Vectors by" not in page


def test_a_topic_that_does_not_exist_is_not_found(visits: Visits) -> None:
    assert visits.here().get("/week/unknown").status_code == 404


def test_topics_are_tabs_that_keep_the_part_that_is_looked_at(visits: Visits) -> None:
    three(visits)
    page = visits.here().get(f"{WEEK}?show=all&type=article&from=0").text
    assert 'href="/week/neutrophils?show=all"' in page
    assert '<a href="/week/stroma?show=all" aria-current="page">' in page


def test_a_work_that_another_worker_has_just_taken_out_is_left_out(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL: what is committed between two statements is seen by the second."""
    three(visits)
    ranked_of, works = Weeks.ranked, Works.many
    monkeypatch.setattr(
        Weeks, "ranked", lambda self, topic, numbers: ranked_of(self, topic, numbers[1:])
    )
    assert shown(visits.here()) == [3, 1]
    monkeypatch.setattr(Works, "many", lambda self, numbers: works(self, numbers)[:-1])
    assert shown(visits.here()) == [3]


# -- parts and filters


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [2, 3, 1]),
        ("?show=unread", [2, 3, 1]),
        ("?show=wanted", [2, 3]),
        ("?show=all", [2, 3, 1]),
        ("?show=nonsense", [2, 3, 1]),
        ("?show=digest", []),
        ("?show=all&type=article", [2, 3, 1]),
        ("?show=all&type=review", []),
        ("?show=all&source=pubmed", [2, 3, 1]),
        ("?show=all&source=arxiv", []),
        ("?from=1", [3, 1]),
        ("?from=-1", [2, 3, 1]),
        ("?from=x&with=y", [2, 3, 1]),
        ("?from=99", []),
    ],
)
def test_an_address_says_what_is_shown(visits: Visits, query: str, numbers: list[int]) -> None:
    three(visits)
    assert shown(visits.here(), query) == numbers


def test_works_are_sifted_by_type_and_by_source(visits: Visits) -> None:
    add(visits, preprint(8), paper(9, kind=Kind.REVIEW))
    eight, nine = (
        Archive(visits.app.store).work(name) for name in ("10.1101/2026.000008", "40000009")
    )
    keep(visits, ranked(1), ranked(eight), ranked(nine))
    browser = visits.here()
    assert shown(browser, "?type=preprint") == [eight]
    assert shown(browser, "?type=review") == [nine]
    assert shown(browser, "?source=biorxiv") == [eight]
    assert shown(browser, "?source=pubmed&type=review") == [nine]
    page = browser.get(f"{WEEK}?type=review").text
    assert '<option value="review" selected>review (1)</option>' in page
    assert '<option value="biorxiv">biorxiv (1)</option>' in page


def test_what_was_read_or_judged_is_not_unread(visits: Visits) -> None:
    three(visits)
    browser = visits.here()
    assert browser.fill("/read", WEEK, work="3").status_code == 303
    assert browser.fill("/votes", WEEK, topic="stroma", work="2", say="save").status_code == 303
    assert shown(browser) == [1]
    assert shown(browser, "?show=all") == [2, 3, 1]
    assert counts(browser) == {"Unread": 1, "Over the line": 2, "All": 3}


def test_what_readers_voted_against_is_not_over_the_line(visits: Visits) -> None:
    three(visits)
    against = voting.Ballot("2", Judgement.NOT_RELEVANT)
    voting.cast(visits.app.parts, "stroma", [against], voter="Bo", via="web")
    assert shown(visits.here(), "?show=wanted") == [3]
    assert shown(visits.here()) == [2, 3, 1]  # this reader has not seen it


def test_others_read_for_themselves(visits: Visits) -> None:
    three(visits)
    visits.signed_in("vote", "Bo").fill("/read", WEEK, work="2")
    assert shown(visits.here()) == [2, 3, 1]


def test_a_long_list_has_pages(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.web.site import week, week_list

    monkeypatch.setattr(week_list, "SHOWN", 2)
    monkeypatch.setattr(week, "SHOWN", 2)
    three(visits)
    browser = visits.here()
    first, second = browser.get(f"{WEEK}?show=all"), browser.get(f"{WEEK}?show=all&from=2")
    assert (list(rows(first)), list(rows(second))) == ([2, 3], [1])
    assert 'href="/week/stroma?show=all&amp;from=2" rel="next">Next 1<' in first.text
    assert 'href="/week/stroma?show=all" rel="prev">Previous 2<' in second.text
    assert second.text.count("line-here") == 1  # the first of this page is the first under it


# -- votes


def test_a_vote_is_counted_and_leads_back_to_the_work(visits: Visits) -> None:
    three(visits)
    browser = visits.here()
    sent = {"topic": "stroma", "work": "2", "say": "relevant", "back": f"{WEEK}?show=wanted"}
    answer = browser.fill("/votes", WEEK, note="see fig. 2", **sent)
    where = urlsplit(answer.headers["location"])
    assert (answer.status_code, where.path, where.fragment) == (303, WEEK, "work-2")
    assert parse_qs(where.query) == {"show": ["wanted"], "with": ["2"]}
    name = visits.app.store
    with name.reading() as tx:
        [vote] = tx.votes.of_works([2])[2]
    assert (vote.judgement, vote.via, vote.note) == (Judgement.RELEVANT, "web", "see fig. 2")
    page = browser.get(answer.headers["location"])
    assert "Relevant: Stromal niche 2 shields" in text(page)


@pytest.mark.parametrize(
    ("say", "judgement"),
    [
        ("relevant", Judgement.RELEVANT),
        ("not-relevant", Judgement.NOT_RELEVANT),
        ("save", Judgement.SAVED),
    ],
)
def test_each_judgement_can_be_given_and_taken_back(
    visits: Visits, say: str, judgement: Judgement
) -> None:
    three(visits)
    browser = visits.here()
    browser.fill("/votes", WEEK, topic="stroma", work="2", say=say)
    told = [(number, said) for number, _, said, _ in visits.office.votes() if number == 2]
    assert told == [(2, judgement)]
    page = browser.get(f"{WEEK}?show=all").text
    assert page.count('value="withdraw"') == page.count('aria-pressed="true"') == 1
    browser.fill("/votes", WEEK, topic="stroma", work="2", say="withdraw")
    assert [number for number, *_ in visits.office.votes()] == [1]


def test_what_was_just_judged_stays_in_the_list_that_is_swapped(visits: Visits) -> None:
    """With the script of the pages the answer's part is put in the place of the row."""
    three(visits)
    browser = visits.here()
    sent = {"topic": "stroma", "work": "2", "say": "not-relevant", "back": WEEK}
    answer = browser.fill("/votes", WEEK, **sent)
    page = browser.get(answer.headers["location"], headers={"X-Litwatch": "swap"})
    assert list(rows(page)) == [2, 3, 1]
    assert 'class="work read" id="work-2"' in page.text
    assert counts(browser)["Unread"] == 2


def test_a_work_that_stays_is_not_remembered_by_the_next_form(visits: Visits) -> None:
    three(visits)
    page = visits.here().get(f"{WEEK}?show=wanted&with=1").text
    assert 'name="back" value="/week/stroma?show=wanted"' in page
    assert "with=" not in page


def test_a_vote_from_another_page_leads_back_there(visits: Visits) -> None:
    sent = {"topic": "stroma", "work": "2", "say": "save", "back": "/works/2?x=1"}
    answer = visits.here().fill("/votes", **sent)
    assert answer.headers["location"] == "/works/2?x=1"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "", "javascript:x"])
def test_a_form_leads_to_pages_of_this_site_alone(visits: Visits, back: str) -> None:
    sent = {"topic": "stroma", "work": "2", "say": "save", "back": back}
    assert visits.here().fill("/votes", **sent).headers["location"].startswith(f"{WEEK}?with=2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"say": "perhaps"},
        {"say": ""},
        {"work": "99"},
        {"work": ""},
        {"topic": "unknown"},
        {"note": "x" * 2_001},
    ],
)
def test_a_vote_that_says_nothing_is_refused_and_counts_for_nothing(
    visits: Visits, wrong: dict[str, str]
) -> None:
    sent = {"topic": "stroma", "work": "2", "say": "save"} | wrong
    answer = visits.here().fill("/votes", **sent)
    assert answer.status_code == 400
    assert [number for number, *_ in visits.office.votes()] == [1]


def test_who_may_only_read_sees_no_buttons_to_vote_and_casts_none(visits: Visits) -> None:
    three(visits)
    reader = visits.signed_in("read", "Bo")
    page = reader.get(WEEK).text
    assert 'action="/votes"' not in page
    assert 'action="/read"' in page
    assert reader.fill("/votes", WEEK, topic="stroma", work="2", say="save").status_code == 403
    assert [number for number, *_ in visits.office.votes()] == [1]


def test_a_vote_is_whose_who_signed_in(visits: Visits) -> None:
    visits.signed_in("vote", "Bo").fill("/votes", topic="stroma", work="2", say="save")
    assert (2, "Bo", Judgement.SAVED, "") in visits.office.votes()


def test_votes_of_others_are_shown_by_name_and_own_ones_of_any_name_as_own(visits: Visits) -> None:
    three(visits)
    for voter, judgement in (
        ("Chen", Judgement.RELEVANT),
        ("Bo", Judgement.SAVED),
        ("slack:T1:U1", Judgement.RELEVANT),
    ):
        ballot = voting.Ballot("2", judgement)
        voting.cast(visits.app.parts, "stroma", [ballot], voter=voter, via="slack")
    with visits.app.store.writing() as tx:
        tx.aliases.link("slack:T1:U1", "Ida", "Ida", visits.app.clock.now())
    page = rows(visits.signed_in("vote", "Bo").get(f"{WEEK}?show=all"))[2]
    assert "Relevant: Chen, Ida" in page
    assert "Saved:" not in page
    assert "Saved: Bo" in rows(visits.signed_in("vote", "Ida").get(f"{WEEK}?show=all"))[2]


def test_votes_for_another_topic_are_not_shown(visits: Visits) -> None:
    three(visits)
    ballot = voting.Ballot("2", Judgement.SAVED)
    voting.cast(visits.app.parts, "neutrophils", [ballot], voter="Chen", via="web")
    assert "Chen" not in visits.here().get(WEEK).text


# -- reading


def test_a_work_is_marked_as_read_with_what_is_folded_under_it_and_unmarked(visits: Visits) -> None:
    keep(visits, ranked(2), Placed(ranked(3), alike=2), ranked(1))
    browser = visits.here()
    page = browser.get(WEEK).text
    form = page[page.index('id="work-2"') : page.index('id="work-1"')]
    works = re.findall(r'name="work" value="(\d+)"', form[form.index('action="/read"') :])
    assert works == ["2", "3"]
    sent = {"topic": "stroma", "work": works, "one": "1", "back": WEEK}
    answer = browser.fill("/read", WEEK, say="read", **sent)
    assert answer.headers["location"] == f"{WEEK}?with=2#work-2"
    kept = browser.get(answer.headers["location"])
    assert (list(rows(kept)), shown(browser)) == ([2, 1], [1])
    assert 'value="unread" data-key="u" aria-pressed="true"' in kept.text
    browser.fill("/read", WEEK, say="unread", **sent)
    assert shown(browser) == [2, 1]


def test_a_page_is_marked_as_read_at_once(visits: Visits) -> None:
    three(visits)
    browser = visits.here()
    page = browser.get(WEEK).text
    form = page[page.index('class="row pages"') :]
    works = re.findall(r'name="work" value="(\d+)"', form)
    assert works == ["2", "3", "1"]
    answer = browser.fill("/read", WEEK, work=works, topic="stroma", back=WEEK)
    assert answer.headers["location"] == WEEK
    assert "All read You have seen everything" in text(browser.get(WEEK))


@pytest.mark.parametrize("works", [[], ["x"], ["1"] * 1_001])
def test_a_form_that_names_no_work_or_too_many_marks_none(visits: Visits, works: list[str]) -> None:
    assert visits.here().fill("/read", work=works).status_code == 400


def test_a_work_that_is_not_there_is_not_marked(visits: Visits) -> None:
    three(visits)
    assert visits.here().fill("/read", work=["2", "99", "9" * 18]).status_code == 303
    assert shown(visits.here()) == [3, 1]


def test_forms_of_others_are_refused(visits: Visits) -> None:
    browser = visits.here()
    for path in ("/votes", "/read"):
        sent = {"topic": "stroma", "work": "2", "say": "save", "csrf": "other"}
        assert browser.post(path, data=sent).status_code == 403
    good = {"csrf": token_of(browser.get("/you").text), "work": "2"}
    crossing = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert browser.post("/read", data=good, headers=crossing).status_code in {401, 403}


# -- what the digest will contain


def test_works_of_the_next_digest_say_so(visits: Visits) -> None:
    three(visits)
    coming(visits, Placed(ranked(3)), Placed(ranked(1), alike=3))
    page = rows(visits.here().get(WEEK))
    assert "In Thursday’s digest" in page[3]
    assert "In Thursday’s digest" in page[1]
    assert "digest" not in page[2]


def test_what_the_next_digest_would_show_is_a_part_of_the_list(visits: Visits) -> None:
    """Work 1 is in no ranking of this week: the digest reaches further back."""
    keep(visits, ranked(2), ranked(3))
    coming(visits, Placed(ranked(1, relevance=0.7)), Placed(ranked(3), alike=1), Placed(ranked(2)))
    page = visits.here().get(f"{WEEK}?show=digest")
    assert list(rows(page)) == [1, 2]
    assert "+1 similar" in rows(page)[1]
    told = "Lab comes on Thursday, 08:00. Were it made now, it would show 2 works, 2 of them"
    assert told in text(page)
    assert counts(visits.here())["Next digest"] == 2
    assert "line-here" not in page.text


def test_a_work_that_a_digest_shows_under_another_topic_says_which(visits: Visits) -> None:
    three(visits)
    other = ranked(2, topic="neutrophils"), ranked(3, topic="search:nets")
    coming(visits, *map(Placed, other), topics=("stroma", "neutrophils"))
    page = visits.here().get(WEEK)
    assert "In Thursday’s digest, under Tumour-associated neutrophils" in rows(page)[2]
    assert "In Thursday’s digest, under “nets”" in rows(page)[3]
    assert shown(visits.here(), "?show=digest") == []


def test_a_digest_that_the_topic_has_no_part_in_is_not_told(visits: Visits) -> None:
    three(visits)
    coming(visits, topics=("neutrophils",))
    page = text(visits.here().get(WEEK))
    assert "Next digest" not in page
    assert "Lab" not in page
    assert "Nobody is sent what this topic finds. Make a subscription" in page


def test_only_who_may_make_a_subscription_is_led_there(visits: Visits) -> None:
    three(visits)
    coming(visits, topics=("neutrophils",))
    page = visits.signed_in("vote", "Bo").get(WEEK)
    assert "Nobody is sent what this topic finds." in text(page)
    assert "/subscriptions/new" not in page.text


# -- states


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?type=review", "Nothing of this kind"),
        ("?show=digest", "No digest is coming"),
        ("?from=9", "There is no more"),
        ("?show=wanted", "Nothing over the line"),
    ],
)
def test_what_is_empty_says_what_can_be_done(visits: Visits, query: str, told: str) -> None:
    keep(visits, ranked(1, relevance=0.1))
    page = visits.here().get(WEEK + query)
    assert told in text(page)
    assert re.search(r'class="card empty".*?<a class="button" href="/', page.text, re.S)


def test_a_week_without_a_work_leads_to_the_sources(visits: Visits) -> None:
    keep(visits)
    page = visits.here().get(WEEK)
    assert "Nothing new" in text(page)
    assert '<a class="button" href="/sources">' in page.text


class Ranking:
    """Stands in the place of a ranking, until it is let go."""

    def __init__(self, visits: Visits, ending: Callable[[], int] = lambda: 1) -> None:
        self.begun, self.go, self.ended, self.calls = (
            threading.Event(),
            threading.Event(),
            threading.Event(),
            0,
        )
        self._ending = ending
        visits.app.rank_weeks = self._rank  # type: ignore[method-assign]

    def _rank(self) -> int:
        self.calls += 1
        self.begun.set()
        assert self.go.wait(10)
        try:
            return self._ending()
        finally:
            self.ended.set()


def test_a_topic_that_was_never_ranked_is_ranked_beside_what_the_page_does(visits: Visits) -> None:
    ranking = Ranking(visits, lambda: three(visits) or 1)
    browser = visits.here()
    page = browser.get(WEEK)
    assert "New papers are being ranked" in text(page)
    assert 'data-again="2000" data-target="#week"' in page.text
    assert ranking.begun.wait(10)
    browser.get(WEEK)
    ranking.go.set()
    assert ranking.ended.wait(10)
    assert shown(browser) == [2, 3, 1]
    assert ranking.calls == 1


def test_a_stale_ranking_is_shown_while_a_new_one_is_made(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(visits)
    _aged(monkeypatch, weekly.Age(34, stale=True))
    ranking = Ranking(visits)
    page = visits.here().get(WEEK)
    assert list(rows(page)) == [2, 3, 1]
    assert "As of 10 minutes ago. 34 newer papers are being ranked." in text(page)
    assert 'data-target="#fresh"' in page.text
    ranking.go.set()
    assert ranking.ended.wait(10)


def test_newer_papers_that_wait_for_a_moment_are_told(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(visits)
    _aged(monkeypatch, weekly.Age(1, stale=False))
    page = text(visits.here().get(WEEK))
    assert "1 newer paper will be ranked in a moment." in page


def test_a_ranking_that_fails_is_told_and_not_tried_at_once_again(visits: Visits) -> None:
    def fail() -> int:
        raise StoreError("the disk", "is full", "make room")

    ranking = Ranking(visits, fail)
    ranking.go.set()
    browser = visits.here()
    browser.get(WEEK)
    assert ranking.ended.wait(10)
    page = _until(browser, "The papers could not be ranked")
    assert "the disk: is full" in page
    assert ranking.calls == 1
    visits.office.time.pass_time(seconds=61)
    browser.get(WEEK)
    assert ranking.calls == 2


def _until(browser: Browser, told: str) -> str:
    """The page once it says so: the errand notes its end a moment after the ranking's."""
    for _ in range(500):
        if told in (page := text(browser.get(WEEK))):
            return page
    raise AssertionError(page)


def test_a_digest_that_was_never_drawn_up_is_drawn_up_once(visits: Visits) -> None:
    """As after a subscription was made; one that cannot be drawn up is not tried at each visit."""
    three(visits)
    ranking = Ranking(visits)
    ranking.go.set()
    browser = visits.here()
    for _ in range(3):
        browser.get(WEEK)
        assert ranking.ended.wait(10)
    assert ranking.calls == 1


def test_with_all_drawn_up_nothing_is_ranked(visits: Visits) -> None:
    three(visits)
    coming(visits)
    ranking = Ranking(visits)
    visits.here().get(WEEK)
    assert not ranking.begun.is_set()


def test_what_is_ranked_for_real_is_shown(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert visits.app.rank_weeks() == 3  # two topics and the digest "Lab"
    page = visits.here().get(f"{WEEK}?show=all")
    assert sorted(rows(page)) == [1, 2, 3]
    assert "Ranked by words only" in text(page)
    assert counts(visits.here(), "?show=all")["All"] == 3
    assert visits.app.rank_weeks() == 0


# -- where it begins


@pytest.mark.parametrize("path", ["/", "/week"])
def test_the_site_begins_with_the_first_topic(visits: Visits, path: str) -> None:
    answer = visits.here().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/week/neutrophils")


@pytest.mark.parametrize("path", ["/", "/week"])
def test_without_a_work_the_site_leads_to_where_one_begins(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(Works, "sequence", lambda _: 0)
    assert visits.here().get(path).headers["location"] == "/start"


def test_strangers_are_led_to_the_door(visits: Visits) -> None:
    for path in ("/", "/week", WEEK):
        answer = visits.stranger().get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")


def test_a_full_page_is_small(visits: Visits) -> None:
    """Forty entries, each with all that can be said of one."""
    numbers = range(4, 44)
    add(
        visits,
        *(
            paper(number, title=f"{number} " + "Stromal niches of all kinds " * 9)
            for number in numbers
        ),
    )
    long = ranked(
        0, sentences=("A sentence that carries the match. " * 9,), reference="A paper " * 20
    )
    keep(visits, *(replace(long, work_id=number) for number in numbers))
    page = visits.here().get(WEEK)
    assert len(rows(page)) == 40
    assert len(page.content) < 200_000


def test_signals_and_names_stand_with_an_entry(visits: Visits) -> None:
    keep(visits, ranked(1, relevance=0.9, signals=edited_news.SIGNALS), ranked(2, relevance=0.8))
    with visits.app.store.writing() as tx:
        tx.enrichments.name(1, edited_news.ENTITIES)
    page = visits.here().get(WEEK)
    told = text(page)
    for badge in ("Cites your seed", "By an author you follow"):
        assert f'<span class="badge good">{badge}</span>' in page.text
    assert "Cites your seed “A framework of fibroblasts” and 1 more" in told
    assert told.count("Genes: CXCL12, TGFB1 · Cells: neutrophil") == 1
    assert harm(page.text) == []
