from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from service.errors import InputError, StoreError, TopicError
from service.records import Judgement, Vote
from service.slackapp import counting
from service.slackapp.commands import NoteSubmission, command
from service.slackapp.counting import TWICE, meant
from tests.papers import paper, preprint
from tests.slack_payloads import PRESSED, answer, pressed

if TYPE_CHECKING:
    from service.slackapp.commands import Press
    from tests.papers import Archive

RELEVANT, AGAINST = Judgement.RELEVANT, Judgement.NOT_RELEVANT
SAVED, WITHDRAWN = Judgement.SAVED, Judgement.WITHDRAWN


def vote(judgement: Judgement, seconds: float = 0.0) -> Vote:
    """What the reader said `seconds` after the first press."""
    at = pressed().at + timedelta(seconds=seconds)
    return Vote("stroma", 1, "slack:U1", judgement, "slack", at)


def later(seconds: float, judgement: Judgement = RELEVANT, *, count: int = 1) -> Press:
    return pressed(1, judgement, at=PRESSED + seconds, count=count)


def current(archive: Archive, topic: str = "stroma") -> list[tuple[int, str, Judgement]]:
    with archive.store.reading() as tx:
        return [(each.work_id, each.voter, each.judgement) for each in tx.votes.current(topic)]


# -- what a press means ---------------------------------------------------------------------------


def test_the_first_press_says_what_its_button_says() -> None:
    assert meant(later(0, SAVED), []) is SAVED


def test_another_button_replaces_what_was_said() -> None:
    assert meant(later(1, AGAINST), [vote(RELEVANT)]) is AGAINST


def test_the_same_button_again_takes_the_vote_back() -> None:
    assert meant(later(60), [vote(RELEVANT)]) is WITHDRAWN


def test_an_impatient_second_press_takes_nothing_back() -> None:
    assert meant(later(TWICE.total_seconds() - 0.1), [vote(RELEVANT)]) is RELEVANT


def test_a_vote_is_not_taken_back_by_who_could_not_see_that_it_was_counted() -> None:
    assert meant(later(3600, count=0), [vote(RELEVANT)]) is RELEVANT


def test_a_double_click_that_takes_back_does_not_vote_again() -> None:
    own = [vote(WITHDRAWN, 60), vote(RELEVANT)]
    assert meant(later(61), own) is WITHDRAWN
    assert meant(later(61, SAVED), own) is SAVED
    assert meant(later(90), own) is RELEVANT


@pytest.mark.parametrize("seconds", [0.0, -0.2, -3600.0])
def test_a_press_that_is_not_newer_than_what_counts_says_nothing(seconds: float) -> None:
    assert meant(later(seconds, SAVED), [vote(RELEVANT)]) is None


# -- counting -------------------------------------------------------------------------------------


def test_a_press_becomes_a_vote_of_its_own_time(archive: Archive) -> None:
    assert counting.take_press(archive.parts, pressed()) is RELEVANT
    with archive.store.reading() as tx:
        assert tx.votes.current("stroma") == [vote(RELEVANT)]


def test_a_press_takes_back_what_the_person_said_under_another_name(archive: Archive) -> None:
    with archive.store.writing() as tx:
        tx.aliases.link("slack:U1", "Ida", "Rei", pressed().at)
        tx.votes.cast(Vote("stroma", 1, "Ida", RELEVANT, "web", pressed().at))
    assert counting.take_press(archive.parts, later(60)) is WITHDRAWN
    assert current(archive) == []


def test_the_same_press_counts_once_however_often_it_comes(archive: Archive) -> None:
    """T65: a file that was read before a crash is read again after it."""
    first, second = pressed(), later(60, count=1)
    counting.take_press(archive.parts, first)
    counting.take_press(archive.parts, second)
    assert [counting.take_press(archive.parts, again) for again in (first, second)] == [None, None]
    assert current(archive) == []
    with archive.store.reading() as tx:
        assert [said.judgement for said in tx.votes.history("stroma", 1)] == [WITHDRAWN, RELEVANT]


def test_fifty_hasty_presses_of_one_reader_are_one_vote(archive: Archive) -> None:
    """T64."""
    for number in range(50):
        counting.take_press(archive.parts, later(number / 5, count=number % 2))
    assert current(archive) == [(1, "slack:U1", RELEVANT)]


