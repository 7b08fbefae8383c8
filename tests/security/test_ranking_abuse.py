"""What strangers can do to a ranking: one feed cannot fill a digest, one voter counts once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import choosing, pipeline
from service.records import Facet, Judgement, RankedWork, Subscription
from service.selection import SHARE, crowding, select
from service.store import Store
from tests import databases, papers
from tests.api_office import TOPIC
from tests.papers import Archive, paper
from tests.site_visits import OWN, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.site_visits import Visits

FACET = Facet("title", "neutrophils", "seed")
WEEKLY = Subscription("weekly", ("stroma",), "file", "weekly.txt", cap=9, floor=0)
STUFFED = 0.99  # what an abstract gets that repeats all words of the topic


# -- one feed ---------------------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Works 1 to 40 that only a hostile feed has, 41 to 50 that PubMed has, 51 that both have."""
    monkeypatch.setattr(pipeline, "normalise", papers.understood)
    for engine in databases.migrated("sqlite", tmp_path):
        filled = Archive(Store(engine))
        fed = [replace(paper(n), source="evil feed", source_id=f"e{n}") for n in range(1, 41)]
        filled.take_in(*fed)
        filled.take_in(*(paper(n) for n in range(41, 51)))
        filled.take_in(replace(paper(51), source="evil feed", source_id="e51"))
        filled.take_in(paper(51))
        yield filled


def chosen(archive: Archive, relevances: Mapping[int, float], **changes: Any) -> list[int]:
    works = [RankedWork(n, "stroma", 0.0, FACET, each) for n, each in relevances.items()]
    weekly = replace(WEEKLY, **changes)
    found = choosing.choose(archive.parts, weekly, {"stroma": works}, frozenset(), {"stroma": 0.5})
    return [work.work_id for part in found.topics for work in part.chosen]


def stuffed(archive: Archive) -> dict[int, float]:
    with archive.store.reading() as tx:
        works = tx.works.many(range(1, 52))
    alone = {work.id for work in works if work.sources == ("evil feed",)}
    assert len(alone) == 40
    return {work.id: STUFFED if work.id in alone else 0.6 for work in works}


def test_one_feed_has_a_third_of_a_digest_and_the_rest_waits_behind(archive: Archive) -> None:
    relevances = stuffed(archive)
    shown = chosen(archive, relevances)
    assert len(shown) == 9
    fed = [each for each in shown if relevances[each] == STUFFED]
    assert len(fed) == 3
    assert shown[:3] == fed, "what is shown is still in its order"


def test_where_nobody_else_waits_a_feed_may_have_all_of_it(archive: Archive) -> None:
    """Nothing that passes is held back for nothing."""
    only = {n: r for n, r in stuffed(archive).items() if r == STUFFED}
    assert len(chosen(archive, only)) == 9


def test_what_a_registry_has_too_is_nobodys_crowd(archive: Archive) -> None:
    with archive.store.reading() as tx:
        both = tx.works.find("10.5555/stroma.51")
    shown = chosen(archive, stuffed(archive) | {both: 0.995})
    assert shown[0] == both
    assert len(shown) == 9


origins = st.lists(st.sampled_from(["", "a", "b"]), max_size=60)


@given(origins, st.integers(1, 20))
def test_of_each_origin_the_best_stay(names: list[str], cap: int) -> None:
    found = crowding([*enumerate(names)], cap)
    for name in ("a", "b"):
        own = [at for at, each in enumerate(names) if each == name]
        assert [at for at in own if at not in found] == own[: max(1, cap // SHARE)]
    assert not {at for at in found if not names[at]}


@given(st.dictionaries(st.integers(1, 40), st.floats(0.01, 1), max_size=30), st.integers(1, 20), st.frozensets(st.integers(1, 40)))  # fmt: skip
def test_a_crowd_changes_who_is_shown_and_not_how_many(
    relevances: dict[int, float], cap: int, crowd: frozenset[int]
) -> None:
    works = {"a": [RankedWork(n, "a", 0.0, FACET, each) for n, each in relevances.items()]}

    def run(crowd: frozenset[int]) -> list[RankedWork]:
        found = select(works, frozenset(), {"a": 0.5}, cap=cap, floor=3, order=["a"], crowd=crowd)
        return [*found.topics[0].chosen]

    plain, pushed = run(frozenset()), run(crowd)
    assert len(plain) == len(pushed)
    assert [w.relevance for w in pushed] == sorted((w.relevance for w in pushed), reverse=True)
    kept = {w.work_id for w in pushed}
    outside = [w for w in plain if w.work_id not in crowd]
    assert {w.work_id for w in outside} <= kept


# -- one voter --------------------------------------------------------------------------------------------


def votes(visits: Visits) -> list[tuple[int, str, Judgement, str]]:
    return [vote for vote in visits.office.votes() if vote[0] == 2]


def test_one_token_counts_once_however_often_it_votes(visits: Visits) -> None:
    """By the API and by the site, as whoever it calls itself."""
    secret = visits.office.token("vote", "desk")
    program = visits.office.away(secret)
    sent = {"topic": TOPIC, "work": "2", "judgement": "relevant"}
    for _ in range(30):
        assert program.post("/api/v1/votes", json=sent).status_code == 200
    assert len(votes(visits)) == 1
    for _ in range(3):
        program.post("/api/v1/votes", json=sent | {"judgement": "not relevant"})
    [(_, _, judgement, _)] = votes(visits)
    assert judgement is Judgement.NOT_RELEVANT


def test_a_session_votes_as_one_however_often_it_presses(visits: Visits) -> None:
    browser = visits.signed_in("vote", "Ida")
    form = token_of(browser.get("/you").text)
    for say in ("relevant", "saved", "relevant", "relevant"):
        fields = {"csrf": form, "topic": TOPIC, "work": "2", "say": say, "next": "/week"}
        assert browser.post("/votes", data=fields, headers=OWN).status_code == 303
    assert len(votes(visits)) == 1
