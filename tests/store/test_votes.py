from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, inspect, select

from service.errors import StoreError
from service.records import Judgement, Relation, Vote
from service.store import migrations
from service.store.schema import VoteRow
from tests import databases
from tests.papers import NOW, Archive, paper, preprint, states

if TYPE_CHECKING:
    from pathlib import Path

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN


def _vote(work_id: int = 1, judgement: Judgement = RELEVANT, **changes: Any) -> Vote:
    values: dict[str, Any] = {"topic": "stroma", "voter": "Ida", "via": "web", "at": NOW}
    return Vote(work_id=work_id, judgement=judgement, **(values | changes))


@pytest.fixture
def voted(archive: Archive) -> Archive:
    """Works 1 to 3 and two topics; nobody has voted."""
    archive.take_in(paper(1), paper(2), paper(3))
    with archive.store.writing() as tx:
        for slug in ("stroma", "neutrophils"):
            tx.topics.save(slug, "document", "Ida", "first", NOW)
    return archive


def _cast(archive: Archive, *votes: Vote, key: str | None = None) -> list[bool]:
    with archive.store.writing() as tx:
        return [tx.votes.cast(vote, key) for vote in votes]


def _current(archive: Archive, topic: str = "stroma") -> list[Vote]:
    with archive.store.reading() as tx:
        return tx.votes.current(topic)


def _history(archive: Archive, work_id: int = 1) -> list[Judgement]:
    with archive.store.reading() as tx:
        return [vote.judgement for vote in tx.votes.history("stroma", work_id)]


def test_a_vote_comes_back_as_it_was_cast(voted: Archive) -> None:
    vote = _vote(2, SAVED, note="for the review: TGF-β", via="slack")
    assert _cast(voted, vote) == [True]
    assert _current(voted) == [vote]


def test_the_latest_vote_of_a_reader_counts_and_none_is_lost(voted: Archive) -> None:
    assert _cast(voted, _vote(), _vote(judgement=AGAINST), _vote(judgement=SAVED)) == [True] * 3
    assert [vote.judgement for vote in _current(voted)] == [SAVED]
    assert _history(voted) == [SAVED, AGAINST, RELEVANT]


def test_latest_means_written_last_whatever_the_clocks_say(voted: Archive) -> None:
    _cast(voted, _vote(), _vote(judgement=AGAINST, at=NOW - timedelta(hours=1)))
    assert [vote.judgement for vote in _current(voted)] == [AGAINST]


def test_readers_works_and_topics_are_kept_apart(voted: Archive) -> None:
    votes = [_vote(), _vote(voter="Rei"), _vote(2), _vote(topic="neutrophils")]
    assert _cast(voted, *votes) == [True] * 4
    assert _current(voted) == votes[:3]
    assert _current(voted, "neutrophils") == votes[3:]
    assert _current(voted, "nothing") == []


def test_the_same_vote_again_writes_nothing(voted: Archive) -> None:
    later = _vote(at=NOW + timedelta(days=1), via="mail")
    assert _cast(voted, _vote(), later) == [True, False]
    assert _history(voted) == [RELEVANT]


def test_a_withdrawn_vote_counts_no_more_and_can_be_given_again(voted: Archive) -> None:
    assert _cast(voted, _vote(), _vote(judgement=WITHDRAWN)) == [True, True]
    assert _current(voted) == []
    assert _history(voted) == [WITHDRAWN, RELEVANT]
    assert _cast(voted, _vote()) == [True]
    assert _current(voted) == [_vote()]


def test_there_is_nothing_to_withdraw_where_nothing_was_said(voted: Archive) -> None:
    withdrawal = _vote(judgement=WITHDRAWN)
    assert _cast(voted, withdrawal, _vote(), withdrawal, withdrawal) == [False, True, True, False]
    assert _history(voted) == [WITHDRAWN, RELEVANT]


def test_a_new_note_is_a_change_and_no_note_keeps_the_old_one(voted: Archive) -> None:
    noted = _vote(note="see figure 2")
    assert _cast(voted, _vote(), noted, _vote(), noted) == [True, True, False, False]
    assert _current(voted) == [noted]
    assert _cast(voted, _vote(judgement=AGAINST)) == [True]
    assert _current(voted) == [_vote(judgement=AGAINST)]


def test_what_a_database_cannot_keep_is_left_out_of_a_note(voted: Archive) -> None:
    odd = _vote(note="a\x00b\ud800")
    assert _cast(voted, odd, odd) == [True, False]
    assert [vote.note for vote in _current(voted)] == ["ab"]


def test_a_button_pressed_twice_is_one_vote(voted: Archive) -> None:
    assert _cast(voted, _vote(), key="press-1") == [True]
    assert _cast(voted, _vote(), key="press-1") == [False]
    assert _history(voted) == [RELEVANT]


def test_a_replayed_link_does_not_bring_an_old_opinion_back(voted: Archive) -> None:
    _cast(voted, _vote(), key="link-1")
    _cast(voted, _vote(judgement=AGAINST))
    assert _cast(voted, _vote(), key="link-1") == [False]
    assert [vote.judgement for vote in _current(voted)] == [AGAINST]


def test_a_link_that_changed_nothing_is_used_up_as_well(voted: Archive) -> None:
    noted = _vote(note="see figure 2")
    _cast(voted, noted)
    assert _cast(voted, _vote(), key="link-1") == [False]
    assert _current(voted) == [noted]
    _cast(voted, _vote(judgement=AGAINST))
    assert _cast(voted, _vote(), key="link-1") == [False]
    assert [vote.judgement for vote in _current(voted)] == [AGAINST]


