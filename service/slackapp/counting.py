"""Presses and answers into votes, and what the buttons are to say then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from service import voting
from service.clock import standing
from service.errors import InputError
from service.records import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.pipeline import Parts
    from service.records import Vote
    from service.slackapp.commands import NoteSubmission, Press

VIA = "slack"
TWICE = timedelta(seconds=5)  # presses closer together than this are one, said by an impatient hand


def meant(press: Press, own: Sequence[Vote]) -> Judgement | None:
    """What a press says, after all that its reader said of the work before (`own`, newest first);
    None: nothing, for it was counted already, or is older than what counts.

    The same again takes the vote back, but only when the button showed a number, so that its
    reader could see that there was a vote to take back, and not right after the press before.
    """
    last = own[0] if own else None
    if last is None:
        return press.judgement
    if press.at <= last.at:
        return None
    hasty = press.at - last.at < TWICE
    if last.judgement == press.judgement:
        return Judgement.WITHDRAWN if press.counted and not hasty else press.judgement
    if last.judgement is Judgement.WITHDRAWN and hasty:
        before = next((v.judgement for v in own if v.judgement is not Judgement.WITHDRAWN), None)
        return Judgement.WITHDRAWN if before == press.judgement else press.judgement
    return press.judgement


def take_press(parts: Parts, press: Press) -> Judgement | None:
    """Count a press; returns what its reader says now, None where it changed nothing for being
    late or counted already. The same press gives one vote however often it comes.

    Raises `TopicError` and `InputError` for what is no longer known, `StoreError`.
    """
    own = _own(parts, press.topic, press.work_id, press.user)
    said = meant(press, own)
    if said is not None:
        _cast(parts, press, voting.Ballot(str(press.work_id), said, key=press.key))
    return said


def take_note(parts: Parts, answer: NoteSubmission) -> bool:
    """Put the answer into the reader's vote; False where they have changed their mind since.

    Raises as `take_press` does.
    """
    last = next(iter(_own(parts, answer.topic, answer.work_id, answer.user)), None)
    if last and last.at > answer.at and last.judgement is not Judgement.NOT_RELEVANT:
        return False
    said = Judgement.NOT_RELEVANT
    _cast(parts, answer, voting.Ballot(str(answer.work_id), said, answer.note, key=answer.key))
    return True


def _own(parts: Parts, topic: str, work_id: int, user: str) -> list[Vote]:
    with parts.store.reading() as tx:
        tx.topics.get(topic)
        said = tx.votes.history(topic, tx.works.get(work_id).id)
        person = tx.aliases.person_of(_voter(user))
    return [vote for vote in said if vote.whose == person]


def _cast(parts: Parts, given: Press | NoteSubmission, ballot: voting.Ballot) -> None:
    # A vote is as old as the press: one that waited here does not beat a later one.
    then = replace(parts, clock=standing(given.at))
    voting.cast(then, given.topic, [ballot], voter=_voter(given.user), via=VIA)


def _voter(user: str) -> str:
    return f"slack:{user}"


def counts(
    parts: Parts, subjects: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Mapping[Judgement, int]]:
    """The votes in force on each (topic, work as it was shown); works that are gone have none."""
    asked = list(subjects)
    present: dict[int, int] = {}
    with parts.store.reading() as tx:
        for work_id in {work_id for _, work_id in asked}:
            try:
                present[work_id] = tx.works.get(work_id).id
            except InputError:  # pruned
                continue
        votes = tx.votes.of_works(sorted({*present.values()}))
    return {
        (topic, work_id): Counter(
            vote.judgement for vote in votes.get(present.get(work_id, 0), ()) if vote.topic == topic
        )
        for topic, work_id in asked
    }