def test_of_fifty_presses_of_different_buttons_the_last_wins(archive: Archive) -> None:
    """T64."""
    chance = random.Random(64)
    said = [chance.choice([RELEVANT, AGAINST, SAVED]) for _ in range(49)] + [AGAINST]
    for number, judgement in enumerate(said):
        counting.take_press(archive.parts, later(number / 5, judgement))
    assert current(archive) == [(1, "slack:U1", AGAINST)]


def test_presses_of_five_readers_are_one_vote_each_in_whatever_order_they_come(
    archive: Archive,
) -> None:
    """T64. Each worker has its own inbox, so what was pressed first may be counted last."""
    chance = random.Random(5)
    presses = [
        pressed(1, chance.choice([RELEVANT, SAVED]), user=f"U{user}", at=PRESSED + number)
        for user in range(5)
        for number in range(9)
    ]
    presses += [pressed(1, AGAINST, user=f"U{user}", at=PRESSED + 10) for user in range(5)]
    chance.shuffle(presses)
    for one in presses:
        counting.take_press(archive.parts, one)
    assert sorted(current(archive)) == [(1, f"slack:U{user}", AGAINST) for user in range(5)]


def test_a_press_on_a_work_that_was_merged_counts_for_the_other(archive: Archive) -> None:
    archive.take_in(preprint(1))
    assert archive.work("10.1101/2026.000001") == 1
    counting.take_press(archive.parts, pressed())
    assert current(archive) == [(1, "slack:U1", RELEVANT)]


@pytest.mark.parametrize(
    ("press", "error"),
    [(pressed(99), InputError), (pressed(1, topic="forgotten"), TopicError)],
)
def test_what_is_no_longer_known_is_said_so(
    archive: Archive, press: Press, error: type[Exception]
) -> None:
    with pytest.raises(error):
        counting.take_press(archive.parts, press)


# -- answers --------------------------------------------------------------------------------------


def said(of: Press, *reasons: str, **more: str) -> NoteSubmission:
    found = command(answer(of, *reasons, **more))
    assert isinstance(found, NoteSubmission)
    return found


def test_an_answer_becomes_the_note_of_the_vote(archive: Archive) -> None:
    press = pressed(1, AGAINST)
    counting.take_press(archive.parts, press)
    assert counting.take_note(archive.parts, said(press, "disease", text="in horses"))
    with archive.store.reading() as tx:
        [kept] = tx.votes.current("stroma")
    assert (kept.judgement, kept.note) == (AGAINST, "wrong disease: in horses")


def test_an_answer_that_overtook_its_press_is_not_undone_by_it(archive: Archive) -> None:
    press = pressed(1, AGAINST, count=1)
    counting.take_note(archive.parts, said(press, "known"))
    assert counting.take_press(archive.parts, press) is None
    with archive.store.reading() as tx:
        assert [each.note for each in tx.votes.current("stroma")] == ["already known"]


def test_an_answer_to_a_vote_that_was_changed_since_changes_nothing(archive: Archive) -> None:
    press = pressed(1, AGAINST)
    counting.take_press(archive.parts, press)
    counting.take_press(archive.parts, later(30, SAVED))
    assert not counting.take_note(archive.parts, said(press, "known"))
    assert current(archive) == [(1, "slack:U1", SAVED)]


def test_an_answer_counts_once(archive: Archive) -> None:
    press = pressed(1, AGAINST)
    for _ in range(3):
        counting.take_note(archive.parts, said(press, "kind"))
    with archive.store.reading() as tx:
        assert len(tx.votes.history("stroma", 1)) == 1


# -- numbers --------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_topic_and_leave_out_what_was_taken_back(archive: Archive) -> None:
    for user in ("U1", "U2", "U3"):
        counting.take_press(archive.parts, pressed(1, user=user))
    counting.take_press(archive.parts, replace(later(60), user="U3", key="third"))
    against = pressed(1, AGAINST, topic="neutrophils", at=PRESSED + 90)
    counting.take_press(archive.parts, against)
    asked = [("stroma", 1), ("neutrophils", 1), ("stroma", 2), ("stroma", 99)]
    assert counting.counts(archive.parts, asked) == {
        ("stroma", 1): {RELEVANT: 2},
        ("neutrophils", 1): {AGAINST: 1},
        ("stroma", 2): {},
        ("stroma", 99): {},
    }


def test_a_closed_archive_is_told_as_such(archive: Archive) -> None:
    archive.take_in(paper(4))
    with archive.store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE vote RENAME TO elsewhere")
    with pytest.raises(StoreError):
        counting.take_press(archive.parts, pressed())
