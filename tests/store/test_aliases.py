"""Names of people, and what follows for their votes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from service.errors import InputError
from service.records import Judgement, Relation, Vote
from service.store.aliases import Alias
from tests.papers import NOW, Archive, paper, preprint, states

if TYPE_CHECKING:
    from service.store import Store

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN
MAIL, SLACK = "mail:ida@example.org", "slack:U1"


def _link(store: Store, *pairs: tuple[str, str], author: str = "Rei") -> list[str]:
    with store.writing() as tx:
        return [tx.aliases.link(alias, person, author, NOW) for alias, person in pairs]


def _unlink(store: Store, alias: str) -> str:
    with store.writing() as tx:
        return tx.aliases.unlink(alias)


def _names(store: Store) -> dict[str, str]:
    with store.reading() as tx:
        return {each.alias: each.person for each in tx.aliases.all()}


def _person(store: Store, name: str) -> str:
    with store.reading() as tx:
        return tx.aliases.person_of(name)


# -- names ----------------------------------------------------------------------------------------


def test_a_name_leads_to_its_person_and_says_who_said_so(store: Store) -> None:
    assert _link(store, (MAIL, "Ida")) == ["Ida"]
    assert [_person(store, name) for name in (MAIL, "Ida", SLACK)] == ["Ida", "Ida", SLACK]
    with store.reading() as tx:
        assert tx.aliases.all() == [Alias(MAIL, "Ida", "Rei", NOW)]


def test_linking_to_an_alias_is_linking_to_its_person(store: Store) -> None:
    assert _link(store, (MAIL, "Ida"), (SLACK, MAIL)) == ["Ida", "Ida"]
    assert _names(store) == {MAIL: "Ida", SLACK: "Ida"}


def test_a_person_who_becomes_an_alias_brings_their_names_along(store: Store) -> None:
    _link(store, (MAIL, "ida"), (SLACK, "ida"), ("ida", "Ida Berg"))
    assert _names(store) == {MAIL: "Ida Berg", SLACK: "Ida Berg", "ida": "Ida Berg"}


@pytest.mark.parametrize(
    ("alias", "person", "why"),
    [
        ("Ida", "Ida", "is the person's own name"),
        ("Ida", MAIL, f"is who '{MAIL}' is"),
        ("Nobody", "Nobody", "is the person's own name"),
    ],
)
def test_no_name_leads_back_to_itself(store: Store, alias: str, person: str, why: str) -> None:
    _link(store, (MAIL, "Ida"))
    with pytest.raises(InputError) as caught:
        _link(store, (alias, person))
    assert caught.value.cause == why
    assert _names(store) == {MAIL: "Ida"}


def test_however_names_are_linked_there_are_no_chains(store: Store) -> None:
    people = ["a", "b", "c", "d"]
    for alias in people:
        for person in people:
            try:
                _link(store, (alias, person))
            except InputError:
                continue
            names = _names(store)
            assert names.keys().isdisjoint(names.values()), (alias, person, names)


def test_a_name_can_become_somebody_elses(store: Store) -> None:
    _link(store, (MAIL, "Ida"), (MAIL, "Rei"))
    assert _names(store) == {MAIL: "Rei"}


def test_the_same_again_keeps_who_said_it_first(store: Store) -> None:
    _link(store, (MAIL, "Ida"))
    with store.writing() as tx:
        tx.aliases.link(MAIL, "Ida", "Chidi", NOW + timedelta(days=1))
    with store.reading() as tx:
        assert tx.aliases.all() == [Alias(MAIL, "Ida", "Rei", NOW)]


def test_an_unlinked_name_stands_for_itself(store: Store) -> None:
    _link(store, (MAIL, "Ida"), (SLACK, "Ida"))
    assert _unlink(store, MAIL) == "Ida"
    assert _names(store) == {SLACK: "Ida"}
    with pytest.raises(InputError, match="is not another name of anybody"):
        _unlink(store, MAIL)
    with pytest.raises(InputError, match="is not another name of anybody"):
        _unlink(store, "Ida")


def test_a_name_that_no_database_can_keep_is_kept_without_that(store: Store) -> None:
    assert _link(store, ("a\x00", "b\ud800")) == ["b"]
    assert _names(store) == {"a": "b"}
    with pytest.raises(InputError):
        _link(store, ("c", "c\x00"))


def test_links_made_at_once_make_no_chain(store: Store) -> None:
    """Each alone is right; together they could make a circle."""
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]
    told: list[str] = []

    def run(pair: tuple[str, str]) -> None:
        try:
            told.extend(_link(store, pair))
        except InputError:
            told.append("refused")

    threads = [Thread(target=run, args=(pair,)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = _names(store)
    assert names.keys().isdisjoint(names.values())
    assert len(told) == len(pairs)
    assert Counter(told)["refused"] < len(pairs)


# -- votes ----------------------------------------------------------------------------------------


def _vote(voter: str, judgement: Judgement = RELEVANT, work_id: int = 1, **more: Any) -> Vote:
    values: dict[str, Any] = {"topic": "stroma", "via": "web", "at": NOW} | more
    return Vote(work_id=work_id, voter=voter, judgement=judgement, **values)


@pytest.fixture
def voted(archive: Archive) -> Archive:
    """Works 1 to 3, two topics; Ida's mail address and Slack account are hers."""
    archive.take_in(paper(1), paper(2), paper(3))
    with archive.store.writing() as tx:
        for slug in ("stroma", "neutrophils"):
            tx.topics.save(slug, "document", "Ida", "first", NOW)
    _link(archive.store, (MAIL, "Ida"), (SLACK, "Ida"))
    return archive