def test_different_keys_are_different_presses(voted: Archive) -> None:
    assert _cast(voted, _vote(), key="a") == [True]
    assert _cast(voted, _vote(judgement=AGAINST), key="b") == [True]
    assert _cast(voted, _vote(), key="c") == [True]


@pytest.mark.parametrize("change", [{"work_id": 99}, {"topic": "nothing"}], ids=str)
def test_a_vote_on_what_does_not_exist_is_refused(voted: Archive, change: Any) -> None:
    _cast(voted, _vote())
    with pytest.raises(StoreError):
        _cast(voted, replace(_vote(), **change))
    assert _current(voted) == [_vote()]


def test_of_a_work_that_does_not_exist_nothing_was_said(voted: Archive) -> None:
    _cast(voted, _vote())
    assert _history(voted, 99) == []


def _merge(archive: Archive) -> None:
    """A preprint of paper 1 that says so makes the two works of it one, with number 1."""
    said = states(Relation.PREPRINT_OF, doi="10.5555/stroma.1")
    archive.take_in(preprint(9, version="2", title="Another title", links=(said,)))


@pytest.fixture
def apart(voted: Archive) -> Archive:
    """Besides works 1 to 3, work 4: a preprint that `_merge` joins to work 1."""
    voted.take_in(preprint(9, title="Another title"))
    assert voted.work("10.1101/2026.000009") == 4
    return voted


def test_votes_on_a_work_that_was_merged_away_count_for_the_surviving_one(apart: Archive) -> None:
    votes = [_vote(4, SAVED), _vote(1, AGAINST, voter="Rei")]
    _cast(apart, *votes)
    _merge(apart)
    assert apart.work(4) == 1
    assert _current(apart) == [_vote(1, SAVED), votes[1]]
    assert _history(apart, 1) == [AGAINST, SAVED]
    with apart.store.reading() as tx:
        assert tx.votes.of_works([1, 4]) == {1: [_vote(1, SAVED), votes[1]]}
        assert tx.votes.history("stroma", 4) == tx.votes.history("stroma", 1)


def test_a_reader_of_both_works_keeps_the_later_opinion(apart: Archive) -> None:
    _cast(apart, _vote(4, SAVED), _vote(1, AGAINST))
    _merge(apart)
    assert _current(apart) == [_vote(1, AGAINST)]


def test_a_button_that_names_the_old_number_still_works(apart: Archive) -> None:
    _cast(apart, _vote(4))
    _merge(apart)
    assert _cast(apart, _vote(4), _vote(1)) == [False, False]
    assert _cast(apart, _vote(4, WITHDRAWN)) == [True]
    assert _current(apart) == []


def test_a_split_leaves_votes_with_the_work_the_reader_saw(apart: Archive) -> None:
    _merge(apart)
    _cast(apart, _vote(1))
    number = apart.split(1, "pubmed:40000001")
    assert [vote.work_id for vote in _current(apart)] == [1]
    assert _history(apart, number) == []


def test_votes_of_some_works_are_found_for_all_topics(voted: Archive) -> None:
    votes = [_vote(1), _vote(2), _vote(3), _vote(1, topic="neutrophils"), _vote(1, voter="Rei")]
    _cast(voted, *votes)
    with voted.store.reading() as tx:
        assert tx.votes.of_works([3, 1]) == {1: [votes[0], *votes[3:]], 3: [votes[2]]}
        assert tx.votes.of_works([]) == {}


def test_counts_are_of_votes_in_force(voted: Archive) -> None:
    with voted.store.reading() as tx:
        assert tx.votes.counts() == {}
    _cast(
        voted,
        _vote(1),
        _vote(1, voter="Rei"),
        _vote(2),
        _vote(2, AGAINST),
        _vote(3, SAVED, topic="neutrophils"),
        _vote(3),
        _vote(3, WITHDRAWN),
    )
    with voted.store.reading() as tx:
        assert tx.votes.counts() == {
            "neutrophils": {SAVED: 1},
            "stroma": {AGAINST: 1, RELEVANT: 2},
        }


def test_two_processes_given_one_press_write_one_vote(voted: Archive) -> None:
    told: list[bool] = []
    pressed = [Thread(target=lambda: told.extend(_cast(voted, _vote(), key="k"))) for _ in range(4)]
    for thread in pressed:
        thread.start()
    for thread in pressed:
        thread.join()
    assert Counter(told) == {True: 1, False: 3}
    with voted.store.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(VoteRow)).scalar_one() == 1


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_migration_adds_a_table_and_touches_no_other(kind: str, tmp_path: Path) -> None:
    for engine in databases.empty(kind, tmp_path):
        migrations.upgrade(engine, "0001")
        before = {name: inspect(engine).get_columns(name) for name in _tables(engine)}
        migrations.upgrade(engine, "0002")
        after = {name: inspect(engine).get_columns(name) for name in _tables(engine)}
        assert after.keys() - before.keys() == {"vote"}
        assert {name: repr(after[name]) for name in before} == {
            name: repr(columns) for name, columns in before.items()
        }
        migrations.downgrade(engine, "0001")
        assert _tables(engine) == before.keys()


def _tables(engine: Any) -> set[str]:
    return set(inspect(engine).get_table_names())
