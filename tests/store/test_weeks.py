"""Rankings that are kept: written whole, the newest wins, read as they were. On both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import StoreError
from service.records import Judgement, Kind, Reference, Subscription, Vote
from service.records.weeks import Listed, Placed, Upcoming, Week
from tests.factories import ranked
from tests.papers import NOW, Archive, paper

if TYPE_CHECKING:
    from service.store import Store

TOPIC = "stroma"


def week(**changes: Any) -> Week:
    values: dict[str, Any] = {
        "topic": TOPIC,
        "version": 1,
        "state": "version 1, works to 3",
        "since": NOW - timedelta(days=7),
        "hi": 3,
        "screened": 3,
        "line": 0.55,
        "spread": (0,) * 19 + (3,),
        "encoder": "fake (0, float32)",
        "missing": None,
        "at": NOW,
    }
    return Week(**(values | changes))


@pytest.fixture(autouse=True)
def _three_works_and_a_topic(archive: Archive) -> None:
    archive.take_in(paper(1), paper(2), paper(3))
    with archive.store.writing() as tx:
        tx.topics.save(TOPIC, "document", "ida", "made", NOW)


def keep(store: Store, kept: Week, *works: Placed) -> bool:
    with store.writing() as tx:
        return tx.weeks.keep(kept, works)


def test_a_ranking_is_read_as_it_was_kept(store: Store) -> None:
    missing = week(missing="model: is missing", encoder="")
    best, other = ranked(2, senses=("CAF: cancer-associated fibroblast",)), ranked(1, relevance=0.3)
    assert keep(store, missing, Placed(best), Placed(other, alike=2))
    with store.reading() as tx:
        assert tx.weeks.kept() == {TOPIC: missing}
        assert tx.weeks.ranked(TOPIC, [1, 2, 3]) == {1: other, 2: best}
        facts = (Kind.ARTICLE, ("pubmed",))
        assert tx.weeks.listed(TOPIC) == [Listed(2, 0.83, None, *facts), Listed(1, 0.3, 2, *facts)]


def test_nothing_is_kept_at_first(store: Store) -> None:
    with store.reading() as tx:
        assert tx.weeks.kept() == {}
        assert tx.weeks.listed(TOPIC) == []
        assert tx.weeks.ranked(TOPIC, []) == {}
        assert tx.weeks.upcoming() == {}


def test_the_next_ranking_takes_the_place_of_the_last_as_a_whole(store: Store) -> None:
    keep(store, week(), Placed(ranked(1)), Placed(ranked(2)))
    assert keep(store, week(state="another", hi=4), Placed(ranked(3)))
    with store.reading() as tx:
        assert [work.work_id for work in tx.weeks.listed(TOPIC)] == [3]
        assert tx.weeks.kept()[TOPIC].state == "another"


@pytest.mark.parametrize(
    ("older", "kept"),
    [
        ({"version": 1, "hi": 9}, False),
        ({"version": 2, "hi": 4}, False),
        ({"version": 2, "hi": 5}, True),
        ({"version": 3, "hi": 1}, True),
    ],
)
def test_an_older_ranking_never_takes_the_place_of_a_newer(
    store: Store, older: dict[str, int], kept: bool
) -> None:
    keep(store, week(version=2, hi=5), Placed(ranked(1)))
    assert keep(store, week(**older, state="other"), Placed(ranked(2))) == kept
    with store.reading() as tx:
        assert [work.work_id for work in tx.weeks.listed(TOPIC)] == [2 if kept else 1]
        assert (tx.weeks.kept()[TOPIC].state == "other") == kept


def test_rankings_of_topics_lie_apart(store: Store) -> None:
    with store.writing() as tx:
        tx.topics.save("traps", "document", "ida", "made", NOW)
    keep(store, week(), Placed(ranked(1)))
    keep(store, week(topic="traps"), Placed(ranked(1, topic="traps", relevance=0.2)))
    with store.reading() as tx:
        assert [work.relevance for work in tx.weeks.listed(TOPIC)] == [0.83]
        assert [work.relevance for work in tx.weeks.listed("traps")] == [0.2]


def test_a_ranking_of_an_unknown_topic_is_refused_whole(store: Store) -> None:
    with pytest.raises(StoreError):
        keep(store, week(topic="unknown"), Placed(ranked(1)))
    with store.reading() as tx:
        assert tx.weeks.kept() == {}


def test_works_that_are_gone_or_merged_since_are_not_listed(store: Store, archive: Archive) -> None:
    keep(store, week(), *(Placed(ranked(number)) for number in (1, 2, 3)))
    archive.delete("pubmed", "40000002")
    assert archive.take_in(paper(3, ids=paper(1).ids)).changed == 1
    with store.reading() as tx:
        left = tx.works.many([1, 2, 3])
        assert [work.work_id for work in tx.weeks.listed(TOPIC)] == [
            work.id for work in left if work.id != 2
        ]
        assert len(left) == 2  # one of them was merged


def test_two_workers_that_keep_at_once_leave_one_whole_ranking(store: Store) -> None:
    """T40. Both write all their rows or none."""
    both = threading.Barrier(2)

    def write(number: int) -> None:
        both.wait(5)
        keep(store, week(state=f"by {number}"), *(Placed(ranked(n)) for n in (number, 3)))

    workers = [threading.Thread(target=write, args=(number,)) for number in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    with store.reading() as tx:
        last = int(tx.weeks.kept()[TOPIC].state[-1])
        assert [work.work_id for work in tx.weeks.listed(TOPIC)] == [last, 3]


# -- the next digests


def test_what_a_digest_would_show_is_read_as_it_was_kept_and_replaced(store: Store) -> None:
    with store.writing() as tx:
        names = [Subscription(name, (TOPIC,), "file", "lab") for name in ("Lab", "Other")]
        tx.subscriptions.sync(names, NOW)
        first = Upcoming("Lab", "state", NOW, (Placed(ranked(1)), Placed(ranked(2), alike=1)))
        for each in (first, replace(first, subscription="Other", works=())):
            tx.weeks.keep_upcoming(each)
    later = replace(first, state="next", at=NOW + timedelta(hours=1), works=(Placed(ranked(3)),))
    with store.writing() as tx:
        assert tx.weeks.upcoming()["Lab"] == first
        tx.weeks.keep_upcoming(later)
        tx.weeks.keep_only(["Lab"])
    with store.reading() as tx:
        assert tx.weeks.upcoming() == {"Lab": later}


# -- what rankings hang on


def test_the_last_vote_of_each_topic_is_known(store: Store) -> None:
    with store.writing() as tx:
        assert tx.weeks.last_votes() == {}
        for number in (1, 2):
            tx.votes.cast(Vote(TOPIC, number, "ida", Judgement.RELEVANT, "web", NOW))
    with store.reading() as tx:
        assert tx.weeks.last_votes() == {TOPIC: 2}


def test_what_else_evidence_hangs_on_changes_with_people_and_with_references(store: Store) -> None:
    seen = []
    with store.writing() as tx:
        seen.append(tx.weeks.beside())
        tx.aliases.link("email:ida@example.org", "ida", "ida", NOW)
        seen.append(tx.weeks.beside())
        cited = [Reference("A paper", paper(1).ids, "", 2020)]
        tx.references.save("doi:1", cited, source="x", stated=1, notes=(), now=NOW)
        seen.append(tx.weeks.beside())
        assert tx.weeks.beside() == seen[-1]
        tx.aliases.unlink("email:ida@example.org")
        seen.append(tx.weeks.beside())
    assert len({*seen}) == 4
