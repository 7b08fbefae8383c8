"""What works are flagged with: all that records ever said of them, but for what a person ruled out.

A module beside the pipeline, with the same rules. A notice flags the paper that it names whether
that is in the archive already or comes later; a flag that was stated once stays, though its source
no longer says so, and follows the paper through merges and splits. A statement that a person ruled
out stays out; another one of the same kind is heard again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from service.deduplication.keys import id_keys
from service.deduplication.statements import own_keys, statements
from service.records import NOTICES, Flag, Identifiers
from service.records.stated import Stated
from service.records.watching import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from service.records import Arrival, KnownWork, Paper, WorkFields, WorkPlan
    from service.store import Unit
    from service.store.statements import Marked

    # What some papers show, and by which keys they are found.
    _Side = tuple[WorkFields, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A work that may be flagged; `was` are the stored works that it is made of."""

    papers: Sequence[Paper]
    fields: WorkFields
    keys: frozenset[str]
    was: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """The flags of each subject, in order, and which statements are not kept yet; `spoken` are all
    keys of the subjects."""

    flags: list[frozenset[Flag]]
    fresh: list[tuple[Statement, datetime]] = field(default_factory=list)
    spoken: frozenset[str] = frozenset()


def hear(
    tx: Unit,
    plans: Sequence[WorkPlan],
    arrivals: Sequence[Arrival],
    known: Sequence[KnownWork],
    now: datetime,
) -> tuple[WorkPlan, ...]:
    """Keep what the plans' papers say; returns the plans with the flags that their works show.
    Other works that the papers speak of are marked at once."""
    stale = {arrival.record_id for arrival in arrivals if arrival.record_id is not None}
    held = {
        work.id: [paper for rid, paper in work.papers.items() if rid not in stale] for work in known
    }
    subjects = []
    for plan in plans:
        was = () if plan.work_id is None else (plan.work_id, *(n for n, _ in plan.absorbed))
        papers = [arrivals[index].paper for index, _ in plan.joins]
        papers += [paper for number in was for paper in held.get(number, ())]
        subjects.append(Subject(papers, plan.fields, plan.keys, was))
    return tuple(
        plan if plan.fields.flags == flags else _flagged(plan, flags)
        for plan, flags in zip(plans, keep(tx, subjects, now), strict=True)
    )


def _flagged(plan: WorkPlan, flags: frozenset[Flag]) -> WorkPlan:
    return replace(plan, fields=replace(plan.fields, flags=flags))


def keep(tx: Unit, subjects: Sequence[Subject], now: datetime) -> list[frozenset[Flag]]:
    """Keep what the subjects' papers say, and mark the other works that they speak of; returns the
    flags of each subject. For whoever has the turn to write records (`Intake.alone`)."""
    heard = listen(tx, subjects, now)
    if heard.fresh:
        tx.statements.add(heard.fresh)
        _tell(tx, heard, {number for each in subjects for number in each.was}, now)
    return heard.flags


def listen(tx: Unit, subjects: Sequence[Subject], now: datetime) -> Heard:
    """The same, without writing."""
    was = tx.statements.marked([number for each in subjects for number in each.was])
    said = {s: None for each in subjects for paper in each.papers for s in statements(paper)}
    keys = [_keys(each, was) for each in subjects]
    spoken = frozenset().union(*keys)
    kept = tx.statements.on(spoken | {each.key for each in said})
    stated = {_row(each.statement): each for each in kept}
    fresh = [(each, now) for each in said if _row(each) not in stated]
    on: dict[str, list[Stated]] = {}
    for each in (*kept, *(Stated(0, one, at) for one, at in fresh)):
        on.setdefault(each.statement.key, []).append(each)
    flags = []
    for subject, its_keys in zip(subjects, keys, strict=True):
        about = [each for key in its_keys for each in on.get(key, ())]
        older = _unexplained(subject, was, [each for each in about if each.id])
        fresh += [each for each in older if _row(each[0]) not in stated]
        flags.append(standing(about) | {each.flag for each, _ in older})
    dated = {_row(each): (each, at) for each, at in fresh}  # the later is the better dated
    return Heard(flags, list(dated.values()), spoken)


def standing(stated: Sequence[Stated]) -> frozenset[Flag]:
    """The flags that these statements about one work come to: of each that no person ruled out,
    and that does not merely repeat one that was."""
    out = [each.statement for each in stated if each.ruling]
    return frozenset(
        each.statement.flag
        for each in stated
        if not each.ruling and not any(_repeats(each.statement, other) for other in out)
    )