def _cast(archive: Archive, *votes: Vote) -> list[bool]:
    with archive.store.writing() as tx:
        return [tx.votes.cast(vote) for vote in votes]


def _in_force(archive: Archive, topic: str | None = "stroma") -> list[tuple[str, Judgement, str]]:
    with archive.store.reading() as tx:
        return [(v.voter, v.judgement, v.whose) for v in tx.votes.current(topic)]


def test_the_latest_of_a_person_counts_under_whatever_name(voted: Archive) -> None:
    votes = [_vote(MAIL), _vote("Rei"), _vote(SLACK, AGAINST), _vote("Ida", SAVED, topic="stroma")]
    assert _cast(voted, *votes) == [True] * 4
    assert _in_force(voted) == [("Rei", RELEVANT, "Rei"), ("Ida", SAVED, "Ida")]
    _cast(voted, _vote(MAIL, AGAINST))
    assert _in_force(voted)[-1] == (MAIL, AGAINST, "Ida")


def test_what_was_said_before_the_names_were_linked_counts_as_one_too(voted: Archive) -> None:
    _unlink(voted.store, MAIL)
    _cast(voted, _vote("Ida"), _vote(MAIL, AGAINST))
    assert len(_in_force(voted)) == 2
    _link(voted.store, (MAIL, "Ida"))
    assert _in_force(voted) == [(MAIL, AGAINST, "Ida")]
    _unlink(voted.store, MAIL)
    assert _in_force(voted) == [("Ida", RELEVANT, "Ida"), (MAIL, AGAINST, MAIL)]


def test_the_same_said_under_another_name_changes_nothing(voted: Archive) -> None:
    assert _cast(voted, _vote(MAIL), _vote(SLACK), _vote("Ida")) == [True, False, False]
    assert _in_force(voted) == [(MAIL, RELEVANT, "Ida")]


def test_a_vote_is_taken_back_under_another_name(voted: Archive) -> None:
    assert _cast(voted, _vote(MAIL), _vote(SLACK, WITHDRAWN)) == [True, True]
    assert _in_force(voted) == []
    assert _cast(voted, _vote("Ida", WITHDRAWN)) == [False]


def test_a_history_keeps_the_name_and_shows_the_person(voted: Archive) -> None:
    _cast(voted, _vote(MAIL), _vote("Ida", AGAINST), _vote("Rei"))
    with voted.store.reading() as tx:
        told = [(each.voter, each.person) for each in tx.votes.history("stroma", 1)]
    assert told == [("Rei", ""), ("Ida", ""), (MAIL, "Ida")]


def test_a_history_may_be_of_all_topics(voted: Archive) -> None:
    _cast(voted, _vote("Ida"), _vote("Ida", topic="neutrophils"), _vote("Ida", work_id=2))
    with voted.store.reading() as tx:
        assert [v.topic for v in tx.votes.history(None, 1)] == ["neutrophils", "stroma"]
    assert len(_in_force(voted, None)) == 3


