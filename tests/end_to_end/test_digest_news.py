"""What a digest tells beyond its works: news of earlier ones, themes, figures; and as of when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service import pipeline, standings
from service.records import Change, DeliveryState, DigestContent, Judgement
from tests.end_to_end.test_pipeline import (
    STROMA,
    WEEK,
    WEEKLY,
    Service,
    article,
    items,
    preprint,
    service,
    shipped,
    titles,
)

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

__all__ = ["service"]


def retracted(text: str) -> str:
    """The article, as PubMed gives it once it is retracted."""
    mark = '<PublicationType UI="D016441">Retracted Publication</PublicationType>'
    return text.replace("</PublicationTypeList>", f"{mark}</PublicationTypeList>")


def news(content: DigestContent) -> list[tuple[int, Change, str]]:
    return [(each.work.id, each.change, each.sent) for each in content.changes]


def lose(service: Service, content: DigestContent) -> None:
    """Nothing of this digest arrived."""
    with service.store.writing() as tx:
        for line in tx.deliveries.lines(content.digest_id):
            tx.deliveries.finish(
                tx.deliveries.get(line.id),
                state=DeliveryState.DEAD,
                not_before=None,
                detail="channel is gone",
                provider_id=None,
                remedy="",
                resend=False,
                plain=False,
                now=service.time.at,
            )


# -- news -----------------------------------------------------------------------------------------


def test_a_retraction_of_what_was_sent_is_told_once(service: Service) -> None:
    """Found only after weeks, in a week with nothing else."""
    service.take_in(article(1), article(2))
    sent = service.next_week()
    assert news(sent) == []
    assert news(service.next_week()) == []
    service.take_in(retracted(article(1)))
    told = service.next_week()
    assert news(told) == [(1, Change.RETRACTED, sent.period)]
    assert (told.shown, told.changes[0].topic) == (0, "stroma")
    with service.store.reading() as tx:
        assert tx.digests.content(told.digest_id) == told
    assert "Nothing this week" not in service.files()[2]
    service.take_in(retracted(article(1, f"{STROMA} 1, with another title")))
    assert news(service.next_week()) == []


def test_a_work_that_is_sent_as_retracted_is_no_news(service: Service) -> None:
    service.take_in(retracted(article(1)))
    assert len(items(service.next_week())) == 1
    assert news(service.next_week()) == []


def test_what_was_never_sent_is_no_news(service: Service) -> None:
    service.subscribe(replace(WEEKLY, cap=1))
    service.take_in(article(1), article(2))
    [shown] = items(service.next_week())
    [other] = {1, 2} - {shown.work.id}
    service.take_in(retracted(article(other)))
    assert news(service.next_week()) == []


def test_news_that_did_not_arrive_are_told_again(service: Service) -> None:
    service.take_in(article(1))
    sent = service.next_week()
    service.take_in(retracted(article(1)))
    lose(service, service.next_week())
    assert news(service.next_week()) == [(1, Change.RETRACTED, sent.period)]


def test_a_preprint_that_was_sent_is_told_when_it_is_published(service: Service) -> None:
    service.take_in(preprint(1))
    sent = service.next_week()
    service.take_in(article(1))
    told = service.next_week()
    assert news(told) == [(1, Change.PUBLISHED, sent.period)]
    assert told.changes[0].work.venue == "Journal of Tests"
    assert news(service.next_week()) == []


def test_each_subscription_has_news_of_its_own(service: Service) -> None:
    service.take_in(article(1))
    service.next_week()
    later = replace(WEEKLY, name="later")
    service.subscribe(WEEKLY, later)
    service.take_in(article(2), retracted(article(1)))
    service.time.at += WEEK
    told = {made.subscription: news(made) for made in pipeline.digest_due(service.parts)}
    assert [change for _, change, _ in told["weekly"]] == [Change.RETRACTED]
    assert told["later"] == []


def test_a_preview_of_news_leaves_them_to_be_told(service: Service) -> None:
    service.take_in(article(1))
    service.next_week()
    service.take_in(retracted(article(1)))
    made = pipeline.draft(service.parts, WEEKLY, "UTC:2026-W49", service.time.at)
    assert len(made.content.changes) == 1
    assert len(news(service.next_week())) == 1


# -- themes and figures ---------------------------------------------------------------------------


def test_works_that_share_a_theme_say_so(service: Service) -> None:
    names = (
        "CXCL12 signalling in fibroblast nests",
        "Antagonists of CXCL12 signalling free the fibroblast",
        "Collagen and fibroblast ageing",
        "The fibroblast of sea urchins",
        "A myofibroblast in winter",
        "Counting of the fibroblast by telephone",
    )
    service.topics = (replace(shipped("stroma"), include=("fibroblast",)),)
    service.subscribe(replace(WEEKLY, topics=("stroma",)))
    service.take_in(*(article(n, name) for n, name in enumerate(names, 1)))
    themes = {item.work.title.rstrip("."): item.theme for item in items(service.next_week())}
    assert len(themes) == 6
    assert {name for name, theme in themes.items() if theme} == set(names[:2])
    assert {theme for theme in themes.values() if theme} == {"CXCL12 signalling"}


def test_a_digest_tells_its_last_weeks_and_how_relevance_spread(service: Service) -> None:
    service.take_in(article(1), article(2))
    first = service.next_week()
    [told] = first.weeks
    shown = [item.ranked.relevance for item in items(first)]
    assert (told.period, told.screened, told.shown) == (first.period, 2, 2)
    assert told.relevance == round(sum(shown) / 2, 4)
    assert {slug: (len(bins), sum(bins)) for slug, bins in first.spread.items()} == {
        "stroma": (20, 2),
        "neutrophils": (20, 2),
    }
    assert first.spread["stroma"][int(shown[0] * 20)] == 2
    second = service.next_week()
    assert [week.shown for week in second.weeks] == [2, 0]
    assert second.weeks[0] == told
    assert second.weeks[1].relevance is None
    lose(service, second)
    assert [week.period for week in service.next_week().weeks][:1] == [first.period]
    for _ in range(12):
        last = service.next_week()
    assert len(last.weeks) == 12
    assert last.weeks[-1].period == last.period


def test_the_spread_counts_works_that_are_too_far_down_to_be_listed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings, "MOST_RANKED", 1)
    service.take_in(article(1), article(2), article(3))
    content = service.next_week()
    assert len(items(content)) == 1
    assert sum(content.spread["stroma"]) == content.screened == 3


def test_a_digest_that_stands_for_several_weeks_says_so(service: Service) -> None:
    service.take_in(article(1))
    assert service.next_week().banner == ""
    service.time.at += 2 * WEEK
    assert service.next_week().banner.startswith("It covers the 3 weeks since ")


# -- as of an earlier time ------------------------------------------------------------------------


def as_of(service: Service, moment: datetime, period: str) -> DigestContent:
    created = service.time.at - 52 * WEEK
    made = pipeline.draft(service.parts, WEEKLY, period, created, as_of=moment)
    return made.content


def test_a_digest_as_of_then_is_what_was_sent_then(service: Service) -> None:
    made = []
    for number in range(1, 4):
        service.take_in(article(number))
        made.append(service.next_week())
    for content in made:
        then = as_of(service, content.created_at, content.period)
        assert then == replace(content, receipts=then.receipts)
    assert [titles(content) for content in made] == [[f"{STROMA} {n}"] for n in (1, 2, 3)]


def test_as_of_then_knows_no_later_work_vote_or_retraction(service: Service) -> None:
    service.take_in(article(1))
    first = service.next_week()
    service.take_in(article(2), article(3))
    moment = service.time.at + timedelta(days=1)
    service.time.at += timedelta(days=2)
    service.take_in(article(4))
    service.take_in(retracted(article(1)))
    service.vote("stroma", 2, Judgement.NOT_RELEVANT)
    then = as_of(service, moment, "UTC:2026-W49")
    assert titles(then) == [f"{STROMA} 2", f"{STROMA} 3"]
    assert (then.created_at, then.screened, news(then)) == (moment, 2, [])
    assert [week.period for week in then.weeks] == [first.period, "UTC:2026-W49"]
    now = pipeline.draft(service.parts, WEEKLY, "UTC:2026-W49", service.time.at).content
    assert titles(now) == [f"{STROMA} 3", f"{STROMA} 4"]
    assert [change for _, change, _ in news(now)] == [Change.RETRACTED]


def test_a_vote_of_before_counts_as_of_then(service: Service) -> None:
    service.take_in(article(1), article(2))
    service.vote("stroma", 2, Judgement.NOT_RELEVANT)
    then = as_of(service, service.time.at + timedelta(hours=1), "UTC:2026-W47")
    assert titles(then) == [f"{STROMA} 1"]