def of_papers(tx: Unit, papers: Mapping[str, Identifiers]) -> dict[str, frozenset[Flag]]:
    """What papers are flagged with, by their names, whether the archive holds them or only what is
    said of them; without those that are not."""
    keys = {name: id_keys(ids) for name, ids in papers.items()}
    said = tx.statements.on(frozenset().union(*keys.values()))
    found = {
        name: standing([each for each in said if each.statement.key in its])
        for name, its in keys.items()
    }
    return {name: flags for name, flags in found.items() if flags}


def _repeats(one: Statement, other: Statement) -> bool:
    """Whether a record says of one notice what it has said before."""
    if (one.flag, one.said_by) != (other.flag, other.said_by):
        return False
    empty = Identifiers() in (one.notice, other.notice)
    return empty or bool(_told(one.notice) & _told(other.notice))


def _told(ids: Identifiers) -> set[str]:
    return {value for value in (ids.doi, ids.pmid, ids.pmcid, ids.arxiv) if value}


def _row(said: Statement) -> tuple[str, Flag, str, Identifiers]:
    """What tells two statements apart."""
    return said.key, said.flag, said.said_by, said.notice


def _keys(subject: Subject, was: Mapping[int, Marked]) -> frozenset[str]:
    """The keys under which a subject is spoken of: those under which its papers speak of
    themselves, and, unless it is a notice, all by which it is found, or once was."""
    found = {key for paper in subject.papers for key in own_keys(paper)}
    if subject.fields.kind in NOTICES:
        return frozenset(found)
    stored = [was[number] for number in subject.was if number in was]
    found.update(*(each.keys for each in stored))
    if not any(each.parted for each in stored):
        found |= subject.keys
    return frozenset(key for key in found if not key.startswith("title:"))


def _unexplained(
    subject: Subject, was: Mapping[int, Marked], kept: Sequence[Stated]
) -> list[tuple[Statement, datetime]]:
    """Statements for flags that a work shows since before statements were kept: by its papers that
    say so, or else by the first, from when the work was last touched."""
    explained = {each.statement.flag for each in kept}
    found = []
    for marked in (was[number] for number in subject.was if number in was):
        for flag in sorted(marked.flags - explained):
            first = min(subject.papers, key=lambda paper: paper.key)
            own = {key for paper in subject.papers for key in own_keys(paper)}
            said = [s for paper in subject.papers for s in statements(paper)]
            said = [each for each in said if each.flag is flag and each.key in own]
            said = said or [Statement(key, flag, first.key) for key in sorted(own_keys(first))]
            found += [(each, marked.updated_at) for each in said]
    return found


def _tell(tx: Unit, heard: Heard, among: set[int], now: datetime) -> None:
    """Mark works beside those that are being written, of which something new was said."""
    keys = {said.key for said, _ in heard.fresh}
    others = {
        number: marked
        for number, marked in tx.statements.holders(keys).items()
        if number not in among and not marked.notice
    }
    if not others:
        return
    kept = tx.statements.on(keys)
    flags = {
        number: marked.flags | standing([s for s in kept if s.statement.key in marked.keys])
        for number, marked in others.items()
    }
    tx.statements.mark({n: f for n, f in flags.items() if f != others[n].flags}, now)


def parted(
    tx: Unit,
    work_id: int,
    papers: Mapping[int, Paper],
    *,
    taken: Sequence[int],
    sides: tuple[_Side, _Side],
    now: datetime,
) -> tuple[_Side, _Side]:
    """The sides of a work that a person has split, those taken out first, with the flags that each
    shows. `papers` are those of the whole work, by record; `taken` the records taken out."""
    out, left = sides
    keys = frozenset(out[1] | left[1])
    keep(tx, [Subject(list(papers.values()), left[0], keys, (work_id,))], now)
    shown = []
    for (fields, keys), of_out in ((out, True), (left, False)):
        own = [paper for rid, paper in papers.items() if (rid in taken) is of_out]
        among = frozenset().union(*(own_keys(paper) for paper in own))
        flags = listen(tx, [Subject(own, fields, among)], now).flags[0]
        shown.append((replace(fields, flags=flags), keys))
    return shown[0], shown[1]