@pytest.mark.parametrize("name", ["Ida", MAIL, SLACK])
def test_what_a_person_says_is_told_under_each_of_their_names(voted: Archive, name: str) -> None:
    _cast(voted, _vote("Rei", AGAINST), _vote(MAIL, SAVED))
    with voted.store.reading() as tx:
        said = tx.votes.said("stroma", 1, name)
        assert said is not None
        assert (said.voter, said.judgement) == (MAIL, SAVED)
        assert tx.votes.said("stroma", 2, name) is None
        assert tx.votes.said("neutrophils", 1, name) is None
    _cast(voted, _vote("Ida", WITHDRAWN))
    with voted.store.reading() as tx:
        assert tx.votes.said("stroma", 1, name) is None


def test_a_person_is_counted_and_listed_once(voted: Archive) -> None:
    _cast(voted, _vote(MAIL), _vote(SLACK, SAVED), _vote("Rei", SAVED))
    with voted.store.reading() as tx:
        assert tx.votes.counts() == {"stroma": {SAVED: 2}}
        assert [vote.voter for vote in tx.votes.of_works([1])[1]] == [SLACK, "Rei"]
        assert [vote.whose for vote in tx.listing.votes(10)] == ["Rei", "Ida"]


def test_names_are_told_with_the_votes_in_force_given_under_them(voted: Archive) -> None:
    _cast(voted, _vote(MAIL), _vote(SLACK, SAVED), _vote("Rei"), _vote(SLACK, work_id=2))
    with voted.store.reading() as tx:
        assert tx.votes.voters() == {MAIL: 0, SLACK: 2, "Rei": 1}


# -- what was read --------------------------------------------------------------------------------


def _mark(archive: Archive, reader: str, *works: int, at: timedelta = timedelta()) -> None:
    with archive.store.writing() as tx:
        tx.readings.mark(reader, works, NOW + at)


def _read(archive: Archive, reader: str, *works: int) -> set[int]:
    with archive.store.reading() as tx:
        return tx.readings.of(reader, works)


def test_what_a_reader_marked_is_told_and_nobody_elses(voted: Archive) -> None:
    _mark(voted, "Ida", 1, 3, 3)
    _mark(voted, "Rei", 2)
    assert _read(voted, "Ida", 1, 2, 3) == {1, 3}
    assert _read(voted, "Ida", 2) == set()
    assert _read(voted, "Rei", 1, 2, 3) == {2}
    assert _read(voted, "Ida") == set()


def test_marking_twice_is_marking_once_and_unmarking_undoes_it(voted: Archive) -> None:
    _mark(voted, "Ida", 1, 2)
    _mark(voted, "Ida", 1, at=timedelta(days=1))
    with voted.store.writing() as tx:
        tx.readings.unmark("Ida", [1, 3])
    assert _read(voted, "Ida", 1, 2, 3) == {2}


def test_a_person_has_read_what_they_marked_under_any_name(voted: Archive) -> None:
    _mark(voted, MAIL, 1)
    _mark(voted, "Ida", 1, 2)
    assert _read(voted, SLACK, 1, 2) == {1, 2}
    with voted.store.writing() as tx:
        tx.readings.unmark(SLACK, [1])
    assert _read(voted, "Ida", 1, 2) == {2}


def test_marks_follow_a_merge(voted: Archive) -> None:
    voted.take_in(preprint(9, title="Another title"))
    _mark(voted, "Ida", 4)
    assert _read(voted, "Ida", 1, 4) == {4}
    said = states(Relation.PREPRINT_OF, doi="10.5555/stroma.1")
    voted.take_in(preprint(9, version="2", title="Another title", links=(said,)))
    assert voted.work(4) == 1
    assert _read(voted, "Ida", 1, 2) == {1}
    assert _read(voted, "Ida", 4) == {4}, "an old number answers for what the work is now"
    with voted.store.writing() as tx:
        tx.readings.unmark("Ida", [1])
    assert _read(voted, "Ida", 1, 4) == set()


def test_a_work_that_does_not_exist_cannot_be_marked(voted: Archive) -> None:
    from service.errors import StoreError

    with pytest.raises(StoreError):
        _mark(voted, "Ida", 99)
    assert _read(voted, "Ida", 99) == set()
