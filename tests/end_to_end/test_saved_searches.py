"""Saved searches as sections of digests, week after week."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service import answers, pipeline, replay, saved_searches
from service.errors import InputError, QueryError
from service.records import Change, DigestContent, Subscription
from service.records.findings import CONFIGURATION, SavedSearch
from service.records.queries import Mode
from tests.end_to_end.test_alike import LONG
from tests.end_to_end.test_digest_news import lose, news, retracted
from tests.end_to_end.test_pipeline import (
    STROMA,
    WEEK,
    WEEKLY,
    NoEncoder,
    Service,
    article,
    service,
    shipped,
)
from tests.fakes_search import answers as answering

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["service"]

URCHINS = "search:urchins"
ALONE = replace(WEEKLY, topics=(), searches=("urchins",))
BOTH = replace(WEEKLY, searches=("urchins",))


def urchin(number: int, words: str = "", *, entered: str = "2026-11-15") -> str:
    """An article that answers to the search and to no topic; no two are alike."""
    apart = " ".join(f"q{number}x{place}" for place in range(12))
    return article(number, f"Urchin {words} {apart}", entered=entered)


def save(
    service: Service, query: str, name: str = "urchins", *, replace: bool = False, by: str = "Ida"
) -> None:
    with service.store.writing() as tx:
        saved = SavedSearch(name, query, Mode.HYBRID, by, service.time.at)
        saved_searches.save(tx, saved, replace=replace)


def remove(service: Service, name: str = "urchins") -> None:
    with service.store.writing() as tx:
        saved_searches.remove(tx, name)


def shown(content: DigestContent, topic: str = URCHINS) -> list[int]:
    [part] = [part for part in content.sections if part.topic == topic]
    return [item.work.id for item in part.items]


def everything(content: DigestContent) -> list[int]:
    return [one.work.id for part in content.sections for one in part.sent]


def terms(content: DigestContent, work: int) -> Sequence[str]:
    items = [item for part in content.sections for item in part.items]
    return next(item.ranked.terms for item in items if item.work.id == work)


# -- what a search brings -------------------------------------------------------------------------


def test_a_section_holds_what_is_new_and_answers_to_the_whole_query(service: Service) -> None:
    save(service, "urchin spine -fossil")
    service.subscribe(ALONE)
    service.take_in(
        urchin(1, "spine"), urchin(2, "spines"), urchin(3, "gut"), urchin(4, "fossil spine"),
        article(5),
    )  # fmt: skip
    content = service.next_week()
    [part] = content.sections
    assert (part.topic, part.search, part.query) == (URCHINS, "urchins", "urchin spine -fossil")
    assert sorted(shown(content)) == [1, 2]
    assert (part.found, part.elsewhere, content.screened) == (2, 0, 5)
    assert content.cutoffs == {}


def test_the_next_week_holds_what_came_since(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(urchin(1))
    assert shown(service.next_week()) == [1]
    service.take_in(urchin(2))
    assert shown(service.next_week()) == [2]
    assert shown(service.next_week()) == []


def test_what_is_only_searched_for_is_not_new(service: Service) -> None:
    """Works of a back-fill that nobody is to be told of."""
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(urchin(1), announce=False)
    assert shown(service.next_week()) == []


def test_a_search_alone_needs_no_model(service: Service) -> None:
    service.encoder = NoEncoder()
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(urchin(1))
    content = service.next_week()
    assert (shown(content), content.banner, content.encoder) == ([1], "", "")


def test_more_telling_words_come_first_then_the_newer(service: Service) -> None:
    save(service, "urchin OR spine")
    service.subscribe(ALONE)
    service.take_in(urchin(1), urchin(2, "spine"), urchin(3))
    assert shown(service.next_week()) == [2, 3, 1]


def test_a_search_may_say_its_order(service: Service) -> None:
    save(service, "(urchin OR spine) sort:seen")
    service.subscribe(ALONE)
    service.take_in(urchin(1, "spine"))
    service.time.pass_time(hours=1)
    service.take_in(urchin(2))
    assert shown(service.next_week()) == [2, 1]


def test_a_search_without_words_is_by_day(service: Service) -> None:
    save(service, "source:pubmed")
    service.subscribe(ALONE)
    service.take_in(urchin(1), urchin(2))
    content = service.next_week()
    assert (shown(content), terms(content, 1)) == ([2, 1], ())


def test_each_work_says_what_of_it_answers(service: Service) -> None:
    save(service, "urchin spines author:lindqvist*")
    service.subscribe(ALONE)
    service.take_in(urchin(1, "spine"))
    content = service.next_week()
    [item] = content.sections[0].items
    assert item.ranked.terms == ("Urchin spine", "Lindqvist1 (author)")
    assert item.ranked.sentence.startswith("About Urchin spine q1x0")
    assert (item.ranked.relevance, item.ranked.search) == (0.0, "urchins")
    [text] = service.files()
    told = " ".join(text.split())
    assert "Found by your search “urchins”: Urchin spine, Lindqvist1 (author)" in told
    assert "Search “urchins”: 1 new; it asks for urchin spines author:lindqvist*" in told
    assert "0.00" not in told
    assert "relevant" not in told


# -- beside topics --------------------------------------------------------------------------------


def test_a_work_over_a_topics_line_is_shown_there_and_counted(service: Service) -> None:
    save(service, "urchin OR fibroblast")
    service.subscribe(BOTH)
    service.take_in(article(1), urchin(2))
    content = service.next_week()
    assert [part.topic for part in content.sections][-1] == URCHINS
    assert (shown(content, "stroma"), shown(content)) == ([1], [2])
    part = content.sections[-1]
    assert (part.found, part.elsewhere) == (2, 1)
    assert "2 new, 1 of them in other sections" in " ".join(service.files()[0].split())


def test_a_work_that_misses_its_topics_line_is_shown_by_the_search(service: Service) -> None:
    """And not once more, below the line or to fill a thin week."""
    service.topics = (replace(shipped("stroma"), cutoff=0.55, include=("fibroblast", "niche")),)
    save(service, "urchin")
    service.subscribe(replace(BOTH, topics=("stroma",), floor=3))
    service.take_in(urchin(1, "fibroblast"), urchin(2, "fibroblast niche"))
    content = service.next_week()
    assert (shown(content, "stroma"), shown(content)) == ([2], [1])
    assert [part.below for part in content.sections] == [(), ()]


def test_the_cap_is_shared_in_turns(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(replace(BOTH, cap=4))
    stroma = ("wound", "lung", "gut", "skin")
    service.take_in(
        *(article(n, f"{STROMA} {' '.join(f'{word}{n}x{i}' for i in range(12))}")
          for n, word in enumerate(stroma, 1)),
        *(urchin(n) for n in range(11, 15)),
    )  # fmt: skip
    content = service.next_week()
    assert (len(shown(content, "stroma")), len(shown(content))) == (2, 2)
    part = content.sections[-1]
    assert (part.found, len(part.below)) == (4, 2)
    assert "Next in line, left out because the digest is full" in service.files()[0]


def test_no_work_is_in_two_sections_or_two_digests(service: Service) -> None:
    save(service, "urchin")
    save(service, "urchin spine", "spines")
    service.subscribe(replace(BOTH, searches=("spines", "urchins", "spines")))
    service.take_in(urchin(1, "spine"), urchin(2), article(3))
    content = service.next_week()
    assert sorted(everything(content)) == [1, 2, 3]
    assert (shown(content, "search:spines"), shown(content)) == ([1], [2])
    service.take_in(urchin(1, "spine, retold"))
    content = service.next_week()
    assert (content.screened, everything(content)) == (1, [])
    assert [part.found for part in content.sections if part.search] == [0, 0]


def test_a_work_that_another_subscription_had_is_new_to_this_one(service: Service) -> None:
    save(service, "urchin")
    other = replace(ALONE, name="other")
    service.subscribe(ALONE, other)
    service.take_in(urchin(1))
    service.time.at += WEEK
    made = pipeline.digest_due(service.parts)
    assert [shown(content) for content in made] == [[1], [1]]


def test_works_that_are_alike_take_one_place(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(*(article(n, f"Urchin: {LONG}, part {n}") for n in (1, 2, 3)))
    content = service.next_week()
    assert len(shown(content)) == 1
    assert sorted(everything(content)) == [1, 2, 3]
    assert service.next_week().shown == 0


def test_what_comes_late_stands_apart(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.next_week()
    service.take_in(urchin(1, entered="2026-11-25"), urchin(2, entered="2026-10-01"))
    items = service.next_week().sections[0].items
    assert {item.work.id: item.late for item in items} == {1: False, 2: True}


def test_what_was_lost_comes_again(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(urchin(1))
    lose(service, service.next_week())
    assert shown(service.next_week()) == [1]


def test_a_retraction_of_what_a_search_brought_is_told(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(urchin(1))
    sent = service.next_week()
    service.take_in(retracted(urchin(1)))
    told = service.next_week()
    assert news(told) == [(1, Change.RETRACTED, sent.period)]
    assert told.changes[0].topic == URCHINS


# -- when it cannot be asked ----------------------------------------------------------------------


def test_a_search_that_is_gone_is_told_and_costs_nothing_else(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(BOTH)
    remove(service)
    service.take_in(article(1), urchin(2))
    content = service.next_week()
    assert everything(content) == [1]
    assert content.banner == (
        "The saved search “urchins” is gone: nothing is found by it any more."
    )
    assert "! The saved search “urchins” is gone" in service.files()[0]
    save(service, "urchin")  # from here on, by the window
    service.take_in(urchin(3))
    content = service.next_week()
    assert (shown(content), content.banner) == ([3], "")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("urchin like:12", "cannot be part of a digest: it asks for works like another"),
        (
            "urchin as-of:2026-01-01",
            "cannot be part of a digest: it asks for what the archive held",
        ),
        ("tittle:urchin", "can no longer be read: it has no field tittle:"),
        ("...", "cannot be part of a digest: it asks for nothing"),
    ],
)
def test_a_search_that_no_digest_can_be_made_of_is_told(
    service: Service, query: str, told: str
) -> None:
    """However it came into the archive."""
    with service.store.writing() as tx:
        tx.searches.save(SavedSearch("urchins", query, Mode.HYBRID, "Ida", service.time.at))
    service.subscribe(BOTH)
    service.take_in(urchin(1), article(2))
    content = service.next_week()
    assert everything(content) == [2]
    assert f"The saved search “urchins” {told}" in content.banner


def test_a_week_in_which_nothing_answers_says_so(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    service.take_in(article(1), article(2))
    service.next_week()
    [text] = service.files()
    told = " ".join(text.split())
    assert "Nothing new from your search “urchins”" in told
    assert "Nothing this week: no source was polled" in told
    assert "Search “urchins”: nothing new; it asks for urchin" in told


# -- looked at again ------------------------------------------------------------------------------


def test_a_frozen_digest_is_read_back_as_it_was(service: Service) -> None:
    save(service, "urchin OR fibroblast")
    service.subscribe(BOTH)
    service.take_in(article(1), urchin(2))
    content = service.next_week()
    save(service, "spine", replace=True)
    with service.store.reading() as tx:
        assert tx.digests.content(content.digest_id) == content


def test_a_digest_of_a_search_renders_to_the_same_bytes_again(service: Service) -> None:
    """Though the search has changed since, and is gone in the end."""
    save(service, "urchin spine")
    service.subscribe(BOTH)
    service.take_in(article(1), urchin(2, "spine"))
    digest = service.next_week().digest_id
    save(service, "fibroblast", replace=True)
    remove(service)
    with service.store.reading() as tx:
        content = tx.digests.content(digest)
        checked = replay.check(content, replay.deliveries(tx, digest), service.parts.renderers)
    assert [each.same for each in checked] == [True]


def test_of_very_many_the_last_that_came_are_put_in_order(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_FOUND", 2)
    save(service, "urchin OR spine")
    service.subscribe(ALONE)
    service.take_in(urchin(1, "spine"))
    service.take_in(urchin(2, "spine"))
    service.take_in(urchin(3))
    content = service.next_week()
    assert (shown(content), content.sections[0].found) == ([2, 3], 3)


def test_a_preview_of_an_earlier_week_shows_what_it_had(service: Service) -> None:
    save(service, "urchin")
    service.subscribe(ALONE)
    created = service.time.at
    service.take_in(urchin(1), urchin(2))
    sent = service.next_week()
    service.time.pass_time(hours=1)
    service.take_in(urchin(3))
    then = pipeline.draft(service.parts, ALONE, sent.period, created, as_of=sent.created_at).content
    assert shown(then) == shown(sent)
    now = pipeline.draft(service.parts, ALONE, "UTC:2026-W50", created).content
    assert shown(now) == [3]


def test_what_a_search_brought_has_no_score_in_the_archive(service: Service) -> None:
    """It must not be found by score:<0.5."""
    save(service, "urchin")
    service.subscribe(BOTH)
    service.take_in(article(1), urchin(2))
    service.next_week()
    with service.store.reading() as tx:
        scored = saved_searches.read("score:0..1", service.time.at)
        sent = saved_searches.read("is:sent", service.time.at)
        by_topic = saved_searches.read("topic:urchins", service.time.at)
        found = [{*answering(tx, query, 10)} for query in (scored, sent, by_topic)]
    assert found == [{1}, {1, 2}, set()]


# -- keeping --------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_not_saved(service: Service) -> None:
    with pytest.raises(QueryError, match="tittle") as caught:
        save(service, "urchin tittle:spine")
    assert caught.value.at == 7
    with pytest.raises(QueryError, match="asks for nothing"):
        save(service, " ... ")
    with service.store.reading() as tx:
        assert tx.searches.list() == []


@pytest.mark.parametrize("name", ["", "Urchins", "a b", "-a", "a" * 65, "search:a", "a/b"])
def test_a_name_is_safe_everywhere(service: Service, name: str) -> None:
    with pytest.raises(InputError, match="is no name"):
        save(service, "urchin", name)


def test_a_search_that_is_sent_stays_one_that_can_be(service: Service) -> None:
    save(service, "urchin")
    save(service, "like:12", "near")
    save(service, "urchin as-of:2026-01-01", replace=True)
    save(service, "urchin", replace=True)
    service.subscribe(ALONE)
    with pytest.raises(InputError, match="part of the digest weekly"):
        save(service, "like:12", replace=True)
    service.subscribe()
    save(service, "like:12", replace=True)


def test_what_stands_in_the_configuration_is_changed_there(service: Service) -> None:
    configured = SavedSearch("urchins", "urchin", Mode.HYBRID, CONFIGURATION, service.time.at)
    with service.store.writing() as tx:
        tx.searches.save(configured)
    with pytest.raises(InputError, match=r"stands in the configuration"):
        save(service, "spine", replace=True)
    with pytest.raises(InputError, match=r"stands in the configuration"):
        remove(service)
    with pytest.raises(InputError, match="is the configuration"):
        save(service, "spine", "other", by=CONFIGURATION)


def test_subscriptions_are_listed_by_what_they_are_sent(service: Service) -> None:
    silent = Subscription("off", ("stroma",), "file", "off.txt", active=False, searches=("a",))
    service.subscribe(ALONE, replace(BOTH, name="other"), silent)
    with service.store.reading() as tx:
        assert saved_searches.readers(tx) == {"urchins": ["other", "weekly"]}
    service.time.at += timedelta(days=1)
