"""Votes in, evidence out: what readers say of works, on its way to the next ranking.

A module beside the pipeline: it is handed the store and the clock, and holds what every face
(command line, Slack, mail, web, API) does with a vote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.errors import InputError
from service.records import Candidate, Evidence, Judgement, Vote, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.pipeline import Parts
    from service.store import Unit

TOLD = 10  # faults that are named one by one; the rest are counted

# Control characters but tab and line feed (a terminal obeys them), and halves of characters.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_SIGNS = {Judgement.RELEVANT: 1, Judgement.SAVED: 1, Judgement.NOT_RELEVANT: -1}


@dataclass(frozen=True, slots=True)
class Ballot:
    """A judgement as a reader gives it. `work` is its number, PMID, PMCID, DOI or arXiv id.

    `voter` is "" where the one who hands the ballot in is meant, `topic` where that of all ballots
    is; `key` names one press of a button (see `Votes.cast`); `place` says where it stood
    ("line 3"), for messages.
    """

    work: str
    judgement: Judgement
    note: str = ""
    voter: str = ""
    key: str | None = None
    place: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A ballot that was taken. With `changed` False its reader had said the same before."""

    work: Work
    vote: Vote
    changed: bool


def cast(
    parts: Parts, topic: str, ballots: Sequence[Ballot], *, voter: str, via: str
) -> list[Counted]:
    """Take all ballots for a topic, or none; in their order.

    A person who goes by several names (`people`) is one reader. Raises `TopicError` for an unknown
    topic; `InputError` for works that are not in the archive (all are named), for a voter without a
    name, and for ballots that contradict each other.
    """
    now = parts.clock.now()
    with parts.store.reading() as tx:  # looking names up is what takes long: no writer waits for it
        for slug in dict.fromkeys([topic, *(ballot.topic for ballot in ballots)]):
            if slug:
                tx.topics.get(slug)
        works = _works(tx, ballots)
        votes = [
            Vote(
                topic=ballot.topic or topic,
                work_id=works[ballot.work].id,
                voter=name(ballot.voter or voter),
                judgement=ballot.judgement,
                via=via,
                at=now,
                note=_UNSAFE.sub("", ballot.note).strip(),
            )
            for ballot in ballots
        ]
        persons = {each: tx.aliases.person_of(each) for each in {vote.voter for vote in votes}}
    _check_agreement(ballots, votes, persons)
    with parts.store.writing() as tx:
        return [
            Counted(works[ballot.work], vote, tx.votes.cast(vote, ballot.key))
            for ballot, vote in zip(ballots, votes, strict=True)
        ]


def _works(tx: Unit, ballots: Sequence[Ballot]) -> dict[str, Work]:
    found: dict[str, Work] = {}
    missing: list[tuple[Ballot, InputError]] = []
    for ballot in ballots:
        try:
            if ballot.work not in found:
                found[ballot.work] = tx.works.get(tx.works.find(ballot.work))
        except InputError as error:
            missing.append((ballot, error))
    if len(missing) == 1 and not missing[0][0].place:
        raise missing[0][1]
    refuse(
        [_placed(ballot, f"{error.thing} {error.cause}") for ballot, error in missing],
        "give each as number, PMID, PMCID, DOI or arXiv id of a work in the archive",
    )
    return found


def _check_agreement(
    ballots: Sequence[Ballot], votes: Sequence[Vote], persons: Mapping[str, str]
) -> None:
    said: dict[tuple[str, int, str], Judgement] = {}
    faults = []
    for ballot, vote in zip(ballots, votes, strict=True):
        of = (vote.topic, vote.work_id, persons[vote.voter])
        first = said.setdefault(of, vote.judgement)
        if first != vote.judgement:
            told = f"work {ballot.work!r} is {vote.judgement}, but was {first} before"
            faults.append(_placed(ballot, told))
    refuse(faults, "give one judgement for each work and reader")


def refuse(faults: Sequence[str], remedy: str) -> None:
    """Raise one `InputError` that names the faults, if there are any."""
    if faults:
        more = f"; and {len(faults) - TOLD} more" if len(faults) > TOLD else ""
        raise InputError("no vote was taken", "; ".join(faults[:TOLD]) + more, remedy)


def _placed(ballot: Ballot, told: str) -> str:
    return f"{ballot.place}: {told}" if ballot.place else told


def name(voter: str) -> str:
    """The voter's name with its spaces tidied: "Ida  Berg" and "Ida Berg" are one reader. Raises
    `InputError` where nothing is left of it."""
    tidy = " ".join(_UNSAFE.sub("", voter).split())
    if not tidy:
        raise InputError("voter", "has no name", "say whose vote it is")
    return tidy


# -- votes as evidence ----------------------------------------------------------------------------


def verdicts(votes: Iterable[Vote]) -> dict[int, tuple[float, str]]:
    """Weight (1 or -1) and origin ("vote" or "saved") of each work that its readers agree on.

    The majority decides; a saved work is one more that is relevant; a tie says nothing. Give it
    votes in force for one topic.
    """
    balance: dict[int, int] = {}
    saved: set[int] = set()
    for vote in votes:
        balance[vote.work_id] = balance.get(vote.work_id, 0) + _SIGNS.get(vote.judgement, 0)
        if vote.judgement == Judgement.SAVED:
            saved.add(vote.work_id)
    return {
        work_id: (1.0, "saved" if work_id in saved else "vote") if total > 0 else (-1.0, "vote")
        for work_id, total in sorted(balance.items())
        if total
    }


def evidence(tx: Unit, topic: str, encoder_id: int | None) -> list[Evidence]:
    """What the votes in force say to the ranker of a topic (its slug), by work number.

    Vectors are those of this encoder, where they are current; without an encoder there are none.
    """
    told = verdicts(tx.votes.current(topic))
    works = tx.works.many(list(told))
    vectors = {} if encoder_id is None else tx.embeddings.load(encoder_id, list(told))
    return [
        Evidence(
            Candidate(work.id, work.title, work.abstract, vectors.get(work.id)), *told[work.id]
        )
        for work in works
    ]
